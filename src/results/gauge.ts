import { expOfNegative } from "./portable_math.ts";

/**
 * The gauge of the shift. A template whose centre of registration moves with the content z is as good for the likelihood as
 * one that does not: T_z(p − t) = T'_z(p − t − c(z)). Shift and order parameter would trade places. `fitGauge` (gauge_fit.ts) chooses
 * c(z) = o + b·y + Σ_m w_m·k(|y − centre_m|), a linear function and a sum of Matérn kernels of order 5/2, y the latents times what is known of each.
 */
export interface Gauge {
  /** y_l/z_l: 1 less the mean posterior variance. A latent that is not in use moves nothing, however its mean trembles. */
  readonly known: readonly number[];
  /** Places in y of the kernels, (M, L). */
  readonly centres: readonly (readonly number[])[];
  /** c along rows and columns, pixels of the input image. */
  readonly row: GaugeAxis;
  readonly col: GaugeAxis;
  /** Largest |z| that the fit saw in each dimension: beyond it c is held. */
  readonly limit: readonly number[];
}

export interface GaugeAxis {
  readonly offset: number;
  /** b (L) and w (M). */
  readonly slopes: readonly number[];
  readonly weights: readonly number[];
}

/** Length of the kernels, prior standard deviations of z. */
const KERNEL_LENGTH = 1.5;

/** k of two places in y, and what its derivative to the first is in their difference. */
export function kernel(z: readonly number[], centre: readonly number[]): { value: number; rise: number } {
  // Not Math.hypot, which takes ten times as long: this is what the gauge's time goes into.
  let square = 0;
  for (let l = 0; l < z.length; l++) square += (z[l] - centre[l]) ** 2;
  const r = (Math.sqrt(5) / KERNEL_LENGTH) * Math.sqrt(square);
  const fall = expOfNegative(-r);
  return { value: (1 + r + (r * r) / 3) * fall, rise: (-5 / (3 * KERNEL_LENGTH ** 2)) * (1 + r) * fall };
}

/** c(z): what to take from a shift found with content z, (row, column), and ∂c/∂z_l. */
export function gaugeShift(
  { known, centres, row, col, limit }: Gauge,
  z: readonly number[],
): { shift: [number, number]; slopes: [number, number][] } {
  const held = z.map((v, l) => known[l] * Math.max(-limit[l], Math.min(limit[l], v)));
  const shift: [number, number] = [row.offset, col.offset];
  const slopes = held.map((_, l): [number, number] => [row.slopes[l], col.slopes[l]]);
  held.forEach((v, l) => {
    shift[0] += row.slopes[l] * v;
    shift[1] += col.slopes[l] * v;
  });
  for (let m = 0; m < centres.length; m++) {
    const centre = centres[m];
    const { value, rise } = kernel(held, centre);
    shift[0] += row.weights[m] * value;
    shift[1] += col.weights[m] * value;
    for (let l = 0; l < held.length; l++) {
      const slope = rise * (held[l] - centre[l]);
      slopes[l][0] += row.weights[m] * slope;
      slopes[l][1] += col.weights[m] * slope;
    }
  }
  return {
    shift,
    slopes: slopes.map(([r, c], l) => (Math.abs(z[l]) > limit[l] ? [0, 0] : [known[l] * r, known[l] * c])),
  };
}

/** Places of motifs with the content that they were found with, and what is known of both. */
interface Found {
  /** (n, 2) px, and their standard deviations. */
  readonly place: Float64Array;
  readonly sd: Float64Array;
  /** (n, L), its standard deviations, and its covariances as of `Windows`. */
  readonly z: Float64Array;
  readonly zSd: Float64Array;
  readonly covariance?: Float64Array;
}

/** Share of the variance that rounding may leave where shift and content cancel. */
const LEAST_VARIANCE = 1e-4;

/**
 * Places less c(z). Their variance is that of t − c(z): where the errors of shift and content go together, c takes that out or puts it in. The
 * error of c itself, which motifs of one content have in common, is not counted.
 */
export function placesInGauge(gauge: Gauge, found: Found): { place: Float64Array; sd: Float64Array } {
  const n = found.place.length / 2;
  const L = found.z.length / n;
  const [place, sd] = [found.place.slice(), found.sd.slice()];
  for (let i = 0; i < n; i++) {
    const { shift, slopes } = gaugeShift(gauge, contentOf(found.z, i, L));
    const covariance = found.covariance?.subarray((i * found.covariance.length) / n);
    for (const axis of [0, 1] as const) {
      const at = 2 * i + axis;
      place[at] -= shift[axis];
      if (!covariance) continue;
      const before = sd[at] ** 2;
      const after = before + addedVariance(axis, slopes, found.zSd.subarray(i * L), covariance);
      sd[at] = Math.sqrt(Math.max(LEAST_VARIANCE * before, after));
    }
  }
  return { place, sd };
}

/** Row `motif` of the contents (n, L). */
export function contentOf(z: ArrayLike<number>, motif: number, latentDim: number): number[] {
  return Array.from({ length: latentDim }, (_, l) => z[motif * latentDim + l]);
}

/** Var(t − g·z) − Var(t) along an axis, g the slopes of c. */
function addedVariance(
  axis: 0 | 1,
  slopes: readonly (readonly [number, number])[],
  zSd: Float64Array,
  covariance: Float64Array,
): number {
  let [sum, at] = [0, 0];
  for (let l = 0; l < slopes.length; l++) {
    const slope = slopes[l][axis];
    sum += slope * (slope * zSd[l] ** 2 - 2 * covariance[at + axis]);
    for (let k = 0; k < l; k++) sum += 2 * slope * slopes[k][axis] * covariance[at + 2 + k];
    at += 2 + l;
  }
  return sum;
}
