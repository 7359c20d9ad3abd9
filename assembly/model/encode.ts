import { link } from "../kernels/link";
import { padded } from "../kernels/matmul";
import { cholesky_solve, inverse_diagonal } from "../kernels/refine_pose";
import { turn_of } from "./affine";
import { encode_amortised_chunk } from "./amortised_encode";
import { amortised_space } from "./amortised_layout";
import { canvas_bands, sort_by_shift } from "./bands";
import { Config, amortised, getU32, phased, pose_columns, scales, turns } from "./config";
import { network_forward, output_address } from "./layers";
import { encode_phase_chunk, prepare_phase } from "./phase_step";
import { canvases, factorise, move_pose, pose_derivatives, predict, refine, render } from "./pose";
import { prepare_templates, register } from "./register";
import { decode_windows, encode_windows, latent, load_window, take_means } from "./step";
import { Progress, State, Workspace, workspace } from "./state";
import { Sync, barrier, claim } from "./threads";
import { progress, set_progress } from "./train";

/*
 * Encoding: pose and content of each window at their joint maximum a posteriori, started from the correlation and the encoder,
 * and their Laplace covariance σ²(GᵀG + Λ)⁻¹ with the window's own noise. The shift's block of it counts what content,
 * gain and offset can explain against the shift: uncertainty in position against uncertainty in shape. For all likelihoods this
 * is least squares on the mean, which weighs the pixels alike: an approximation where their variance differs.
 */

/** Step of the forward differences to the content. */
const DIFFERENCE: f32 = 0.02;
/** Windows' worth of pixels that the noise of the whole fit counts for beside a window's own residual. */
const PRIOR_PIXELS: f64 = 10;

/** Offsets into a result row, floats; z has L values from RESULT_Z, its variances follow. */
export const RESULT_SHIFT: u32 = 0;
export const RESULT_SHIFT_VARIANCE: u32 = 2;
export const RESULT_Z: u32 = 4;

/** Encodes windows first … first + count − 1 into state.results; all threads call it. */
export function encode(state: State, thread: u32, first: u32, count: u32): void {
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
      else encode_chunk(state, space, m);
    }
    if (thread == 0) set_progress(state, Progress.ENCODED, <f64>min(count, (chunk + 1) * size));
  }
  barrier(sync);
}

function encode_chunk(state: State, space: Workspace, m: u32): void {
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
  const steps = getU32(state.config, Config.REFINE_ENCODE);
  if (steps == 0) tangents(state, space, m);
  for (let k: u32 = 0; k < steps; k++) {
    // The covariance uses those of the last step, after which content hardly moves.
    tangents(state, space, m);
    for (let i: u32 = 0; i < m; i++) refine_jointly(state, space, i);
    decode_windows(state, space, m);
  }
  for (let i: u32 = 0; i < m; i++) write_result(state, space, i);
}

/** space.tangents = (window at z + h·e_l − window at z)/h for each content dimension, decoded for the whole chunk at once. */
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
function own_variance(state: State, cost: f64): f64 {
  const spent = <f64>(pose_columns(state.config) + getU32(state.config, Config.LATENT_DIM));
  return (cost + PRIOR_PIXELS * progress(state, Progress.VARIANCE)) / (max<f64>(1, <f64>state.pixels - spent) + PRIOR_PIXELS);
}

/** Normal equations of window i over pose, gain, offset and content. Gives the noise variance used. */
function joint_equations(state: State, space: Workspace, i: u32): f64 {
  const latents = getU32(state.config, Config.LATENT_DIM), pixels = padded(state.pixels), pose = pose_columns(state.config);
  const canvas = canvases(state, space) + (<usize>(i * padded(state.canvasSize)) << 2);
  const cost = predict(state, space, i, canvas, progress(state, Progress.VARIANCE));
  const variance = own_variance(state, cost);
  pose_derivatives(state, space, i, canvas);
  const gain = f32x4.splat(load<f32>(space.gain + (<usize>i << 2)));
  for (let l: u32 = 0; l < latents; l++) {
    const from = space.tangents + (<usize>((i * latents + l) * pixels) << 2);
    const to = space.derivatives + (<usize>((pose + l) * pixels) << 2);
    for (let p: u32 = 0; p < state.pixels; p += 4) v128.store(to + (<usize>p << 2), f32x4.mul(gain, v128.load(from + (<usize>p << 2))));
  }
  factorise(state, space, i, pose + latents, latent(state, space, i), variance);
  return variance;
}

/** One joint Gauss–Newton step; content moves by at most 1. */
function refine_jointly(state: State, space: Workspace, i: u32): void {
  const latents = getU32(state.config, Config.LATENT_DIM), pose = pose_columns(state.config);
  joint_equations(state, space, i);
  cholesky_solve(space.rhs, space.normal, pose + latents);
  move_pose(state, space, i);
  const z = latent(state, space, i);
  for (let l: u32 = 0; l < latents; l++) {
    const at = z + (<usize>l << 2);
    const step = load<f64>(space.rhs + (<usize>(pose + l) << 3));
    store<f32>(at, load<f32>(at) + <f32>min<f64>(1, max<f64>(-1, step)));
  }
}

function write_result(state: State, space: Workspace, i: u32): void {
  const config = state.config, pose = pose_columns(config);
  const latents = getU32(config, Config.LATENT_DIM), columns = pose + latents;
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
  const turn = turn_of(space, i);
  if (turns(config)) {
    store<f32>(tail, load<f32>(turn), 12);
    store<f32>(tail, <f32>(variance * inverse_diagonal(space.normal, columns, 4, space.column)), 16);
  }
  if (scales(config)) {
    const last = out + (<usize>(state.resultStride - 2) << 2);
    store<f32>(last, load<f32>(turn, 4));
    store<f32>(last, <f32>(variance * inverse_diagonal(space.normal, columns, pose - 1, space.column)), 4);
  }
}
