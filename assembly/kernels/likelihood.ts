/**
 * Negative log-likelihoods of pixels x given the decoder's prediction, in nats a sample: arrays (samples, pixels), the
 * loss (samples) in f64, summed over a sample's pixels in f64 in a fixed order.
 */
import { add_to_f64x2, hsum_f64x2, keep_lanes, load_lanes, store_lanes } from "./lanes";
import { exp64, exp_ps, log_ps, sigmoid_ps, softplus_ps } from "./math";
import { fma } from "./simd";

/** Kinds of `likelihood_*`; the Gaussian, with its σ, has functions of its own. */
export const BERNOULLI: i32 = 1;
export const CONTINUOUS_BERNOULLI: i32 = 2;
export const POISSON: i32 = 3;

const HALF_LOG_TWO_PI: f64 = 0.9189385332046727;
/** Below this the series of the continuous Bernoulli's normaliser hold to f32's precision, above it the formulas. */
const SERIES_BELOW: f32 = 0.5;

/** Σ (x − y)² of one sample. */
function squared_error(y: usize, x: usize, pixels: usize): f64 {
  const end = (pixels & ~3) * 4;
  const rest = pixels & 3;
  let sum = f64x2.splat(0);
  for (let at: usize = 0; at < end; at += 16) {
    const difference = f32x4.sub(v128.load(x + at), v128.load(y + at));
    sum = add_to_f64x2(sum, f32x4.mul(difference, difference));
  }
  if (rest) {
    const difference = f32x4.sub(load_lanes(x + end, rest), load_lanes(y + end, rest));
    sum = add_to_f64x2(sum, f32x4.mul(difference, difference));
  }
  return hsum_f64x2(sum);
}

/** loss = |x − y|²/(2σ²) + pixels·(log σ + ½ log 2π), log σ (samples). Writes loss. */
export function gaussian_nll_forward(
  loss: usize,
  y: usize,
  x: usize,
  log_sigma: usize,
  samples: usize,
  pixels: usize,
): void {
  for (let n: usize = 0; n < samples; n++) {
    const at = n * pixels * 4;
    const s = <f64>load<f32>(log_sigma + n * 4);
    const quadratic = 0.5 * exp64(-2 * s) * squared_error(y + at, x + at, pixels);
    store<f64>(loss + n * 8, quadratic + <f64>pixels * (s + HALF_LOG_TWO_PI));
  }
}

/** dy += factor·(y − x) on `count` pixels. */
@inline
function residual_ps(dy: usize, y: usize, x: usize, factor: v128, count: usize): void {
  const residual = f32x4.sub(load_lanes(y, count), load_lanes(x, count));
  store_lanes(dy, fma(factor, residual, load_lanes(dy, count)), count);
}

/**
 * dy += dloss·(y − x)/σ²,  dlog_sigma += dloss·(pixels − |x − y|²/σ²); dloss (samples) f32.
 * Accumulates (+=) into dy and dlog_sigma.
 */
export function gaussian_nll_backward(
  dy: usize,
  dlog_sigma: usize,
  dloss: usize,
  y: usize,
  x: usize,
  log_sigma: usize,
  samples: usize,
  pixels: usize,
): void {
  const end = (pixels & ~3) * 4;
  for (let n: usize = 0; n < samples; n++) {
    const first = n * pixels * 4;
    const upstream = <f64>load<f32>(dloss + n * 4);
    const precision = exp64(-2 * <f64>load<f32>(log_sigma + n * 4));
    const factor = f32x4.splat(<f32>(upstream * precision));
    for (let at: usize = first; at < first + end; at += 16) residual_ps(dy + at, y + at, x + at, factor, 4);
    const last = first + end;
    if (pixels & 3) residual_ps(dy + last, y + last, x + last, factor, pixels & 3);
    const slope = upstream * (<f64>pixels - precision * squared_error(y + first, x + first, pixels));
    store<f32>(dlog_sigma + n * 4, <f32>(<f64>load<f32>(dlog_sigma + n * 4) + slope));
  }
}

/** log C(a) of the continuous Bernoulli, C = a/tanh(a/2) = 2 + a²/6 − a⁴/360 + a⁶/15120 − … */
@inline
function log_normaliser_ps(a: v128): v128 {
  const size = f32x4.abs(a);
  const e = exp_ps(f32x4.neg(size));
  const one = f32x4.splat(1);
  const formula = f32x4.div(f32x4.mul(size, f32x4.add(one, e)), f32x4.sub(one, e));
  const z = f32x4.mul(a, a);
  let series = fma(f32x4.splat(<f32>(1.0 / 15120.0)), z, f32x4.splat(<f32>(-1.0 / 360.0)));
  series = fma(series, z, f32x4.splat(<f32>(1.0 / 6.0)));
  series = fma(series, z, f32x4.splat(2));
  return log_ps(v128.bitselect(series, formula, f32x4.lt(size, f32x4.splat(SERIES_BELOW))));
}

/** Its slope, 1/a − 1/sinh a = a/6 − 7a³/360 + 31a⁵/15120 − 127a⁷/604800 + … */
@inline
function log_normaliser_slope_ps(a: v128): v128 {
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

/** Loss of four pixels x at prediction a. */
@inline
function nll_ps(a: v128, x: v128, kind: i32): v128 {
  if (kind === POISSON) return f32x4.sub(exp_ps(a), f32x4.mul(x, a));
  const bernoulli = f32x4.sub(softplus_ps(a), f32x4.mul(x, a));
  if (kind === BERNOULLI) return bernoulli;
  return f32x4.sub(bernoulli, log_normaliser_ps(a));
}

/** Its derivative to a. */
@inline
function nll_slope_ps(a: v128, x: v128, kind: i32): v128 {
  if (kind === POISSON) return f32x4.sub(exp_ps(a), x);
  const bernoulli = f32x4.sub(sigmoid_ps(a), x);
  if (kind === BERNOULLI) return bernoulli;
  return f32x4.sub(bernoulli, log_normaliser_slope_ps(a));
}

@inline
function forward_all(loss: usize, a: usize, x: usize, samples: usize, pixels: usize, kind: i32): void {
  const end = (pixels & ~3) * 4;
  const rest = pixels & 3;
  for (let n: usize = 0; n < samples; n++) {
    let sum = f64x2.splat(0);
    for (let at: usize = 0; at < end; at += 16) {
      sum = add_to_f64x2(sum, nll_ps(v128.load(a + at), v128.load(x + at), kind));
    }
    if (rest) {
      const last = nll_ps(load_lanes(a + end, rest), load_lanes(x + end, rest), kind);
      sum = add_to_f64x2(sum, keep_lanes(last, rest));
    }
    store<f64>(loss + n * 8, hsum_f64x2(sum));
    a += pixels * 4;
    x += pixels * 4;
  }
}

@inline
function slope_ps(da: usize, a: usize, x: usize, upstream: v128, kind: i32, count: usize): void {
  const slope = nll_slope_ps(load_lanes(a, count), load_lanes(x, count), kind);
  store_lanes(da, fma(upstream, slope, load_lanes(da, count)), count);
}

@inline
function backward_all(da: usize, dloss: usize, a: usize, x: usize, samples: usize, pixels: usize, kind: i32): void {
  const end = (pixels & ~3) * 4;
  for (let n: usize = 0; n < samples; n++) {
    const first = n * pixels * 4;
    const upstream = v128.load32_splat(dloss + n * 4);
    for (let at: usize = first; at < first + end; at += 16) slope_ps(da + at, a + at, x + at, upstream, kind, 4);
    const last = first + end;
    if (pixels & 3) slope_ps(da + last, a + last, x + last, upstream, kind, pixels & 3);
  }
}

/**
 * Loss of pixels x at prediction a:
 *
 *     Bernoulli, a the logit, 0 ≤ x ≤ 1:    Σ softplus(a) − a·x
 *     continuous Bernoulli, a the logit:    Σ softplus(a) − a·x − log(a/tanh(a/2))  (Loaiza-Ganem & Cunningham, NeurIPS 2019)
 *     Poisson, a the log-rate:              Σ e^a − a·x, without the constant log x!
 *
 * Writes loss.
 */
export function likelihood_forward(loss: usize, a: usize, x: usize, samples: usize, pixels: usize, kind: i32): void {
  if (kind === BERNOULLI) forward_all(loss, a, x, samples, pixels, BERNOULLI);
  else if (kind === CONTINUOUS_BERNOULLI) forward_all(loss, a, x, samples, pixels, CONTINUOUS_BERNOULLI);
  else forward_all(loss, a, x, samples, pixels, POISSON);
}

/** da += dloss · ∂loss/∂a; dloss (samples) f32. Accumulates (+=) into da. */
export function likelihood_backward(
  da: usize,
  dloss: usize,
  a: usize,
  x: usize,
  samples: usize,
  pixels: usize,
  kind: i32,
): void {
  if (kind === BERNOULLI) backward_all(da, dloss, a, x, samples, pixels, BERNOULLI);
  else if (kind === CONTINUOUS_BERNOULLI) backward_all(da, dloss, a, x, samples, pixels, CONTINUOUS_BERNOULLI);
  else backward_all(da, dloss, a, x, samples, pixels, POISSON);
}
