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
export const FLAT: f64 = 1e-7;

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

/** Sums over the pixels of two images that `gain_offset` takes, f64 each. */
@unmanaged
export class Moments {
  x: f64;
  xx: f64;
  y: f64;
  yy: f64;
  xy: f64;
}

/** Σ x, Σ x², Σ y, Σ y², Σ x·y of n floats in one pass: two interleaved sums of four lanes each, then the tail. Writes out. */
export function moments(out: Moments, x: usize, y: usize, n: u32): void {
  const zero = f32x4.splat(0);
  let x0 = zero, x1 = zero, xx0 = zero, xx1 = zero, y0 = zero, y1 = zero, yy0 = zero, yy1 = zero, xy0 = zero, xy1 = zero;
  let p: usize = 0;
  for (const end = <usize>(n & ~7) << 2; p < end; p += 32) {
    let a = v128.load(x + p), b = v128.load(y + p);
    x0 = f32x4.add(x0, a);
    xx0 = fma(a, a, xx0);
    y0 = f32x4.add(y0, b);
    yy0 = fma(b, b, yy0);
    xy0 = fma(a, b, xy0);
    a = v128.load(x + p, 16);
    b = v128.load(y + p, 16);
    x1 = f32x4.add(x1, a);
    xx1 = fma(a, a, xx1);
    y1 = f32x4.add(y1, b);
    yy1 = fma(b, b, yy1);
    xy1 = fma(a, b, xy1);
  }
  let sx = <f64>hsum(f32x4.add(x0, x1)), sxx = <f64>hsum(f32x4.add(xx0, xx1)), sy = <f64>hsum(f32x4.add(y0, y1));
  let syy = <f64>hsum(f32x4.add(yy0, yy1)), sxy = <f64>hsum(f32x4.add(xy0, xy1));
  for (const end = <usize>n << 2; p < end; p += 4) {
    const a = <f64>load<f32>(x + p), b = <f64>load<f32>(y + p);
    sx += a;
    sxx += a * a;
    sy += b;
    syy += b * b;
    sxy += a * b;
  }
  out.x = sx;
  out.xx = sxx;
  out.y = sy;
  out.yy = syy;
  out.xy = sxy;
}

/** Of these Σ x, Σ x² and Σ x·y, in four interleaved sums: for a y whose own sums are known. Writes out.x, out.xx, out.xy. */
export function cross_moments(out: Moments, x: usize, y: usize, n: u32): void {
  const zero = f32x4.splat(0);
  let x0 = zero, x1 = zero, x2 = zero, x3 = zero, xx0 = zero, xx1 = zero, xx2 = zero, xx3 = zero, xy0 = zero, xy1 = zero, xy2 = zero, xy3 = zero;
  let p: usize = 0;
  for (const end = <usize>(n & ~15) << 2; p < end; p += 64) {
    const a = v128.load(x + p), b = v128.load(x + p, 16), c = v128.load(x + p, 32), d = v128.load(x + p, 48);
    x0 = f32x4.add(x0, a);
    x1 = f32x4.add(x1, b);
    x2 = f32x4.add(x2, c);
    x3 = f32x4.add(x3, d);
    xx0 = fma(a, a, xx0);
    xx1 = fma(b, b, xx1);
    xx2 = fma(c, c, xx2);
    xx3 = fma(d, d, xx3);
    xy0 = fma(a, v128.load(y + p), xy0);
    xy1 = fma(b, v128.load(y + p, 16), xy1);
    xy2 = fma(c, v128.load(y + p, 32), xy2);
    xy3 = fma(d, v128.load(y + p, 48), xy3);
  }
  let sx = <f64>hsum(f32x4.add(f32x4.add(x0, x1), f32x4.add(x2, x3))), sxx = <f64>hsum(f32x4.add(f32x4.add(xx0, xx1), f32x4.add(xx2, xx3)));
  let sxy = <f64>hsum(f32x4.add(f32x4.add(xy0, xy1), f32x4.add(xy2, xy3)));
  for (const end = <usize>n << 2; p < end; p += 4) {
    const a = <f64>load<f32>(x + p);
    sx += a;
    sxx += a * a;
    sxy += a * <f64>load<f32>(y + p);
  }
  out.x = sx;
  out.xx = sxx;
  out.xy = sxy;
}
