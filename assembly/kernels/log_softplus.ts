import { exp64, log64 } from "./math64";

/*
 * s = log softplus(ρ) = log log(1 + e^ρ): an encoder that gives a standard deviation as softplus(ρ), as pyroVED's does, in the log σ
 * that `kl` and `reparameterize` take.
 */

/** Below this ρ, softplus(ρ) is e^ρ to f64's precision of the logarithm above it. */
const SMALL: f64 = -15;

@inline
function log_softplus(rho: f64): f64 {
  if (rho < SMALL) return rho - 0.5 * exp64(rho);
  // log(1 + e^ρ) without overflow.
  return log64(max<f64>(rho, 0) + log64(1 + exp64(-abs<f64>(rho))));
}

/** Writes s (n) from ρ (n), f32; in place allowed. */
export function log_softplus_forward(s: usize, rho: usize, n: u32): void {
  for (let at: usize = 0; at < <usize>n << 2; at += 4) store<f32>(s + at, <f32>log_softplus(<f64>load<f32>(rho + at)));
}

/** dρ += ds·sigmoid(ρ)/softplus(ρ). Accumulates (+=) into dρ (n). */
export function log_softplus_backward(drho: usize, ds: usize, rho: usize, n: u32): void {
  for (let at: usize = 0; at < <usize>n << 2; at += 4) {
    const r = <f64>load<f32>(rho + at);
    const slope = 1 / ((1 + exp64(-r)) * exp64(log_softplus(r)));
    store<f32>(drho + at, <f32>(<f64>load<f32>(drho + at) + <f64>load<f32>(ds + at) * slope));
  }
}
