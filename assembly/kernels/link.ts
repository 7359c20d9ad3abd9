/**
 * Links of the likelihoods: the decoder gives a pixel's natural parameter a, the likelihood's mean is μ(a).
 *
 *     Gaussian               μ = a
 *     Bernoulli              μ = 1/(1 + e^−a)                  a the logit
 *     continuous Bernoulli   μ = 1/(1 − e^−a) − 1/a            a the logit (Loaiza-Ganem & Cunningham, NeurIPS 2019)
 *     Poisson                μ = e^a                           a the log-rate
 *
 * The last three are exponential families in a: their −log p has the slope μ(a) − x, and dμ/da is the variance of x.
 */
import { load_lanes, store_lanes } from "./lanes";
import { exp_ps, sigmoid_ps } from "./math";
import { exp64, log64 } from "./math64";
import { fma } from "./simd";

export const GAUSSIAN: i32 = 0;
export const BERNOULLI: i32 = 1;
export const CONTINUOUS_BERNOULLI: i32 = 2;
export const POISSON: i32 = 3;

/** Below these |a| the continuous Bernoulli's series hold to f32's precision, above them the formulas. */
const SERIES_BELOW: f32 = 0.5;
const SLOPE_SERIES_BELOW: f32 = 1;

/** 1/a − 1/sinh a = a/6 − 7a³/360 + 31a⁵/15120 − 127a⁷/604800 + …, the slope of the log-normaliser: μ = sigmoid(a) − this. */
@inline
export function log_normaliser_slope_ps(a: v128): v128 {
  const size = f32x4.abs(a);
  const e = exp_ps(f32x4.neg(size));
  const one = f32x4.splat(1);
  const inverseSinh = f32x4.div(f32x4.add(e, e), f32x4.sub(one, f32x4.mul(e, e)));
  const formula = f32x4.sub(f32x4.div(one, size), inverseSinh);
  const signed = v128.or(formula, v128.and(a, i32x4.splat(0x80000000)));
  const z = f32x4.mul(a, a);
  let series = fma(f32x4.splat(<f32>(-127.0 / 604800.0)), z, f32x4.splat(<f32>(31.0 / 15120.0)));
  series = fma(series, z, f32x4.splat(<f32>(-7.0 / 360.0)));
  series = fma(series, z, f32x4.splat(<f32>(1.0 / 6.0)));
  return v128.bitselect(f32x4.mul(a, series), signed, f32x4.lt(size, f32x4.splat(SERIES_BELOW)));
}

/** μ of four natural parameters, not for the Gaussian. */
@inline
export function mean_ps(a: v128, kind: i32): v128 {
  if (kind === POISSON) return exp_ps(a);
  if (kind === BERNOULLI) return sigmoid_ps(a);
  return f32x4.sub(sigmoid_ps(a), log_normaliser_slope_ps(a));
}

/** 1/a² − 1/(4 sinh²(a/2)) = 1/12 − a²/240 + a⁴/6048 − a⁶/172800 + a⁸/5322240 − …: the continuous Bernoulli's variance. */
@inline
function continuous_variance_ps(a: v128): v128 {
  const size = f32x4.abs(a);
  const e = exp_ps(f32x4.neg(size));
  const one = f32x4.splat(1);
  const rest = f32x4.sub(one, e);
  const formula = f32x4.sub(f32x4.div(one, f32x4.mul(a, a)), f32x4.div(e, f32x4.mul(rest, rest)));
  const z = f32x4.mul(a, a);
  let series = fma(f32x4.splat(<f32>(1.0 / 5322240.0)), z, f32x4.splat(<f32>(-1.0 / 172800.0)));
  series = fma(series, z, f32x4.splat(<f32>(1.0 / 6048.0)));
  series = fma(series, z, f32x4.splat(<f32>(-1.0 / 240.0)));
  series = fma(series, z, f32x4.splat(<f32>(1.0 / 12.0)));
  return v128.bitselect(series, formula, f32x4.lt(size, f32x4.splat(SLOPE_SERIES_BELOW)));
}

/** dμ/da of four natural parameters, not for the Gaussian. */
@inline
function mean_slope_ps(a: v128, kind: i32): v128 {
  if (kind === POISSON) return exp_ps(a);
  if (kind === CONTINUOUS_BERNOULLI) return continuous_variance_ps(a);
  // Not 1 − μ, whose bits are lost where μ is near 1.
  return f32x4.mul(sigmoid_ps(a), sigmoid_ps(f32x4.neg(a)));
}

@inline
function link_all(y: usize, a: usize, n: usize, kind: i32): void {
  const end = (n & ~3) * 4;
  for (let at: usize = 0; at < end; at += 16) v128.store(y + at, mean_ps(v128.load(a + at), kind));
  if (n & 3) store_lanes(y + end, mean_ps(load_lanes(a + end, n & 3), kind), n & 3);
}

/** y (n) = μ(a). Writes; in place allowed. */
export function link(y: usize, a: usize, n: usize, kind: i32): void {
  if (kind === GAUSSIAN) memory.copy(y, a, n * 4);
  else if (kind === BERNOULLI) link_all(y, a, n, BERNOULLI);
  else if (kind === CONTINUOUS_BERNOULLI) link_all(y, a, n, CONTINUOUS_BERNOULLI);
  else link_all(y, a, n, POISSON);
}

@inline
function slope_lanes(d: usize, a: usize, factor: v128, kind: i32, count: usize): void {
  const scaled = f32x4.mul(factor, load_lanes(d, count));
  store_lanes(d, kind === GAUSSIAN ? scaled : f32x4.mul(scaled, mean_slope_ps(load_lanes(a, count), kind)), count);
}

/** d (n) *= scale · dμ/da at a: derivatives of the natural parameter become derivatives of the mean. In place. */
export function link_slope(d: usize, a: usize, scale: f32, n: usize, kind: i32): void {
  const factor = f32x4.splat(scale);
  const end = (n & ~3) * 4;
  for (let at: usize = 0; at < end; at += 16) slope_lanes(d + at, a + at, factor, kind, 4);
  if (n & 3) slope_lanes(d + end, a + end, factor, kind, n & 3);
}

/** How far inside its range a mean is brought: the logit or log-rate stays within ±7, the continuous Bernoulli's logit within ±50. */
const INSIDE: f64 = 1e-3;
const CONTINUOUS_INSIDE: f64 = 0.02;

/** a (n) whose mean is y, a mean out of range brought just inside. Writes; in place allowed. */
export function link_inverse(a: usize, y: usize, n: usize, kind: i32): void {
  if (kind === GAUSSIAN) {
    memory.copy(a, y, n * 4);
    return;
  }
  for (let at: usize = 0; at < n * 4; at += 4) store<f32>(a + at, <f32>natural_parameter(<f64>load<f32>(y + at), kind));
}

function natural_parameter(mean: f64, kind: i32): f64 {
  if (kind === POISSON) return log64(max<f64>(mean, INSIDE));
  const least = kind === BERNOULLI ? INSIDE : CONTINUOUS_INSIDE;
  const inside = min<f64>(1 - least, max<f64>(least, mean));
  return kind === BERNOULLI ? log64(inside / (1 - inside)) : continuous_logit(inside);
}

/** Solves 1/(1 − e^−a) − 1/a = mean by bisection: the mean grows with a, by at least 4e-4 a unit within ±50. */
function continuous_logit(mean: f64): f64 {
  let low: f64 = -1 / CONTINUOUS_INSIDE, high = -low;
  for (let k = 0; k < 40; k++) {
    const a = 0.5 * (low + high);
    const found = abs<f64>(a) < 1e-4 ? 0.5 + a / 12 : 1 / (1 - exp64(-a)) - 1 / a;
    if (found < mean) low = a;
    else high = a;
  }
  return 0.5 * (low + high);
}
