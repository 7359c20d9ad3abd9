import { crop_at } from "../kernels/crop";
import { GainOffset, gain_offset, sum, sum_squares } from "../kernels/gain_offset";
import { link, link_slope } from "../kernels/link";
import { padded } from "../kernels/matmul";
import { cholesky, cholesky_solve, dot, normal_equations } from "../kernels/refine_pose";
import { spline_forward, spline_jacobian } from "../kernels/spline";
import { Config, get, getU32 } from "./config";
import { output_address } from "./layers";
import { POSE_COLUMNS, State, Workspace } from "./state";

/*
 * The pose of a window through a canvas: rendering, the prediction with gain and offset in closed form, derivatives, and Gauss–Newton
 * steps on the shift jointly with gain and offset (and content, when encoding).
 * x(p) = gain · T(p − t) + offset: a window pixel i reads the canvas at i − t + SHIFT + 2.
 */

/** Canvas coordinate of a window's first pixel at shift t, rows or columns. */
@inline
export function canvas_origin(largest: u32, t: f32): f32 {
  return <f32>(largest + 2) - t;
}

/** Window i re-centred on its motif, gain, offset and the data's scale taken out: the encoder's input. Writes row i of space.encoderX. */
export function recentre(state: State, space: Workspace, i: u32, window: u32): void {
  const config = state.config;
  const origin = state.origins + <usize>window * 12;
  const rows = getU32(config, Config.ROWS), cols = getU32(config, Config.COLS);
  const image = state.data + <usize>load<u32>(origin) * <usize>(rows * cols) * 4;
  const row = <f32>load<i32>(origin, 4) + load<f32>(space.shift + (<usize>i << 3));
  const col = <f32>load<i32>(origin, 8) + load<f32>(space.shift + (<usize>i << 3), 4);
  const out = space.encoderX + (<usize>(i * padded(state.pixels)) << 2);
  crop_at(
    out, image, rows, cols, row, col, getU32(config, Config.WINDOW_ROWS), getU32(config, Config.WINDOW_COLS), state.flat, space.tile, space.spline,
  );
  const scale = f32x4.splat(1 / (max<f32>(0.1, load<f32>(space.gain + (<usize>i << 2))) * <f32>get(config, Config.DATA_SD)));
  const offset = f32x4.splat(load<f32>(space.offset + (<usize>i << 2)) + <f32>get(config, Config.DATA_MEAN));
  for (let p: u32 = 0; p < state.pixels; p += 4) {
    const at = out + (<usize>p << 2);
    v128.store(at, f32x4.mul(f32x4.sub(v128.load(at), offset), scale));
  }
  for (let p = state.pixels; p < padded(state.pixels); p++) store<f32>(out + (<usize>p << 2), 0);
}

/** The window that `canvas` gives at window i's shift, natural parameters like the canvas: out. Writes. */
export function render(state: State, space: Workspace, i: u32, canvas: usize, out: usize): void {
  const config = state.config;
  const t = space.shift + (<usize>i << 3);
  spline_forward(
    out, canvas, state.canvasCols, canvas_origin(getU32(config, Config.SHIFT_ROWS), load<f32>(t)), canvas_origin(getU32(config, Config.SHIFT_COLS), load<f32>(t, 4)),
    getU32(config, Config.WINDOW_ROWS), getU32(config, Config.WINDOW_COLS), state.flat, space.spline,
  );
}

/**
 * Prediction of window i from its canvas: space.natural = render, space.rendered = link(natural), gain and offset in closed form,
 * space.residual = x − gain · rendered − offset. Gives the sum of squared residuals plus the priors' pull (2σ² times their energy).
 */
export function predict(state: State, space: Workspace, i: u32, canvas: usize, variance: f64): f64 {
  const config = state.config;
  const x = space.x + (<usize>(i * padded(state.pixels)) << 2);
  const y = space.rendered;
  render(state, space, i, canvas, space.natural);
  link(y, space.natural, state.pixels, getU32(config, Config.LIKELIHOOD));
  const fit = changetype<GainOffset>(space.column);
  gain_offset(
    fit, state.pixels, sum(x, state.pixels), sum_squares(x, state.pixels), sum(y, state.pixels), sum_squares(y, state.pixels),
    dot(x, y, state.pixels), variance, get(config, Config.GAIN_PRIOR), get(config, Config.OFFSET_PRIOR),
  );
  store<f32>(space.gain + (<usize>i << 2), <f32>fit.gain);
  store<f32>(space.offset + (<usize>i << 2), <f32>fit.offset);
  const gain = f32x4.splat(<f32>fit.gain), offset = f32x4.splat(<f32>fit.offset);
  for (let p: u32 = 0; p < state.pixels; p += 4) {
    const at = <usize>p << 2;
    v128.store(space.residual + at, f32x4.sub(f32x4.sub(v128.load(x + at), offset), f32x4.mul(gain, v128.load(y + at))));
  }
  return fit.cost;
}

/** Derivative images of the prediction to shift, gain and offset: the first POSE_COLUMNS of space.derivatives. Writes. */
export function pose_derivatives(state: State, space: Workspace, i: u32, canvas: usize): void {
  const config = state.config;
  const t = space.shift + (<usize>i << 3);
  const stride = <usize>padded(state.pixels) << 2;
  const dRow = space.derivatives, dCol = dRow + stride, dGain = dCol + stride, dOffset = dGain + stride;
  spline_jacobian(
    dRow, dCol, canvas, state.canvasCols, canvas_origin(getU32(config, Config.SHIFT_ROWS), load<f32>(t)), canvas_origin(getU32(config, Config.SHIFT_COLS), load<f32>(t, 4)),
    getU32(config, Config.WINDOW_ROWS), getU32(config, Config.WINDOW_COLS), state.flat, space.spline,
  );
  const likelihood = getU32(config, Config.LIKELIHOOD);
  // The canvas is read at i − t: the sign turns.
  const scale = -load<f32>(space.gain + (<usize>i << 2));
  link_slope(dRow, space.natural, scale, state.pixels, likelihood);
  link_slope(dCol, space.natural, scale, state.pixels, likelihood);
  memory.copy(dGain, space.rendered, <usize>state.pixels << 2);
  for (let p: u32 = 0; p < state.pixels; p++) store<f32>(dOffset + (<usize>p << 2), 1);
}

/** Adds the priors of shift, gain, offset (and z where columns > POSE_COLUMNS) to the normal equations. */
export function add_priors(state: State, space: Workspace, i: u32, columns: u32, z: usize, variance: f64): void {
  const config = state.config;
  const t = space.shift + (<usize>i << 3);
  const shift = get(config, Config.SHIFT_PRIOR);
  const pull = shift > 0 ? variance / (shift * shift) : 0;
  add_prior(space, columns, 0, pull, load<f32>(t));
  add_prior(space, columns, 1, pull, load<f32>(t, 4));
  add_prior(space, columns, 2, precision(config, Config.GAIN_PRIOR, variance), load<f32>(space.gain + (<usize>i << 2)) - 1);
  add_prior(space, columns, 3, precision(config, Config.OFFSET_PRIOR, variance), load<f32>(space.offset + (<usize>i << 2)));
  for (let l = POSE_COLUMNS; l < columns; l++) add_prior(space, columns, l, variance, load<f32>(z + (<usize>(l - POSE_COLUMNS) << 2)));
}

/** σ²/s²; a width of 0 fixes the parameter. */
@inline
function precision(config: usize, field: Config, variance: f64): f64 {
  const width = get(config, field);
  return width > 0 ? variance / (width * width) : 1e30;
}

@inline
function add_prior(space: Workspace, columns: u32, k: u32, weight: f64, distance: f64): void {
  const diagonal = space.normal + (<usize>(k * columns + k) << 3);
  store<f64>(diagonal, load<f64>(diagonal) + weight);
  const b = space.rhs + (<usize>k << 3);
  store<f64>(b, load<f64>(b) - weight * distance);
}

/** Normal equations of window i over the first `columns` derivative images, factorised. Writes space.normal, space.rhs. */
export function factorise(state: State, space: Workspace, i: u32, columns: u32, z: usize, variance: f64): void {
  normal_equations(space.normal, space.rhs, space.derivatives, padded(state.pixels), space.residual, columns, state.pixels);
  add_priors(state, space, i, columns, z, variance);
  cholesky(space.normal, columns);
}

/** Moves window i's shift by the step in space.rhs, at most 1 px and within the largest shift. */
export function move_shift(state: State, space: Workspace, i: u32): void {
  const t = space.shift + (<usize>i << 3);
  const limitRow = <f32>getU32(state.config, Config.SHIFT_ROWS), limitCol = <f32>getU32(state.config, Config.SHIFT_COLS);
  const dr = <f32>min<f64>(1, max<f64>(-1, load<f64>(space.rhs))), dc = <f32>min<f64>(1, max<f64>(-1, load<f64>(space.rhs, 8)));
  store<f32>(t, min<f32>(limitRow, max<f32>(-limitRow, load<f32>(t) + dr)));
  store<f32>(t, min<f32>(limitCol, max<f32>(-limitCol, load<f32>(t, 4) + dc)), 4);
}

/** One Gauss–Newton step on shift, gain and offset of the m windows through their canvases. */
export function refine(state: State, space: Workspace, canvases: usize, canvasStride: u32, m: u32, variance: f64): void {
  for (let i: u32 = 0; i < m; i++) refine_one(state, space, i, canvases + (<usize>(i * canvasStride) << 2), variance);
}

/** The same for window i and its canvas. */
export function refine_one(state: State, space: Workspace, i: u32, canvas: usize, variance: f64): void {
  predict(state, space, i, canvas, variance);
  pose_derivatives(state, space, i, canvas);
  factorise(state, space, i, POSE_COLUMNS, 0, variance);
  cholesky_solve(space.rhs, space.normal, POSE_COLUMNS);
  move_shift(state, space, i);
}

/** Canvases of a chunk after the decoder ran. */
@inline
export function canvases(state: State, space: Workspace): usize {
  return output_address(state.decoder, space.decoderX, getU32(state.config, Config.CHUNK));
}
