/**
 * Measures that judge a fit against a known truth: regression, calibration, bounds, autocorrelation. Pure functions; tables
 * are row-major, (n, k) as `Table`; positions and shifts are (row, column) in pixels.
 */
import { ConfigError, NumericsError, ShapeError } from "../errors.ts";
import { leastSquares } from "./least_squares.ts";
import { KdTree } from "./neighbours.ts";

/** n rows of `width` numbers. */
export interface Table {
  readonly data: ArrayLike<number>;
  readonly width: number;
}

/** Column k of a table. */
export function column(table: Table, k: number): Float64Array {
  return Float64Array.from({ length: rowsOf(table) }, (_, i) => table.data[i * table.width + k]);
}

/** Neighbours of the regressions. */
const NEIGHBOURS = 30;
/** Side of the checkerboard's squares, px. */
const BLOCK = 48;

/** Which square of a checkerboard each position (n, 2) is on: 0 or 1. */
export function checkerboard(position: ArrayLike<number>, block = BLOCK): Uint8Array {
  return Uint8Array.from({ length: position.length / 2 }, (_, i) => {
    const square = Math.floor(position[2 * i] / block) + Math.floor(position[2 * i + 1] / block);
    return Math.abs(square % 2);
  });
}

/**
 * R² of each target given the features, by k-nearest-neighbour regression (mean of k = 30 neighbours in Euclidean
 * distance): trained on the rows of fold 0 and tested on those of fold 1, and the other way round; both sets of
 * predictions are judged together. For windows of an image take `checkerboard` as folds: overlapping windows then never
 * predict each other, except across the edges of the squares, where random folds would flatter.
 *
 * @param features (n, L)
 * @param targets (n, T)
 * @param fold (n) 0 or 1
 * @returns (T), 1 − Σ(y − ŷ)²/Σ(y − ȳ)²; negative where the prediction is worse than the mean
 * @throws ShapeError where the tables disagree; ConfigError where a fold has fewer than k rows
 */
export function knnR2(features: Table, targets: Table, fold: ArrayLike<number>, k = NEIGHBOURS): Float64Array {
  const predicted = { data: knnPrediction(features, targets, fold, k), width: targets.width };
  return Float64Array.from({ length: targets.width }, (_, t) => r2(column(targets, t), column(predicted, t)));
}

/**
 * How much of the phases (n, 2), in cycles, the content z (n, L) gives away: for each axis the R² of (cos 2πφ, sin 2πφ)
 * together, by regression as in `knnR2`. Give sampled z: the mean of a collapsed latent still carries the
 * phase, invisibly small against its standard deviation.
 */
export function phaseR2(z: Table, phase: ArrayLike<number>, fold: ArrayLike<number>, k = NEIGHBOURS): [number, number] {
  const targets = { data: new Float64Array(2 * phase.length), width: 4 };
  for (let i = 0; i < phase.length; i++) {
    targets.data[2 * i] = Math.cos(2 * Math.PI * phase[i]);
    targets.data[2 * i + 1] = Math.sin(2 * Math.PI * phase[i]);
  }
  const predicted = { data: knnPrediction(z, targets, fold, k), width: 4 };
  const axis = (first: number) => r2(pair(targets, first), pair(predicted, first), 2);
  return [axis(0), axis(2)];
}

/** R² of a target (n) given z (n, L): least squares on all monomials of z up to `degree`, on the same samples. */
export function polynomialR2(z: Table, target: ArrayLike<number>, degree: number): number {
  const terms = polynomialTerms(z, degree);
  const coefficients = leastSquares(terms.data, target, terms.width);
  const predicted = Float64Array.from({ length: target.length }, (_, i) =>
    coefficients.reduce((sum, c, t) => sum + c * terms.data[i * terms.width + t], 0),
  );
  return r2(target, predicted);
}

/** All monomials of total degree ≤ `degree` of the standardised columns of z, constant first: (n, (L + degree choose degree)). */
export function polynomialTerms(z: Table, degree: number): { data: Float64Array; width: number } {
  const n = rowsOf(z);
  let level: { last: number; values: Float64Array }[] = [{ last: 0, values: new Float64Array(n).fill(1) }];
  const columns = Array.from({ length: z.width }, (_, k) => standardise(column(z, k)));
  const terms = [level[0].values];
  for (let d = 1; d <= degree; d++) {
    level = level.flatMap(({ last, values }) =>
      columns.slice(last).map((x, k) => ({ last: last + k, values: values.map((value, i) => value * x[i]) })),
    );
    terms.push(...level.map(({ values }) => values));
  }
  const data = new Float64Array(n * terms.length);
  for (const [t, values] of terms.entries()) for (let i = 0; i < n; i++) data[i * terms.length + t] = values[i];
  return { data, width: terms.length };
}

/** Rms of error/σ (1 where the σ are right, above where they are too small) and the share of errors within 1 σ (0.683). */
export function calibration(error: ArrayLike<number>, sd: ArrayLike<number>): { rms: number; within: number } {
  sameLength("calibration", error, sd);
  let [sum, within] = [0, 0];
  for (let i = 0; i < error.length; i++) {
    if (!(sd[i] > 0)) throw new NumericsError(`calibration: expected σ above 0, number ${i} is ${sd[i]}`);
    const ratio = error[i] / sd[i];
    sum += ratio * ratio;
    if (Math.abs(ratio) <= 1) within++;
  }
  return { rms: Math.sqrt(sum / error.length), within: within / error.length };
}

/**
 * Cramér–Rao bound of the position of a Gaussian peak of amplitude 1, known width and white noise:
 * noise / √Σ_p ((x_p − μ)/s²)² exp(−(x_p − μ)²/s²).
 *
 * @param x (p) sampling points; mu, width in the same unit
 * @param noise sd in amplitudes of the peak
 */
export function peakPositionBound(x: ArrayLike<number>, mu: number, width: number, noise: number): number {
  let information = 0;
  for (let p = 0; p < x.length; p++) {
    const d = x[p] - mu;
    information += (d / width ** 2) ** 2 * Math.exp(-((d / width) ** 2));
  }
  return noise / Math.sqrt(information);
}

/** Least-squares line truth ≈ slope·estimate + offset, with what is left: shifts have a free origin and, in 1D, a scale. */
export function affineFit(estimate: ArrayLike<number>, truth: ArrayLike<number>) {
  sameLength("affineFit", estimate, truth);
  const n = truth.length;
  const design = new Float64Array(2 * n).fill(1);
  for (let i = 0; i < n; i++) design[2 * i + 1] = estimate[i];
  const [offset, slope] = leastSquares(design, truth, 2);
  const residual = Float64Array.from({ length: n }, (_, i) => slope * estimate[i] + offset - truth[i]);
  return { slope, offset, residual, rmse: Math.sqrt(residual.reduce((sum, e) => sum + e * e, 0) / n) };
}

/**
 * Moran's I of values (n) at positions (n, 2): the correlation of each value with the mean of its k nearest neighbours'
 * (Moran, Biometrika 37, 17 (1950), binary weights); −1/(n − 1) expected for values that ignore their neighbours.
 */
export function moranI(values: ArrayLike<number>, position: ArrayLike<number>, k = 4): number {
  const n = values.length;
  if (position.length !== 2 * n) throw new ShapeError(`moranI: ${n} values, ${position.length / 2} positions`);
  if (!(k >= 1 && k < n)) throw new ConfigError(`moranI: k: expected 1 to ${n - 1}, got ${k}`);
  const tree = new KdTree(position, 2);
  const centred = centre(values);
  let [products, squares] = [0, 0];
  for (let i = 0; i < n; i++) {
    squares += centred[i] ** 2;
    const near = tree.nearest([position[2 * i], position[2 * i + 1]], k + 1).filter((j) => j !== i);
    for (const j of near.subarray(0, k)) products += (centred[i] * centred[j]) / k;
  }
  return products / squares;
}

/** 1 − Σ(y − ŷ)²/Σ(y − ȳ)², with one mean for each of `width` interleaved columns. */
function r2(truth: ArrayLike<number>, predicted: ArrayLike<number>, width = 1): number {
  const means = Array.from({ length: width }, (_, k) => mean(column({ data: truth, width }, k)));
  let [left, total] = [0, 0];
  for (let i = 0; i < truth.length; i++) {
    left += (truth[i] - predicted[i]) ** 2;
    total += (truth[i] - means[i % width]) ** 2;
  }
  if (total === 0) throw new NumericsError("R²: expected targets that differ, all are the same");
  return 1 - left / total;
}

function knnPrediction(features: Table, targets: Table, fold: ArrayLike<number>, k: number): Float64Array {
  const n = rowsOf(features);
  if (rowsOf(targets) !== n || fold.length !== n) {
    const sizes = `${n} rows of features, ${rowsOf(targets)} of targets, ${fold.length} of folds`;
    throw new ShapeError(`kNN regression: expected as many of each, got ${sizes}`);
  }
  const rowOf = (i: number) =>
    Float64Array.from({ length: features.width }, (_, d) => features.data[i * features.width + d]);
  const out = new Float64Array(n * targets.width);
  for (const trained of [0, 1]) {
    const train = Int32Array.from({ length: n }, (_, i) => i).filter((i) => fold[i] === trained);
    if (train.length < k) {
      throw new ConfigError(`kNN regression: fold ${trained}: expected at least k = ${k} rows, got ${train.length}`);
    }
    const points = new Float64Array(train.length * features.width);
    for (const [m, i] of train.entries()) points.set(rowOf(i), m * features.width);
    const tree = new KdTree(points, features.width);
    for (let i = 0; i < n; i++) {
      if (fold[i] === trained) continue;
      for (const neighbour of tree.nearest(rowOf(i), k)) {
        const from = train[neighbour] * targets.width;
        for (let t = 0; t < targets.width; t++) out[i * targets.width + t] += targets.data[from + t] / k;
      }
    }
  }
  return out;
}

/** Columns k and k + 1 of a table of four, interleaved. */
function pair({ data, width }: Table, k: number): Float64Array {
  return Float64Array.from({ length: (2 * data.length) / width }, (_, m) => data[(m >> 1) * width + k + (m & 1)]);
}

function rowsOf({ data, width }: Table): number {
  const rows = data.length / width;
  if (!Number.isInteger(rows)) throw new ShapeError(`table: ${data.length} numbers do not fill rows of ${width}`);
  return rows;
}

function mean(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

function centre(values: ArrayLike<number>): Float64Array {
  const middle = mean(values);
  return Float64Array.from(values, (value) => value - middle);
}

/** A constant column becomes zeros. */
function standardise(values: Float64Array): Float64Array {
  const centred = centre(values);
  const sd = Math.sqrt(centred.reduce((sum, x) => sum + x * x, 0) / centred.length);
  return sd > 0 ? centred.map((x) => x / sd) : centred;
}

function sameLength(what: string, one: ArrayLike<number>, other: ArrayLike<number>): void {
  if (one.length !== other.length) {
    throw new ShapeError(`${what}: expected two arrays of one length, got ${one.length} and ${other.length}`);
  }
}
