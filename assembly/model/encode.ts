import { sum, sum_squares } from "../kernels/gain_offset";
import { link } from "../kernels/link";
import { exp64 } from "../kernels/math64";
import { padded } from "../kernels/matmul";
import { cholesky, cholesky_solve, inverse_diagonal } from "../kernels/refine_pose";
import { turn_of } from "./affine";
import { encode_amortised_chunk } from "./amortised_encode";
import { amortised_space } from "./amortised_layout";
import { canvas_bands, sort_by_shift } from "./bands";
import { Config, amortised, getU32, phased, pose_columns, scales, turns } from "./config";
import { add_content_prior } from "./contents";
import { network_forward, output_address } from "./layers";
import { encode_phase_chunk, prepare_phase } from "./phase_step";
import { canvases, equations, move_pose, pose_derivatives, predict, refine, render } from "./pose";
import { prepare_templates, register } from "./register";
import { decode_windows, encode_windows, encoded, latent, load_window, take_means } from "./step";
import { Progress, State, Workspace, workspace } from "./state";
import { Sync, barrier, claim } from "./threads";
import { progress, set_progress } from "./train";

/*
 * Encoding: pose and content of each window at their joint maximum a posteriori, started from the correlation and the encoder,
 * and their Laplace covariance σ²(GᵀG + Λ)⁻¹ with the window's own noise. The shift's block of it counts what content,
 * gain and offset can explain against the shift: uncertainty in position against uncertainty in shape. For all likelihoods this
 * is least squares on the mean, the pixels weighed by a noise variance that is a line in the prediction.
 */

/** Step of the forward differences to the content. */
const DIFFERENCE: f32 = 0.02;
/** Windows' worth of pixels that the noise of the whole fit counts for beside a window's own residual. */
const PRIOR_PIXELS: f64 = 10;
/** A window's joint steps end with one of less than this many of its own standard deviations: its result must not depend on the others in its chunk. */
const SETTLED: f64 = 0.3;
/** Least and greatest noise variance of a pixel, in the window's mean one. */
const LEAST_NOISE: f32 = 0.1;
const GREATEST_NOISE: f32 = 10;

/** Offsets into a result row, floats; z has L values from RESULT_Z, its variances follow. */
export const RESULT_SHIFT: u32 = 0;
export const RESULT_SHIFT_VARIANCE: u32 = 2;
export const RESULT_Z: u32 = 4;

/** Encodes windows first … first + count − 1 into state.results, without joint steps where not `joint`; all threads call it. */
export function encode(state: State, thread: u32, first: u32, count: u32, joint: bool): void {
  const sync = changetype<Sync>(state.sync);
  const space = workspace(state, thread);
  const size = getU32(state.config, Config.CHUNK);
  const chunks = (count + size - 1) / size;
  if (phased(state.config)) prepare_phase(state, space);
  else if (!amortised(state.config)) prepare_templates(state, space);
  for (let chunk = claim(sync); chunk < chunks; chunk = claim(sync)) {
    if (sync.cancel != 0) break;
    const m = min(size, count - chunk * size);
    if (amortised(state.config)) encode_amortised_chunk(state, amortised_space(space), first + chunk * size, m);
    else {
      for (let i: u32 = 0; i < m; i++) store<u32>(space.windows + (<usize>i << 2), first + chunk * size + i);
      if (phased(state.config)) encode_phase_chunk(state, space, m);
      else encode_chunk(state, space, m, joint);
    }
    if (thread == 0) set_progress(state, Progress.ENCODED, <f64>min(count, (chunk + 1) * size));
  }
  barrier(sync);
}

function encode_chunk(state: State, space: Workspace, m: u32, joint: bool): void {
  const variance = progress(state, Progress.VARIANCE);
  for (let i: u32 = 0; i < m; i++) {
    load_window(state, space, i, load<u32>(space.windows + (<usize>i << 2)));
    store<f32>(space.gain + (<usize>i << 2), 1);
    store<f32>(space.offset + (<usize>i << 2), 0);
  }
  register(state, space, m, variance);
  sort_by_shift(state, space, m);
  for (let k = 0; k < 2; k++) {
    encode_windows(state, space, space.windows, m);
    take_means(state, space, m);
    decode_windows(state, space, m);
    if (k == 0) refine(state, space, canvases(state, space), padded(state.canvasSize), m, variance);
  }
  if (!joint) {
    for (let i: u32 = 0; i < m; i++) write_content(state, space, i);
    return;
  }
  const steps = getU32(state.config, Config.REFINE_ENCODE);
  for (let k: u32 = 1; m > 0; k++) {
    // The covariance uses those of a window's last step, after which content hardly moves.
    tangents(state, space, m);
    if (steps > 0) {
      for (let i: u32 = 0; i < m; i++) store<f64>(space.best + (<usize>i << 3), refine_jointly(state, space, i));
      decode_windows(state, space, m);
    }
    m = finish_settled(state, space, m, k >= steps);
  }
}

/** Writes the results of windows whose last joint step, its squared length in space.best, was small, or of all; the others close up. Gives their number. */
function finish_settled(state: State, space: Workspace, m: u32, all: bool): u32 {
  let left: u32 = 0;
  for (let i: u32 = 0; i < m; i++) {
    if (all || load<f64>(space.best + (<usize>i << 3)) < SETTLED * SETTLED) write_result(state, space, i);
    else move_window(state, space, i, left++);
  }
  return left;
}

/** Window `from` of the chunk, with its pose, content and canvas, becomes window `to`. */
function move_window(state: State, space: Workspace, from: u32, to: u32): void {
  if (from == to) return;
  move_row(space.x, from, to, padded(state.pixels));
  move_row(canvases(state, space), from, to, padded(state.canvasSize));
  move_row(latent(state, space, 0), from, to, padded(getU32(state.config, Config.LATENT_DIM)));
  move_row(space.windows, from, to, 1);
  move_row(space.shift, from, to, 2);
  move_row(space.turn, from, to, 2);
}

/** Row `from` of an array with rows of `floats` floats to row `to`. */
@inline
function move_row(array: usize, from: u32, to: u32, floats: u32): void {
  const bytes = <usize>floats << 2;
  memory.copy(array + <usize>to * bytes, array + <usize>from * bytes, bytes);
}

/** space.tangents = (window at z + h·e_l − window at z)/h for each content dimension, decoded for the m windows at once. */
function tangents(state: State, space: Workspace, m: u32): void {
  const latents = getU32(state.config, Config.LATENT_DIM), n = getU32(state.config, Config.CHUNK);
  const stride = padded(state.canvasSize), pixels = padded(state.pixels), kind = getU32(state.config, Config.LIKELIHOOD);
  const other = output_address(state.decoder, space.decoderD, n);
  for (let l: u32 = 0; l < latents; l++) {
    memory.copy(space.decoderD, space.decoderX, <usize>(m * padded(latents)) << 2);
    for (let i: u32 = 0; i < m; i++) {
      const at = space.decoderD + (<usize>(i * padded(latents) + l) << 2);
      store<f32>(at, load<f32>(at) + DIFFERENCE);
    }
    network_forward(state.decoder, space.decoderD, state.parameters, n, m, space.packing, canvas_bands(state, space, m));
    for (let i: u32 = 0; i < m; i++) {
      const out = space.tangents + (<usize>((i * latents + l) * pixels) << 2);
      render(state, space, i, other + (<usize>(i * stride) << 2), out);
      link(out, out, state.pixels, kind);
    }
  }
  const scale = f32x4.splat(1 / DIFFERENCE);
  for (let i: u32 = 0; i < m; i++) {
    render(state, space, i, canvases(state, space) + (<usize>(i * stride) << 2), space.rendered);
    link(space.rendered, space.rendered, state.pixels, kind);
    for (let l: u32 = 0; l < latents; l++) {
      const out = space.tangents + (<usize>((i * latents + l) * pixels) << 2);
      for (let p: u32 = 0; p < state.pixels; p += 4) {
        const at = <usize>p << 2;
        v128.store(out + at, f32x4.mul(scale, f32x4.sub(v128.load(out + at), v128.load(space.rendered + at))));
      }
    }
  }
}

/** The window's own noise variance: its squared residuals with those of PRIOR_PIXELS pixels at the fit's noise. */
@inline
function own_variance(state: State, squares: f64): f64 {
  const spent = <f64>(pose_columns(state.config) + getU32(state.config, Config.LATENT_DIM));
  return (squares + PRIOR_PIXELS * progress(state, Progress.VARIANCE)) / (max<f64>(1, <f64>state.pixels - spent) + PRIOR_PIXELS);
}

/**
 * Where the noise depends on the signal: divides the residual and the first `columns` derivative images by the pixels' standard deviation,
 * relative to the window's. The variance is a line in the prediction y, v(y) = 1 + s·gain·(y − mean y), s Progress.NOISE_SLOPE.
 */
function weigh(state: State, space: Workspace, i: u32, columns: u32): void {
  const slope = <f32>progress(state, Progress.NOISE_SLOPE) * load<f32>(space.gain + (<usize>i << 2));
  if (slope == 0) return;
  const start = f32x4.splat(1 - slope * <f32>(sum(space.rendered, state.pixels) / <f64>state.pixels)), rise = f32x4.splat(slope);
  const least = f32x4.splat(LEAST_NOISE), greatest = f32x4.splat(GREATEST_NOISE), one = f32x4.splat(1);
  const stride = <usize>padded(state.pixels) << 2;
  for (let p: u32 = 0; p < state.pixels; p += 4) {
    const at = <usize>p << 2;
    const line = f32x4.add(start, f32x4.mul(rise, v128.load(space.rendered + at)));
    const weight = f32x4.div(one, f32x4.sqrt(f32x4.min(greatest, f32x4.max(least, line))));
    v128.store(space.residual + at, f32x4.mul(weight, v128.load(space.residual + at)));
    for (let k: u32 = 0; k < columns; k++) {
      const image = space.derivatives + k * stride + at;
      v128.store(image, f32x4.mul(weight, v128.load(image)));
    }
  }
}

/** How fast the noise variance of window i rises with the prediction, relative to its mean: Σ(m − mean m)r² / (mean r² · Σ(m − mean m)²). */
function noise_slope(state: State, space: Workspace, i: u32): f32 {
  const n = <f64>state.pixels;
  const mean = sum(space.rendered, state.pixels) / n;
  let both: f64 = 0, squares: f64 = 0, spread: f64 = 0;
  for (let p: u32 = 0; p < state.pixels; p++) {
    const at = <usize>p << 2;
    const r = <f64>load<f32>(space.residual + at), m = <f64>load<f32>(space.rendered + at) - mean;
    both += m * r * r;
    squares += r * r;
    spread += m * m;
  }
  const gain = <f64>load<f32>(space.gain + (<usize>i << 2)), scale = gain * squares * spread / n;
  return scale > 1e-30 ? <f32>(both / scale) : 0;
}

/** Normal equations of window i over pose, gain, offset and content. Gives the noise variance used. */
function joint_equations(state: State, space: Workspace, i: u32): f64 {
  const latents = getU32(state.config, Config.LATENT_DIM), pixels = padded(state.pixels), pose = pose_columns(state.config);
  const canvas = canvases(state, space) + (<usize>(i * padded(state.canvasSize)) << 2);
  predict(state, space, i, canvas, progress(state, Progress.VARIANCE));
  pose_derivatives(state, space, i, canvas);
  const gain = f32x4.splat(load<f32>(space.gain + (<usize>i << 2)));
  for (let l: u32 = 0; l < latents; l++) {
    const from = space.tangents + (<usize>((i * latents + l) * pixels) << 2);
    const to = space.derivatives + (<usize>((pose + l) * pixels) << 2);
    for (let p: u32 = 0; p < state.pixels; p += 4) v128.store(to + (<usize>p << 2), f32x4.mul(gain, v128.load(from + (<usize>p << 2))));
  }
  weigh(state, space, i, pose + latents);
  const variance = own_variance(state, sum_squares(space.residual, state.pixels));
  equations(state, space, i, pose + latents, variance);
  add_content_prior(state, space, pose, pose + latents, latent(state, space, i), variance);
  cholesky(space.normal, pose + latents);
  return variance;
}

/** One joint Gauss–Newton step; content moves by at most 1. Gives the greatest of its squared parts to shift and content, each in its variance. */
function refine_jointly(state: State, space: Workspace, i: u32): f64 {
  const latents = getU32(state.config, Config.LATENT_DIM), pose = pose_columns(state.config), columns = pose + latents;
  const variance = joint_equations(state, space, i);
  cholesky_solve(space.rhs, space.normal, columns);
  move_pose(state, space, i);
  let greatest: f64 = 0;
  for (let axis: u32 = 0; axis < 2; axis++) greatest = max(greatest, relative_square(space, columns, axis, variance));
  const z = latent(state, space, i);
  for (let l: u32 = 0; l < latents; l++) {
    const at = z + (<usize>l << 2);
    const step = load<f64>(space.rhs + (<usize>(pose + l) << 3));
    store<f32>(at, load<f32>(at) + <f32>min<f64>(1, max<f64>(-1, step)));
    greatest = max(greatest, relative_square(space, columns, pose + l, variance));
  }
  return greatest;
}

/** Squared step k in its posterior variance; 0 where it is fixed. */
@inline
function relative_square(space: Workspace, columns: u32, k: u32, variance: f64): f64 {
  const step = load<f64>(space.rhs + (<usize>k << 3)), own = variance * inverse_diagonal(space.normal, columns, k, space.column);
  return own > 0 ? step * step / own : 0;
}

/** Content of window i as the encoder gives it, mean and variance, to their places in its result row. */
function write_content(state: State, space: Workspace, i: u32): void {
  const latents = getU32(state.config, Config.LATENT_DIM);
  const out = state.results + (<usize>(load<u32>(space.windows + (<usize>i << 2)) * state.resultStride + RESULT_Z) << 2);
  const mean = encoded(state, space, i), spread = mean + (<usize>latents << 2);
  for (let l: u32 = 0; l < latents; l++) {
    const at = <usize>l << 2;
    store<f32>(out + at, load<f32>(mean + at));
    store<f32>(out + (<usize>latents << 2) + at, <f32>exp64(2 * <f64>load<f32>(spread + at)));
  }
}

function write_result(state: State, space: Workspace, i: u32): void {
  const config = state.config, pose = pose_columns(config);
  const latents = getU32(config, Config.LATENT_DIM), columns = pose + latents;
  const canvas = canvases(state, space) + (<usize>(i * padded(state.canvasSize)) << 2);
  predict(state, space, i, canvas, progress(state, Progress.VARIANCE));
  const slope = noise_slope(state, space, i);
  const variance = joint_equations(state, space, i);
  const window = load<u32>(space.windows + (<usize>i << 2));
  const out = state.results + (<usize>(window * state.resultStride) << 2);
  const t = space.shift + (<usize>i << 3);
  for (let axis: u32 = 0; axis < 2; axis++) {
    const at = <usize>axis << 2;
    store<f32>(out + at, load<f32>(t + at));
    store<f32>(out + at, <f32>(variance * inverse_diagonal(space.normal, columns, axis, space.column)), 8);
  }
  const z = latent(state, space, i);
  for (let l: u32 = 0; l < latents; l++) {
    const at = out + (<usize>(RESULT_Z + l) << 2);
    store<f32>(at, load<f32>(z + (<usize>l << 2)));
    store<f32>(at + (<usize>latents << 2), <f32>(variance * inverse_diagonal(space.normal, columns, pose + l, space.column)));
  }
  const tail = out + (<usize>(RESULT_Z + 2 * latents) << 2);
  store<f32>(tail, load<f32>(space.gain + (<usize>i << 2)));
  store<f32>(tail, load<f32>(space.offset + (<usize>i << 2)), 4);
  store<f32>(tail, <f32>variance, 8);
  store<f32>(tail, slope, 12);
  const turn = turn_of(space, i);
  if (turns(config)) {
    store<f32>(tail, load<f32>(turn), 16);
    store<f32>(tail, <f32>(variance * inverse_diagonal(space.normal, columns, 4, space.column)), 20);
  }
  if (scales(config)) {
    const last = tail + 16 + (<usize>(2 * <u32>turns(config)) << 2);
    store<f32>(last, load<f32>(turn, 4));
    store<f32>(last, <f32>(variance * inverse_diagonal(space.normal, columns, pose - 1, space.column)), 4);
  }
  write_covariances(state, space, out + (<usize>(state.resultStride - covariances(latents)) << 2), variance);
}

/** Covariances in a result row: of each content with the shift's two axes and with the contents before it. */
@inline
export function covariances(latents: u32): u32 {
  return 2 * latents + latents * (latents - 1) / 2;
}

function write_covariances(state: State, space: Workspace, out: usize, variance: f64): void {
  const pose = pose_columns(state.config), latents = getU32(state.config, Config.LATENT_DIM);
  for (let l: u32 = 0; l < latents; l++) {
    inverse_diagonal(space.normal, pose + latents, pose + l, space.column);
    for (let k: u32 = 0; k < 2 + l; k++) {
      store<f32>(out, <f32>(variance * load<f64>(space.column + (<usize>(k < 2 ? k : pose + k - 2) << 3))));
      out += 4;
    }
  }
}
