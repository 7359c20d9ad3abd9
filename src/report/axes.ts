import { LABEL_SIZE, NOTE_SIZE } from "./panels.ts";
import { formatNumber, type Limits, niceTicks } from "./scales.ts";
import type { Box, Color, Surface } from "./surface.ts";

/** A curve in a colour of a palette, which may be as dark or as light as the paper: it lies on a broader one that never is. */
export function drawPaletteCurve(surface: Surface, points: readonly number[], color: Color): void {
  surface.polyline(points, { stroke: surface.theme.muted, width: 3.5 });
  surface.polyline(points, { stroke: color, width: 2 });
}

/** A box with linear axes. */
export interface Axes {
  readonly box: Box;
  readonly x: Limits;
  readonly y: Limits;
  readonly xLabel?: string;
  readonly yLabel?: string;
  /** Whether only whole numbers mean something. */
  readonly wholeX?: boolean;
  readonly wholeY?: boolean;
}

export function axesX({ box, x }: Axes, value: number): number {
  return box.x + ((value - x[0]) / (x[1] - x[0])) * box.width;
}

export function axesY({ box, y }: Axes, value: number): number {
  return box.y + box.height - ((value - y[0]) / (y[1] - y[0])) * box.height;
}

/** The range of values with a margin; [0, 1] where there are none, a range of one around a constant. */
export function rangeOf(values: Iterable<number>, margin = 0.05): Limits {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) return [0, 1];
  const pad = high > low ? margin * (high - low) : 0.5;
  return [low - pad, high + pad];
}

function ticks(limits: Limits, count: number, whole = false): number[] {
  const all = niceTicks(...limits, count);
  return whole ? all.filter(Number.isInteger) : all;
}

/** Grid lines, tick labels and names of the axes. */
export function drawAxes(surface: Surface, axes: Axes): void {
  const { box } = axes;
  const { rule, muted, ink } = surface.theme;
  const bottom = box.y + box.height;
  const tick = { size: NOTE_SIZE, color: muted };
  for (const value of ticks(axes.x, box.width / 90, axes.wholeX)) {
    const x = axesX(axes, value);
    surface.segments([x, box.y, x, bottom], { stroke: rule, width: 1 });
    surface.text(x, bottom + 18, formatNumber(value), { ...tick, anchor: "middle" });
  }
  for (const value of ticks(axes.y, box.height / 50, axes.wholeY)) {
    const y = axesY(axes, value);
    surface.segments([box.x, y, box.x + box.width, y], { stroke: rule, width: 1 });
    surface.text(box.x - 8, y + 4, formatNumber(value), { ...tick, anchor: "end" });
  }
  surface.segments([box.x, bottom, box.x + box.width, bottom], { stroke: muted, width: 1 });
  const name = { size: LABEL_SIZE, color: ink, anchor: "middle" as const };
  if (axes.xLabel) surface.text(box.x + box.width / 2, bottom + 40, axes.xLabel, name);
  if (axes.yLabel) surface.text(box.x - 50, box.y + box.height / 2, axes.yLabel, { ...name, vertical: true });
}
