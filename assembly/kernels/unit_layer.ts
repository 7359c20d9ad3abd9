/**
 * Last layer of a network that ends in one unit after tanh: y[p] = b + Σ_j h[p, j]·w[j], h = tanh(a). h (pixels, width), w (width) are
 * row-major; width is a multiple of 8, with zeros in w past the last.
 */
import { fma, hsum } from "./simd";

/** Writes y. */
export function unit_layer_forward(y: usize, h: usize, w: usize, b: f32, pixels: u32, width: u32): void {
  const row = <usize>width << 2;
  for (let p: u32 = 0; p < pixels; p++, y += 4, h += row) {
    let s0 = f32x4.splat(0), s1 = s0;
    for (let at: usize = 0; at < row; at += 32) {
      s0 = fma(v128.load(h + at), v128.load(w + at), s0);
      s1 = fma(v128.load(h + at, 16), v128.load(w + at, 16), s1);
    }
    store<f32>(y, b + hsum(f32x4.add(s0, s1)));
  }
}

/** da[p, j] = dy[p]·w[j]·(1 − h²): writes. dw[j] += Σ_p dy[p]·h[p, j]: accumulates (+=). Gives Σ dy. */
export function unit_layer_backward(da: usize, dw: usize, dy: usize, h: usize, w: usize, pixels: u32, width: u32): f32 {
  const row = <usize>width << 2, one = f32x4.splat(1);
  let sum: f32 = 0;
  for (let p: u32 = 0; p < pixels; p++, dy += 4, h += row, da += row) {
    const d = v128.load32_splat(dy);
    sum += load<f32>(dy);
    for (let at: usize = 0; at < row; at += 16) {
      const y = v128.load(h + at);
      v128.store(da + at, f32x4.mul(f32x4.mul(d, v128.load(w + at)), f32x4.sub(one, f32x4.mul(y, y))));
      v128.store(dw + at, fma(d, y, v128.load(dw + at)));
    }
  }
  return sum;
}

/** d[i] = d[i]·(1 − h[i]²), n a multiple of 4: the gradient through h = tanh(a), in place. */
export function tanh_slope(d: usize, h: usize, n: usize): void {
  const one = f32x4.splat(1), end = n << 2;
  for (let at: usize = 0; at < end; at += 16) {
    const y = v128.load(h + at);
    v128.store(d + at, f32x4.mul(v128.load(d + at), f32x4.sub(one, f32x4.mul(y, y))));
  }
}
