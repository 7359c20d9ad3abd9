/**
 * First layer of a spatial generator: what a pixel's coordinates and a sample's content give together,
 *
 *     h[j, p] = tanh(u[j] + x'₀[p]·w₀[j] + x'₁[p]·w₁[j])
 *
 * u (width) is one sample's content through its own weights, bias included; w (2, width), width a multiple of 8. Coordinates (2, pixels) and h
 * (width, pixels) are in panels of eight pixels (panels.ts), those of h `panel_stride(width)` apart and those of the coordinates without a gap.
 */
import { tanh_ps, tanh_slope_ps } from "./math";
import { panel_stride } from "./panels";
import { fma, hsum } from "./simd";

/** Writes h of 8·panels pixels. */
export function coordinate_layer_forward(h: usize, coordinates: usize, w: usize, u: usize, panels: u32, width: u32): void {
  const row = <usize>width << 2, gap = panel_stride(width) - (<usize>width << 5);
  for (let q: u32 = 0; q < panels; q++, coordinates += 64, h += gap) {
    const x0 = v128.load(coordinates), y0 = v128.load(coordinates, 16), x1 = v128.load(coordinates, 32), y1 = v128.load(coordinates, 48);
    for (let at: usize = 0; at < row; at += 4, h += 32) {
      const start = v128.load32_splat(u + at), w0 = v128.load32_splat(w + at), w1 = v128.load32_splat(w + row + at);
      const low = tanh_ps(fma(x1, w1, fma(x0, w0, start))), high = tanh_ps(fma(y1, w1, fma(y0, w0, start)));
      v128.store(h, low);
      v128.store(h, high, 16);
    }
  }
}

/** Floats of `sums` in `coordinate_layer_backward`. */
export function coordinate_sums(width: u32): u32 {
  return 12 * width;
}

/**
 * With g = dh·(1 − h²): dcoordinates_k[p] = Σ_j g·w_k: writes. sums (width, 3, 4) += in four parts each Σ_p g, Σ_p x'₀·g, Σ_p x'₁·g: accumulates.
 */
export function coordinate_layer_backward(
  dcoordinates: usize, sums: usize, dh: usize, h: usize, coordinates: usize, w: usize, panels: u32, width: u32,
): void {
  const row = <usize>width << 2, gap = panel_stride(width) - (<usize>width << 5);
  for (let q: u32 = 0; q < panels; q++, coordinates += 64, dcoordinates += 64, h += gap, dh += gap) {
    const x0 = v128.load(coordinates), y0 = v128.load(coordinates, 16), x1 = v128.load(coordinates, 32), y1 = v128.load(coordinates, 48);
    let s0 = f32x4.splat(0), t0 = s0, s1 = s0, t1 = s0, sum = sums;
    for (let at: usize = 0; at < row; at += 4, h += 32, dh += 32, sum += 48) {
      const low = tanh_slope_ps(v128.load(dh), v128.load(h)), high = tanh_slope_ps(v128.load(dh, 16), v128.load(h, 16));
      const w0 = v128.load32_splat(w + at), w1 = v128.load32_splat(w + row + at);
      s0 = fma(low, w0, s0);
      t0 = fma(high, w0, t0);
      s1 = fma(low, w1, s1);
      t1 = fma(high, w1, t1);
      v128.store(sum, f32x4.add(v128.load(sum), f32x4.add(low, high)));
      v128.store(sum, fma(y0, high, fma(x0, low, v128.load(sum, 16))), 16);
      v128.store(sum, fma(y1, high, fma(x1, low, v128.load(sum, 32))), 32);
    }
    v128.store(dcoordinates, s0);
    v128.store(dcoordinates, t0, 16);
    v128.store(dcoordinates, s1, 32);
    v128.store(dcoordinates, t1, 48);
  }
}

/** du (width) = Σ_p g: writes. dw (2, width) += Σ_p x'_k·g: accumulates. From the sums of a sample's pixels. */
export function coordinate_layer_gradients(dw: usize, du: usize, sums: usize, width: u32): void {
  const row = <usize>width << 2;
  for (let at: usize = 0; at < row; at += 4, sums += 48) {
    store<f32>(du + at, hsum(v128.load(sums)));
    store<f32>(dw + at, load<f32>(dw + at) + hsum(v128.load(sums, 16)));
    store<f32>(dw + row + at, load<f32>(dw + row + at) + hsum(v128.load(sums, 32)));
  }
}
