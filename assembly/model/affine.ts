import { affine_grid_forward, affine_grid_jacobian } from "../kernels/affine_grid";
import { crop_forward, crop_mirrored } from "../kernels/crop";
import { cos64, exp64, sin64 } from "../kernels/math64";
import { CUBIC, sample_grid_adjoint, sample_grid_forward, sample_grid_jacobian } from "../kernels/sample_grid";
import { Config, getU32 } from "./config";
import { scale_reach } from "./networks";
import { State, Workspace } from "./state";

/*
 * Windows that are turned and scaled as well as shifted: with v a pixel's place from the window's centre and A = s·R(θ)
 *
 *     x(v) = gain · T(c + A⁻¹(v − t)) + offset,   c the canvas's centre,
 *
 * θ from the row axis towards the column axis (kernels/affine_grid.ts). A window's pose is its shift in space.shift and (θ, log s) in
 * space.turn. Without rotation and scale nothing of this file runs: then all pixels of a window share one fraction of a pixel
 * (kernels/spline.ts).
 */

/** Angle and scale's logarithm of window i: two f32. */
@inline
export function turn_of(space: Workspace, i: u32): usize {
  return space.turn + (<usize>i << 3);
}

/** The arguments of the affine grid in space.place: angle, scale, shift (2). Writes. */
function set_place(space: Workspace, angle: f64, scale: f64, row: f64, col: f64): void {
  store<f32>(space.place, <f32>angle);
  store<f32>(space.place, <f32>scale, 4);
  store<f32>(space.place, <f32>row, 8);
  store<f32>(space.place, <f32>col, 12);
}

/** space.grid (height, width, 2): where pixels about the centre of a picture look on a canvas (rows, cols), as space.place says. Writes. */
function lay_grid(space: Workspace, rows: u32, cols: u32, height: u32, width: u32): void {
  affine_grid_forward(space.grid, space.place, space.place + 4, space.place + 8, 1, rows, cols, height, width);
}

/** space.grid: where window i's pixels look on its canvas. Writes. */
function window_grid(state: State, space: Workspace, i: u32): void {
  const config = state.config;
  const t = space.shift + (<usize>i << 3), turn = turn_of(space, i);
  set_place(space, load<f32>(turn), exp64(load<f32>(turn, 4)), load<f32>(t), load<f32>(t, 4));
  lay_grid(space, state.canvasRows, state.canvasCols, getU32(config, Config.WINDOW_ROWS), getU32(config, Config.WINDOW_COLS));
}

/** The window that `canvas` gives at window i's pose: out. Writes. */
export function affine_render(state: State, space: Workspace, i: u32, canvas: usize, out: usize): void {
  window_grid(state, space, i);
  sample_grid_forward(out, canvas, space.grid, 1, state.canvasRows, state.canvasCols, state.pixels, CUBIC);
}

/** dCanvas += the adjoint of `affine_render` applied to dy. Accumulates (+=). */
export function affine_spread(state: State, space: Workspace, i: u32, dCanvas: usize, dy: usize): void {
  window_grid(state, space, i);
  sample_grid_adjoint(dCanvas, dy, space.grid, state.canvasRows, state.canvasCols, state.pixels);
}

/** The derivatives of `affine_render` to shift (dRow, dCol), angle and the scale's logarithm. Writes. */
export function affine_jacobian(state: State, space: Workspace, i: u32, canvas: usize, dRow: usize, dCol: usize, dAngle: usize, dScale: usize): void {
  const rows = state.canvasRows, cols = state.canvasCols, turn = turn_of(space, i);
  window_grid(state, space, i);
  sample_grid_jacobian(dRow, dCol, canvas, space.grid, rows, cols, state.pixels);
  affine_grid_jacobian(dRow, dCol, dAngle, dScale, space.grid, load<f32>(turn), exp64(load<f32>(turn, 4)), rows, cols, state.pixels);
}

/** Side of the square of image pixels that a window of this size is cut from, however it is turned and scaled. */
export function affine_tile(config: usize): u32 {
  const h = <f64>getU32(config, Config.WINDOW_ROWS), w = <f64>getU32(config, Config.WINDOW_COLS);
  return 2 * <u32>ceil<f64>(0.5 * sqrt<f64>(h * h + w * w) * exp64(scale_reach(config))) + 6;
}

/**
 * out (windowRows, windowCols) = the image about (row, col) as the motif of window i lies in it, smoothed by the cubic B-spline like
 * `crop_at`: pixel v shows the image at (row, col) + A v. Writes.
 */
export function affine_crop(state: State, space: Workspace, i: u32, out: usize, image: usize, row: f64, col: f64): void {
  const config = state.config;
  const rows = getU32(config, Config.ROWS), cols = getU32(config, Config.COLS), side = affine_tile(config);
  const middle = 0.5 * <f64>(side - 1);
  const top = <i32>nearest(row - middle), left = <i32>nearest(col - middle);
  const inside = top >= 0 && left >= 0 && top + <i32>side <= <i32>rows && left + <i32>side <= <i32>cols;
  if (inside) crop_forward(space.tile, image, cols, top, left, side, side);
  else crop_mirrored(space.tile, image, rows, cols, top, left, side, side, side);
  const turn = turn_of(space, i);
  const angle = <f64>load<f32>(turn), scale = exp64(load<f32>(turn, 4));
  // The grid takes p' = c + B⁻¹(v − b) with B = A⁻¹: the tile's own offset f from (row, col) is −B⁻¹ b.
  const fRow = row - <f64>top - middle, fCol = col - <f64>left - middle;
  const cosine = cos64(angle) / scale, sine = sin64(angle) / scale;
  set_place(space, -angle, 1 / scale, -(cosine * fRow + sine * fCol), sine * fRow - cosine * fCol);
  lay_grid(space, side, side, getU32(config, Config.WINDOW_ROWS), getU32(config, Config.WINDOW_COLS));
  sample_grid_forward(out, space.tile, space.grid, 1, side, side, state.pixels, CUBIC);
}

/** A canvas turned by `angle` and scaled by e^logScale at whole pixels: picture (rows, cols), its centre half a pixel after the motif's. Writes. */
export function affine_picture(state: State, space: Workspace, picture: usize, canvas: usize, angle: f64, logScale: f64, rows: u32, cols: u32): void {
  set_place(space, angle, exp64(logScale), 0.5, 0.5);
  lay_grid(space, state.canvasRows, state.canvasCols, rows, cols);
  sample_grid_forward(picture, canvas, space.grid, 1, state.canvasRows, state.canvasCols, rows * cols, CUBIC);
}
