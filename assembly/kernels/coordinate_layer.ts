/**
 * First layer of a spatial generator: what a pixel's coordinates and a sample's content give together,
 *
 *     h[p, j] = tanh(u[j] + x'₀[p]·w₀[j] + x'₁[p]·w₁[j])
 *
 * u (width) is one sample's content through its own weights, bias included; coordinates (pixels, 2), w (2, width), h (pixels, width);
 * width is a multiple of 8.
 */
import { tanh_ps } from "./math";
import { fma, hsum } from "./simd";

/** Writes h. */
export function coordinate_layer_forward(h: usize, coordinates: usize, w: usize, u: usize, pixels: u32, width: u32): void {
  const row = <usize>width << 2;
  for (let p: u32 = 0; p < pixels; p++, coordinates += 8, h += row) {
    const x0 = v128.load32_splat(coordinates), x1 = v128.load32_splat(coordinates, 4);
    for (let at: usize = 0; at < row; at += 16) {
      const sum = fma(x0, v128.load(w + at), v128.load(u + at));
      v128.store(h + at, tanh_ps(fma(x1, v128.load(w + row + at), sum)));
    }
  }
}

/**
 * With g = dh·(1 − h²): du += Σ_p g,  dw_k += Σ_p x'_k·g,  dcoordinates_k = Σ_j g·w_k. Accumulates (+=) into du and dw; writes dcoordinates.
 */
export function coordinate_layer_backward(
  dcoordinates: usize,
  dw: usize,
  du: usize,
  dh: usize,
  h: usize,
  coordinates: usize,
  w: usize,
  pixels: u32,
  width: u32,
): void {
  const row = <usize>width << 2;
  const one = f32x4.splat(1);
  for (let p: u32 = 0; p < pixels; p++, coordinates += 8, dcoordinates += 8, h += row, dh += row) {
    const x0 = v128.load32_splat(coordinates), x1 = v128.load32_splat(coordinates, 4);
    let s0 = f32x4.splat(0), s1 = s0;
    for (let at: usize = 0; at < row; at += 16) {
      const y = v128.load(h + at);
      const g = f32x4.mul(v128.load(dh + at), f32x4.sub(one, f32x4.mul(y, y)));
      s0 = fma(g, v128.load(w + at), s0);
      s1 = fma(g, v128.load(w + row + at), s1);
      v128.store(du + at, f32x4.add(v128.load(du + at), g));
      v128.store(dw + at, fma(x0, g, v128.load(dw + at)));
      v128.store(dw + row + at, fma(x1, g, v128.load(dw + row + at)));
    }
    store<f32>(dcoordinates, hsum(s0));
    store<f32>(dcoordinates, hsum(s1), 4);
  }
}
