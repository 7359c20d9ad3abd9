import { correlate_forward, pack_windows, score_stride, template_sums } from "../kernels/correlate";
import { crop_at } from "../kernels/crop";
import { padded } from "../kernels/matmul";
import { cholesky, cholesky_solve, dot, normal_equations } from "../kernels/refine_pose";
import { spline_forward, spline_jacobian } from "../kernels/spline";
import { Config, get, getU32 } from "./config";
import { Fit, fit_gain, sum, sum_squares } from "./gain";
import { output_address } from "./layers";
import { link, link_slope } from "./likelihood";
import { POSE_COLUMNS, Progress, State, Workspace } from "./state";

/*
 * Where the motif sits in each window of a chunk. The shift t is computed, not amortised: correlation with the template over
 * all whole shifts, the best one refined by a parabola, then Gauss–Newton steps through the window's own canvas, jointly
 * with gain and offset (and content, when encoding).
 * x(p) = gain · T(p − t) + offset: a window pixel i reads the canvas at i − t + SHIFT + 2.
 */

/** Canvas coordinate of a window's first pixel at shift t, rows or columns. */
@inline
export function canvas_origin(largest: u32, t: f32): f32 {
  return <f32>(largest + 2) - t;
}

/** The templates' pixel values, through the spline at whole pixels, and their sums under each shift. Writes. */
export function prepare_templates(state: State, space: Workspace): void {
  const config = state.config;
  const rows: u32 = state.flat ? 1 : state.canvasRows - 3, cols = state.canvasCols - 3;
  for (let k: u32 = 0; k < template_count(state); k++) {
    const from = <usize>(k * state.templateStride) << 2, sums = template_sums_offset(config, k);
    spline_forward(space.templates + from, state.templates + from, state.canvasCols, 1, 1, rows, cols, state.flat, space.spline);
    template_sums(
      space.templateSums + sums, space.templateSquares + sums, template_start(state, space, k), cols, shift_rows(config), shift_cols(config),
      getU32(config, Config.WINDOW_ROWS), getU32(config, Config.WINDOW_COLS), space.sumsScratch,
    );
  }
}

/** Registration templates in use. */
@inline
export function template_count(state: State): u32 {
  return <u32>load<f64>(state.progress + (<usize>Progress.TEMPLATES << 3));
}

/** Whole shifts along each axis. */
@inline
function shift_rows(config: usize): u32 {
  return 2 * getU32(config, Config.SHIFT_ROWS) + 1;
}

@inline
function shift_cols(config: usize): u32 {
  return 2 * getU32(config, Config.SHIFT_COLS) + 1;
}

/** Bytes from the first template's sums to those of template k. */
@inline
function template_sums_offset(config: usize, k: u32): usize {
  return <usize>(k * shift_rows(config) * score_stride(shift_cols(config))) << 2;
}

/** Template pixel under the window's first one at the largest shift. */
@inline
function template_start(state: State, space: Workspace, k: u32): usize {
  return space.templates + (<usize>(k * state.templateStride + (state.flat ? 0 : state.canvasCols - 3) + 1) << 2);
}

/** Shift of each of the m windows space.x from the correlation with the templates. Writes space.shift, space.chosen, space.best. */
export function correlate(state: State, space: Workspace, m: u32, variance: f64): void {
  const config = state.config;
  const rows = getU32(config, Config.WINDOW_ROWS), cols = getU32(config, Config.WINDOW_COLS);
  pack_windows(space.packedWindows, space.x, m, state.pixels, padded(state.pixels));
  for (let i: u32 = 0; i < m; i++) store<f64>(space.best + (<usize>i << 3), Infinity);
  for (let k: u32 = 0; k < template_count(state); k++) {
    correlate_forward(
      space.scores, space.packedWindows, template_start(state, space, k), state.canvasCols - 3, shift_rows(config), shift_cols(config), rows, cols, m,
    );
    for (let i: u32 = 0; i < m; i++) best_shift(state, space, i, k, variance);
  }
}

/** Pixels that a shift may lie outside the cell: windows on its border go to either side. */
const CELL_MARGIN: f64 = 1;

/** Whether shift (row, col) is nearer to 0 than to the lattice vector (r, c) or its opposite, to CELL_MARGIN. */
@inline
function near_side(row: f64, col: f64, r: f64, c: f64): bool {
  const square = r * r + c * c;
  return square == 0 || abs<f64>(row * r + col * c) <= 0.5 * square + CELL_MARGIN * sqrt<f64>(square);
}

/** Whether a shift lies in the cell of the lattice about 0 (its vectors are a reduced basis, so these four pairs bound it). */
function in_cell(config: usize, row: f64, col: f64): bool {
  const ar = get(config, Config.LATTICE_A_ROW), ac = get(config, Config.LATTICE_A_COL);
  const br = get(config, Config.LATTICE_B_ROW), bc = get(config, Config.LATTICE_B_COL);
  if (!near_side(row, col, ar, ac) || !near_side(row, col, br, bc)) return false;
  return (br == 0 && bc == 0) || (near_side(row, col, ar + br, ac + bc) && near_side(row, col, ar - br, ac - bc));
}

/** Turns the scores of window i into costs and takes the least, where it beats the templates before, refined by a parabola on each axis. */
function best_shift(state: State, space: Workspace, i: u32, k: u32, variance: f64): void {
  const config = state.config;
  const shiftRows = shift_rows(config), shiftCols = shift_cols(config);
  const stride = score_stride(shiftCols), sums = template_sums_offset(config, k);
  const scores = space.scores + (<usize>(i * shiftRows * stride) << 2);
  const x = space.x + (<usize>(i * padded(state.pixels)) << 2);
  const sx = sum(x, state.pixels), sxx = sum_squares(x, state.pixels);
  const prior = get(config, Config.SHIFT_PRIOR);
  const pull = prior > 0 ? variance / (prior * prior) : 0;
  const fit = changetype<Fit>(space.column);
  const middleRow = <f64>getU32(config, Config.SHIFT_ROWS), middleCol = <f64>getU32(config, Config.SHIFT_COLS);
  let least: f64 = Infinity;
  for (let r: u32 = 0; r < shiftRows; r++) {
    for (let c: u32 = 0; c < shiftCols; c++) {
      const at = <usize>(r * stride + c) << 2;
      fit_gain(
        fit, config, state.pixels, sx, sxx, load<f32>(space.templateSums + sums + at), load<f32>(space.templateSquares + sums + at),
        load<f32>(scores + at), variance,
      );
      const dr = <f64>r - middleRow, dc = <f64>c - middleCol;
      const cost = fit.cost + pull * (dr * dr + dc * dc);
      store<f32>(scores + at, <f32>cost);
      if (in_cell(config, dr, dc)) least = min<f64>(least, cost);
    }
  }
  if (!(least < load<f64>(space.best + (<usize>i << 3)))) return;
  const nearest = nearest_minimum(config, scores, <f32>(least + EQUAL_SHARE * max<f64>(0, sxx - least)));
  const bestRow = nearest / shiftCols, bestCol = nearest % shiftCols;
  store<f64>(space.best + (<usize>i << 3), least);
  store<u32>(space.chosen + (<usize>i << 2), k);
  const best = scores + (<usize>(bestRow * stride + bestCol) << 2);
  const t = space.shift + (<usize>i << 3);
  store<f32>(t, <f32>middleRow - <f32>bestRow - vertex(best, <usize>stride << 2, bestRow, shiftRows));
  store<f32>(t, <f32>middleCol - <f32>bestCol - vertex(best, 4, bestCol, shiftCols), 4);
}

/** Registrations whose costs differ by less than this share of what the best explains count as equal: the nearest is taken. */
const EQUAL_SHARE: f64 = 0.1;

/** Of the local minima in the cell with a cost up to `limit`, the one nearest to the window's centre: row · shiftCols + column. */
function nearest_minimum(config: usize, costs: usize, limit: f32): u32 {
  const rows = shift_rows(config), cols = shift_cols(config), stride = score_stride(cols);
  const middleRow = <f64>getU32(config, Config.SHIFT_ROWS), middleCol = <f64>getU32(config, Config.SHIFT_COLS);
  let found: u32 = 0, least: f32 = Infinity;
  let nearest: f64 = Infinity;
  for (let r: u32 = 0; r < rows; r++) {
    for (let c: u32 = 0; c < cols; c++) {
      const at = costs + (<usize>(r * stride + c) << 2);
      const cost = load<f32>(at);
      if (cost > limit) continue;
      const dr = <f64>r - middleRow, dc = <f64>c - middleCol;
      if (!in_cell(config, dr, dc)) continue;
      if ((r > 0 && load<f32>(at - (<usize>stride << 2)) < cost) || (r + 1 < rows && load<f32>(at + (<usize>stride << 2)) < cost)) continue;
      if ((c > 0 && load<f32>(at - 4) < cost) || (c + 1 < cols && load<f32>(at, 4) < cost)) continue;
      const distance = dr * dr + dc * dc;
      if (distance < nearest || (distance == nearest && cost < least)) {
        nearest = distance;
        least = cost;
        found = r * cols + c;
      }
    }
  }
  if (nearest < Infinity) return found;
  return border_minimum(config, costs, limit);
}

/** Where the least cost in the cell is on its border and so no local minimum: that shift. */
function border_minimum(config: usize, costs: usize, limit: f32): u32 {
  const rows = shift_rows(config), cols = shift_cols(config), stride = score_stride(cols);
  const middleRow = <f64>getU32(config, Config.SHIFT_ROWS), middleCol = <f64>getU32(config, Config.SHIFT_COLS);
  let found: u32 = 0, least: f32 = Infinity;
  for (let r: u32 = 0; r < rows; r++) {
    for (let c: u32 = 0; c < cols; c++) {
      const cost = load<f32>(costs + (<usize>(r * stride + c) << 2));
      if (cost < least && cost <= limit && in_cell(config, <f64>r - middleRow, <f64>c - middleCol)) {
        least = cost;
        found = r * cols + c;
      }
    }
  }
  return found;
}

/** Offset of the minimum of the parabola through a cost and its two neighbours, in −½…½; 0 at the border. */
@inline
function vertex(at: usize, step: usize, index: u32, count: u32): f32 {
  if (index == 0 || index + 1 >= count) return 0;
  const before = load<f32>(at - step), after = load<f32>(at + step);
  const curvature = before - 2 * load<f32>(at) + after;
  return curvature > 0 ? min<f32>(0.5, max<f32>(-0.5, (before - after) / (2 * curvature))) : 0;
}

/** Window i re-centred on its motif, gain and offset taken out: the encoder's input. Writes row i of space.encoderX. */
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
  const scale = f32x4.splat(1 / max<f32>(0.1, load<f32>(space.gain + (<usize>i << 2))));
  const offset = f32x4.splat(load<f32>(space.offset + (<usize>i << 2)));
  for (let p: u32 = 0; p < state.pixels; p += 4) {
    const at = out + (<usize>p << 2);
    v128.store(at, f32x4.mul(f32x4.sub(v128.load(at), offset), scale));
  }
  for (let p = state.pixels; p < padded(state.pixels); p++) store<f32>(out + (<usize>p << 2), 0);
}

/** The window that `canvas` gives at window i's shift, before gain and offset: space.rendered. Writes. */
export function render(state: State, space: Workspace, i: u32, canvas: usize, out: usize): void {
  const config = state.config;
  const t = space.shift + (<usize>i << 3);
  spline_forward(
    out, canvas, state.canvasCols, canvas_origin(getU32(config, Config.SHIFT_ROWS), load<f32>(t)), canvas_origin(getU32(config, Config.SHIFT_COLS), load<f32>(t, 4)),
    getU32(config, Config.WINDOW_ROWS), getU32(config, Config.WINDOW_COLS), state.flat, space.spline,
  );
}

/**
 * Prediction of window i from its canvas: space.rendered = link(render), gain and offset in closed form, space.residual =
 * x − gain · rendered − offset. Gives the sum of squared residuals plus the priors' pull (2σ² times their energy).
 */
export function predict(state: State, space: Workspace, i: u32, canvas: usize, variance: f64): f64 {
  const config = state.config;
  const x = space.x + (<usize>(i * padded(state.pixels)) << 2);
  const y = space.rendered;
  render(state, space, i, canvas, y);
  link(y, y, state.pixels, getU32(config, Config.LIKELIHOOD));
  const fit = changetype<Fit>(space.column);
  fit_gain(fit, config, state.pixels, sum(x, state.pixels), sum_squares(x, state.pixels), sum(y, state.pixels), sum_squares(y, state.pixels), dot(x, y, state.pixels), variance);
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
  link_slope(dRow, space.rendered, scale, state.pixels, likelihood);
  link_slope(dCol, space.rendered, scale, state.pixels, likelihood);
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
