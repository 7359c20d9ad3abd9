import { exp64 } from "./math64";
import { random_normal } from "./random";

/**
 * z = μ + σ·ε, ε ~ N(0, 1) (Kingma & Welling, arXiv 1312.6114): all (samples, latents). ε of sample n (counted from
 * `first`, so that chunks agree with the whole batch) and latent l is random_normal(seed, stream + l, step, first + n).
 * Writes z and epsilon.
 */
export function reparameterize_forward(
  z: usize,
  epsilon: usize,
  mu: usize,
  log_sigma: usize,
  samples: u32,
  latents: u32,
  seed: u64,
  stream: u32,
  step: u32,
  first: u32,
): void {
  let at: usize = 0;
  for (let n: u32 = 0; n < samples; n++) {
    for (let l: u32 = 0; l < latents; l++, at += 4) {
      const e = <f32>random_normal(seed, stream + l, step, first + n);
      const sigma = exp64(<f64>load<f32>(log_sigma + at));
      store<f32>(epsilon + at, e);
      store<f32>(z + at, <f32>(<f64>load<f32>(mu + at) + sigma * <f64>e));
    }
  }
}

/** dμ += dz,  dlog_sigma += dz·σ·ε. Accumulates (+=) into dmu and dlog_sigma. */
export function reparameterize_backward(
  dmu: usize,
  dlog_sigma: usize,
  dz: usize,
  epsilon: usize,
  log_sigma: usize,
  samples: u32,
  latents: u32,
): void {
  const bytes = <usize>samples * latents * 4;
  for (let at: usize = 0; at < bytes; at += 4) {
    const upstream = load<f32>(dz + at);
    const spread = exp64(<f64>load<f32>(log_sigma + at)) * <f64>load<f32>(epsilon + at);
    store<f32>(dmu + at, load<f32>(dmu + at) + upstream);
    store<f32>(dlog_sigma + at, <f32>(<f64>load<f32>(dlog_sigma + at) + <f64>upstream * spread));
  }
}
