import { crop_at } from "../kernels/crop";
import { link_inverse } from "../kernels/link";
import { log64 } from "../kernels/math64";
import { Config, getU32 } from "./config";
import { template_bias } from "./initialise";
import { predict, spread, spread_constant } from "./pose";
import { chosen_canvas, prepare_templates, register, template_count } from "./register";
import { chunk_sums, load_window } from "./step";
import { ChunkSums, Progress, SUMS_BYTES, State, Workspace, chunk_count, workspace } from "./state";
import { Sync, barrier, claim } from "./threads";
import { progress, set_progress } from "./train";

/*
 * The template before there is a model of content (z held at 0): registration and averaging in turn. The start is ONE real
 * window, which breaks the translational symmetry: started flat, a lattice averages to nothing. Each round registers windows with the
 * template and moves it along the residuals, T += Σ w Sᵀ(gain·r) / Σ w Sᵀ(gain²·1), S the spline sampling at a window's shift and
 * w = 1/(the window's own mean square residual).
 *
 * While templates are looked for (`trimmed`) only the better half of the windows counts (concentration steps of least trimmed squares: Rousseeuw & Van Driessen, Data Min.
 * Knowl. Discov. 12, 29, 2006): where an image has several variants or grains, a template then stays with one instead of mixing all.
 * The host may start another one from a window that the first explain badly; a window goes with the template that fits it best.
 */

/** Template `index` is the image about (row, col), the canvas's centre; it is the last one in use. */
export function start_template(state: State, index: u32, frame: u32, row: f32, col: f32): void {
  const config = state.config;
  const rows = getU32(config, Config.ROWS), cols = getU32(config, Config.COLS);
  const space = workspace(state, 0);
  const image = state.data + <usize>frame * <usize>(rows * cols) * 4;
  const template = state.templates + (<usize>(index * state.templateStride) << 2);
  for (let r: u32 = 0; r < state.canvasRows; r++) {
    // Row by row: the scratch of crop_at is sized for windows.
    crop_at(
      template + (<usize>(r * state.canvasCols) << 2), image, rows, cols, row - <f32>0.5 * <f32>(state.canvasRows - 1) + <f32>r,
      col - <f32>0.5 * <f32>(state.canvasCols - 1), 1, state.canvasCols, state.flat, space.tile, space.spline,
    );
  }
  set_progress(state, Progress.TEMPLATES, index + 1);
  set_progress(state, Progress.THRESHOLD + index, Infinity);
  publish(state);
}

/** Keeps the first `count` templates. */
export function keep_templates(state: State, count: u32): void {
  set_progress(state, Progress.TEMPLATES, count);
  publish(state);
}

/** The templates as predictions, and the first as the decoder's last bias. */
function publish(state: State): void {
  const likelihood = getU32(state.config, Config.LIKELIHOOD);
  link_inverse(state.predictions, state.templates, template_count(state) * state.templateStride, likelihood);
  memory.copy(template_bias(state), state.predictions, <usize>state.canvasSize << 2);
}

/**
 * `rounds` rounds over the first `windows` windows; all threads call it. Leaves each window's cost, the mean square residual in
 * Progress.VARIANCE, and in Progress.ELBO that of the better half of the windows, each with its own noise.
 */
export function align(state: State, thread: u32, windows: u32, rounds: u32, trimmed: bool, refine: bool): void {
  const sync = changetype<Sync>(state.sync);
  const space = workspace(state, thread);
  const units = chunk_count(state.config);
  for (let round: u32 = 0; round < rounds; round++) {
    prepare_templates(state, space);
    // A unit of work is a fixed share of the chunks with sums of its own, like a chunk of a training step.
    for (let unit = claim(sync); unit < units; unit = claim(sync)) accumulate(state, space, unit, units, windows, trimmed, refine);
    barrier(sync);
    if (thread == 0) {
      update_templates(state, units, windows);
      sync.stop = sync.cancel;
    }
    barrier(sync);
    if (sync.stop != 0) return;
  }
}

/** Numerator of template k in the sums of a unit of work; the denominator follows. */
@inline
function numerator(state: State, unit: u32, k: u32): usize {
  return state.alignSums + (<usize>(unit * state.sumsStride + 2 * k * state.templateStride) << 2);
}

function accumulate(state: State, space: Workspace, unit: u32, units: u32, windows: u32, trimmed: bool, refine: bool): void {
  const size = getU32(state.config, Config.CHUNK);
  const variance = progress(state, Progress.VARIANCE);
  memory.fill(numerator(state, unit, 0), 0, <usize>state.sumsStride << 2);
  const sums = chunk_sums(state, unit);
  memory.fill(changetype<usize>(sums), 0, SUMS_BYTES);
  for (let first = unit * size; first < windows; first += units * size) {
    const m = min(size, windows - first);
    for (let i: u32 = 0; i < m; i++) load_window(state, space, i, first + i);
    register(state, space, m, variance, refine);
    for (let i: u32 = 0; i < m; i++) scatter(state, space, i, first + i, unit, sums, variance, trimmed);
  }
}

/** Notes window i's cost and adds its residual to the sums of its template, with `trimmed` only if it is among the better ones. */
function scatter(state: State, space: Workspace, i: u32, window: u32, unit: u32, sums: ChunkSums, variance: f64, trimmed: bool): void {
  const k = load<u32>(space.chosen + (<usize>i << 2));
  const cost = predict(state, space, i, chosen_canvas(state, space, i), variance);
  store<f32>(state.costs + (<usize>window << 2), <f32>cost);
  store<u32>(state.assigned + (<usize>window << 2), k);
  sums.squares += cost;
  if (trimmed && cost > progress(state, Progress.THRESHOLD + k)) return;
  const gain = load<f32>(space.gain + (<usize>i << 2));
  const trust = <f32>min<f64>(10, variance * <f64>state.pixels / max<f64>(cost, 1e-30));
  const scale = f32x4.splat(trust * gain);
  for (let p: u32 = 0; p < state.pixels; p += 4) {
    const at = <usize>p << 2;
    v128.store(space.residual + at, f32x4.mul(scale, v128.load(space.residual + at)));
  }
  const above = numerator(state, unit, k), below = above + (<usize>state.templateStride << 2);
  spread(state, space, i, above, space.residual);
  spread_constant(state, space, i, below, trust * gain * gain);
}

/** Canvas pixels that the windows hardly ever reach keep what they have: the denominator is counted against this much more. */
const RIDGE: f32 = 1;

function update_templates(state: State, units: u32, windows: u32): void {
  const below = <usize>state.templateStride << 2;
  for (let k: u32 = 0; k < template_count(state); k++) {
    const template = state.templates + <usize>k * below;
    for (let p: u32 = 0; p < state.canvasSize; p++) {
      const at = <usize>p << 2;
      let sum: f32 = 0, weight: f32 = RIDGE;
      for (let unit: u32 = 0; unit < units; unit++) {
        sum += load<f32>(numerator(state, unit, k) + at);
        weight += load<f32>(numerator(state, unit, k) + below + at);
      }
      store<f32>(template + at, load<f32>(template + at) + sum / weight);
    }
  }
  publish(state);
  let squares: f64 = 0;
  for (let unit: u32 = 0; unit < units; unit++) squares += chunk_sums(state, unit).squares;
  set_progress(state, Progress.VARIANCE, squares / (<f64>windows * <f64>state.pixels));
  judge(state, windows);
}

/** The median cost of each template's windows becomes its threshold; the ELBO is the mean over the windows below it. */
function judge(state: State, windows: u32): void {
  for (let k: u32 = 0; k < template_count(state); k++) set_progress(state, Progress.THRESHOLD + k, median_cost(state, windows, k));
  const pixels = <f64>state.pixels;
  let nll: f64 = 0, count: f64 = 0;
  for (let i: u32 = 0; i < windows; i++) {
    const cost = <f64>load<f32>(state.costs + (<usize>i << 2));
    if (cost > progress(state, Progress.THRESHOLD + load<u32>(state.assigned + (<usize>i << 2)))) continue;
    nll += 0.5 * pixels * (log64(max<f64>(cost, 1e-30) / pixels * 6.283185307179586) + 1);
    count += 1;
  }
  set_progress(state, Progress.ELBO, -nll / count);
}

/** Median cost of the windows that template k has, by bisection on the bits of non-negative floats, which order as whole numbers. */
function median_cost(state: State, windows: u32, k: u32): f64 {
  let low: u32 = 0, high: u32 = 0x7f800000;
  while (low < high) {
    const middle = low + ((high - low) >> 1);
    let below: u32 = 0, all: u32 = 0;
    for (let i: u32 = 0; i < windows; i++) {
      const at = <usize>i << 2;
      if (load<u32>(state.assigned + at) != k) continue;
      all++;
      below += <u32>(load<u32>(state.costs + at) <= middle);
    }
    if (<u32>2 * below >= all) high = middle;
    else low = middle + 1;
  }
  return <f64>reinterpret<f32>(low);
}
