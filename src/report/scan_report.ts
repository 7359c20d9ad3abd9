import type { FileNote } from "../results/files.ts";
import { LEAST_KL } from "../results/latents.ts";
import { bestPoint, type ScanPoint, type ScanReport } from "../results/scan.ts";
import { type Axes, axesX, axesY, drawAxes, drawPaletteCurve, rangeOf } from "./axes.ts";
import { PALETTE_TOP, paletteColor, paletteOf, rgbToHex } from "./colormaps.ts";
import { smallLengthUnit } from "./fields.ts";
import type { Figure } from "./figure.ts";
import { figureHtml, pageHtml, section, table } from "./html_page.ts";
import { LABEL_SIZE, NOTE_SIZE } from "./panels.ts";
import { formatNumber } from "./scales.ts";
import type { Surface } from "./surface.ts";
import { escapeXml } from "./svg.ts";

/** Figure, table and page of a scan over window sizes and numbers of latents. */

/** What is plotted against the window. */
interface Quantity {
  readonly name: string;
  readonly of: (point: ScanPoint) => number;
  readonly whole?: boolean;
}

function quantities(report: ScanReport): Quantity[] {
  const { factor, unit } = smallLengthUnit(report);
  return [
    { name: "ELBO (nats a pixel)", of: (p) => p.elboPerPixel },
    { name: `Position σ (${unit})`, of: (p) => p.positionSd * factor },
    { name: "Shape σ (of the prior's)", of: (p) => p.shapeSd },
    { name: `Latents in use (KL > ${LEAST_KL} nats)`, of: (p) => p.inUse, whole: true },
  ];
}

/** Colour of a number of latents: dark to light, short of the palette's brightest, which is lost on white. */
function colorOf(k: number, count: number): string {
  const index = count > 1 ? Math.round((0.8 * PALETTE_TOP * k) / (count - 1)) : Math.round(PALETTE_TOP / 3);
  return rgbToHex(paletteColor(paletteOf("viridis"), index));
}

/** Dots that are seen on any paper. */
function ringedDots(surface: Surface, points: readonly number[], radius: number, color: string): void {
  surface.dots(points, radius + 1, surface.theme.muted);
  surface.dots(points, radius, color);
}

/** ELBO a pixel, uncertainty of position and of shape, and latents in use against the window, one curve a number of latents. */
export function scanFigure(report: ScanReport): Figure {
  const { points } = report;
  const latents = [...new Set(points.map((p) => p.latentDim))];
  const x = rangeOf(points.map((p) => p.window));
  const plots = quantities(report).map((quantity, i) => {
    const box = { x: 84 + (i % 2) * 480, y: 84 + Math.floor(i / 2) * 282, width: 370, height: 180 };
    const y = rangeOf(points.map(quantity.of), 0.1);
    return { ...quantity, axes: { box, x, y, xLabel: "window (px)", wholeY: quantity.whole } satisfies Axes };
  });
  return {
    width: 960,
    height: 640,
    alt: `ELBO a pixel, uncertainty of position and shape, and latents in use against the window, for ${latents.join(", ")} latents.`,
    draw(surface) {
      const { ink, muted } = surface.theme;
      latents.forEach((count, k) => {
        const name = `${count} ${count === 1 ? "latent" : "latents"}`;
        const style = { size: LABEL_SIZE, color: ink };
        ringedDots(surface, [26 + k * 100, 26], 5, colorOf(k, latents.length));
        surface.text(36 + k * 100, 31, name, style);
      });
      for (const { name, of, axes } of plots) {
        surface.text(axes.box.x - 52, axes.box.y - 14, name, { size: LABEL_SIZE, color: ink, bold: true });
        drawAxes(surface, axes);
        latents.forEach((count, k) => {
          const own = points.filter((p) => p.latentDim === count && Number.isFinite(of(p)));
          const line = own.flatMap((p) => [axesX(axes, p.window), axesY(axes, of(p))]);
          drawPaletteCurve(surface, line, colorOf(k, latents.length));
          ringedDots(surface, line, 3.5, colorOf(k, latents.length));
        });
      }
      const note =
        "Medians over the motifs. The posterior's standard deviation of the content is in units of the prior's.";
      surface.text(32, 628, note, { size: NOTE_SIZE, color: muted });
    },
  };
}

/** Names and cells of the table, one row a fit. */
export function scanTable(report: ScanReport): { head: string[]; rows: string[][] } {
  const { factor, unit } = smallLengthUnit(report);
  const head = [
    "window (px)",
    "latents",
    "in use",
    "ELBO/px",
    `position σ (${unit})`,
    "shape σ",
    "motifs",
    "coverage",
    "s",
  ];
  const rows = report.points.map((p) => [
    String(p.window),
    String(p.latentDim),
    String(p.inUse),
    formatNumber(p.elboPerPixel, 4),
    formatNumber(p.positionSd * factor),
    formatNumber(p.shapeSd),
    String(p.motifs),
    Number.isFinite(p.coverage) ? `${formatNumber(100 * p.coverage)} %` : "–",
    formatNumber(p.seconds),
  ]);
  return { head, rows };
}

/** The report of a scan as one self-contained HTML page. */
export function scanHtml(report: ScanReport, files: readonly FileNote[] = []): string {
  const { head, rows } = scanTable(report);
  const best = bestPoint(report);
  const list = files.map(
    ({ name, what }) => `<li><a href="./${escapeXml(encodeURI(name))}">${escapeXml(name)}</a>: ${escapeXml(what)}</li>`,
  );
  const advice =
    "A larger window pins the position better and sees more of the surroundings, which its latents then have to describe; a latent that is " +
    "not in use is one too many.";
  const main = [
    section("Window and latents", advice, figureHtml(scanFigure(report))),
    section("Table", "", table(head, rows)),
    section("Configuration", "", `<pre tabindex="0">${escapeXml(JSON.stringify(report.config, null, 2))}</pre>`),
    list.length > 0 ? section("Files", "", `<ul>${list.join("")}</ul>`) : "",
  ];
  return pageHtml({
    title: report.title,
    headlines: [
      { label: "Fits", value: String(report.points.length) },
      {
        label: "Highest ELBO a pixel",
        value: `window ${best.window} px, ${best.latentDim} latents`,
        detail: `${formatNumber(best.elboPerPixel, 4)} nats`,
      },
      { label: "Its position σ", value: `${formatNumber(best.positionSd)} px` },
      { label: "Its latents in use", value: `${best.inUse} of ${best.latentDim}` },
    ],
    main: main.join(""),
    footer:
      "ELBO of the flat-fielded image, whose standard deviation is 1. Fits differ in nothing but window and latents.",
  });
}
