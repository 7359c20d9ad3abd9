import { fma, hsum } from "../kernels/simd";
import { Config, get } from "./config";

/*
 * Gain g and offset o of a window in closed form: the minimum of
 *   |x − g·y − o|² + (σ²/s_g²)(g − 1)² + (σ²/s_o²) o²
 * from the sums of x, y, x², y², xy over its pixels. A prior width of 0 fixes g = 1 or o = 0. Contrast that drifts over the
 * image is taken up here and costs no latent.
 */

@unmanaged
export class Fit {
  gain: f64;
  offset: f64;
  /** The minimum. */
  cost: f64;
}

export function fit_gain(fit: Fit, config: usize, pixels: u32, sx: f64, sxx: f64, sy: f64, syy: f64, sxy: f64, variance: f64): void {
  const gainPrior = get(config, Config.GAIN_PRIOR), offsetPrior = get(config, Config.OFFSET_PRIOR);
  let share: f64 = 0;
  if (offsetPrior > 0) {
    share = 1 / (<f64>pixels + variance / (offsetPrior * offsetPrior));
    sxx -= sx * sx * share;
    sxy -= sx * sy * share;
    syy -= sy * sy * share;
  }
  let gain: f64 = 1, pull: f64 = 0;
  if (gainPrior > 0) {
    pull = variance / (gainPrior * gainPrior);
    // A template turned over is another motif, and a flat one (pull and syy both 0) has no gain.
    gain = syy + pull > 0 ? max<f64>(0, (sxy + pull) / (syy + pull)) : 1;
  }
  fit.gain = gain;
  fit.offset = (sx - gain * sy) * share;
  fit.cost = max<f64>(0, sxx - 2 * gain * sxy + gain * gain * syy) + pull * (gain - 1) * (gain - 1);
}

/** Sum of n floats: four lanes, then the tail. */
export function sum(x: usize, n: u32): f64 {
  let s = f32x4.splat(0);
  const whole = n & ~3;
  for (let p: u32 = 0; p < whole; p += 4) s = f32x4.add(s, v128.load(x + (<usize>p << 2)));
  let total = hsum(s);
  for (let p = whole; p < n; p++) total += load<f32>(x + (<usize>p << 2));
  return total;
}

/** Sum of squares of n floats. */
export function sum_squares(x: usize, n: u32): f64 {
  let s = f32x4.splat(0);
  const whole = n & ~3;
  for (let p: u32 = 0; p < whole; p += 4) {
    const v = v128.load(x + (<usize>p << 2));
    s = fma(v, v, s);
  }
  let total = hsum(s);
  for (let p = whole; p < n; p++) {
    const v = load<f32>(x + (<usize>p << 2));
    total += v * v;
  }
  return total;
}
