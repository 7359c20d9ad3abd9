import { ShapeError } from "../errors.ts";

/*
 * A linear model with fixed and random effects, y = X·β + U·d + ε with d_j ~ N(0, s_g·w_j), g the group of effect j, and ε ~ N(0, σ²). The s_g
 * are where the restricted likelihood is highest (Patterson and Thompson, Biometrika 58, 545, 1971), β its generalised least squares.
 */

export interface MixedModel {
  /** (n, k) row-major, fixed effects first. */
  readonly design: Float64Array;
  readonly target: Float64Array;
  /** w_j of the random effects, the last columns. */
  readonly weights: readonly number[];
  /** Group of each, from 0 on without gaps. */
  readonly groups: readonly number[];
}

export interface Effects {
  /** β and the predicted d, (k) in the columns' order. */
  readonly values: Float64Array;
  /** s of each group, and σ². */
  readonly effectVariances: readonly number[];
  readonly noiseVariance: number;
}

/** Effects, and which rows they were fitted to: 1 for those that are no outliers. */
export interface RobustEffects extends Effects {
  readonly kept: Uint8Array;
}

/** Logarithms of the ratios s/σ² that are tried, for one group after the other until none changes, at most so many times: first coarsely, then next to the best. */
const LEAST_RATIO = -10;
const GREATEST_RATIO = 14;
const COARSE_RATIO = 3;
const SWEEPS = 4;
/** Share of the values' squares below which what is left of them is rounding. */
const LEAST_REST = 1e-14;
/** Added to the diagonal, relative: columns that depend on each other stay harmless. */
const JITTER = 1e-12;
/** After each pass but the last, values off by more than this many robust standard deviations are left out. */
const CUT = 4;
const PASSES = 3;
/** Standard deviation over median absolute deviation of a normal distribution. */
const MAD_SCALE = 1.4826;

/** Fits the effects without outliers; the s_g are estimated where they are not given. */
export function fitEffects(model: MixedModel, effectVariances?: readonly number[]): RobustEffects {
  const n = model.target.length;
  const k = model.design.length / n;
  if (!Number.isInteger(k) || n <= k - model.weights.length) {
    throw new ShapeError(
      `mixed model: expected more rows than fixed effects, got ${n} values and a design of ${model.design.length}`,
    );
  }
  const all = normalEquations(model, k);
  let kept: Uint8Array = new Uint8Array(n).fill(1);
  let effects: Effects | undefined;
  for (let pass = 1; ; pass++) {
    const normal = withoutRows(all, model, kept, k);
    // The noise of the pass before turns given variances into ratios; in the first pass the likelihood chooses.
    const noise = effects?.noiseVariance;
    effects =
      effectVariances && noise !== undefined
        ? atRatios(
            normal,
            model,
            k,
            effectVariances.map((s) => s / noise),
          ).effects
        : mostLikely(normal, model, k);
    if (pass === PASSES) return { ...effects, kept };
    kept = inliers(model, effects.values, k);
  }
}

interface Normal {
  /** Its lower half. */
  readonly matrix: Float64Array;
  readonly right: Float64Array;
  squares: number;
  count: number;
}

/** XᵀX (k, k), Xᵀy and yᵀy. */
function normalEquations(model: MixedModel, k: number): Normal {
  const normal = { matrix: new Float64Array(k * k), right: new Float64Array(k), squares: 0, count: 0 };
  for (let row = 0; row < model.target.length; row++) addRow(normal, model, row, k, 1);
  return normal;
}

/** The same without the rows that are not kept: these are few. */
function withoutRows(all: Normal, model: MixedModel, kept: Uint8Array, k: number): Normal {
  const normal = { ...all, matrix: all.matrix.slice(), right: all.right.slice() };
  for (let row = 0; row < kept.length; row++) if (!kept[row]) addRow(normal, model, row, k, -1);
  return normal;
}

/** Adds a row to the sums (sign 1), or takes it out again (−1). */
function addRow(normal: Normal, { design, target }: MixedModel, row: number, k: number, sign: 1 | -1): void {
  const { matrix, right } = normal;
  const x = design.subarray(row * k, (row + 1) * k);
  normal.squares += sign * target[row] ** 2;
  normal.count += sign;
  for (let i = 0; i < k; i++) {
    const value = sign * x[i];
    right[i] += value * target[row];
    for (let j = 0; j <= i; j++) matrix[i * k + j] += value * x[j];
  }
}

/** The effects at ratios s/σ², and −2 log of their restricted likelihood but for a constant. */
function atRatios(
  normal: Normal,
  { weights, groups }: MixedModel,
  k: number,
  ratios: readonly number[],
): { cost: number; effects: Effects } {
  const fixed = k - weights.length;
  const matrix = normal.matrix.slice();
  let logarithms = 0;
  weights.forEach((weight, j) => {
    const own = weight * ratios[groups[j]];
    matrix[(fixed + j) * (k + 1)] += 1 / own;
    logarithms += Math.log(own);
  });
  for (let i = 0; i < k; i++) matrix[i * (k + 1)] *= 1 + JITTER;
  factorise(matrix, k);
  for (let i = 0; i < k; i++) logarithms += 2 * Math.log(matrix[i * (k + 1)]);
  const values = solve(matrix, normal.right, k);
  const rest = normal.squares - values.reduce((sum, v, i) => sum + v * normal.right[i], 0);
  const freedom = Math.max(1, normal.count - fixed);
  const noiseVariance = Math.max(rest, LEAST_REST * normal.squares, Number.MIN_VALUE) / freedom;
  const cost = freedom * Math.log(noiseVariance) + logarithms;
  return { cost, effects: { values, effectVariances: ratios.map((ratio) => ratio * noiseVariance), noiseVariance } };
}

/** The effects at the ratios whose restricted likelihood is highest. */
function mostLikely(normal: Normal, model: MixedModel, k: number): Effects {
  let logs: readonly number[] = Array.from({ length: Math.max(...model.groups) + 1 }, () => 0);
  let best = atRatios(normal, model, k, logs.map(Math.exp));
  const seen = new Set([String(logs)]);
  const attempt = (group: number, log: number) => {
    const tried = logs.with(group, log);
    if (log < LEAST_RATIO || log > GREATEST_RATIO || seen.has(String(tried))) return;
    seen.add(String(tried));
    const one = atRatios(normal, model, k, tried.map(Math.exp));
    if (one.cost < best.cost) [best, logs] = [one, tried];
  };
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const before = best;
    for (const group of logs.keys()) {
      for (let log = LEAST_RATIO; log <= GREATEST_RATIO; log += COARSE_RATIO) attempt(group, log);
      const middle = logs[group];
      for (let off = 1 - COARSE_RATIO; off < COARSE_RATIO; off++) attempt(group, middle + off);
    }
    if (best === before) break;
  }
  return best.effects;
}

function inliers({ design, target }: MixedModel, solution: Float64Array, k: number): Uint8Array {
  const off = target.map((v, row) => {
    let sum = 0;
    for (let i = 0; i < k; i++) sum += solution[i] * design[row * k + i];
    return Math.abs(v - sum);
  });
  const bound = CUT * MAD_SCALE * off.slice().sort()[off.length >> 1];
  return Uint8Array.from(off, (v) => (v <= bound ? 1 : 0));
}

/** Lower Cholesky factor in place; what lies above the diagonal is left alone. */
export function factorise(a: Float64Array, k: number): void {
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
