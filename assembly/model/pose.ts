import { crop_at } from "../kernels/crop";
import { GainOffset, Moments, cross_moments, gain_offset, moments } from "../kernels/gain_offset";
import { link, link_slope } from "../kernels/link";
import { padded } from "../kernels/matmul";
import { cholesky, cholesky_solve, normal_equations } from "../kernels/refine_pose";
import { spline_backward, spline_backward_constant, spline_forward, spline_jacobian } from "../kernels/spline";
import { affine_crop, affine_jacobian, affine_picture, affine_render, affine_spread, turn_of } from "./affine";
import { Config, affine, get, getU32, pose_columns, scales, turns } from "./config";
import { output_address } from "./layers";
import { angle_reach, picture_cols, picture_rows, scale_reach } from "./networks";
import { Progress, State, Workspace } from "./state";

/*
 * The pose of a window through a canvas: rendering, the prediction with gain and offset in closed form, derivatives, and Gauss–Newton
 * steps on the shift jointly with gain and offset (and content, when encoding).
 * x(p) = gain · T(p − t) + offset: a window pixel i reads the canvas at i − t + SHIFT + 2. Windows that are turned or scaled as well
 * go through affine.ts.
 */

/** Canvas coordinate of a window's first pixel at shift t, rows or columns. */
@inline
export function canvas_origin(largest: u32, t: f32): f32 {
  return <f32>(largest + 2) - t;
}

/**
 * Window i re-centred on its motif, gain, offset and the data's scale taken out: the encoder's input. Gain and offset are those of the re-centred
 * pixels to the window's template: the window's own depend on where in it the motif lies, and would tell the encoder. (dRow, dCol) is added to the shift. Writes row i of space.encoderX.
 */
export function recentre(state: State, space: Workspace, i: u32, window: u32, dRow: f32, dCol: f32): void {
  const config = state.config;
  const origin = state.origins + <usize>window * 12;
  const rows = getU32(config, Config.ROWS), cols = getU32(config, Config.COLS);
  const image = state.data + <usize>load<u32>(origin) * <usize>(rows * cols) * 4;
  const row = <f32>load<i32>(origin, 4) + load<f32>(space.shift + (<usize>i << 3)) + dRow;
  const col = <f32>load<i32>(origin, 8) + load<f32>(space.shift + (<usize>i << 3), 4) + dCol;
  const out = space.encoderX + (<usize>(i * padded(state.pixels)) << 2);
  if (affine(config)) {
    const h = getU32(config, Config.WINDOW_ROWS), w = getU32(config, Config.WINDOW_COLS);
    affine_crop(state, space, i, out, image, <f64>row + 0.5 * <f64>(h - 1), <f64>col + 0.5 * <f64>(w - 1));
  } else crop_at(
    out, image, rows, cols, row, col, getU32(config, Config.WINDOW_ROWS), getU32(config, Config.WINDOW_COLS), state.flat, space.tile, space.spline,
  );
  const fit = fit_template(state, space, out, load<u32>(space.chosen + (<usize>i << 2)));
  const scale = f32x4.splat(1 / (max<f32>(0.1, <f32>fit.gain) * <f32>get(config, Config.DATA_SD)));
  const offset = f32x4.splat(<f32>fit.offset + <f32>get(config, Config.DATA_MEAN));
  for (let at = out, end = out + (<usize>padded(state.pixels) << 2); at < end; at += 32) {
    const low = f32x4.mul(f32x4.sub(v128.load(at), offset), scale), high = f32x4.mul(f32x4.sub(v128.load(at, 16), offset), scale);
    v128.store(at, low);
    v128.store(at, high, 16);
  }
  for (let p = state.pixels; p < padded(state.pixels); p++) store<f32>(out + (<usize>p << 2), 0);
}

/** Gain and offset of upright template k for the pixels x of a re-centred window. */
@inline
function fit_template(state: State, space: Workspace, x: usize, k: u32): GainOffset {
  const sums = changetype<Moments>(space.rhs), own = space.uprightSums + (<usize>k << 4);
  cross_moments(sums, x, space.upright + (<usize>(k * padded(state.pixels)) << 2), state.pixels);
  sums.y = load<f64>(own);
  sums.yy = load<f64>(own, 8);
  return fit_sums(state, space, sums, load<f64>(state.progress + (<usize>Progress.VARIANCE << 3)));
}

/** Gain and offset of a prediction y of the pixels x of a window, and their cost. */
@inline
function fit_gain(state: State, space: Workspace, x: usize, y: usize, variance: f64): GainOffset {
  const sums = changetype<Moments>(space.rhs);
  moments(sums, x, y, state.pixels);
  return fit_sums(state, space, sums, variance);
}

@inline
function fit_sums(state: State, space: Workspace, sums: Moments, variance: f64): GainOffset {
  const fit = changetype<GainOffset>(space.column);
  gain_offset(
    fit, state.pixels, sums.x, sums.xx, sums.y, sums.yy, sums.xy, variance, get(state.config, Config.GAIN_PRIOR), get(state.config, Config.OFFSET_PRIOR),
  );
  return fit;
}

/** The window that `canvas` gives at window i's shift, natural parameters like the canvas: out. Writes. */
export function render(state: State, space: Workspace, i: u32, canvas: usize, out: usize): void {
  const config = state.config;
  const t = space.shift + (<usize>i << 3);
  if (affine(config)) affine_render(state, space, i, canvas, out);
  else spline_forward(
    out, canvas, state.canvasCols, canvas_origin(getU32(config, Config.SHIFT_ROWS), load<f32>(t)), canvas_origin(getU32(config, Config.SHIFT_COLS), load<f32>(t, 4)),
    getU32(config, Config.WINDOW_ROWS), getU32(config, Config.WINDOW_COLS), state.flat, space.spline,
  );
}

/**
 * picture (picture_rows, picture_cols): the canvas through the spline at whole pixels, turned by `angle` and scaled by e^logScale;
 * upright from its second row and column on. The motif's centre is half a pixel after the picture's. Writes.
 */
export function paint(state: State, space: Workspace, picture: usize, canvas: usize, angle: f64, logScale: f64): void {
  const rows = picture_rows(state.config), cols = picture_cols(state.config);
  if (affine(state.config)) affine_picture(state, space, picture, canvas, angle, logScale, rows, cols);
  else spline_forward(picture, canvas, state.canvasCols, 1, 1, rows, cols, state.flat, space.spline);
}

/** dCanvas += the adjoint of `render` applied to dy, an image of window i. Accumulates (+=). */
export function spread(state: State, space: Workspace, i: u32, dCanvas: usize, dy: usize): void {
  const config = state.config;
  const t = space.shift + (<usize>i << 3);
  if (affine(config)) affine_spread(state, space, i, dCanvas, dy);
  else spline_backward(
    dCanvas, dy, state.canvasCols, canvas_origin(getU32(config, Config.SHIFT_ROWS), load<f32>(t)), canvas_origin(getU32(config, Config.SHIFT_COLS), load<f32>(t, 4)),
    getU32(config, Config.WINDOW_ROWS), getU32(config, Config.WINDOW_COLS), state.flat, space.spline,
  );
}

/** dCanvas += the adjoint of `render` applied to an image of window i that is `value` everywhere. Uses up space.rendered. Accumulates (+=). */
export function spread_constant(state: State, space: Workspace, i: u32, dCanvas: usize, value: f32): void {
  const config = state.config;
  const t = space.shift + (<usize>i << 3);
  if (affine(config)) {
    for (let p: u32 = 0; p < state.pixels; p += 4) v128.store(space.rendered + (<usize>p << 2), f32x4.splat(value));
    affine_spread(state, space, i, dCanvas, space.rendered);
  } else spline_backward_constant(
    dCanvas, value, state.canvasCols, canvas_origin(getU32(config, Config.SHIFT_ROWS), load<f32>(t)), canvas_origin(getU32(config, Config.SHIFT_COLS), load<f32>(t, 4)),
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
  const fit = fit_gain(state, space, x, y, variance);
  store<f32>(space.gain + (<usize>i << 2), <f32>fit.gain);
  store<f32>(space.offset + (<usize>i << 2), <f32>fit.offset);
  const gain = f32x4.splat(<f32>fit.gain), offset = f32x4.splat(<f32>fit.offset);
  for (let p: u32 = 0; p < state.pixels; p += 4) {
    const at = <usize>p << 2;
    v128.store(space.residual + at, f32x4.sub(f32x4.sub(v128.load(x + at), offset), f32x4.mul(gain, v128.load(y + at))));
  }
  return fit.cost;
}

/** Derivative images of the prediction to shift, gain, offset, angle and scale: the first pose_columns of space.derivatives. Writes. */
export function pose_derivatives(state: State, space: Workspace, i: u32, canvas: usize): void {
  const config = state.config;
  const t = space.shift + (<usize>i << 3);
  const stride = <usize>padded(state.pixels) << 2;
  const dRow = space.derivatives, dCol = dRow + stride, dGain = dCol + stride, dOffset = dGain + stride;
  // Angle and scale follow; of the one that is off no derivative is kept.
  const dAngle = turns(config) ? dOffset + stride : space.picture;
  const dScale = scales(config) ? space.derivatives + <usize>(pose_columns(config) - 1) * stride : space.picture;
  if (affine(config)) affine_jacobian(state, space, i, canvas, dRow, dCol, dAngle, dScale);
  else spline_jacobian(
    dRow, dCol, canvas, state.canvasCols, canvas_origin(getU32(config, Config.SHIFT_ROWS), load<f32>(t)), canvas_origin(getU32(config, Config.SHIFT_COLS), load<f32>(t, 4)),
    getU32(config, Config.WINDOW_ROWS), getU32(config, Config.WINDOW_COLS), state.flat, space.spline,
  );
  const likelihood = getU32(config, Config.LIKELIHOOD);
  // Upright, the derivatives are those to the place on the canvas, i − t: the sign turns.
  const gain = load<f32>(space.gain + (<usize>i << 2)), scale = affine(config) ? gain : -gain;
  link_slope(dRow, space.natural, scale, state.pixels, likelihood);
  link_slope(dCol, space.natural, scale, state.pixels, likelihood);
  if (turns(config)) link_slope(dAngle, space.natural, scale, state.pixels, likelihood);
  if (scales(config)) link_slope(dScale, space.natural, scale, state.pixels, likelihood);
  memory.copy(dGain, space.rendered, <usize>state.pixels << 2);
  for (let p: u32 = 0; p < state.pixels; p += 4) v128.store(dOffset + (<usize>p << 2), f32x4.splat(1));
}

/** Adds the priors of shift, gain, offset, angle and scale to the normal equations over `columns` unknowns, these first. */
export function add_pose_priors(state: State, space: Workspace, i: u32, columns: u32, variance: f64): void {
  const config = state.config;
  const t = space.shift + (<usize>i << 3);
  const pull = prior_pull(config, Config.SHIFT_PRIOR, variance);
  add_prior(space, columns, 0, pull, load<f32>(t));
  add_prior(space, columns, 1, pull, load<f32>(t, 4));
  add_prior(space, columns, 2, precision(config, Config.GAIN_PRIOR, variance), load<f32>(space.gain + (<usize>i << 2)) - 1);
  add_prior(space, columns, 3, precision(config, Config.OFFSET_PRIOR, variance), load<f32>(space.offset + (<usize>i << 2)));
  // The angle's prior is flat; what is added only bounds the step of a motif that looks the same at any angle.
  if (turns(config)) add_prior(space, columns, 4, variance / (angle_reach(config) * angle_reach(config)), 0);
  if (scales(config)) add_prior(space, columns, pose_columns(config) - 1, prior_pull(config, Config.SCALE_PRIOR, variance), load<f32>(turn_of(space, i), 4));
}

/** σ²/s²; a width of 0 leaves the parameter free. */
@inline
function prior_pull(config: usize, field: Config, variance: f64): f64 {
  const width = get(config, field);
  return width > 0 ? variance / (width * width) : 0;
}

/** σ²/s²; a width of 0 fixes the parameter. */
@inline
function precision(config: usize, field: Config, variance: f64): f64 {
  const width = get(config, field);
  return width > 0 ? variance / (width * width) : 1e30;
}

/** Adds the prior of unknown k, `distance` from its mean, σ² times its precision `weight`, to the normal equations. */
@inline
export function add_prior(space: Workspace, columns: u32, k: u32, weight: f64, distance: f64): void {
  const diagonal = space.normal + (<usize>(k * columns + k) << 3);
  store<f64>(diagonal, load<f64>(diagonal) + weight);
  const b = space.rhs + (<usize>k << 3);
  store<f64>(b, load<f64>(b) - weight * distance);
}

/** Normal equations of window i over the first `columns` derivative images, with the priors of its pose. Writes space.normal, space.rhs. */
export function equations(state: State, space: Workspace, i: u32, columns: u32, variance: f64): void {
  normal_equations(space.normal, space.rhs, space.derivatives, padded(state.pixels), space.residual, columns, state.pixels);
  add_pose_priors(state, space, i, columns, variance);
}

/** Moves window i's pose by the step in space.rhs: the shift by at most 1 px and within the largest shift, angle and scale by half a step of their grid. */
export function move_pose(state: State, space: Workspace, i: u32): void {
  const t = space.shift + (<usize>i << 3);
  const limitRow = <f32>getU32(state.config, Config.SHIFT_ROWS), limitCol = <f32>getU32(state.config, Config.SHIFT_COLS);
  const dr = <f32>min<f64>(1, max<f64>(-1, load<f64>(space.rhs))), dc = <f32>min<f64>(1, max<f64>(-1, load<f64>(space.rhs, 8)));
  store<f32>(t, min<f32>(limitRow, max<f32>(-limitRow, load<f32>(t) + dr)));
  store<f32>(t, min<f32>(limitCol, max<f32>(-limitCol, load<f32>(t, 4) + dc)), 4);
  const config = state.config, turn = turn_of(space, i);
  if (turns(config)) move_within(turn, load<f64>(space.rhs, 32), get(config, Config.ANGLE_STEP), angle_reach(config));
  if (scales(config)) move_within(turn + 4, load<f64>(space.rhs + (<usize>(pose_columns(config) - 1) << 3)), get(config, Config.SCALE_STEP), scale_reach(config));
}

/** Moves the value at `at` by at most half a `grid` step, within ±reach. */
@inline
function move_within(at: usize, step: f64, grid: f64, reach: f64): void {
  const held = min<f64>(0.5 * grid, max<f64>(-0.5 * grid, step));
  store<f32>(at, <f32>min<f64>(reach, max<f64>(-reach, <f64>load<f32>(at) + held)));
}

/** One Gauss–Newton step on the pose, gain and offset of the m windows through their canvases. */
export function refine(state: State, space: Workspace, canvases: usize, canvasStride: u32, m: u32, variance: f64): void {
  for (let i: u32 = 0; i < m; i++) refine_one(state, space, i, canvases + (<usize>(i * canvasStride) << 2), variance);
}

/** The same for window i and its canvas. */
export function refine_one(state: State, space: Workspace, i: u32, canvas: usize, variance: f64): void {
  predict(state, space, i, canvas, variance);
  pose_derivatives(state, space, i, canvas);
  const columns = pose_columns(state.config);
  equations(state, space, i, columns, variance);
  cholesky(space.normal, columns);
  cholesky_solve(space.rhs, space.normal, columns);
  move_pose(state, space, i);
}

/** Canvases of a chunk after the decoder ran. */
@inline
export function canvases(state: State, space: Workspace): usize {
  return output_address(state.decoder, space.decoderX, getU32(state.config, Config.CHUNK));
}
