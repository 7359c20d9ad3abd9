/**
 * Gaussian likelihood of given σ about y = sigmoid(a), nats: Σ_p (x − y)²/2σ² + log(σ√2π). pyroVED's "gaussian" sampler on its
 * decoder's sigmoid output.
 */
import { add_to_f64x2, hsum_f64x2, keep_lanes, load_lanes, store_lanes } from "./lanes";
import { sigmoid_ps } from "./math";
import { log64 } from "./math64";
import { fma } from "./simd";

@inline
function square_ps(a: usize, x: usize, count: usize): v128 {
  const rest = f32x4.sub(load_lanes(x, count), sigmoid_ps(load_lanes(a, count)));
  return keep_lanes(f32x4.mul(rest, rest), count);
}

/** The loss of one sample of `pixels` pixels. */
export function sigmoid_gaussian_forward(a: usize, x: usize, pixels: u32, sigma: f64): f64 {
  const end = <usize>(pixels & ~3) << 2;
  let sum = f64x2.splat(0);
  for (let at: usize = 0; at < end; at += 16) sum = add_to_f64x2(sum, square_ps(a + at, x + at, 4));
  if (pixels & 3) sum = add_to_f64x2(sum, square_ps(a + end, x + end, pixels & 3));
  return 0.5 * hsum_f64x2(sum) / (sigma * sigma) + <f64>pixels * log64(2.5066282746310002 * sigma);
}

@inline
function slope_ps(da: usize, a: usize, x: usize, factor: v128, count: usize): void {
  const y = sigmoid_ps(load_lanes(a, count));
  const slope = f32x4.mul(f32x4.sub(y, load_lanes(x, count)), f32x4.mul(y, f32x4.sub(f32x4.splat(1), y)));
  store_lanes(da, fma(factor, slope, load_lanes(da, count)), count);
}

/** da += upstream·(y − x)·y·(1 − y)/σ². Accumulates (+=) into da. */
export function sigmoid_gaussian_backward(da: usize, upstream: f32, a: usize, x: usize, pixels: u32, sigma: f64): void {
  const factor = f32x4.splat(<f32>(<f64>upstream / (sigma * sigma)));
  const end = <usize>(pixels & ~3) << 2;
  for (let at: usize = 0; at < end; at += 16) slope_ps(da + at, a + at, x + at, factor, 4);
  if (pixels & 3) slope_ps(da + end, a + end, x + end, factor, pixels & 3);
}
