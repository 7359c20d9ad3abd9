import { add_to_f64x2, hsum_f64x2, load_lanes, store_lanes } from "./lanes";
import { exp64 } from "./math";
import { fma } from "./simd";

/** Σ a·b of `n` floats, in f64. */
function dot64(a: usize, b: usize, n: usize): f64 {
  const end = (n & ~3) * 4;
  let sum = f64x2.splat(0);
  for (let at: usize = 0; at < end; at += 16) sum = add_products(sum, v128.load(a + at), v128.load(b + at));
  if (n & 3) sum = add_products(sum, load_lanes(a + end, n & 3), load_lanes(b + end, n & 3));
  return hsum_f64x2(sum);
}

/** sum + a·b, lanes 2 and 3 folded onto 0 and 1; the product of two floats is exact in f64. */
@inline
function add_products(sum: v128, a: v128, b: v128): v128 {
  const low = f64x2.mul(f64x2.promote_low_f32x4(a), f64x2.promote_low_f32x4(b));
  const highA = v128.shuffle<f32>(a, a, 2, 3, 0, 1);
  const highB = v128.shuffle<f32>(b, b, 2, 3, 0, 1);
  const high = f64x2.mul(f64x2.promote_low_f32x4(highA), f64x2.promote_low_f32x4(highB));
  return f64x2.add(sum, f64x2.add(low, high));
}

/** Σ a of `n` floats, in f64. */
function sum64(a: usize, n: usize): f64 {
  const end = (n & ~3) * 4;
  let sum = f64x2.splat(0);
  for (let at: usize = 0; at < end; at += 16) sum = add_to_f64x2(sum, v128.load(a + at));
  if (n & 3) sum = add_to_f64x2(sum, load_lanes(a + end, n & 3));
  return hsum_f64x2(sum);
}

/**
 * Gain g and offset o of each sample's prediction y, the minimum over both of
 *
 *     J = Σ (x − g·y − o)²/(2σ²) + (g − 1)²/(2 s_g²) + o²/(2 s_o²)
 *
 * Prior widths s: 0 fixes g = 1 or o = 0, Infinity leaves them free; a constant y without a prior keeps g = 1.
 * x, y (samples, pixels), log σ (samples). Writes gain and offset (samples) f32 and sse = Σ (x − g·y − o)² (samples) f64.
 */
export function gain_offset_forward(
  gain: usize,
  offset: usize,
  sse: usize,
  y: usize,
  x: usize,
  log_sigma: usize,
  samples: usize,
  pixels: usize,
  gain_prior: f64,
  offset_prior: f64,
): void {
  const count = <f64>pixels;
  for (let n: usize = 0; n < samples; n++) {
    const px = x + n * pixels * 4;
    const py = y + n * pixels * 4;
    const sx = sum64(px, pixels);
    const sy = sum64(py, pixels);
    const xx = dot64(px, px, pixels);
    const xy = dot64(px, py, pixels);
    const yy = dot64(py, py, pixels);
    const variance = exp64(2 * <f64>load<f32>(log_sigma + n * 4));
    // o = share·(Σx − g·Σy) put into J leaves a quadratic in g alone.
    const share = offset_prior > 0 ? 1 / (count + variance / (offset_prior * offset_prior)) : 0;
    let g: f64 = 1;
    if (gain_prior > 0) {
      const pull = variance / (gain_prior * gain_prior);
      const curvature = yy - share * sy * sy + pull;
      if (curvature > 1e-12 * yy) g = (xy - share * sx * sy + pull) / curvature;
    }
    const o = share * (sx - g * sy);
    const cost = xx - 2 * g * xy + g * g * yy - 2 * o * (sx - g * sy) + count * o * o;
    store<f32>(gain + n * 4, <f32>g);
    store<f32>(offset + n * 4, <f32>o);
    store<f64>(sse + n * 8, max<f64>(cost, 0));
  }
}

/** dy += factor·(x − g·y − o) on `count` pixels. */
@inline
function residual_ps(dy: usize, y: usize, x: usize, g: v128, o: v128, factor: v128, count: usize): void {
  const residual = f32x4.sub(f32x4.sub(load_lanes(x, count), o), f32x4.mul(g, load_lanes(y, count)));
  store_lanes(dy, fma(factor, residual, load_lanes(dy, count)), count);
}

/**
 * dy += dcost · ∂J/∂y = −dcost·(g/σ²)·(x − g·y − o), J at its minimum: by the envelope theorem g and o add nothing.
 * dcost (samples) f32; gain and offset are what forward gave. Accumulates (+=) into dy.
 */
export function gain_offset_backward(
  dy: usize,
  dcost: usize,
  y: usize,
  x: usize,
  gain: usize,
  offset: usize,
  log_sigma: usize,
  samples: usize,
  pixels: usize,
): void {
  const end = (pixels & ~3) * 4;
  for (let n: usize = 0; n < samples; n++) {
    const first = n * pixels * 4;
    const g = load<f32>(gain + n * 4);
    const precision = exp64(-2 * <f64>load<f32>(log_sigma + n * 4));
    const factor = f32x4.splat(<f32>(-<f64>load<f32>(dcost + n * 4) * <f64>g * precision));
    const gs = f32x4.splat(g);
    const os = v128.load32_splat(offset + n * 4);
    for (let at: usize = first; at < first + end; at += 16) residual_ps(dy + at, y + at, x + at, gs, os, factor, 4);
    const last = first + end;
    if (pixels & 3) residual_ps(dy + last, y + last, x + last, gs, os, factor, pixels & 3);
  }
}
