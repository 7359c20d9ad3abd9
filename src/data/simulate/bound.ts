import { ConfigError, NumericsError } from "../../errors.ts";
import { LATTICE12_COLUMNS } from "./lattice12.ts";

/** Mean of every sample (pixel) of a noise-free model as a function of its parameters. */
export type Model = (parameters: Float64Array) => Float64Array;

/** Variance of a sample given its mean. */
export type Variance = (mean: number) => number;

/** The same Gaussian noise everywhere. */
export const gaussianVariance =
  (sd: number): Variance =>
  () =>
    sd * sd;

/** Counts. Samples with a mean below 1e-12 carry no information and would divide by zero. */
export const poissonVariance: Variance = (mean) => (mean > 1e-12 ? mean : Number.POSITIVE_INFINITY);

/**
 * Fisher information (k, k), row-major, of k parameters: F_ij = Σ_p ∂m_p/∂θ_i · ∂m_p/∂θ_j / var(m_p), derivatives by
 * central differences. Exact for Gaussian noise of fixed variance and for Poisson noise (Kay, Fundamentals of Statistical
 * Signal Processing: Estimation Theory (1993), eq. 3.31); with var = mean + sd² the information in the variance is left out.
 *
 * @param step half the difference, one a parameter or one for all; 1e-3 suits positions in px
 */
export function fisherInformation(
  model: Model,
  parameters: ArrayLike<number>,
  variance: Variance,
  step: number | readonly number[] = 1e-3,
): Float64Array {
  const k = parameters.length;
  const mean = model(Float64Array.from(parameters));
  const slopes = Array.from({ length: k }, (_, i) => {
    const h = typeof step === "number" ? step : step[i];
    const at = (sign: number) =>
      model(Float64Array.from(parameters, (value, j) => (j === i ? value + sign * h : value)));
    const [plus, minus] = [at(1), at(-1)];
    return plus.map((value, p) => (value - minus[p]) / (2 * h));
  });
  const information = new Float64Array(k * k);
  for (let p = 0; p < mean.length; p++) {
    const weight = 1 / variance(mean[p]);
    for (let i = 0; i < k; i++) {
      for (let j = 0; j < k; j++) information[i * k + j] += slopes[i][p] * slopes[j][p] * weight;
    }
  }
  return information;
}

/**
 * Cramér–Rao bound: the smallest standard deviation of an unbiased estimate of each parameter, (k), the others unknown:
 * sqrt(diag(F⁻¹)). Put shifts first and nuisances (gain, offset, order parameter) after them.
 *
 * @throws NumericsError where the samples do not determine the parameters
 */
export function shiftBound(
  model: Model,
  parameters: ArrayLike<number>,
  variance: Variance,
  step?: number | readonly number[],
): Float64Array {
  const k = parameters.length;
  const inverse = invertPositiveDefinite(fisherInformation(model, parameters, variance, step), k);
  return Float64Array.from({ length: k }, (_, i) => Math.sqrt(inverse[i * k + i]));
}

function invertPositiveDefinite(matrix: Float64Array, k: number): Float64Array {
  // Scaled to a unit diagonal, so that the test of singularity does not depend on the parameters' units.
  const scale = Float64Array.from({ length: k }, (_, i) => 1 / Math.sqrt(matrix[i * k + i]));
  const left = matrix.map((value, n) => value * scale[Math.floor(n / k)] * scale[n % k]);
  const inverse = new Float64Array(k * k);
  for (let i = 0; i < k; i++) inverse[i * k + i] = 1;
  for (let i = 0; i < k; i++) {
    const pivot = left[i * k + i];
    if (!(pivot > 1e-12)) throw new NumericsError(`Cramér–Rao bound: parameter ${i} is not determined by the samples`);
    for (let j = 0; j < k; j++) {
      left[i * k + j] /= pivot;
      inverse[i * k + j] /= pivot;
    }
    for (let r = 0; r < k; r++) {
      const factor = left[r * k + i];
      if (r === i || factor === 0) continue;
      for (let j = 0; j < k; j++) {
        left[r * k + j] -= factor * left[i * k + j];
        inverse[r * k + j] -= factor * inverse[i * k + j];
      }
    }
  }
  return inverse.map((value, n) => value * scale[Math.floor(n / k)] * scale[n % k]);
}

/** What a window of the `lattice12` kind measures. */
export interface Lattice12Window {
  /** Side of the window, px. */
  readonly windowSize: number;
  readonly lattice: number;
  readonly background: number;
  /** Expected counts in an A column; 0: no shot noise. */
  readonly dose: number;
  /** Additive Gaussian noise, sd in amplitudes of an A column. */
  readonly noise: number;
  /** Displacement at which the bound is taken, px. */
  readonly displacement?: number;
}

/**
 * Cramér–Rao bounds of a window at a random place of a `lattice12` image, as root mean squares over a grid of
 * `phases`² places in the cell: [shift along rows, shift along columns, u], px, each with the other two unknown and u
 * the same in the whole window.
 */
export function lattice12Bound(window: Lattice12Window, phases = 8): [number, number, number] {
  const { dose, noise } = window;
  if (!(dose > 0 || noise > 0)) throw new ConfigError("lattice12Bound: expected dose or noise above 0, both are 0");
  const { amplitude, width } = LATTICE12_COLUMNS.a;
  const unit = dose > 0 ? dose / (2 * Math.PI * width * width * amplitude) : 1;
  const sd = unit * noise;
  const variance: Variance =
    dose > 0 ? (mean) => (sd > 0 ? mean + sd * sd : poissonVariance(mean)) : gaussianVariance(sd);
  const model = lattice12Model(window, unit);
  const squares: [number, number, number] = [0, 0, 0];
  for (let i = 0; i < phases; i++) {
    for (let j = 0; j < phases; j++) {
      const at = [(i / phases) * window.lattice, (j / phases) * window.lattice, window.displacement ?? 0];
      const bound = shiftBound(model, at, variance);
      for (let k = 0; k < 3; k++) squares[k] += bound[k] ** 2 / phases ** 2;
    }
  }
  return [Math.sqrt(squares[0]), Math.sqrt(squares[1]), Math.sqrt(squares[2])];
}

/** Window of a lattice with parameters (row shift, column shift, u); periodic sums separate into rows and columns. */
function lattice12Model({ windowSize, lattice, background }: Lattice12Window, unit: number): Model {
  const profile = (origin: number, width: number) => {
    const cells = Math.ceil((windowSize + 12 * width) / lattice) + 1;
    return Float64Array.from({ length: windowSize }, (_, p) => {
      let sum = 0;
      for (let i = -cells; i <= cells; i++) sum += Math.exp(-0.5 * ((p - origin - i * lattice) / width) ** 2);
      return sum;
    });
  };
  const { a, b } = LATTICE12_COLUMNS;
  return ([row, col, u]) => {
    const half = lattice / 2;
    const [aRow, aCol] = [profile(row, a.width), profile(col, a.width)];
    const [bRow, bCol] = [profile(row + half, b.width), profile(col + half + u, b.width)];
    return Float64Array.from({ length: windowSize ** 2 }, (_, n) => {
      const [r, c] = [Math.floor(n / windowSize), n % windowSize];
      return unit * (background + a.amplitude * aRow[r] * aCol[c] + b.amplitude * bRow[r] * bCol[c]);
    });
  };
}
