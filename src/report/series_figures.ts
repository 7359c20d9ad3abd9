import type { Rate } from "../results/drift.ts";
import { frameReport, type SeriesReport } from "../results/series.ts";
import { type Axes, axesX, axesY, drawAxes, rangeOf } from "./axes.ts";
import { columnOf, latentScale, smallLengthUnit } from "./fields.ts";
import type { Figure } from "./figure.ts";
import { mapsFigure } from "./figures.ts";
import { hasStrain, sigmaFigure, strainFigure } from "./motif_figures.ts";
import { LABEL_SIZE, NOTE_SIZE, TITLE_SIZE } from "./panels.ts";
import { formatNumber, latentName, quantile } from "./scales.ts";
import type { Color, Surface } from "./surface.ts";

/** Figures of a stack or of several images: drift, latents against frame, maps of some frames in common colours. */

/** Frames' coordinates along the stack, and what to call them. */
export function frameCoordinates({ axis, frames }: SeriesReport): { values: number[]; label: string; whole: boolean } {
  const known = axis !== undefined && axis.unit !== "px";
  const values = frames.map(({ number }) => (known ? axis.offset + axis.scale * number : number));
  return { values, label: known ? `${axis.name} (${axis.unit})` : "frame", whole: !known };
}

/** The pixel size of a stack: that of its first frame. */
export function stackPixel({ frames }: SeriesReport): { factor: number; unit: string } {
  const size = frames[0]?.pixelSize;
  return size ? { factor: size.value, unit: size.unit } : { factor: 1, unit: "px" };
}

/** A curve with a band about it. */
interface Band {
  readonly name: string;
  readonly middle: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** Bars from low to high, and a line through the middles with a dot each. */
function drawBand(surface: Surface, axes: Axes, x: readonly number[], band: Band, color: Color): void {
  const there = x.map((_, k) => k).filter((k) => Number.isFinite(band.middle[k]));
  const bars = there
    .filter((k) => Number.isFinite(band.low[k]) && Number.isFinite(band.high[k]))
    .flatMap((k) => [axesX(axes, x[k]), axesY(axes, band.low[k]), axesX(axes, x[k]), axesY(axes, band.high[k])]);
  surface.segments(bars, { stroke: color, width: 3, opacity: 0.7 });
  const points = there.flatMap((k) => [axesX(axes, x[k]), axesY(axes, band.middle[k])]);
  surface.polyline(points, { stroke: color, width: 1.5 });
  if (there.length <= 200) surface.dots(points, 2.5, color);
}

/** One plot against the frame; the first band in the accent colour, a second in ink, named at the upper right. */
function framePlot(
  surface: Surface,
  place: { x: number; y: number; width: number; height: number },
  x: { readonly values: readonly number[]; readonly label: string; readonly whole?: boolean },
  title: string,
  yLabel: string,
  bands: readonly Band[],
): void {
  const y = rangeOf(bands.flatMap(({ low, high, middle }) => [...low, ...high, ...middle]));
  const axes: Axes = { box: place, x: rangeOf(x.values, 0.02), y, xLabel: x.label, yLabel, wholeX: x.whole };
  const { ink, accent } = surface.theme;
  surface.text(place.x - 52, place.y - 18, title, { size: TITLE_SIZE, color: ink, bold: true });
  drawAxes(surface, axes);
  bands.forEach((band, i) => {
    const color = i === 0 ? accent : ink;
    drawBand(surface, axes, x.values, band, color);
    if (bands.length < 2) return;
    const at = { x: place.x + place.width - (bands.length - 1 - i) * 80, y: place.y - 8 };
    surface.text(at.x, at.y, band.name, { size: LABEL_SIZE, color, anchor: "end", bold: true });
  });
}

/** "0.012 ± 0.003" */
function withError(value: number, sd: number): string {
  return `${formatNumber(value)} ± ${formatNumber(sd, 2)}`;
}

/** Mean drift in words: rows and columns, in px and in the calibration's unit a frame. */
export function rateText(rate: Rate, pixel: { factor: number; unit: string }): { pixels: string; length?: string } {
  const both = (factor: number) =>
    `(${withError(rate.row * factor, rate.rowSd * factor)}, ${withError(rate.col * factor, rate.colSd * factor)})`;
  const pixels = `${both(1)} px a frame`;
  return pixel.unit === "px" ? { pixels } : { pixels, length: `${both(pixel.factor)} ${pixel.unit} a frame` };
}

/** Displacement of the frames from the first, with one standard deviation. */
export function driftFigure(series: SeriesReport): Figure | undefined {
  const { drift } = series;
  if (!drift) return undefined;
  const { factor, unit } = stackPixel(series);
  const band = (name: string, values: Float64Array, sd: Float64Array): Band => ({
    name,
    middle: Array.from(values, (v) => v * factor),
    low: Array.from(values, (v, k) => (v - sd[k]) * factor),
    high: Array.from(values, (v, k) => (v + sd[k]) * factor),
  });
  const bands = [band("rows", drift.row, drift.rowSd), band("columns", drift.col, drift.colSd)];
  const x = frameCoordinates(series);
  const text = drift.rate && rateText(drift.rate, stackPixel(series));
  const note = text ? `Mean (row, column): ${text.length ?? text.pixels}.` : "No motif links the frames.";
  return {
    width: 720,
    height: 452,
    alt: `Drift of the motifs against ${x.label} in ${unit}. ${note}`,
    draw(surface) {
      framePlot(surface, { x: 84, y: 60, width: 610, height: 300 }, x, "Drift", `drift (${unit})`, bands);
      surface.text(20, 438, `${note} Bars: one standard deviation.`, { size: NOTE_SIZE, color: surface.theme.muted });
    },
  };
}

/** Median of each latent over the motifs of each frame, with the quartiles. */
export function latentsFigure(series: SeriesReport): Figure {
  const { frames } = series;
  const L = frames[0].motifs.latentDim;
  const x =
    series.kind === "stack"
      ? frameCoordinates(series)
      : { values: frames.map((_, k) => k + 1), label: "image", whole: true };
  const bands = Array.from({ length: L }, (_, l): Band => {
    const values = frames.map(({ motifs }) => columnOf(motifs.z, L, l));
    const at = (share: number) => values.map((v) => quantile(v, share));
    return { name: latentName(l), middle: at(0.5), low: at(0.25), high: at(0.75) };
  });
  const names = bands.map(({ name }) => name).join(", ");
  return {
    width: 720,
    height: 20 + L * 290,
    alt: `Median and quartiles of the latents ${names} over the motifs, against ${x.label}.`,
    draw(surface) {
      bands.forEach((band, l) => {
        const place = { x: 84, y: 56 + l * 290, width: 610, height: 180 };
        framePlot(surface, place, x, `Latent ${band.name}`, band.name, [band]);
      });
    },
  };
}

/** Image and latent maps of the frames whose pixels are there, in colours common to all frames. */
export function frameMapFigures(series: SeriesReport): { readonly frame: number; readonly figure: Figure }[] {
  const L = series.frames[0].motifs.latentDim;
  const scales = Array.from({ length: L }, (_, l) =>
    latentScale(series.frames.flatMap(({ motifs }) => Array.from(columnOf(motifs.z, L, l)))),
  );
  return series.shown.map(({ frame, image }) => ({
    frame,
    figure: mapsFigure(frameReport(series, frame, image), true, scales),
  }));
}

/** Uncertainty of the positions, and where there is a lattice displacement and strain, of the frames whose pixels are there. */
export function frameFieldFigures(
  series: SeriesReport,
): { readonly frame: number; readonly sigma: Figure; readonly strain?: Figure }[] {
  return series.shown.map(({ frame, image }) => {
    const report = frameReport(series, frame, image);
    const strain = hasStrain(report) ? strainFigure(report) : undefined;
    return { frame, sigma: sigmaFigure(report), strain };
  });
}

/** Median standard deviation of a motif's position over all frames, in a small unit. */
export function medianPositionSd(series: SeriesReport): { value: number; unit: string; pixels: number } {
  const all = series.frames.flatMap(({ motifs }) =>
    Array.from({ length: motifs.count }, (_, m) =>
      Math.sqrt((motifs.positionSd[2 * m] ** 2 + motifs.positionSd[2 * m + 1] ** 2) / 2),
    ),
  );
  const pixels = quantile(all, 0.5);
  const { factor, unit } = smallLengthUnit(series.frames[0]);
  return { value: pixels * factor, unit, pixels };
}
