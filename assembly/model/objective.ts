import { dot } from "../kernels/refine_pose";
import { exp64, log64 } from "../kernels/math";
import { spline_backward } from "../kernels/spline";
import { Config, get, getU32 } from "./config";
import { BERNOULLI, GAUSSIAN, POISSON } from "./likelihood";
import { canvas_origin } from "./pose";
import { State, Workspace } from "./state";

/*
 * The objective of one window after `predict`: negative log-likelihood in nats, and its gradient to the canvas.
 */

/** −log p(x | prediction) of the window in space.rendered and space.residual; `cost` is what `predict` gave. */
export function negative_log_likelihood(state: State, space: Workspace, i: u32, cost: f64, variance: f64): f64 {
  const pixels = <f64>state.pixels;
  return 0.5 * (pixels * log64(6.283185307179586 * variance) + cost / variance);
}

/** dCanvas += scale · ∂(−log p)/∂canvas: −gain · residual / σ² through the spline. Accumulates (+=). */
export function canvas_gradient(state: State, space: Workspace, i: u32, dCanvas: usize, variance: f64, scale: f32): void {
  const config = state.config;
  const t = space.shift + (<usize>i << 3);
  const factor = f32x4.splat(-scale * load<f32>(space.gain + (<usize>i << 2)) / <f32>variance);
  for (let p: u32 = 0; p < state.pixels; p += 4) {
    const at = space.residual + (<usize>p << 2);
    v128.store(at, f32x4.mul(factor, v128.load(at)));
  }
  spline_backward(
    dCanvas, space.residual, state.canvasCols, canvas_origin(getU32(config, Config.SHIFT_ROWS), load<f32>(t)), canvas_origin(getU32(config, Config.SHIFT_COLS), load<f32>(t, 4)),
    getU32(config, Config.WINDOW_ROWS), getU32(config, Config.WINDOW_COLS), state.flat, space.spline,
  );
}
