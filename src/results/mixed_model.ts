import { ShapeError } from "../errors.ts";

/*
 * A linear model with fixed and random effects, y = X·β + U·d + ε with d_j ~ N(0, s·w_j) and ε ~ N(0, σ²). s is where the restricted
 * likelihood is highest (Patterson and Thompson, Biometrika 58, 545, 1971), β its generalised least squares.
 */

export interface MixedModel {
  /** (n, k) row-major, fixed effects first. */
  readonly design: Float64Array;
  readonly target: Float64Array;
  /** w_j of the random effects, the last columns. */
  readonly weights: readonly number[];
}

export interface Effects {
  /** β and the predicted d, (k) in the columns' order. */
  readonly values: Float64Array;
  /** s and σ². */
  readonly effectVariance: number;
  readonly noiseVariance: number;
}

/** Ratios s/σ² that are tried. */
const RATIOS = Array.from({ length: 19 }, (_, i) => Math.exp(i - 8));
/** Share of the values' squares below which what is left of them is rounding. */
const LEAST_REST = 1e-14;
/** Added to the diagonal, relative: columns that depend on each other stay harmless. */
const JITTER = 1e-12;
/** After each pass but the last, values off by more than this many robust standard deviations are left out. */
const CUT = 4;
const PASSES = 3;
/** Standard deviation over median absolute deviation of a normal distribution. */
const MAD_SCALE = 1.4826;

/** Fits the effects without outliers; s is estimated where it is not given. */
export function fitEffects(model: MixedModel, effectVariance?: number): Effects {
  const n = model.target.length;
  const k = model.design.length / n;
  if (!Number.isInteger(k) || n <= k - model.weights.length) {
    throw new ShapeError(
      `mixed model: expected more rows than fixed effects, got ${n} values and a design of ${model.design.length}`,
    );
  }
  let keep: Uint8Array = new Uint8Array(n).fill(1);
  let effects: Effects | undefined;
  for (let pass = 1; ; pass++) {
    const normal = normalEquations(model, keep, k);
    // The noise of the pass before turns a given s into a ratio; in the first pass the likelihood chooses.
    const ratio = effectVariance !== undefined && effects ? effectVariance / effects.noiseVariance : undefined;
    effects =
      ratio === undefined ? mostLikely(normal, model.weights, k) : atRatio(normal, model.weights, k, ratio).effects;
    if (pass === PASSES) return effects;
    keep = inliers(model, effects.values, k);
  }
}

interface Normal {
  readonly matrix: Float64Array;
  readonly right: Float64Array;
  readonly squares: number;
  readonly count: number;
}

/** XᵀX (k, k), Xᵀy and yᵀy of the kept rows. */
function normalEquations({ design, target }: MixedModel, keep: Uint8Array, k: number): Normal {
  const matrix = new Float64Array(k * k);
  const right = new Float64Array(k);
  let [squares, count] = [0, 0];
  for (let row = 0; row < target.length; row++) {
    if (!keep[row]) continue;
    const x = design.subarray(row * k, (row + 1) * k);
    squares += target[row] ** 2;
    count++;
    for (let i = 0; i < k; i++) {
      right[i] += x[i] * target[row];
      for (let j = 0; j <= i; j++) matrix[i * k + j] += x[i] * x[j];
    }
  }
  return { matrix, right, squares, count };
}

/** The effects at a ratio s/σ², and −2 log of its restricted likelihood but for a constant. */
function atRatio(
  normal: Normal,
  weights: readonly number[],
  k: number,
  ratio: number,
): { cost: number; effects: Effects } {
  const fixed = k - weights.length;
  const matrix = normal.matrix.slice();
  let logarithms = 0;
  weights.forEach((weight, j) => {
    matrix[(fixed + j) * (k + 1)] += 1 / (weight * ratio);
    logarithms += Math.log(weight * ratio);
  });
  for (let i = 0; i < k; i++) matrix[i * (k + 1)] *= 1 + JITTER;
  factorise(matrix, k);
  for (let i = 0; i < k; i++) logarithms += 2 * Math.log(matrix[i * (k + 1)]);
  const values = solve(matrix, normal.right, k);
  const rest = normal.squares - values.reduce((sum, v, i) => sum + v * normal.right[i], 0);
  const freedom = Math.max(1, normal.count - fixed);
  const noiseVariance = Math.max(rest, LEAST_REST * normal.squares, Number.MIN_VALUE) / freedom;
  const cost = freedom * Math.log(noiseVariance) + logarithms;
  return { cost, effects: { values, effectVariance: ratio * noiseVariance, noiseVariance } };
}

/** The effects at the ratio whose restricted likelihood is highest. */
function mostLikely(normal: Normal, weights: readonly number[], k: number): Effects {
  const tried = RATIOS.map((ratio) => atRatio(normal, weights, k, ratio));
  return tried.reduce((best, one) => (one.cost < best.cost ? one : best)).effects;
}

function inliers({ design, target }: MixedModel, solution: Float64Array, k: number): Uint8Array {
  const off = target.map((v, row) => Math.abs(v - solution.reduce((sum, b, i) => sum + b * design[row * k + i], 0)));
  const bound = CUT * MAD_SCALE * off.slice().sort()[off.length >> 1];
  return Uint8Array.from(off, (v) => (v <= bound ? 1 : 0));
}

/** Lower Cholesky factor in place; what lies above the diagonal is left alone. */
function factorise(a: Float64Array, k: number): void {
  for (let i = 0; i < k; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = a[i * k + j];
      for (let m = 0; m < j; m++) sum -= a[i * k + m] * a[j * k + m];
      a[i * k + j] = i === j ? Math.sqrt(Math.max(sum, Number.MIN_VALUE)) : sum / a[j * k + j];
    }
  }
}

function solve(factor: Float64Array, right: Float64Array, k: number): Float64Array {
  const x = right.slice();
  for (let i = 0; i < k; i++) {
    for (let m = 0; m < i; m++) x[i] -= factor[i * k + m] * x[m];
    x[i] /= factor[i * (k + 1)];
  }
  for (let i = k - 1; i >= 0; i--) {
    for (let m = i + 1; m < k; m++) x[i] -= factor[m * k + i] * x[m];
    x[i] /= factor[i * (k + 1)];
  }
  return x;
}
