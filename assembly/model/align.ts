import { crop_at } from "../kernels/crop";
import { padded } from "../kernels/matmul";
import { spline_backward } from "../kernels/spline";
import { Config, getU32 } from "./config";
import { canvas_origin, correlate, predict, prepare_template, refine } from "./pose";
import { load_window } from "./step";
import { ChunkSums, Progress, SUMS_BYTES, State, Workspace, chunk_count, workspace } from "./state";
import { chunk_sums } from "./step";
import { progress, set_progress } from "./train";
import { Sync, barrier, claim } from "./threads";
import { template_bias } from "./initialise";

/*
 * The template before there is a model of content (z held at 0): registration and averaging in turn. The start is ONE real
 * window, which breaks the translational symmetry: started flat, a lattice averages to nothing. Each round registers windows with the
 * template and moves it along the residuals, T += Σ Sᵀ(gain·r) / Σ Sᵀ(gain²·1), S the spline sampling at a window's shift.
 * Several starts are tried by the host and the one with the least noise left is kept; that noise is σ for training.
 */

/** The template is the image about (row, col), the canvas's centre. Writes the decoder's last bias. */
export function start_template(state: State, frame: u32, row: f32, col: f32): void {
  const config = state.config;
  const rows = getU32(config, Config.ROWS), cols = getU32(config, Config.COLS);
  const space = workspace(state, 0);
  const image = state.data + <usize>frame * <usize>(rows * cols) * 4;
  const bias = template_bias(state);
  for (let r: u32 = 0; r < state.canvasRows; r++) {
    // Row by row: the scratch of crop_at is sized for windows.
    crop_at(
      bias + (<usize>(r * state.canvasCols) << 2), image, rows, cols, row - <f32>0.5 * <f32>(state.canvasRows - 1) + <f32>r,
      col - <f32>0.5 * <f32>(state.canvasCols - 1), 1, state.canvasCols, state.flat, space.tile, space.spline,
    );
  }
}

/** `rounds` rounds over the first `windows` windows (whole chunks); all threads call it. Leaves the noise in Progress.VARIANCE. */
export function align(state: State, thread: u32, windows: u32, rounds: u32): void {
  const sync = changetype<Sync>(state.sync);
  const space = workspace(state, thread);
  const size = getU32(state.config, Config.CHUNK);
  const units = chunk_count(state.config);
  const chunks = (windows + size - 1) / size;
  for (let round: u32 = 0; round < rounds; round++) {
    prepare_template(state, space, template_bias(state));
    // A unit of work is a fixed share of the chunks with sums of its own, like a chunk of a training step.
    for (let unit = claim(sync); unit < units; unit = claim(sync)) accumulate(state, space, unit, units, chunks, windows);
    barrier(sync);
    if (thread == 0) {
      update_template(state, units);
      sync.stop = sync.cancel;
    }
    barrier(sync);
    if (sync.stop != 0) return;
  }
}

/** Numerator and denominator of unit `unit`: two canvases in its gradient block. */
@inline
function numerator(state: State, unit: u32): usize {
  return state.gradients + (<usize>(unit * max(state.blockStride, 2 * padded(state.canvasSize))) << 2);
}

function accumulate(state: State, space: Workspace, unit: u32, units: u32, chunks: u32, windows: u32): void {
  const size = getU32(state.config, Config.CHUNK);
  const variance = progress(state, Progress.VARIANCE);
  memory.fill(numerator(state, unit), 0, <usize>(2 * padded(state.canvasSize)) << 2);
  const sums = chunk_sums(state, unit);
  memory.fill(changetype<usize>(sums), 0, SUMS_BYTES);
  for (let chunk = unit; chunk < chunks; chunk += units) {
    const first = chunk * size;
    const m = min(size, windows - first);
    for (let i: u32 = 0; i < m; i++) load_window(state, space, i, first + i);
    correlate(state, space, m, variance);
    refine(state, space, template_bias(state), 0, m, variance);
    for (let i: u32 = 0; i < m; i++) scatter(state, space, i, unit, sums, variance);
  }
}

/** Adds window i's residual at its shift to the unit's sums. */
function scatter(state: State, space: Workspace, i: u32, unit: u32, sums: ChunkSums, variance: f64): void {
  const config = state.config;
  sums.squares += predict(state, space, i, template_bias(state), variance);
  sums.windows += 1;
  const gain = load<f32>(space.gain + (<usize>i << 2));
  const weight = f32x4.splat(gain * gain), scale = f32x4.splat(gain);
  for (let p: u32 = 0; p < state.pixels; p += 4) {
    const at = <usize>p << 2;
    v128.store(space.residual + at, f32x4.mul(scale, v128.load(space.residual + at)));
    v128.store(space.rendered + at, weight);
  }
  const t = space.shift + (<usize>i << 3);
  const row = canvas_origin(getU32(config, Config.SHIFT_ROWS), load<f32>(t)), col = canvas_origin(getU32(config, Config.SHIFT_COLS), load<f32>(t, 4));
  const rows = getU32(config, Config.WINDOW_ROWS), cols = getU32(config, Config.WINDOW_COLS);
  const sum = numerator(state, unit);
  spline_backward(sum, space.residual, state.canvasCols, row, col, rows, cols, state.flat, space.spline);
  spline_backward(sum + (<usize>padded(state.canvasSize) << 2), space.rendered, state.canvasCols, row, col, rows, cols, state.flat, space.spline);
}

/** Canvas pixels that the windows hardly ever reach keep what they have: the denominator is counted against this much more. */
const RIDGE: f32 = 1;

function update_template(state: State, units: u32): void {
  const bias = template_bias(state);
  let squares: f64 = 0, count: f64 = 0;
  for (let unit: u32 = 0; unit < units; unit++) {
    squares += chunk_sums(state, unit).squares;
    count += chunk_sums(state, unit).windows;
  }
  const denominator = <usize>padded(state.canvasSize) << 2;
  for (let p: u32 = 0; p < state.canvasSize; p++) {
    const at = <usize>p << 2;
    let above: f32 = 0, below: f32 = RIDGE;
    for (let unit: u32 = 0; unit < units; unit++) {
      above += load<f32>(numerator(state, unit) + at);
      below += load<f32>(numerator(state, unit) + denominator + at);
    }
    store<f32>(bias + at, load<f32>(bias + at) + above / below);
  }
  set_progress(state, Progress.VARIANCE, squares / (count * <f64>state.pixels));
}
