import { exp_ps, log64, sigmoid_ps } from "../kernels/math";

/*
 * The likelihoods' links: the decoder's canvas holds the mean itself (Gaussian), its logit (Bernoulli, continuous Bernoulli)
 * or its logarithm (Poisson).
 */

export const GAUSSIAN: u32 = 0;
export const BERNOULLI: u32 = 1;
export const CONTINUOUS_BERNOULLI: u32 = 2;
export const POISSON: u32 = 3;

/** y (n) = mean of the prediction x. Writes; in place allowed. */
export function link(y: usize, x: usize, n: u32, likelihood: u32): void {
  if (likelihood == GAUSSIAN) {
    if (y != x) memory.copy(y, x, <usize>n << 2);
    return;
  }
  for (let p: u32 = 0; p < n; p += 4) {
    const at = <usize>p << 2;
    const v = v128.load(x + at);
    v128.store(y + at, likelihood == POISSON ? exp_ps(v) : sigmoid_ps(v));
  }
}

/** x (n) = the prediction whose mean is y, a mean out of range brought just inside. Writes. */
export function link_inverse(x: usize, y: usize, n: u32, likelihood: u32): void {
  if (likelihood == GAUSSIAN) {
    memory.copy(x, y, <usize>n << 2);
    return;
  }
  for (let p: u32 = 0; p < n; p++) {
    const at = <usize>p << 2;
    const mean = <f64>load<f32>(y + at);
    if (likelihood == POISSON) store<f32>(x + at, <f32>log64(max<f64>(mean, 1e-3)));
    else {
      const inside = min<f64>(1 - 1e-3, max<f64>(1e-3, mean));
      store<f32>(x + at, <f32>log64(inside / (1 - inside)));
    }
  }
}

/** d (n) *= scale · ∂mean/∂prediction at the given mean. */
export function link_slope(d: usize, mean: usize, scale: f32, n: u32, likelihood: u32): void {
  const factor = f32x4.splat(scale), one = f32x4.splat(1);
  for (let p: u32 = 0; p < n; p += 4) {
    const at = <usize>p << 2;
    let v = f32x4.mul(factor, v128.load(d + at));
    const m = v128.load(mean + at);
    if (likelihood == POISSON) v = f32x4.mul(v, m);
    else if (likelihood != GAUSSIAN) v = f32x4.mul(v, f32x4.mul(m, f32x4.sub(one, m)));
    v128.store(d + at, v);
  }
}
