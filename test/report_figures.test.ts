import { PNG } from "pngjs";
import { describe, expect, it } from "vitest";
import { MISSING, paletteColor, paletteIndex, paletteOf, rgbToHex } from "../src/report/colormaps.ts";
import { contour, massLevel, pointDensity } from "../src/report/density.ts";
import { latentScale, motifField, motifRaster } from "../src/report/fields.ts";
import { figureElement, figurePng, figureSvg } from "../src/report/figure.ts";
import { manifoldFigure, mapsFigure, overlayFigure, templateFigure } from "../src/report/figures.ts";
import { figureFiles } from "../src/report/files.ts";
import { reportHtml } from "../src/report/html.ts";
import { strainFigure, turnFigure } from "../src/report/motif_figures.ts";
import { toBox } from "../src/report/panels.ts";
import { histogram, klFigure, lossFigure, scatterFigure, sigmaHistogramFigure } from "../src/report/plots.ts";
import type { FitReport } from "../src/results/types.ts";
import { parseMarkup } from "./report_markup.ts";
import { sampleReport } from "./report_sample.ts";

const small = sampleReport({ rows: 128, cols: 128 });

function decode(png: Uint8Array): PNG {
  return PNG.sync.read(Buffer.from(png));
}

/** Colour of a decoded figure at logical pixels. */
function colorAt(png: PNG, x: number, y: number): number[] {
  const at = 4 * (Math.floor(2 * y) * png.width + Math.floor(2 * x));
  return [...png.data.subarray(at, at + 3)];
}

const withNaNMaps: FitReport = {
  ...small,
  maps: { ...small.maps, z: small.maps.z.map((map) => map.map(() => Number.NaN)) },
};
const withoutMaps: FitReport = {
  ...small,
  maps: { rowAxis: new Float64Array(), colAxis: new Float64Array(), z: [new Float32Array(), new Float32Array()] },
};

const cases: [string, FitReport][] = [
  ["two latents", small],
  ["one latent", sampleReport({ rows: 96, cols: 96, latentDim: 1 })],
  ["three latents", sampleReport({ rows: 96, cols: 96, latentDim: 3 })],
  ["six latents", sampleReport({ rows: 96, cols: 96, latentDim: 6 })],
  ["no motifs", sampleReport({ rows: 96, cols: 96, motifs: false })],
  ["maps without values", withNaNMaps],
  ["no maps", withoutMaps],
  ["a wide image", sampleReport({ rows: 48, cols: 300 })],
  ["a tall image", sampleReport({ rows: 300, cols: 64 })],
  [
    "no pixel size, no lattice, no history",
    { ...small, pixelSize: undefined, lattice: undefined, metrics: { ...small.metrics, history: [], klPerLatent: [] } },
  ],
];

async function filesOf(report: FitReport): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for await (const [name, content] of figureFiles(report)) files.set(name, content);
  return files;
}

describe.each(cases)("figures of a fit with %s", async (_name, report) => {
  const files = await filesOf(report);

  it("are all there, as PNG and SVG, of the size they say", () => {
    const always = ["template", "manifold", "maps", "motifs", "scatter", "position-sigma", "position-sigma-histogram"];
    const trained = report.metrics.history.length > 0 ? ["loss"] : [];
    const expected = [...always, "strain", "kl", ...trained];
    expect([...files.keys()].sort()).toEqual(expected.flatMap((n) => [`${n}.png`, `${n}.svg`]).sort());
    for (const name of expected) {
      const png = decode(files.get(`${name}.png`)!);
      const { tags } = parseMarkup(new TextDecoder().decode(files.get(`${name}.svg`)));
      const { width, height, "aria-label": label } = tags[0].attributes;
      expect(tags[0].name).toBe("svg");
      expect(label.length).toBeGreaterThan(20);
      expect([png.width, png.height]).toEqual([Math.round(2 * Number(width)), Math.round(2 * Number(height))]);
      expect(Math.max(png.width, png.height)).toBeLessThan(4000);
    }
  });

  it("hold no number that is none", () => {
    for (const [name, bytes] of files) {
      // In the base64 of pixels three letters may come together by chance.
      const text = new TextDecoder().decode(bytes).replace(/base64,[A-Za-z0-9+/=]*/g, "base64");
      if (name.endsWith(".svg")) expect(text).not.toMatch(/NaN|Infinity|undefined/);
    }
  });

  it("panels stay apart and inside the figure", () => {
    for (const figure of [mapsFigure(report), strainFigure(report), overlayFigure(report)]) {
      const views = figure.views ?? [];
      views.forEach((a, i) => {
        expect(a.x + a.width).toBeLessThanOrEqual(figure.width);
        expect(a.y + a.height).toBeLessThanOrEqual(figure.height);
        for (const b of views.slice(i + 1)) {
          const apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
          expect(apart).toBe(true);
        }
      });
    }
  });
});

describe("template", () => {
  it("is drawn with a scale bar of the right length", async () => {
    const png = decode(await figurePng(templateFigure(small)));
    // 32 px of 0.025 nm: the bar of 0.2 nm is a quarter of the width. Its row is the longest run of pure white inside.
    const runs: number[] = [];
    for (let y = png.height / 2; y < png.height - 80; y++) {
      let [run, longest] = [0, 0];
      for (let x = 44; x < 630; x++) {
        run = png.data[4 * (y * png.width + x)] === 255 ? run + 1 : 0;
        longest = Math.max(longest, run);
      }
      runs.push(longest);
    }
    expect(runs.filter((r) => r === 2 * (300 / 4)).length).toBeGreaterThanOrEqual(8);
    expect(Math.max(...runs)).toBe(150);
  });

  it("counts binned pixels at their true size", () => {
    expect(templateFigure({ ...small, binning: 4 }).alt).toContain("scale bar 0.5 nm");
    expect(templateFigure({ ...small, binning: 4, pixelSize: undefined }).alt).toContain("scale bar 20 px");
  });
});

describe("manifold", () => {
  it("has a tile each, labelled with both latents", async () => {
    const { tags, text } = parseMarkup(figureSvg(manifoldFigure(small)));
    expect(tags.filter((tag) => tag.name === "image")).toHaveLength(49);
    expect(text).toContain("z₁");
    expect(text).toContain("z₂");
    expect(decode(await figurePng(manifoldFigure(small))).width).toBe(2 * manifoldFigure(small).width);
  });

  it("is one row for one latent, whichever axis holds it", () => {
    const one = sampleReport({ rows: 64, cols: 64, latentDim: 1 });
    const { axis1, axis2, tiles } = one.manifold;
    const turned = { ...one, manifold: { axis1: axis2, axis2: axis1, tiles } };
    expect(figureSvg(manifoldFigure(turned))).toBe(figureSvg(manifoldFigure(one)));
    expect(parseMarkup(figureSvg(manifoldFigure(one))).text).not.toContain("z₂");
  });
});

describe("maps", () => {
  it("show a known value in its colour at its place, and gray where there is none", async () => {
    const rows = 100;
    const axis = Float64Array.from({ length: 21 }, (_, i) => 10 + 4 * i);
    const z = Float32Array.from({ length: 441 }, (_, i) => (i % 21 < 10 ? 1 : 3));
    z[10 * 21 + 15] = Number.NaN;
    const image = { rows, cols: rows, data: new Float32Array(rows * rows) };
    const report: FitReport = { ...small, image, maps: { rowAxis: axis, colAxis: axis, z: [z] } };
    const figure = mapsFigure(report, false);
    const png = decode(await figurePng(figure));
    const at = (row: number, col: number) => colorAt(png, ...toBox(figure.views![0], image, row, col));
    const viridis = paletteOf("viridis");
    expect(at(50, 20)).toEqual([...paletteColor(viridis, 0)]);
    expect(at(50, 80)).toEqual([...paletteColor(viridis, 254)]);
    expect(at(10 + 4 * 10, 10 + 4 * 15)).toEqual([...MISSING]);
    expect(at(3, 50)).toEqual([...MISSING]);
    expect(at(50, 96)).toEqual([...MISSING]);
  });

  it("diverge about zero where a latent lies on both sides of it, and only there", () => {
    expect(latentScale([-2, -1, 1, 1.5])).toMatchObject({ colormap: "bluered" });
    expect(latentScale([-2, -1, 1, 1.5]).limits[0]).toBe(-latentScale([-2, -1, 1, 1.5]).limits[1]);
    expect(latentScale([1, 2, 3]).colormap).toBe("viridis");
    expect(latentScale([-0.1, 2, 3]).colormap).toBe("viridis");
  });

  it("PNG and figure agree on the size", async () => {
    expect(decode(await figurePng(mapsFigure(small))).width).toBe(2 * mapsFigure(small).width);
  });
});

describe("motif fields", () => {
  it("give each motif's surroundings its value, and nothing far away", () => {
    const { motifs } = small;
    const raster = motifRaster(small);
    const field = motifField(
      raster,
      Float64Array.from({ length: motifs.count }, (_, n) => n),
    );
    const at = (row: number, col: number) =>
      field.data[
        Math.floor(((row + 0.5) / 128) * field.rows) * field.cols + Math.floor(((col + 0.5) / 128) * field.cols)
      ];
    for (let n = 0; n < motifs.count; n++) expect(at(motifs.position[2 * n], motifs.position[2 * n + 1])).toBe(n);
    const lone = { ...small, motifs: { ...motifs, count: 1, position: motifs.position.slice(0, 2) } };
    const alone = motifField(motifRaster(lone), [5]);
    const share = alone.data.filter((v) => v === 5).length / alone.data.length;
    const [r, c] = [motifs.position[0], motifs.position[1]];
    expect(share).toBeGreaterThan(((r + 0.5) * (c + 0.5)) / 128 ** 2);
    expect(share).toBeLessThan((Math.PI * (0.75 * 15.8) ** 2) / 128 ** 2);
    expect(Number.isNaN(alone.data[alone.data.length - 1])).toBe(true);
  });
});

describe("overlay", () => {
  it("has one layer a latent in the latent's colours, the first shown", () => {
    const element = figureElement(overlayFigure(small));
    const layers = parseMarkup(element).tags.filter((tag) => tag.attributes["data-layer"]);
    expect(layers.map((tag) => [tag.attributes["data-layer"], tag.attributes.display])).toEqual([
      ["latent-0", undefined],
      ["latent-1", "none"],
    ]);
    const values = Array.from({ length: small.motifs.count }, (_, n) => small.motifs.z[2 * n]);
    const { colormap, limits } = latentScale(values);
    const color = rgbToHex(paletteColor(paletteOf(colormap), paletteIndex(values[0], ...limits)));
    expect(element).toContain(`stroke="${color}"`);
  });
});

describe("plots", () => {
  it("histogram counts what lies inside", () => {
    expect(histogram([0, 0.1, 0.5, 0.99, 1, -3, Number.NaN], [0, 1], 2)).toEqual([2, 2]);
  });

  it("contours of a round hill are circles of the right size", () => {
    const side = 61;
    const data = Float32Array.from({ length: side * side }, (_, i) => {
      return Math.exp(-(((i % side) - 30) ** 2 + (Math.floor(i / side) - 30) ** 2) / 200);
    });
    const lines = contour({ rows: side, cols: side, data }, Math.exp(-1));
    expect(lines.length).toBeGreaterThan(100);
    for (let i = 0; i < lines.length; i += 2) {
      expect(Math.abs(Math.hypot(lines[i] - 30, lines[i + 1] - 30) - Math.sqrt(200))).toBeLessThan(0.06);
    }
  });

  it("the level of a mass encloses that mass of the points", () => {
    const points = Array.from({ length: 4000 }, (_, i) => [Math.sin(i * 78.233) ** 3, Math.cos(i * 37.719)]);
    const [x, y] = [0, 1].map((k) => points.map((p) => p[k]));
    const density = pointDensity(x, y, [-1.2, 1.2], [-1.2, 1.2]);
    for (const mass of [0.3, 0.6, 0.9]) {
      const level = massLevel(density, mass);
      const inside = density.data.filter((v) => v >= level).reduce((a, b) => a + b, 0);
      expect(inside / density.data.reduce((a, b) => a + b, 0)).toBeCloseTo(mass, 2);
    }
  });

  it("scatter shows the two latents with the highest KL", () => {
    const report = sampleReport({ rows: 64, cols: 64, latentDim: 5 });
    const kl = { ...report, metrics: { ...report.metrics, klPerLatent: [0.1, 2, 0.2, 0.3, 1] } };
    expect(scatterFigure(kl).scatter?.columns).toEqual(["z₂", "z₅"]);
  });

  it("name what they show", () => {
    expect(parseMarkup(figureSvg(lossFigure(small))).text).toContain("ELBO");
    expect(klFigure(small).alt).toContain("z₁ 3.4, z₂ 1.8");
    expect(sigmaHistogramFigure(small).alt).toMatch(/median 2\.\d+ pm/);
    expect(sigmaHistogramFigure({ ...small, pixelSize: undefined }).alt).toMatch(/median 0\.\d+ px/);
  });
});

describe("rotation and scale", () => {
  const report = sampleReport();
  const { count } = report.motifs;
  const angle = Float64Array.from({ length: count }, (_, i) => (i % 2 ? -12 : 10));
  const turned: FitReport = {
    ...report,
    symmetry: 6,
    motifs: { ...report.motifs, angle, angleSd: angle.map(Math.abs) },
  };

  it("have maps only where they were asked for", async () => {
    expect(turnFigure(report)).toBeUndefined();
    expect([...(await filesOf(report)).keys()].filter((name) => name.startsWith("rotation"))).toEqual([]);
    expect([...(await filesOf(turned)).keys()].filter((name) => name.startsWith("rotation"))).toEqual([
      "rotation.svg",
      "rotation.png",
    ]);
    expect(turnFigure(turned)?.alt).toContain("Angle (°), Angle σ (°)");
    const page = reportHtml(turned);
    expect(page).toContain("angles are known modulo 60°");
    expect(page).toContain('"angle (°)"');
    expect(reportHtml(report)).not.toContain("Rotation and scale");
  });

  it("colour the two ends of the angles alike, and no two others", () => {
    const palette = paletteOf("cyclic");
    const color = (index: number) => [...paletteColor(palette, index)];
    expect(color(0)).toEqual(color(254));
    const distance = (a: number[], b: number[]) => Math.hypot(...a.map((v, k) => v - b[k]));
    for (const at of [50, 100, 127, 150, 200]) expect(distance(color(0), color(at))).toBeGreaterThan(40);
  });
});
