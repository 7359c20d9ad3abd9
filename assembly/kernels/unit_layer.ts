/**
 * Last layer of a network that ends in one unit after tanh: y[p] = b + Σ_j h[j, p]·w[j], h = tanh(a). h (width, pixels) is in panels of eight pixels,
 * `panel_stride(width)` apart (panels.ts); w (width) has zeros past the last, width is a multiple of 8.
 */
import { tanh_ps, tanh_slope_ps } from "./math";
import { panel_stride } from "./panels";
import { fma } from "./simd";

/** y[j, p] = tanh(y[j, p] + b[j]) of 8·panels pixels, in place. */
export function bias_tanh(y: usize, b: usize, panels: u32, units: u32): void {
  const row = <usize>units << 2, gap = panel_stride(units) - (<usize>units << 5);
  for (let q: u32 = 0; q < panels; q++, y += gap) {
    for (let at: usize = 0; at < row; at += 4, y += 32) {
      const bias = v128.load32_splat(b + at);
      const low = tanh_ps(f32x4.add(v128.load(y), bias)), high = tanh_ps(f32x4.add(v128.load(y, 16), bias));
      v128.store(y, low);
      v128.store(y, high, 16);
    }
  }
}

/** Writes y of 8·panels pixels. */
export function unit_layer_forward(y: usize, h: usize, w: usize, b: f32, panels: u32, width: u32): void {
  const row = <usize>width << 2, gap = panel_stride(width) - (<usize>width << 5);
  for (let q: u32 = 0; q < panels; q++, y += 32, h += gap) {
    let s0 = f32x4.splat(b), t0 = s0, s1 = f32x4.splat(0), t1 = s1;
    for (let at: usize = 0; at < row; at += 8, h += 64) {
      const w0 = v128.load32_splat(w + at), w1 = v128.load32_splat(w + at, 4);
      s0 = fma(w0, v128.load(h), s0);
      t0 = fma(w0, v128.load(h, 16), t0);
      s1 = fma(w1, v128.load(h, 32), s1);
      t1 = fma(w1, v128.load(h, 48), t1);
    }
    v128.store(y, f32x4.add(s0, s1));
    v128.store(y, f32x4.add(t0, t1), 16);
  }
}

/** da[j, p] = dy[p]·w[j]·(1 − h²): writes. sums (width, 4) += in four parts Σ_p dy[p]·h[j, p]: accumulates. */
export function unit_layer_backward(da: usize, sums: usize, dy: usize, h: usize, w: usize, panels: u32, width: u32): void {
  const row = <usize>width << 2, gap = panel_stride(width) - (<usize>width << 5);
  for (let q: u32 = 0; q < panels; q++, dy += 32, h += gap, da += gap) {
    const d0 = v128.load(dy), d1 = v128.load(dy, 16);
    let sum = sums;
    for (let at: usize = 0; at < row; at += 4, h += 32, da += 32, sum += 16) {
      const factor = v128.load32_splat(w + at), low = v128.load(h), high = v128.load(h, 16);
      v128.store(da, tanh_slope_ps(f32x4.mul(d0, factor), low));
      v128.store(da, tanh_slope_ps(f32x4.mul(d1, factor), high), 16);
      v128.store(sum, fma(d1, high, fma(d0, low, v128.load(sum))));
    }
  }
}

/** d[i] = d[i]·(1 − h[i]²), n a multiple of 8: the gradient through h = tanh(a), in place. */
export function tanh_slope(d: usize, h: usize, n: usize): void {
  const end = n << 2;
  for (let at: usize = 0; at < end; at += 32) {
    const low = tanh_slope_ps(v128.load(d + at), v128.load(h + at)), high = tanh_slope_ps(v128.load(d + at, 16), v128.load(h + at, 16));
    v128.store(d + at, low);
    v128.store(d + at, high, 16);
  }
}
