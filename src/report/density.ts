import type { Grid } from "../results/types.ts";
import type { Limits } from "./scales.ts";

/** Density of points in the plane and its contours. */

const SIDE = 72;

function standardDeviation(values: ArrayLike<number>): number {
  const n = values.length;
  const mean = Array.from(values).reduce((sum, v) => sum + v, 0) / n;
  return Math.sqrt(Array.from(values).reduce((sum, v) => sum + (v - mean) ** 2, 0) / n);
}

/** Bandwidth of half Scott's rule for two dimensions, n^(−1/6): latents often come in groups, which the full rule, made for
 * one Gaussian, smears together. In cells of the grid. */
function bandwidth(values: ArrayLike<number>, [low, high]: Limits): number {
  const scott = standardDeviation(values) * values.length ** (-1 / 6);
  return Math.max(0.8, ((0.5 * scott) / (high - low)) * SIDE);
}

function gaussianWeights(sd: number): number[] {
  const reach = Math.ceil(3 * sd);
  const weights = Array.from({ length: 2 * reach + 1 }, (_, i) => Math.exp(-0.5 * ((i - reach) / sd) ** 2));
  const total = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / total);
}

/** Convolves the rows of a square grid, and transposes it: two calls convolve both ways. */
function smoothAndTranspose(data: Float32Array, sd: number): Float32Array {
  const weights = gaussianWeights(sd);
  const reach = (weights.length - 1) / 2;
  const out = new Float32Array(data.length);
  for (let r = 0; r < SIDE; r++) {
    for (let c = 0; c < SIDE; c++) {
      let sum = 0;
      for (let k = -reach; k <= reach; k++) {
        if (c + k >= 0 && c + k < SIDE) sum += weights[k + reach] * data[r * SIDE + c + k];
      }
      out[c * SIDE + r] = sum;
    }
  }
  return out;
}

/** Kernel density estimate of points (x, y), binned on a square grid over the limits (rows are y). */
export function pointDensity(x: ArrayLike<number>, y: ArrayLike<number>, xLimits: Limits, yLimits: Limits): Grid {
  const counts = new Float32Array(SIDE * SIDE);
  const bin = (value: number, [low, high]: Limits) =>
    Math.min(SIDE - 1, Math.max(0, Math.floor(((value - low) / (high - low)) * SIDE)));
  for (let i = 0; i < x.length; i++) {
    if (Number.isFinite(x[i]) && Number.isFinite(y[i])) counts[bin(y[i], yLimits) * SIDE + bin(x[i], xLimits)] += 1;
  }
  const across = smoothAndTranspose(counts, bandwidth(x, xLimits));
  return { rows: SIDE, cols: SIDE, data: smoothAndTranspose(across, bandwidth(y, yLimits)) };
}

/** The density above which the share `mass` of the points lies. */
export function massLevel({ data }: Grid, mass: number): number {
  const sorted = Float32Array.from(data).sort().reverse();
  const total = sorted.reduce((a, b) => a + b, 0);
  let sum = 0;
  for (const value of sorted) {
    sum += value;
    if (sum >= mass * total) return value;
  }
  return 0;
}

/** Segments x1, y1, x2, y2, … of a grid's contour at a level, in (column, row) of sample centres. Each square of four
 * samples is cut in two triangles, which leaves no ambiguous case. */
export function contour({ rows, cols, data }: Grid, level: number): number[] {
  const out: number[] = [];
  type Corner = readonly [x: number, y: number, value: number];
  const corner = (r: number, c: number): Corner => [c, r, data[r * cols + c] - level];
  const cut = (triangle: readonly Corner[]) => {
    const crossings: number[] = [];
    triangle.forEach((p, i) => {
      const q = triangle[(i + 1) % 3];
      if (p[2] < 0 === q[2] < 0) return;
      const t = p[2] / (p[2] - q[2]);
      crossings.push(p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1]));
    });
    if (crossings.length === 4) out.push(...crossings);
  };
  for (let r = 0; r + 1 < rows; r++) {
    for (let c = 0; c + 1 < cols; c++) {
      cut([corner(r, c), corner(r, c + 1), corner(r + 1, c + 1)]);
      cut([corner(r, c), corner(r + 1, c + 1), corner(r + 1, c)]);
    }
  }
  return out;
}
