import { exp64, log64 } from "./math64";

/**
 * KL(N(μ, σ²) ‖ N(0, s²)) = ½(μ² + σ²)/s² − ½ − log(σ/s), in nats: μ, log σ and kl (samples, dims); prior width s (dims),
 * 1 for content, pixels for shifts. Writes kl.
 */
export function kl_forward(kl: usize, mu: usize, log_sigma: usize, prior: usize, samples: usize, dims: usize): void {
  for (let n: usize = 0; n < samples; n++) {
    for (let d: usize = 0; d < dims; d++) {
      const at = (n * dims + d) * 4;
      const width = <f64>load<f32>(prior + d * 4);
      const m = <f64>load<f32>(mu + at) / width;
      const s = <f64>load<f32>(log_sigma + at) - log64(width);
      store<f32>(kl + at, <f32>(0.5 * (m * m + exp64(2 * s) - 1) - s));
    }
  }
}

/** dμ += dkl·μ/s²,  dlog_sigma += dkl·(σ²/s² − 1). Accumulates (+=) into dmu and dlog_sigma. */
export function kl_backward(
  dmu: usize,
  dlog_sigma: usize,
  dkl: usize,
  mu: usize,
  log_sigma: usize,
  prior: usize,
  samples: usize,
  dims: usize,
): void {
  for (let n: usize = 0; n < samples; n++) {
    for (let d: usize = 0; d < dims; d++) {
      const at = (n * dims + d) * 4;
      const upstream = <f64>load<f32>(dkl + at);
      const width = <f64>load<f32>(prior + d * 4);
      const precision = 1 / (width * width);
      const excess = exp64(2 * <f64>load<f32>(log_sigma + at)) * precision - 1;
      store<f32>(dmu + at, <f32>(<f64>load<f32>(dmu + at) + upstream * <f64>load<f32>(mu + at) * precision));
      store<f32>(dlog_sigma + at, <f32>(<f64>load<f32>(dlog_sigma + at) + upstream * excess));
    }
  }
}
