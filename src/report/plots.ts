import { collapsedLatents } from "../results/latents.ts";
import type { FitReport, Metrics, Motifs } from "../results/types.ts";
import { type Axes, axesX, axesY, drawAxes, rangeOf } from "./axes.ts";
import { contour, massLevel, pointDensity } from "./density.ts";
import { columnOf, positionSd, smallLengthUnit } from "./fields.ts";
import type { Figure } from "./figure.ts";
import { LABEL_SIZE, NOTE_SIZE, TITLE_SIZE } from "./panels.ts";
import { formatNumber, type Limits, latentName, quantile } from "./scales.ts";
import type { Box, Surface } from "./surface.ts";

/** Plots with axes: latent scatter, histogram of position σ, history of the fit, KL of the latents. */

/** More points than this say nothing more and make files large. */
export const MOST_POINTS = 5000;
/** Contours around these shares of the points. */
const MASSES = [0.9, 0.6, 0.3];

function drawTitle(surface: Surface, title: string): void {
  surface.text(20, 37, title, { size: TITLE_SIZE, color: surface.theme.ink, bold: true });
}

/** Counts of the finite values in equal bins over the limits. */
export function histogram(values: ArrayLike<number>, [low, high]: Limits, bins: number): number[] {
  const counts = new Array<number>(bins).fill(0);
  for (let i = 0; i < values.length; i++) {
    const at = Math.floor(((values[i] - low) / (high - low)) * bins);
    if (at >= 0 && at < bins) counts[at] += 1;
  }
  return counts;
}

/** Bars that fill a box, growing upwards, or to the right where `sideways` (then the first bin is at the bottom). */
function drawBars(surface: Surface, box: Box, counts: readonly number[], sideways = false): void {
  const most = Math.max(1, ...counts);
  const step = (sideways ? box.height : box.width) / counts.length;
  counts.forEach((count, i) => {
    if (count === 0) return;
    const length = (count / most) * (sideways ? box.width : box.height);
    const bar = sideways
      ? { x: box.x, y: box.y + box.height - (i + 1) * step, width: length, height: step - 1 }
      : { x: box.x + i * step, y: box.y + box.height - length, width: step - 1, height: length };
    surface.fill(bar, surface.theme.accent, 0.75);
  });
}

/** Latents of motifs, or of what else was fitted. */
export interface LatentPoints {
  readonly motifs: Pick<Motifs, "count" | "latentDim" | "z">;
  readonly metrics: Pick<Metrics, "klPerLatent">;
}

/** The two latents with the highest KL, in their order. */
function leadingLatents(report: LatentPoints): number[] {
  const kl = report.metrics.klPerLatent;
  const all = Array.from({ length: report.motifs.latentDim }, (_, i) => i);
  return all
    .sort((a, b) => (kl[b] ?? 0) - (kl[a] ?? 0))
    .slice(0, 2)
    .sort((a, b) => a - b);
}

/** A histogram of what each of the counted things has one of. */
export function histogramFigure(
  title: string,
  name: string,
  values: ArrayLike<number>,
  limits: Limits,
  alt: string,
  what = "motifs",
): Figure {
  const counts = histogram(values, limits, 40);
  const box = { x: 72, y: 56, width: 440, height: 300 };
  const axes: Axes = { box, x: limits, y: [0, Math.max(1, ...counts) * 1.05], xLabel: name, yLabel: what };
  return {
    width: 540,
    height: 416,
    alt,
    draw(surface) {
      drawTitle(surface, title);
      drawAxes(surface, axes);
      const full = axesY(axes, Math.max(1, ...counts));
      drawBars(surface, { ...box, y: full, height: box.y + box.height - full }, counts);
    },
  };
}

function drawDensity(surface: Surface, axes: Axes, x: Float64Array, y: Float64Array): void {
  const density = pointDensity(x, y, axes.x, axes.y);
  const { box } = axes;
  for (const mass of MASSES) {
    const lines = contour(density, massLevel(density, mass)).map((v, i) =>
      i % 2 === 0
        ? box.x + ((v + 0.5) / density.cols) * box.width
        : box.y + box.height - ((v + 0.5) / density.rows) * box.height,
    );
    surface.segments(lines, { stroke: surface.theme.ink, width: 1.2, opacity: 0.75 });
  }
}

/** Latents of the motifs: the two with the highest KL against each other, with density contours and marginals. */
export function scatterFigure(report: LatentPoints, what = "motifs"): Figure {
  const { motifs } = report;
  const latents = leadingLatents(report);
  const [x, y] = latents.map((latent) => columnOf(motifs.z, motifs.latentDim, latent));
  const name = latents.map(latentName);
  if (latents.length < 2) {
    const alt = `Histogram of the latent ${name[0] ?? "z"} over ${motifs.count} ${what}.`;
    return histogramFigure("Latent distribution", name[0] ?? "z", x ?? [], rangeOf(x ?? []), alt, what);
  }
  const box = { x: 76, y: 112, width: 380, height: 380 };
  const axes: Axes = { box, x: rangeOf(x), y: rangeOf(y), xLabel: name[0], yLabel: name[1] };
  const every = Math.ceil(Math.max(1, motifs.count) / MOST_POINTS);
  return {
    width: 540,
    height: 552,
    alt: `Scatter plot of the latents ${name[0]} and ${name[1]} of ${motifs.count} ${what}, with density contours and marginal histograms.`,
    scatter: { box, x: axes.x, y: axes.y, columns: [name[0], name[1]] },
    draw(surface) {
      drawTitle(surface, "Latent distribution");
      drawAxes(surface, axes);
      const points: number[] = [];
      for (let n = 0; n < motifs.count; n += every) points.push(axesX(axes, x[n]), axesY(axes, y[n]));
      surface.dots(points, 2, surface.theme.accent, 0.7);
      if (motifs.count > 10) drawDensity(surface, axes, x, y);
      drawBars(surface, { x: box.x, y: 60, width: box.width, height: 46 }, histogram(x, axes.x, 48));
      drawBars(
        surface,
        { x: box.x + box.width + 6, y: box.y, width: 46, height: box.height },
        histogram(y, axes.y, 48),
        true,
      );
    },
  };
}

/** Histogram of the positions' standard deviations. */
export function sigmaHistogramFigure(report: FitReport): Figure {
  const { factor, unit } = smallLengthUnit(report);
  const values = positionSd(report).map((v) => v * factor);
  const top = quantile(values, 0.99);
  const limits: Limits = [0, Number.isFinite(top) && top > 0 ? 1.1 * top : 1];
  const median = formatNumber(quantile(values, 0.5));
  const alt = `Histogram of the standard deviation of the motif positions, median ${median} ${unit}.`;
  return histogramFigure(`Position σ, median ${median} ${unit}`, `σ (${unit})`, values, limits, alt);
}

interface Curve {
  readonly name: string;
  readonly values: readonly number[];
}

/** Range of a curve without its first twentieth, where a fit falls from far away. */
function settledRange(values: readonly number[]): Limits {
  return rangeOf(values.slice(Math.floor(values.length / 20)));
}

/** A curve where it is inside the axes. */
function drawCurve(surface: Surface, axes: Axes, steps: readonly number[], curve: Curve): void {
  drawAxes(surface, axes);
  const { accent, ink } = surface.theme;
  const points = curve.values.flatMap((value, k) =>
    value >= axes.y[0] && value <= axes.y[1] ? [axesX(axes, steps[k]), axesY(axes, value)] : [],
  );
  surface.polyline(points, { stroke: accent, width: 2 });
  surface.text(axes.box.x, axes.box.y - 10, curve.name, { size: LABEL_SIZE, color: ink, bold: true });
}

/** ELBO, reconstruction, KL and noise against the step. */
export function lossFigure(report: Pick<FitReport, "metrics">): Figure {
  const { history } = report.metrics;
  const steps = history.map((entry) => entry.step);
  const curves: Curve[] = [
    { name: "ELBO (nats a window)", values: history.map((entry) => entry.elbo) },
    { name: "Reconstruction (nats a window)", values: history.map((entry) => entry.reconstruction) },
    { name: "KL (nats a window)", values: history.map((entry) => entry.kl) },
    { name: "Noise σ (share of the image's)", values: history.map((entry) => entry.sigma) },
  ];
  const x = rangeOf(steps, 0);
  const axes = curves.map((curve, i): Axes => {
    const box = { x: 80 + (i % 2) * 480, y: 76 + Math.floor(i / 2) * 246, width: 370, height: 160 };
    return { box, x, y: settledRange(curve.values), xLabel: i > 1 ? "step" : undefined };
  });
  const alone = (curve: Curve): Figure => ({
    width: 470,
    height: 264,
    alt: `${curve.name} against the training step.`,
    draw(surface) {
      const box = { x: 80, y: 46, width: 370, height: 160 };
      drawCurve(surface, { box, x, y: settledRange(curve.values), xLabel: "step" }, steps, curve);
    },
  });
  return {
    width: 960,
    height: 548,
    parts: curves.map(alone),
    alt: `ELBO, reconstruction, KL and noise against the training step, ${history.length} entries.`,
    draw(surface) {
      drawTitle(surface, "History");
      curves.forEach((curve, i) => {
        drawCurve(surface, axes[i], steps, curve);
      });
    },
  };
}

/** KL of each latent as bars; those that carry nothing are said to be collapsed. */
export function klFigure(report: Pick<FitReport, "metrics">): Figure {
  const kl = report.metrics.klPerLatent;
  const most = Math.max(1e-9, ...kl.filter(Number.isFinite));
  const collapsed = new Set(collapsedLatents(kl));
  const label = (i: number) => `${formatNumber(kl[i])}${collapsed.has(i) ? " (collapsed)" : ""}`;
  const [left, width, pitch] = [48, 190, 32];
  return {
    width: 340,
    height: 60 + Math.max(1, kl.length) * pitch + 16,
    alt: `KL divergence of each latent in nats: ${kl.map((_, i) => `${latentName(i)} ${label(i)}`).join(", ")}.`,
    draw(surface) {
      const { ink, muted, accent } = surface.theme;
      drawTitle(surface, "KL per latent (nats)");
      kl.forEach((value, i) => {
        const y = 56 + i * pitch;
        const length = Math.max(1, (Math.max(0, value) / most) * width);
        surface.text(left - 10, y + 18, latentName(i), { size: LABEL_SIZE, color: ink, anchor: "end" });
        surface.fill({ x: left, y: y + 3, width: length, height: 20 }, collapsed.has(i) ? muted : accent, 0.85);
        surface.text(left + length + 8, y + 18, label(i), { size: NOTE_SIZE, color: muted });
      });
    },
  };
}
