import { kl_backward, kl_forward } from "../kernels/kl";
import { angle64, lattice_shift, lattice_sums, lattice_wave } from "../kernels/lattice_phase";
import { exp64 } from "../kernels/math64";
import { padded } from "../kernels/matmul";
import { dot } from "../kernels/refine_pose";
import { reparameterize_backward, reparameterize_forward } from "../kernels/reparameterize";
import { spline_jacobian } from "../kernels/spline";
import { canvas_bands } from "./bands";
import { Config, encoder_latents, get, getU32 } from "./config";
import { network_backward, output_address } from "./layers";
import { canvas_gradient, negative_log_likelihood } from "./objective";
import { canvas_origin, canvases, predict, recentre, render } from "./pose";
import { prepare_upright } from "./register";
import { STREAM_LATENT, decode_windows, encode_windows, encoded, hold_gradients, kl_latent, latent, load_window, run_encoder, seed_of, window_pixels } from "./step";
import { ChunkSums, Progress, State, Workspace } from "./state";
import { progress } from "./train";

/*
 * An amortised pose for windows of a lattice: no search. The phases of a window at two spatial frequencies give the shift of its lattice
 * against the template's, exactly so for a motif that does not vary; the encoder sees the window re-centred there and gives content and what is
 * left of the shift, in widths of its prior; both are drawn from their posterior. A window's loss is −log p(x | z, t) + β·KL over both, with gain
 * and offset in closed form. The phases depend on the data alone, so all of the gradient goes through the encoder's output.
 */

/** Offsets into space.lattice, bytes: frequencies (4 f64), lattice vectors (4), phases of the template and of a window (2 each), a shift (2), Fourier sums (4 f32). */
const FREQUENCIES: usize = 0;
const VECTORS: usize = 32;
const TEMPLATE_PHASES: usize = 64;
const WINDOW_PHASES: usize = 80;
const SHIFT: usize = 96;
const SUMS: usize = 112;

/** Address of the residual's first number in a row of means, log standard deviations or draws: after content. */
@inline
function residual(row: usize, config: usize): usize {
  return row + (<usize>getU32(config, Config.LATENT_DIM) << 2);
}

@inline
function row_of(state: State, block: usize, i: u32): usize {
  return block + (<usize>(i * encoder_latents(state.config)) << 2);
}

/** Waves, and the template's phases at shift 0: what a job of training or encoding needs. */
export function prepare_phase(state: State, space: Workspace): void {
  const lattice = space.lattice;
  if (take_lattice(state.config, lattice)) prepare_waves(state, space);
  prepare_upright(state, space);
  phases(state, space, lattice + TEMPLATE_PHASES, space.upright, getU32(state.config, Config.WINDOW_COLS));
}

/** Frequencies and vectors out of the configuration. Whether the frequencies are others than those here. */
function take_lattice(config: usize, lattice: usize): bool {
  let changed = false;
  for (let k: u32 = 0; k < 4; k++) {
    const at = <usize>k << 3, frequency = get(config, Config.FREQUENCY_1_ROW + k);
    if (load<f64>(lattice + FREQUENCIES + at) != frequency) changed = true;
    store<f64>(lattice + FREQUENCIES + at, frequency);
    store<f64>(lattice + VECTORS + at, get(config, Config.LATTICE_A_ROW + k));
  }
  return changed;
}

/** Waves at the frequencies: a job in many slices, as one thread runs it, needs them once. */
function prepare_waves(state: State, space: Workspace): void {
  const config = state.config, lattice = space.lattice;
  const stride = <usize>padded(state.pixels) << 2;
  for (let k: u32 = 0; k < 2; k++) {
    const at = lattice + FREQUENCIES + (<usize>k << 4), wave = space.waves + <usize>(2 * k) * stride;
    lattice_wave(wave, wave + stride, getU32(config, Config.WINDOW_ROWS), getU32(config, Config.WINDOW_COLS), load<f64>(at), load<f64>(at, 8));
  }
}

/** out (2 f64) = phases of the window x at the two frequencies, its rows `stride` floats apart. */
function phases(state: State, space: Workspace, out: usize, x: usize, stride: u32): void {
  const config = state.config, sums = space.lattice + SUMS;
  lattice_sums(sums, x, stride, space.waves, padded(state.pixels), getU32(config, Config.WINDOW_ROWS), getU32(config, Config.WINDOW_COLS));
  for (let k: usize = 0; k < 2; k++) {
    const at = sums + (k << 3);
    store<f64>(out + (k << 3), angle64(<f64>load<f32>(at, 4), <f64>load<f32>(at)));
  }
}

/** Shift of window i, `window` of the data, by its lattice's phase; gain 1 and offset 0. Writes. */
function place(state: State, space: Workspace, i: u32, window: u32): void {
  const lattice = space.lattice, t = space.shift + (<usize>i << 3);
  phases(state, space, lattice + WINDOW_PHASES, window_pixels(state, window), getU32(state.config, Config.COLS));
  lattice_shift(lattice + SHIFT, lattice + TEMPLATE_PHASES, lattice + WINDOW_PHASES, lattice + FREQUENCIES, lattice + VECTORS);
  for (let axis: u32 = 0; axis < 2; axis++) {
    store<f32>(t + (<usize>axis << 2), <f32>within_reach(state, axis, load<f64>(lattice + SHIFT + (<usize>axis << 3))));
  }
  store<f32>(space.gain + (<usize>i << 2), 1);
  store<f32>(space.offset + (<usize>i << 2), 0);
}

/** A shift along an axis as far as the canvas allows. */
@inline
function within_reach(state: State, axis: u32, shift: f64): f64 {
  const most = get(state.config, Config.SHIFT_ROWS + axis);
  return min<f64>(most, max<f64>(-most, shift));
}

/** space.shift of window i moved by the residual in a row of values, as far as the canvas allows. */
function move(state: State, space: Workspace, i: u32, values: usize): void {
  const prior = get(state.config, Config.RESIDUAL_PRIOR), t = space.shift + (<usize>i << 3);
  for (let axis: u32 = 0; axis < 2; axis++) {
    const at = <usize>axis << 2;
    const shift = <f64>load<f32>(t + at) + prior * <f64>load<f32>(residual(values, state.config) + at);
    store<f32>(t + at, <f32>within_reach(state, axis, shift));
  }
}

/** dz of window i's residual, after `canvas_gradient` left the gradient to the natural parameters in space.residual. Writes. */
function residual_gradient(state: State, space: Workspace, i: u32, canvas: usize): void {
  const config = state.config, t = space.shift + (<usize>i << 3), dz = residual(row_of(state, space.dz, i), config);
  const dRow = space.derivatives, dCol = dRow + (<usize>padded(state.pixels) << 2);
  spline_jacobian(
    dRow, dCol, canvas, state.canvasCols, canvas_origin(getU32(config, Config.SHIFT_ROWS), load<f32>(t)), canvas_origin(getU32(config, Config.SHIFT_COLS), load<f32>(t, 4)),
    getU32(config, Config.WINDOW_ROWS), getU32(config, Config.WINDOW_COLS), state.flat, space.spline,
  );
  for (let axis: u32 = 0; axis < 2; axis++) {
    const at = <usize>axis << 2, held = abs<f32>(load<f32>(t + at)) >= <f32>getU32(config, Config.SHIFT_ROWS + axis);
    // The spline's place on the canvas is i − t: the sign turns.
    const slope: f32 = held ? 0 : -<f32>get(config, Config.RESIDUAL_PRIOR) * dot(space.residual, axis == 0 ? dRow : dCol, state.pixels);
    store<f32>(dz + at, slope);
  }
}

/** Draws content and residual of the m windows, the `first` of the batch: space.z, the decoder's input, and space.shift moved. */
function draw(state: State, space: Workspace, step: u32, first: u32, m: u32): void {
  const count = encoder_latents(state.config), content = getU32(state.config, Config.LATENT_DIM), seed = seed_of(state.config);
  for (let i: u32 = 0; i < m; i++) {
    const mean = encoded(state, space, i), z = row_of(state, space.z, i);
    reparameterize_forward(z, row_of(state, space.noise, i), mean, mean + (<usize>count << 2), 1, count, seed, STREAM_LATENT, step, first + i);
    memory.copy(latent(state, space, i), z, <usize>content << 2);
    move(state, space, i, z);
  }
}

/** Likelihood of each window at its draw; its gradient to the canvases into the decoder's output gradient, to the residual into space.dz. */
function likelihood(state: State, space: Workspace, m: u32, variance: f64, sums: ChunkSums, scale: f64): void {
  const stride = padded(state.canvasSize), dCanvas = output_address(state.decoder, space.decoderD, getU32(state.config, Config.CHUNK));
  memory.fill(dCanvas, 0, <usize>(m * stride) << 2);
  for (let i: u32 = 0; i < m; i++) {
    const at = <usize>(i * stride) << 2, canvas = canvases(state, space) + at;
    const cost = predict(state, space, i, canvas, variance);
    sums.nll += negative_log_likelihood(state, space, i, cost, variance);
    sums.squares += cost;
    canvas_gradient(state, space, i, dCanvas + at, variance, <f32>scale);
    residual_gradient(state, space, i, canvas);
  }
}

/** KL to N(0, 1), and the gradient of the whole loss to means and log standard deviations into the encoder's output gradient. */
function posterior_backward(state: State, space: Workspace, m: u32, beta: f64, sums: ChunkSums, scale: f64): void {
  const count = encoder_latents(state.config), content = getU32(state.config, Config.LATENT_DIM);
  const dEncoded = output_address(state.encoder, space.encoderD, getU32(state.config, Config.CHUNK)), stride = <usize>padded(2 * count) << 2;
  memory.fill(dEncoded, 0, <usize>m * stride);
  for (let l: u32 = 0; l < count; l++) {
    store<f32>(space.widths + (<usize>l << 2), 1);
    store<f32>(space.klWeights + (<usize>l << 2), <f32>(beta * scale));
  }
  for (let i: u32 = 0; i < m; i++) {
    const mean = encoded(state, space, i), spread = mean + (<usize>count << 2), dz = row_of(state, space.dz, i);
    const dMean = dEncoded + <usize>i * stride, dSpread = dMean + (<usize>count << 2);
    memory.copy(dz, space.decoderD + (<usize>(i * padded(content)) << 2), <usize>content << 2);
    kl_forward(space.kl, mean, spread, space.widths, 1, count);
    for (let l: u32 = 0; l < count; l++) {
      const kl = <f64>load<f32>(space.kl + (<usize>l << 2));
      sums.kl += kl;
      if (l < content) store<f64>(kl_latent(sums, l), load<f64>(kl_latent(sums, l)) + kl);
    }
    reparameterize_backward(dMean, dSpread, dz, row_of(state, space.noise, i), spread, 1, count);
    kl_backward(dMean, dSpread, space.klWeights, mean, spread, space.widths, 1, count);
    hold_gradients(dMean, dSpread, mean, spread, count);
  }
}

/**
 * Forward and backward of the m windows whose indices are at space.windows, the `first` of the batch: gradients of the mean over the batch
 * (weight `scale` a window) are written to `gradient`, sums accumulate into `sums`.
 */
export function train_phase_chunk(
  state: State, space: Workspace, first: u32, m: u32, step: u32, variance: f64, beta: f64, scale: f64, gradient: usize, sums: ChunkSums,
): void {
  const n = getU32(state.config, Config.CHUNK);
  for (let i: u32 = 0; i < m; i++) {
    const window = load<u32>(space.windows + (<usize>i << 2));
    load_window(state, space, i, window);
    place(state, space, i, window);
  }
  encode_windows(state, space, space.windows, m);
  draw(state, space, step, first, m);
  decode_windows(state, space, m);
  likelihood(state, space, m, variance, sums, scale);
  network_backward(state.decoder, space.decoderD, gradient, space.decoderX, state.parameters, n, m, true, space.packing, canvas_bands(state, space, m), false);
  posterior_backward(state, space, m, beta, sums, scale);
  network_backward(state.encoder, space.encoderD, gradient, space.encoderX, state.parameters, n, m, false, space.packing, 0, false);
  sums.windows += <f64>m;
}

/** Posterior of the m windows whose indices are at space.windows into state.results, as the exact mode lays it out. */
export function encode_phase_chunk(state: State, space: Workspace, m: u32): void {
  const content = getU32(state.config, Config.LATENT_DIM), count = encoder_latents(state.config);
  for (let i: u32 = 0; i < m; i++) {
    const window = load<u32>(space.windows + (<usize>i << 2));
    place(state, space, i, window);
    recentre(state, space, i, window, 0, 0);
  }
  run_encoder(state, space, m);
  const prior = get(state.config, Config.RESIDUAL_PRIOR);
  for (let i: u32 = 0; i < m; i++) {
    const mean = encoded(state, space, i), spread = mean + (<usize>count << 2);
    move(state, space, i, mean);
    const out = state.results + (<usize>(load<u32>(space.windows + (<usize>i << 2)) * state.resultStride) << 2);
    // What this posterior does not have stays 0: the noise's slope, covariances.
    memory.fill(out, 0, <usize>state.resultStride << 2);
    memory.copy(out, space.shift + (<usize>i << 3), 8);
    for (let axis: usize = 0; axis < 2; axis++) store<f32>(out + (axis << 2), <f32>(prior * prior * variance_of(residual(spread, state.config) + (axis << 2))), 8);
    const z = out + 16;
    memory.copy(z, mean, <usize>content << 2);
    for (let l: u32 = 0; l < content; l++) store<f32>(z + (<usize>(content + l) << 2), <f32>variance_of(spread + (<usize>l << 2)));
    const tail = z + (<usize>(2 * content) << 2);
    store<f32>(tail, 1);
    store<f32>(tail, <f32>progress(state, Progress.VARIANCE), 8);
  }
}

/** Variance of a log standard deviation. */
@inline
function variance_of(at: usize): f64 {
  return exp64(2 * <f64>load<f32>(at));
}
