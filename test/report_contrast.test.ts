/**
 * Contrast of everything that reports and figures draw, from the colours as they are used (WCAG 2.2, level AA): text 4.5 (1.4.3), what
 * must be seen to understand a figure 3 (1.4.11), on paper in light, dark and print, on images and maps in any of their colours.
 */
import { describe, expect, it } from "vitest";
import type { Figure } from "../src/report/figure.ts";
import { manifoldFigure, mapsFigure, overlayFigure, templateFigure } from "../src/report/figures.ts";
import { STYLE } from "../src/report/html_style.ts";
import { sigmaFigure, strainFigure, turnFigure } from "../src/report/motif_figures.ts";
import { klFigure, lossFigure, scatterFigure, sigmaHistogramFigure } from "../src/report/plots.ts";
import { samplesFigures } from "../src/report/samples_html.ts";
import { scanFigure } from "../src/report/scan_report.ts";
import { driftFigure, latentsFigure } from "../src/report/series_figures.ts";
import { LIGHT_THEME, type Theme } from "../src/report/surface.ts";
import type { FitReport } from "../src/results/types.ts";
import { contrast, leastContrast, MarkSurface, over, rgbOf } from "./report_contrast.ts";
import { sampleReport } from "./report_sample.ts";
import { cutOutsReport, signalsReport, spectralMapReport } from "./report_samples.ts";
import { frame, stackOf } from "./report_series.ts";

/** The colours of the style sheet: light, dark, printed. */
const themes = [...STYLE.matchAll(/:root\{([^}]*)\}/g)].map(
  ([, body]) =>
    Object.fromEntries([...body.matchAll(/--(\w+):(#\w{6})/g)].map(([, name, value]) => [name, value])) as Record<
      keyof Theme | "panel",
      string
    >,
);

const turned = (report: FitReport): FitReport => {
  const angle = Float64Array.from({ length: report.motifs.count }, (_, i) => (i % 2 ? -12 : 10));
  const scale = angle.map((v) => 1 + v / 100);
  return { ...report, motifs: { ...report.motifs, angle, angleSd: scale, scale, scaleSd: scale } };
};

function everyFigure(): Map<string, Figure> {
  const report = sampleReport({ rows: 96, cols: 96, latentDim: 3 });
  const collapsed = { ...report, metrics: { ...report.metrics, klPerLatent: [2, 0.01, 1] } };
  const drift = { row: Float64Array.of(0, 1), rowSd: Float64Array.of(0, 0.2), col: Float64Array.of(0, 2) };
  const stack = {
    ...stackOf([frame(0, 0), frame(1, 1)]),
    drift: { ...drift, colSd: Float64Array.of(0, 0.3), rate: { row: 1, rowSd: 0.1, col: 2, colSd: 0.1 } } as never,
  };
  const point = { inUse: 1, elboPerPixel: -1, positionSd: 0.1, shapeSd: 0.2, motifs: 9, coverage: 1, seconds: 1 };
  const points = [16, 24].flatMap((window) => [1, 2, 3].map((latentDim) => ({ ...point, window, latentDim })));
  const samples = [cutOutsReport(), signalsReport(), spectralMapReport()];
  const figures: [string, Figure | undefined][] = [
    ["template", templateFigure(report)],
    ["manifold", manifoldFigure(report)],
    ["maps", mapsFigure(report)],
    ["motifs", overlayFigure(report)],
    ["scatter", scatterFigure(report)],
    ["sigma", sigmaFigure(report)],
    ["strain", strainFigure(report)],
    ["turn", turnFigure(turned(report))],
    ["kl", klFigure(collapsed)],
    ["histogram", sigmaHistogramFigure(report)],
    ["loss", lossFigure(report)],
    ["latents", latentsFigure(stack)],
    ["drift", driftFigure(stack)],
    ["scan", scanFigure({ ...report, points } as never)],
    ...samples.flatMap((one, k) =>
      Array.from(samplesFigures(one), ([name, figure]): [string, Figure] => [`samples ${k} ${name}`, figure]),
    ),
  ];
  return new Map(figures.flatMap(([name, figure]) => (figure ? [[name, figure] as const] : [])));
}

describe("contrast", () => {
  it("of the style sheet's text is 4.5, of what is focused or warned of 3", () => {
    expect(themes).toHaveLength(3);
    for (const { paper, panel, ink, muted, accent } of themes) {
      for (const color of [ink, muted, accent]) {
        for (const ground of [paper, panel]) expect(contrast(rgbOf(color), rgbOf(ground))).toBeGreaterThanOrEqual(4.5);
      }
    }
  });

  it("of the mark at a pointed motif is 3 on any gray and colour", () => {
    const [, light] = /data-mark\]\{[^}]*stroke:(#\w{6})/.exec(STYLE) ?? [];
    const [, shade] = /data-mark=shade\]\{stroke:(#\w{6})/.exec(STYLE) ?? [];
    expect(contrast(rgbOf(light), rgbOf(shade))).toBeGreaterThanOrEqual(3);
  });

  it("is measured as the guidelines have it", () => {
    expect(contrast(rgbOf("#ffffff"), rgbOf("#000000"))).toBeCloseTo(21, 10);
    // The lightest gray that passes for text on white (WCAG's well-known #767676).
    expect(contrast(rgbOf("#767676"), rgbOf("#ffffff"))).toBeGreaterThan(4.5);
    expect(contrast(rgbOf("#777777"), rgbOf("#ffffff"))).toBeLessThan(4.5);
    expect(over([0, 0, 0], 0.5, [255, 255, 255])).toEqual([127.5, 127.5, 127.5]);
  });

  const figures = everyFigure();
  const colors = [LIGHT_THEME, ...themes.slice(0, 2)];
  it.each(["file", "light", "dark"].map((name, k) => [name, colors[k]] as const))(
    "of all figures is 4.5 for text and 3 for graphics (%s)",
    (_, theme) => {
      const low: string[] = [];
      let marks = 0;
      for (const [name, figure] of figures) {
        for (const one of [figure, ...(figure.parts ?? [])]) {
          const surface = new MarkSurface(one.width, one.height, theme);
          one.draw(surface);
          for (const mark of surface.marks) {
            marks++;
            const least = leastContrast(mark);
            if (least < (mark.kind === "text" ? 4.5 : 3)) low.push(`${name}: ${mark.what}: ${least.toFixed(2)}`);
          }
        }
      }
      expect([...new Set(low)]).toEqual([]);
      expect(marks).toBeGreaterThan(1000);
    },
  );
});
