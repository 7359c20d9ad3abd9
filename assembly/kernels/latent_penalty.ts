/**
 * Penalties on the latent map over pairs of neighbouring windows: pairs (count, 2) u32 are rows of μ and log σ
 * (samples, latents). Sums go over the pairs in order, in f64.
 */
import { exp64 } from "./math64";

@inline
function row(pairs: usize, pair: usize, side: usize, latents: usize): usize {
  return <usize>load<u32>(pairs + (2 * pair + side) * 4) * latents * 4;
}

@inline
function accumulate(p: usize, value: f64): void {
  store<f32>(p, <f32>(<f64>load<f32>(p) + value));
}

/** Σ_pairs Σ_l (μ_i − μ_j)²/(σ_i² + σ_j²): a step is dear where both ends are sure of it. Returns the sum. */
export function smoothness_forward(mu: usize, log_sigma: usize, pairs: usize, count: usize, latents: usize): f64 {
  let sum: f64 = 0;
  for (let pair: usize = 0; pair < count; pair++) {
    const i = row(pairs, pair, 0, latents);
    const j = row(pairs, pair, 1, latents);
    for (let l: usize = 0; l < latents * 4; l += 4) {
      const step = <f64>load<f32>(mu + i + l) - <f64>load<f32>(mu + j + l);
      const variance = exp64(2 * <f64>load<f32>(log_sigma + i + l)) + exp64(2 * <f64>load<f32>(log_sigma + j + l));
      sum += (step * step) / variance;
    }
  }
  return sum;
}

/**
 * With d = μ_i − μ_j, v = σ_i² + σ_j²: dμ_i += 2·d/v·dpenalty, dμ_j the opposite; dlog_sigma_k += −2·σ_k²·d²/v²·dpenalty.
 * Accumulates (+=) into dmu and dlog_sigma.
 */
export function smoothness_backward(
  dmu: usize,
  dlog_sigma: usize,
  dpenalty: f64,
  mu: usize,
  log_sigma: usize,
  pairs: usize,
  count: usize,
  latents: usize,
): void {
  for (let pair: usize = 0; pair < count; pair++) {
    const i = row(pairs, pair, 0, latents);
    const j = row(pairs, pair, 1, latents);
    for (let l: usize = 0; l < latents * 4; l += 4) {
      const first = exp64(2 * <f64>load<f32>(log_sigma + i + l));
      const second = exp64(2 * <f64>load<f32>(log_sigma + j + l));
      const slope = (<f64>load<f32>(mu + i + l) - <f64>load<f32>(mu + j + l)) / (first + second);
      accumulate(dmu + i + l, 2 * dpenalty * slope);
      accumulate(dmu + j + l, -2 * dpenalty * slope);
      accumulate(dlog_sigma + i + l, -2 * dpenalty * first * slope * slope);
      accumulate(dlog_sigma + j + l, -2 * dpenalty * second * slope * slope);
    }
  }
}

/**
 * Total variation Σ_pairs Σ_l √(d² + δ²) − δ, d = μ_i − μ_j: |d| far from 0, d²/(2δ) near it (Charbonnier et al., ICIP
 * 1994), δ > 0. Edges between domains cost less than under smoothness. Returns the sum.
 */
export function total_variation_forward(mu: usize, pairs: usize, count: usize, latents: usize, delta: f64): f64 {
  let sum: f64 = 0;
  for (let pair: usize = 0; pair < count; pair++) {
    const i = row(pairs, pair, 0, latents);
    const j = row(pairs, pair, 1, latents);
    for (let l: usize = 0; l < latents * 4; l += 4) {
      const step = <f64>load<f32>(mu + i + l) - <f64>load<f32>(mu + j + l);
      sum += (step * step) / (sqrt<f64>(step * step + delta * delta) + delta);
    }
  }
  return sum;
}

/** dμ_i += d/√(d² + δ²)·dpenalty, dμ_j the opposite. Accumulates (+=) into dmu. */
export function total_variation_backward(
  dmu: usize,
  dpenalty: f64,
  mu: usize,
  pairs: usize,
  count: usize,
  latents: usize,
  delta: f64,
): void {
  for (let pair: usize = 0; pair < count; pair++) {
    const i = row(pairs, pair, 0, latents);
    const j = row(pairs, pair, 1, latents);
    for (let l: usize = 0; l < latents * 4; l += 4) {
      const step = <f64>load<f32>(mu + i + l) - <f64>load<f32>(mu + j + l);
      const slope = (dpenalty * step) / sqrt<f64>(step * step + delta * delta);
      accumulate(dmu + i + l, slope);
      accumulate(dmu + j + l, -slope);
    }
  }
}
