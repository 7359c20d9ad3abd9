import { fma, hsum } from "./simd";

/** What `gain_offset` writes, f64 each. */
@unmanaged
export class GainOffset {
  gain: f64;
  offset: f64;
  /** The minimum. */
  cost: f64;
}

/** A prediction whose squares about its mean are less than this share of those about 0 is flat: the rest is rounding. */
const FLAT: f64 = 1e-7;

/**
 * Gain g ≥ 0 and offset o of a prediction y of pixels x in closed form: the minimum over both of
 *
 *     |x − g·y − o|² + (σ²/s_g²)(g − 1)² + (σ²/s_o²) o²
 *
 * from the sums over the pixels: sx = Σ x, sxx = Σ x², sy, syy, sxy. Prior widths s: 0 fixes g = 1 or o = 0, Infinity leaves
 * them free; a flat y without a prior keeps g = 1. A template turned over is another motif, so g is not negative. By the
 * envelope theorem the minimum's gradient to y is that at fixed g and o. Contrast that drifts over the image is taken up here
 * and costs no latent. Writes fit.
 */
export function gain_offset(
  fit: GainOffset, pixels: f64, sx: f64, sxx: f64, sy: f64, syy: f64, sxy: f64, variance: f64, gainPrior: f64, offsetPrior: f64,
): void {
  const flat = FLAT * syy;
  let share: f64 = 0;
  if (offsetPrior > 0) {
    // o = share·(Σx − g·Σy) leaves a quadratic in g alone.
    share = 1 / (pixels + variance / (offsetPrior * offsetPrior));
    sxx -= sx * sx * share;
    sxy -= sx * sy * share;
    syy -= sy * sy * share;
  }
  let gain: f64 = 1, pull: f64 = 0;
  if (gainPrior > 0) {
    pull = variance / (gainPrior * gainPrior);
    if (syy + pull > flat) gain = max<f64>(0, (sxy + pull) / (syy + pull));
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
