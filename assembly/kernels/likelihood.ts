/**
 * Negative log-likelihoods of pixels x given their natural parameters a (link.ts), in nats a sample: arrays (samples,
 * pixels), the loss (samples) in f64, summed over a sample's pixels in f64 in a fixed order. The Gaussian, which has gain and
 * offset, is in gain_offset.ts.
 */
import { add_to_f64x2, hsum_f64x2, keep_lanes, load_lanes, store_lanes } from "./lanes";
import { BERNOULLI, CONTINUOUS_BERNOULLI, POISSON, mean_ps } from "./link";
import { exp_ps, log_ps, softplus_ps } from "./math";
import { fma } from "./simd";

/** Below this |a| the series of the continuous Bernoulli's normaliser holds to f32's precision, above it the formula. */
const SERIES_BELOW: f32 = 0.5;

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

/** Loss of four pixels x at prediction a. */
@inline
function nll_ps(a: v128, x: v128, kind: i32): v128 {
  if (kind === POISSON) return f32x4.sub(exp_ps(a), f32x4.mul(x, a));
  const bernoulli = f32x4.sub(softplus_ps(a), f32x4.mul(x, a));
  if (kind === BERNOULLI) return bernoulli;
  return f32x4.sub(bernoulli, log_normaliser_ps(a));
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
  const slope = f32x4.sub(mean_ps(load_lanes(a, count), kind), load_lanes(x, count));
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

/** da += dloss · ∂loss/∂a, which is μ(a) − x (link.ts); dloss (samples) f32. Accumulates (+=) into da. */
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
