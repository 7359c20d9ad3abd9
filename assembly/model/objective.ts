import { likelihood_backward, likelihood_forward } from "../kernels/likelihood";
import { GAUSSIAN } from "../kernels/link";
import { log64 } from "../kernels/math64";
import { padded } from "../kernels/matmul";
import { Config, getU32 } from "./config";
import { spread } from "./pose";
import { State, Workspace } from "./state";

/*
 * The objective of one window after `predict`: negative log-likelihood in nats, and its gradient to the canvas. The Gaussian's has
 * gain and offset at their optimum; for the others these are fixed at 1 and 0, and the Poisson's leaves out the constant log x!.
 */

/** Row i of space.x. */
@inline
function window_at(state: State, space: Workspace, i: u32): usize {
  return space.x + (<usize>(i * padded(state.pixels)) << 2);
}

/** −log p(x | prediction) of window i; `cost` is what `predict` gave. */
export function negative_log_likelihood(state: State, space: Workspace, i: u32, cost: f64, variance: f64): f64 {
  const kind = getU32(state.config, Config.LIKELIHOOD);
  if (kind == GAUSSIAN) return 0.5 * (<f64>state.pixels * log64(6.283185307179586 * variance) + cost / variance);
  likelihood_forward(space.column, space.natural, window_at(state, space, i), 1, state.pixels, kind);
  return load<f64>(space.column);
}

/** dCanvas += scale · ∂(−log p)/∂canvas through the spline. Accumulates (+=); uses up space.residual. */
export function canvas_gradient(state: State, space: Workspace, i: u32, dCanvas: usize, variance: f64, scale: f32): void {
  natural_gradient(state, space, i, variance, scale);
  spread(state, space, i, dCanvas, space.residual);
}

/** space.residual = scale · ∂(−log p)/∂space.natural; the Gaussian's is −gain · residual/σ². Writes. */
function natural_gradient(state: State, space: Workspace, i: u32, variance: f64, scale: f32): void {
  const kind = getU32(state.config, Config.LIKELIHOOD);
  if (kind != GAUSSIAN) {
    memory.fill(space.residual, 0, <usize>state.pixels << 2);
    store<f32>(space.column, scale);
    likelihood_backward(space.residual, space.column, space.natural, window_at(state, space, i), 1, state.pixels, kind);
    return;
  }
  const factor = f32x4.splat(-scale * load<f32>(space.gain + (<usize>i << 2)) / <f32>variance);
  for (let p: u32 = 0; p < state.pixels; p += 4) {
    const at = space.residual + (<usize>p << 2);
    v128.store(at, f32x4.mul(factor, v128.load(at)));
  }
}
