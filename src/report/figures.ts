import type { FitReport, Grid } from "../results/types.ts";
import { rangeOf } from "./axes.ts";
import { paletteColor, paletteIndex, paletteOf, rgbToHex } from "./colormaps.ts";
import { columnOf, drawLatentMap, latentScale, motifSpacing } from "./fields.ts";
import type { Figure } from "./figure.ts";
import {
  type ColorScale,
  drawColorBar,
  drawGrid,
  drawScaleBar,
  LABEL_SIZE,
  NOTE_SIZE,
  type Panel,
  panelFigure,
  panelSize,
  toBox,
} from "./panels.ts";
import { formatNumber, type Limits, latentName, robustLimits, scaleBar } from "./scales.ts";
import type { Box, Surface } from "./surface.ts";

export const LIMITS_NOTE = "Colours span the 1st to the 99th percentile.";

/** Decoded motifs have no outliers to leave out. */
function fullGrayScale(values: Iterable<number>): ColorScale {
  return { colormap: "gray", limits: rangeOf(values, 0) };
}

/** Limits of the images drawn last: every figure with the image asks for them, and sorting pixels takes long. */
const imageLimits = new WeakMap<Float32Array, Limits>();

function drawImage(surface: Surface, box: Box, { image }: FitReport): void {
  const limits = imageLimits.get(image.data) ?? robustLimits(image.data);
  imageLimits.set(image.data, limits);
  drawGrid(surface, box, image, { colormap: "gray", limits }, true);
}

/** Motif positions in box coordinates, x, y, x, y, … */
function motifPoints(report: FitReport, box: Box): number[] {
  const { position, count } = report.motifs;
  return Array.from({ length: count }, (_, n) => toBox(box, report.image, position[2 * n], position[2 * n + 1])).flat();
}

/** Discs that leave the image visible between them: a fifth of the spacing. */
function dotRadius(report: FitReport, box: Box): number {
  const spacing = (motifSpacing(report) * box.width) / report.image.cols;
  return Math.min(7, Math.max(1, 0.2 * spacing));
}

/** The decoder at z = 0. */
export function templateFigure(report: Pick<FitReport, "template" | "binning" | "pixelSize">): Figure {
  const { template, binning, pixelSize } = report;
  const panel: Panel = {
    title: "Motif template",
    draw(surface, box) {
      drawGrid(surface, box, template, fullGrayScale(template.data), true);
      drawScaleBar(surface, box, template.cols * binning, pixelSize);
    },
  };
  const bar = scaleBar(template.cols * binning, pixelSize);
  const alt = `Template of the motif, the decoder at z = 0: ${template.rows} × ${template.cols} pixels, scale bar ${bar.label}.`;
  const figure = panelFigure(template, [panel], { alt, side: 300, across: 500, notes: ["Decoder at z = 0."] });
  return { ...figure, views: undefined };
}

interface ManifoldAxes {
  readonly rows: number;
  readonly cols: number;
  /** What goes down is undefined for a single latent. */
  readonly down?: Float64Array;
  readonly along: Float64Array;
}

function manifoldAxes({ manifold }: Pick<FitReport, "manifold">): ManifoldAxes {
  const { axis1, axis2 } = manifold;
  if (axis1.length > 1 && axis2.length > 1)
    return { rows: axis1.length, cols: axis2.length, down: axis1, along: axis2 };
  const along = axis1.length > axis2.length ? axis1 : axis2;
  return { rows: along.length > 0 ? 1 : 0, cols: along.length, along };
}

/** The decoder over a grid of latents. */
export function manifoldFigure(report: Pick<FitReport, "manifold">): Figure {
  const { tiles } = report.manifold;
  const axes = manifoldAxes(report);
  const first = tiles[0] ?? { rows: 1, cols: 1 };
  const tile = panelSize(first.rows, first.cols, Math.min(110, 490 / Math.max(1, axes.rows, axes.cols)));
  const [left, top, gap] = [axes.down ? 64 : 20, 48, 3];
  const [width, height] = [axes.cols * (tile.width + gap) - gap, axes.rows * (tile.height + gap) - gap];
  const scale = fullGrayScale(tiles.flatMap((t) => [...t.data]));
  return {
    width: Math.max(280, left + width + 20),
    height: top + Math.max(0, height) + 60,
    alt: `Manifold: the decoder over ${axes.rows} × ${axes.cols} values of the latents.`,
    draw(surface) {
      const { ink, muted } = surface.theme;
      surface.text(20, 37, "Latent manifold", { size: 16, color: ink, bold: true });
      tiles.forEach((grid: Grid, i) => {
        const [r, c] = [Math.floor(i / axes.cols), i % axes.cols];
        const place = { x: left + c * (tile.width + gap), y: top + r * (tile.height + gap), ...tile };
        drawGrid(surface, place, grid, scale, true);
      });
      const label = (x: number, y: number, value: number, anchor: "middle" | "end") =>
        surface.text(x, y, formatNumber(Math.round(100 * value) / 100), { size: NOTE_SIZE, color: muted, anchor });
      const every = Math.max(1, Math.ceil(30 / tile.width));
      axes.along.forEach((value, c) => {
        if (c % every === 0) label(left + c * (tile.width + gap) + tile.width / 2, top + height + 18, value, "middle");
      });
      axes.down?.forEach((value, r) => {
        if (r % every === 0) label(left - 8, top + r * (tile.height + gap) + tile.height / 2 + 4, value, "end");
      });
      const name = { size: LABEL_SIZE, color: ink, anchor: "middle" as const };
      surface.text(left + width / 2, top + height + 42, latentName(axes.down ? 1 : 0), name);
      if (axes.down) surface.text(20, top + height / 2, latentName(0), { ...name, vertical: true });
    },
  };
}

function latentPanels(report: FitReport, scales?: readonly ColorScale[]): Panel[] {
  return report.maps.z.map((values, latent) => {
    const bar = scales?.[latent] ?? latentScale(values);
    return {
      title: `Latent ${latentName(latent)}`,
      bar,
      draw: (surface, box) => drawLatentMap(surface, box, report, latent, bar),
    };
  });
}

/** The map of each latent, by default in colours of its own; with the image and the motif positions before them where `withImage`. */
export function mapsFigure(report: FitReport, withImage = true, scales?: readonly ColorScale[]): Figure {
  const image: Panel = {
    title: `Image, ${report.motifs.count} motifs`,
    draw(surface, box) {
      drawImage(surface, box, report);
      const [points, radius] = [motifPoints(report, box), 0.6 * dotRadius(report, box)];
      surface.dots(points, radius + 0.8, "#000000", 0.7);
      surface.dots(points, radius, "#ffb000", 0.9);
      drawScaleBar(surface, box, report.image.cols, report.pixelSize);
    },
  };
  const panels = [...(withImage ? [image] : []), ...latentPanels(report, scales)];
  const names = report.maps.z.map((_, latent) => latentName(latent)).join(", ");
  const alt = `${withImage ? "The image with the motif positions, and maps" : "Maps"} of the latents ${names} over the image.`;
  return panelFigure(report.image, panels, {
    alt,
    side: 360,
    across: 1460,
    notes: [`${LIMITS_NOTE} Gray: no motif near.`],
  });
}

/** The image with the motifs as discs, coloured by a latent; one layer a latent, the first visible. */
export function overlayFigure(report: FitReport): Figure {
  const { motifs } = report;
  const scales = Array.from({ length: motifs.latentDim }, (_, latent) => {
    const values = columnOf(motifs.z, motifs.latentDim, latent);
    const scale = latentScale(values);
    const palette = paletteOf(scale.colormap);
    const colors = Array.from(values, (v) => rgbToHex(paletteColor(palette, paletteIndex(v, ...scale.limits))));
    return { scale, colors };
  });
  const panel: Panel = {
    title: "Image and motifs",
    bar: "own",
    draw(surface, box) {
      drawImage(surface, box, report);
      const points = motifPoints(report, box);
      const radius = dotRadius(report, box);
      // A dark ring about a light one: each colour of a latent is seen on each gray of the image.
      surface.dots(points, radius + 1.4, "#000000", 0.6);
      surface.dots(points, radius + 0.7, "#ffffff");
      scales.forEach(({ scale, colors }, latent) => {
        surface.layer(`latent-${latent}`, latent === 0, () => {
          surface.dots(points, radius, colors);
          drawColorBar(surface, box, scale);
          const name = { size: LABEL_SIZE, color: surface.theme.ink };
          surface.text(box.x + box.width + 8, box.y - 11, latentName(latent), name);
        });
      });
      drawScaleBar(surface, box, report.image.cols, report.pixelSize);
    },
  };
  const alt = `The image with ${motifs.count} motifs marked and coloured by a latent.`;
  return panelFigure(report.image, [panel], { alt, side: 640, across: 1000 });
}
