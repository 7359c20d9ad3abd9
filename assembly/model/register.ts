import { bin_forward } from "../kernels/bin";
import { score_stride, template_sums } from "../kernels/correlate";
import { sum, sum_squares } from "../kernels/gain_offset";
import { padded } from "../kernels/matmul";
import { pack_rows } from "../kernels/pack";
import { shift_costs, shift_table } from "../kernels/shift_costs";
import { turn_of } from "./affine";
import { Config, affine, get, getU32 } from "./config";
import { correlate, transform_templates, transform_windows } from "./correlation";
import { picture_cols, picture_rows } from "./networks";
import { paint, refine_one, render } from "./pose";
import { Progress, State, Workspace } from "./state";

/*
 * Where the motif sits in each window of a chunk, to a fraction of a pixel. The shift is computed, not amortised: correlation of the
 * window with the templates over all shifts in the lattice's cell (and over angles and
 * scales where these are on: copies of each template, turned and scaled), at steps of COARSE pixels with pixels averaged as much, the least
 * cost refined by a parabola on each axis, then one Gauss–Newton step through the template at full resolution.
 */

/** Pixels in a step of the correlation along rows and columns. */
@inline
function row_step(config: usize): u32 {
  return getU32(config, Config.ROWS) == 1 ? 1 : getU32(config, Config.COARSE);
}

@inline
function col_step(config: usize): u32 {
  return getU32(config, Config.COARSE);
}

/** Steps from shift 0 to the largest. */
@inline
function row_half(config: usize): u32 {
  return getU32(config, Config.SHIFT_ROWS) / row_step(config);
}

@inline
function col_half(config: usize): u32 {
  return getU32(config, Config.SHIFT_COLS) / col_step(config);
}

/** Shifts along each axis: index u is the shift step · (half − u). */
@inline
export function shift_rows(config: usize): u32 {
  return 2 * row_half(config) + 1;
}

@inline
export function shift_cols(config: usize): u32 {
  return 2 * col_half(config) + 1;
}

/** The window in averaged pixels. */
@inline
export function coarse_rows(config: usize): u32 {
  return getU32(config, Config.WINDOW_ROWS) / row_step(config);
}

@inline
export function coarse_cols(config: usize): u32 {
  return getU32(config, Config.WINDOW_COLS) / col_step(config);
}

/** A template in averaged pixels: the window and every shift. */
@inline
export function template_rows(config: usize): u32 {
  return coarse_rows(config) + shift_rows(config) - 1;
}

@inline
export function template_cols(config: usize): u32 {
  return coarse_cols(config) + shift_cols(config) - 1;
}

/** Floats from one template in averaged pixels to the next, and from its sums to the next ones. */
@inline
export function coarse_stride(config: usize): u32 {
  return padded(template_rows(config) * template_cols(config)) + 16;
}

@inline
export function sums_stride(config: usize): u32 {
  return shift_rows(config) * score_stride(shift_cols(config));
}

/** Copies of each template: at every angle and scale of the grid. */
@inline
export function orientations(config: usize): u32 {
  return getU32(config, Config.ANGLES) * getU32(config, Config.SCALES);
}

/** Angle and scale's logarithm of copy o. */
@inline
function angle_at(config: usize, o: u32): f64 {
  return (<f64>(o % getU32(config, Config.ANGLES)) - 0.5 * (get(config, Config.ANGLES) - 1)) * get(config, Config.ANGLE_STEP);
}

@inline
function log_scale_at(config: usize, o: u32): f64 {
  return (<f64>(o / getU32(config, Config.ANGLES)) - 0.5 * (get(config, Config.SCALES) - 1)) * get(config, Config.SCALE_STEP);
}

/** Registration templates in use. */
@inline
export function template_count(state: State): u32 {
  return <u32>load<f64>(state.progress + (<usize>Progress.TEMPLATES << 3));
}

/** The templates upright and in averaged pixels, their sums under each shift, and which shifts are in the cell. Writes. */
export function prepare_templates(state: State, space: Workspace): void {
  const config = state.config;
  prepare_upright(state, space);
  mark_cell(config, space.distances);
  const rows = picture_rows(config), cols = picture_cols(config);
  const top: u32 = state.flat ? 0 : 1 + getU32(config, Config.SHIFT_ROWS) % row_step(config);
  const left: u32 = 1 + getU32(config, Config.SHIFT_COLS) % col_step(config);
  const copies = orientations(config);
  for (let copy: u32 = 0; copy < template_count(state) * copies; copy++) {
    const template = space.templates + (<usize>(copy * coarse_stride(config)) << 2), sums = <usize>(copy * sums_stride(config)) << 2;
    const canvas = state.templates + (<usize>(copy / copies * state.templateStride) << 2), o = copy % copies;
    paint(state, space, space.picture, canvas, angle_at(config, o), log_scale_at(config, o));
    bin_forward(
      template, space.picture + (<usize>(top * cols + left) << 2), template_rows(config), template_cols(config),
      template_cols(config), cols, row_step(config), col_step(config),
    );
    template_sums(
      space.templateSums + sums, space.templateSquares + sums, template, template_cols(config), shift_rows(config), shift_cols(config),
      coarse_rows(config), coarse_cols(config), space.sumsScratch,
    );
  }
  transform_templates(config, space, template_count(state) * copies);
}

/** The templates as windows at shift 0, with their sums: what re-centred windows are compared with. Writes; uses up window 0's pose. */
export function prepare_upright(state: State, space: Workspace): void {
  memory.fill(space.shift, 0, 8);
  memory.fill(turn_of(space, 0), 0, 8);
  for (let k: u32 = 0; k < template_count(state); k++) {
    const out = space.upright + (<usize>(k * padded(state.pixels)) << 2), sums = space.uprightSums + (<usize>k << 4);
    render(state, space, 0, state.templates + (<usize>(k * state.templateStride) << 2), out);
    store<f64>(sums, sum(out, state.pixels));
    store<f64>(sums, sum_squares(out, state.pixels), 8);
  }
}

/** Gauss–Newton steps after the correlation: an angle half a step of the grid away takes more than one. */
const REFINEMENTS: u32 = 1;
const AFFINE_REFINEMENTS: u32 = 3;

/** Pose of each of the m windows space.x; without `refine` as the correlation has it. Writes space.shift, space.turn, space.chosen, space.best. */
export function register(state: State, space: Workspace, m: u32, variance: f64, refine: bool = true): void {
  const config = state.config;
  const rows = coarse_rows(config), cols = coarse_cols(config), size = padded(rows * cols);
  for (let i: u32 = 0; i < m; i++) {
    const fine = space.x + (<usize>(i * padded(state.pixels)) << 2);
    bin_forward(
      space.coarse + (<usize>(i * size) << 2), fine, rows, cols, cols, getU32(config, Config.WINDOW_COLS), row_step(config), col_step(config),
    );
    store<f64>(space.best + (<usize>i << 3), Infinity);
  }
  pack_rows(space.packedWindows, space.coarse, m, rows * cols, size);
  transform_windows(config, space, m);
  const coarseVariance = variance / <f64>(row_step(config) * col_step(config));
  for (let k: u32 = 0; k < template_count(state) * orientations(config); k++) {
    correlate(config, space, k, m);
    cost_table(state, space, k, coarseVariance);
    for (let i: u32 = 0; i < m; i++) best_shift(state, space, i, k, coarseVariance);
  }
  if (!refine) return;
  const steps = affine(config) ? AFFINE_REFINEMENTS : REFINEMENTS;
  for (let i: u32 = 0; i < m; i++) {
    for (let step: u32 = 0; step < steps; step++) refine_one(state, space, i, chosen_canvas(state, space, i), variance);
  }
}

/** The canvas of window i's template. */
@inline
export function chosen_canvas(state: State, space: Workspace, i: u32): usize {
  return state.predictions + (<usize>(load<u32>(space.chosen + (<usize>i << 2)) * state.templateStride) << 2);
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

/** The shift of index u along an axis. */
@inline
function shift_at(step: u32, half: u32, u: u32): f64 {
  return <f64>step * (<f64>half - <f64>u);
}

/** distances (shiftRows, score_stride(shiftCols)): squared length, px, of the shifts in the lattice's cell, Infinity elsewhere. Writes. */
function mark_cell(config: usize, distances: usize): void {
  const stride = score_stride(shift_cols(config));
  for (let r: u32 = 0; r < shift_rows(config); r++) {
    for (let c: u32 = 0; c < stride; c++) {
      const row = shift_at(row_step(config), row_half(config), r), col = shift_at(col_step(config), col_half(config), c);
      const inside = c < shift_cols(config) && in_cell(config, row, col);
      store<f32>(distances + (<usize>(r * stride + c) << 2), inside ? <f32>(row * row + col * col) : Infinity);
    }
  }
}

/** What costs take of template copy k and of the shifts' prior. Writes space.costTable. */
function cost_table(state: State, space: Workspace, k: u32, variance: f64): void {
  const config = state.config, sums = <usize>(k * sums_stride(config)) << 2;
  const prior = get(config, Config.SHIFT_PRIOR);
  shift_table(
    space.costTable, space.templateSums + sums, space.templateSquares + sums, space.distances, shift_rows(config) * score_stride(shift_cols(config)),
    coarse_rows(config) * coarse_cols(config), variance, get(config, Config.GAIN_PRIOR), get(config, Config.OFFSET_PRIOR),
    prior > 0 ? variance / (prior * prior) : 0,
  );
}

/** Turns the scores of window i with template copy k into costs and takes the least, where it beats the templates before, refined by a parabola on each axis. */
function best_shift(state: State, space: Workspace, i: u32, k: u32, variance: f64): void {
  const config = state.config;
  const rows = shift_rows(config), cols = shift_cols(config), stride = score_stride(cols);
  const costs = space.scores + (<usize>(i * rows * stride) << 2);
  const pixels = coarse_rows(config) * coarse_cols(config);
  const x = space.coarse + (<usize>(i * padded(pixels)) << 2);
  const sxx = sum_squares(x, pixels);
  const least: f64 = shift_costs(
    costs, space.costTable, rows * stride, sum(x, pixels), sxx, pixels, variance, get(config, Config.GAIN_PRIOR), get(config, Config.OFFSET_PRIOR),
  );
  if (!(least < load<f64>(space.best + (<usize>i << 3)))) return;
  const nearest = nearest_minimum(config, costs, <f32>(least + EQUAL_SHARE * max<f64>(0, sxx - least)));
  const row = nearest / cols, col = nearest % cols;
  store<f64>(space.best + (<usize>i << 3), least);
  store<u32>(space.chosen + (<usize>i << 2), k / orientations(config));
  if (affine(config)) {
    store<f32>(turn_of(space, i), <f32>angle_at(config, k % orientations(config)));
    store<f32>(turn_of(space, i), <f32>log_scale_at(config, k % orientations(config)), 4);
  }
  const best = costs + (<usize>(row * stride + col) << 2);
  const t = space.shift + (<usize>i << 3);
  const rowStep = row_step(config), colStep = col_step(config);
  store<f32>(t, <f32>shift_at(rowStep, row_half(config), row) - <f32>rowStep * vertex(best, <usize>stride << 2, row, rows));
  store<f32>(t, <f32>shift_at(colStep, col_half(config), col) - <f32>colStep * vertex(best, 4, col, cols), 4);
}

/** Registrations whose costs differ by less than this share of what the best explains count as equal: the nearest is taken. */
const EQUAL_SHARE: f64 = 0.1;

/** Of the local minima with a cost up to `limit`, the one nearest to the window's centre: row · shiftCols + column. */
function nearest_minimum(config: usize, costs: usize, limit: f32): u32 {
  const rows = shift_rows(config), cols = shift_cols(config), stride = score_stride(cols);
  let found: u32 = 0, least: f32 = Infinity;
  let nearest: f64 = Infinity;
  for (let r: u32 = 0; r < rows; r++) {
    for (let c: u32 = 0; c < cols; c++) {
      const at = costs + (<usize>(r * stride + c) << 2);
      // Most are above: four at a time, past whose end the row has room.
      if ((c & 3) == 0 && !v128.any_true(f32x4.le(v128.load(at), f32x4.splat(limit)))) {
        c += 3;
        continue;
      }
      const cost = load<f32>(at);
      if (!(cost <= limit)) continue;
      if ((r > 0 && load<f32>(at - (<usize>stride << 2)) < cost) || (r + 1 < rows && load<f32>(at + (<usize>stride << 2)) < cost)) continue;
      if ((c > 0 && load<f32>(at - 4) < cost) || (c + 1 < cols && load<f32>(at, 4) < cost)) continue;
      const dr = shift_at(row_step(config), row_half(config), r), dc = shift_at(col_step(config), col_half(config), c);
      const distance = dr * dr + dc * dc;
      if (distance < nearest || (distance == nearest && cost < least)) {
        nearest = distance;
        least = cost;
        found = r * cols + c;
      }
    }
  }
  return found;
}

/** Offset of the minimum of the parabola through a cost and its two neighbours, in −½…½; 0 at the border of the cell. */
@inline
function vertex(at: usize, step: usize, index: u32, count: u32): f32 {
  if (index == 0 || index + 1 >= count) return 0;
  const before = load<f32>(at - step), after = load<f32>(at + step);
  const curvature = before - 2 * load<f32>(at) + after;
  return curvature > 0 && curvature < Infinity ? min<f32>(0.5, max<f32>(-0.5, (before - after) / (2 * curvature))) : 0;
}
