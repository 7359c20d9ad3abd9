import { type SamplesReport, shiftUnit } from "../results/samples.ts";
import type { Grid } from "../results/types.ts";
import { type Axes, axesX, axesY, drawAxes, drawPaletteCurve, rangeOf } from "./axes.ts";
import { PALETTE_TOP, paletteColor, paletteOf, rgbToHex } from "./colormaps.ts";
import { columnOf, latentScale, signedScale, sizeScale } from "./fields.ts";
import type { Figure } from "./figure.ts";
import { LIMITS_NOTE, templateFigure } from "./figures.ts";
import {
  type ColorScale,
  drawColorBar,
  drawGrid,
  drawScaleBar,
  NOTE_SIZE,
  type Panel,
  panelFigure,
  TITLE_SIZE,
} from "./panels.ts";
import { histogramFigure } from "./plots.ts";
import { shiftName } from "./sample_points.ts";
import { formatNumber, latentName, robustLimits } from "./scales.ts";

/** Figures of 1D signals and stand-alone windows: maps over the scan, curves of the motif, shifts. */

function gridPanel(title: string, grid: Grid, bar: ColorScale): Panel {
  return { title, bar, draw: (surface, box) => drawGrid(surface, box, grid, bar, false) };
}

/** Maps over the scan: the signals' mean, their shift in the signal's unit, its standard deviation, the latents. */
export function scanMapsFigure({ maps, scan, ...samples }: SamplesReport): Figure | undefined {
  if (!maps || !scan) return undefined;
  const { factor, unit } = shiftUnit(samples);
  const scaled = (grid: Grid, by: number): Grid => ({ ...grid, data: grid.data.map((v) => v * by) });
  const [shift, sd] = [scaled(maps.shift, factor), scaled(maps.shiftSd, Math.abs(factor))];
  const [, along] = scan;
  const mean: Panel = {
    title: "Mean of the signal",
    bar: { colormap: "gray", limits: robustLimits(maps.mean.data) },
    draw(surface, box) {
      drawGrid(surface, box, maps.mean, { colormap: "gray", limits: robustLimits(maps.mean.data) }, false);
      if (along.unit !== "px") drawScaleBar(surface, box, maps.mean.cols, { value: along.scale, unit: along.unit });
    },
  };
  const panels = [
    mean,
    gridPanel(`Shift (${unit})`, shift, signedScale(shift.data)),
    gridPanel(`Shift σ (${unit})`, sd, sizeScale(sd.data)),
    ...maps.z.map((grid, l) => gridPanel(`Latent ${latentName(l)}`, grid, latentScale(grid.data))),
  ];
  return panelFigure(maps.mean, panels, {
    alt: `Maps over the scan of ${maps.mean.rows} × ${maps.mean.cols} points: mean, shift and its standard deviation in ${unit}, latents.`,
    side: 300,
    across: 1300,
    notes: [`${LIMITS_NOTE} Shifts are relative to the typical one.`],
  });
}

/** Curves over one axis, each in its colour. */
interface Curve {
  readonly color: string;
  readonly values: ArrayLike<number>;
}

function curvesFigure(
  title: string,
  alt: string,
  xLabel: string,
  x: readonly number[],
  curves: readonly Curve[],
  bar?: ColorScale,
): Figure {
  const axes: Axes = {
    box: { x: 84, y: 56, width: 400, height: 260 },
    x: rangeOf(x, 0),
    y: rangeOf(curves.flatMap(({ values }) => Array.from(values))),
    xLabel,
    yLabel: "signal",
  };
  return {
    width: bar ? 590 : 510,
    height: 376,
    alt,
    draw(surface) {
      surface.text(20, 37, title, { size: TITLE_SIZE, color: surface.theme.ink, bold: true });
      drawAxes(surface, axes);
      for (const { color, values } of curves) {
        const points = x.flatMap((v, i) => [axesX(axes, v), axesY(axes, values[i])]);
        if (color) drawPaletteCurve(surface, points, color);
        else surface.polyline(points, { stroke: surface.theme.accent, width: 2 });
      }
      if (bar) drawColorBar(surface, axes.box, bar);
    },
  };
}

/** Coordinates along the signal, and the part of a decoded curve that lies in it, in the data's unit. */
function signalPart(
  samples: SamplesReport,
  size: number,
): { x: number[]; label: string; part: (tile: Grid) => number[] } {
  const { signal, moments, middle } = samples;
  const { factor, unit } = shiftUnit(samples);
  const x = Array.from({ length: size }, (_, i) => (signal && unit !== "px" ? signal.offset : 0) + factor * i);
  const part = ({ cols, data }: Grid) =>
    x.map((_, i) => {
      const at = i - (size - 1) / 2 + middle;
      const k = Math.min(cols - 2, Math.floor(at));
      return moments.mean + moments.sd * (data[k] + (at - k) * (data[k + 1] - data[k]));
    });
  const name = signal?.name ?? "sample";
  return { x, label: unit === "px" ? `${name} (px)` : `${name} (${unit})`, part };
}

/** The motif: of 1D signals as a curve. */
export function motifFigure(samples: SamplesReport): Figure {
  if (!samples.signal) return templateFigure({ ...samples, binning: 1 });
  const { x, label, part } = signalPart(samples, samples.signal.size);
  const alt = `Template of the motif, the decoder at z = 0, along ${label}.`;
  return curvesFigure("Motif template", alt, label, x, [{ color: "", values: part(samples.template) }]);
}

/** Of 1D signals: how the motif changes with each of the first two latents, the other at 0. */
export function traversalFigures(samples: SamplesReport): Figure[] {
  const { manifold, signal } = samples;
  if (!signal) return [];
  const { axis1, axis2, tiles } = manifold;
  const { x, label, part } = signalPart(samples, signal.size);
  const [middle1, middle2] = [axis1.length >> 1, axis2.length >> 1];
  const down = { axis: axis1, tile: (i: number) => tiles[i * axis2.length + middle2] };
  const along = { axis: axis2, tile: (j: number) => tiles[middle1 * axis2.length + j] };
  const palette = paletteOf("viridis");
  return (axis1.length > 1 ? [down, along] : [along]).map(({ axis, tile }, l) => {
    const limits = [axis[0], axis[axis.length - 1]] as const;
    const curves = Array.from(axis, (z, k): Curve => {
      const index = Math.round(((z - limits[0]) / (limits[1] - limits[0])) * PALETTE_TOP);
      return { color: rgbToHex(paletteColor(palette, index)), values: part(tile(k)) };
    });
    const name = latentName(l);
    const alt = `The motif along ${label} for ${axis.length} values of ${name} from ${limits.map((v) => formatNumber(v)).join(" to ")}.`;
    return curvesFigure(`Motif by ${name}`, alt, label, x, curves, { colormap: "viridis", limits });
  });
}

/** Histogram of the shifts along each axis that has any, in the signal's unit. */
export function shiftFigures(samples: SamplesReport): Figure[] {
  const { windows, signal } = samples;
  const { factor, unit } = shiftUnit(samples);
  const axes = signal
    ? [{ name: "Shift", axis: 1 }]
    : [
        { name: "Shift, rows", axis: 0 },
        { name: "Shift, columns", axis: 1 },
      ];
  return axes.map(({ name, axis }) => {
    const values = columnOf(windows.shift, 2, axis).map((v) => v * factor);
    const alt = `Histogram of the shift of ${windows.count} samples in ${unit}.`;
    return histogramFigure(
      `${name}, ${windows.count} samples`,
      `shift (${unit})`,
      values,
      rangeOf(values),
      alt,
      "samples",
    );
  });
}

/** Shift of each sample with one standard deviation, in their order: of signals that are no scan. */
export function shiftSequenceFigure(samples: SamplesReport): Figure | undefined {
  const { windows, signal, maps } = samples;
  if (!signal || maps) return undefined;
  const { factor, unit } = shiftUnit(samples);
  const shift = columnOf(windows.shift, 2, 1).map((v) => v * factor);
  const sd = columnOf(windows.shiftSd, 2, 1).map((v) => v * Math.abs(factor));
  const every = Math.ceil(windows.count / 2000);
  const axes: Axes = {
    box: { x: 84, y: 56, width: 700, height: 260 },
    x: [0, Math.max(1, windows.count - 1)],
    y: rangeOf(shift),
    xLabel: "sample",
    yLabel: `shift (${unit})`,
  };
  return {
    width: 810,
    height: 400,
    alt: `Shift of ${windows.count} samples in ${unit}, with one standard deviation.`,
    scatter: { box: axes.box, x: axes.x, y: axes.y, columns: ["sample", shiftName(samples)] },
    draw(surface) {
      const { ink, accent, muted } = surface.theme;
      surface.text(20, 37, "Shift by sample", { size: TITLE_SIZE, color: ink, bold: true });
      drawAxes(surface, axes);
      const bars: number[] = [];
      const points: number[] = [];
      for (let i = 0; i < windows.count; i += every) {
        const x = axesX(axes, i);
        const inside = (v: number) => axesY(axes, Math.min(axes.y[1], Math.max(axes.y[0], v)));
        bars.push(x, inside(shift[i] - sd[i]), x, inside(shift[i] + sd[i]));
        points.push(x, inside(shift[i]));
      }
      surface.segments(bars, { stroke: accent, width: 1, opacity: 0.7 });
      surface.dots(points, 1.6, accent, 0.8);
      surface.text(20, 388, "Bars: one standard deviation.", { size: NOTE_SIZE, color: muted });
    },
  };
}
