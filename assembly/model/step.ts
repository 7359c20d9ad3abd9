import { crop_forward } from "../kernels/crop";
import { kl_backward, kl_forward } from "../kernels/kl";
import { padded } from "../kernels/matmul";
import { random_normal } from "../kernels/random";
import { reparameterize_backward, reparameterize_forward } from "../kernels/reparameterize";
import { canvas_bands, sort_by_shift } from "./bands";
import { condition_backward, conditioned, keep_latents, restore_pose } from "./condition";
import { Config, encoder_latents, get, getU32 } from "./config";
import { network_backward, network_forward, output_address } from "./layers";
import { canvas_gradient, negative_log_likelihood } from "./objective";
import { canvases, predict, recentre, refine } from "./pose";
import { register } from "./register";
import { ChunkSums, SUMS_BYTES, State, Workspace } from "./state";

/*
 * One chunk of a training step: windows → pose → encoder → latent → decoder → likelihood → backward, gradients into the chunk's
 * own block. Shift, gain and offset are at their optimum, so by the envelope theorem no gradient flows through them.
 */

/** Streams of the random generator; latent l has STREAM_LATENT + l, layer k STREAM_INIT + 16·k, axis k of the jitter STREAM_JITTER + k. */
export const STREAM_INIT: u32 = 1;
export const STREAM_WINDOWS: u32 = 2;
const STREAM_JITTER: u32 = 0x8000;
export const STREAM_LATENT: u32 = 0x10000;

@inline
export function seed_of(config: usize): u64 {
  return <u64>get(config, Config.SEED);
}

@inline
export function chunk_sums(state: State, chunk: u32): ChunkSums {
  return changetype<ChunkSums>(state.chunkSums + <usize>chunk * SUMS_BYTES);
}

/** KL of latent l summed over the chunk. */
@inline
export function kl_latent(sums: ChunkSums, l: u32): usize {
  return changetype<usize>(sums) + offsetof<ChunkSums>() + (<usize>l << 3);
}

/** Cuts window `window` into row i of space.x. */
export function load_window(state: State, space: Workspace, i: u32, window: u32): void {
  cut_window(state, space.x + (<usize>(i * padded(state.pixels)) << 2), window);
}

/** Address of window `window`'s first pixel in its image. */
export function window_pixels(state: State, window: u32): usize {
  const config = state.config, origin = state.origins + <usize>window * 12;
  const rows = getU32(config, Config.ROWS), cols = getU32(config, Config.COLS);
  const pixel = (load<u32>(origin) * rows + load<u32>(origin, 4)) * cols + load<u32>(origin, 8);
  return state.data + (<usize>pixel << 2);
}

/** Writes window `window` to out, padded(pixels) floats. */
export function cut_window(state: State, out: usize, window: u32): void {
  const config = state.config;
  crop_forward(out, window_pixels(state, window), getU32(config, Config.COLS), 0, 0, getU32(config, Config.WINDOW_ROWS), getU32(config, Config.WINDOW_COLS));
  for (let p = state.pixels; p < padded(state.pixels); p++) store<f32>(out + (<usize>p << 2), 0);
}

/**
 * Largest |μ|, and range of s = log σ: far outside what the prior allows, so that no early step of training runs away. A limit of 5 has fewer
 * windows in the tails where two grains differ, and costs content elsewhere (R² 0.969 instead of 0.977 on a simulated ferroelectric). What is held
 * must not be pushed on: latents would end at their limits, two values each.
 */
const MEAN_LIMIT: f32 = 8;
const LEAST_LOG_SIGMA: f32 = -8;
const MOST_LOG_SIGMA: f32 = 1;

@inline
function held(at: usize, least: f32, most: f32): void {
  store<f32>(at, min<f32>(most, max<f32>(least, load<f32>(at))));
}

/** Holds the encoder's output for the m windows within its limits; `hold_gradients` lets no gradient push further out. */
function hold_encoded(state: State, space: Workspace, m: u32): void {
  const latents = encoder_latents(state.config);
  for (let i: u32 = 0; i < m; i++) {
    const mean = encoded(state, space, i);
    for (let l: u32 = 0; l < latents; l++) {
      held(mean + (<usize>l << 2), -MEAN_LIMIT, MEAN_LIMIT);
      held(mean + (<usize>(latents + l) << 2), LEAST_LOG_SIGMA, MOST_LOG_SIGMA);
    }
  }
}

/** Takes out a gradient whose descent would move what is held at a limit beyond it: nothing would tell that output how far it has run. */
@inline
function hold_gradient(gradient: usize, at: usize, least: f32, most: f32): void {
  const value = load<f32>(at), d = load<f32>(gradient);
  if ((value >= most && d < 0) || (value <= least && d > 0)) store<f32>(gradient, 0);
}

/** The same for a window's `count` means and log standard deviations. */
export function hold_gradients(dMean: usize, dSpread: usize, mean: usize, spread: usize, count: u32): void {
  for (let l: u32 = 0; l < count; l++) {
    const at = <usize>l << 2;
    hold_gradient(dMean + at, mean + at, -MEAN_LIMIT, MEAN_LIMIT);
    hold_gradient(dSpread + at, spread + at, LEAST_LOG_SIGMA, MOST_LOG_SIGMA);
  }
}

/** Encoder on the re-centred windows: μ and log σ in the rows of `encoded`. */
export function encode_windows(state: State, space: Workspace, first: usize, m: u32): void {
  for (let i: u32 = 0; i < m; i++) recentre(state, space, i, load<u32>(first + (<usize>i << 2)), 0, 0);
  run_encoder(state, space, m);
}

/** Encoder on what `recentre` left: μ and log σ in the rows of `encoded`. */
export function run_encoder(state: State, space: Workspace, m: u32): void {
  network_forward(state.encoder, space.encoderX, state.parameters, getU32(state.config, Config.CHUNK), m, space.packing);
  hold_encoded(state, space, m);
}

/**
 * Standard deviation of the jitter of re-centred windows in training, px. Without it shift and content can stand in for each other: windows that are cut off
 * centre have a content that paints the motif off centre, and so they stay. Where noise is low nothing else pushes them back: at 10⁵ counts a column
 * (bench row B5) the motifs of three fits in ten scattered 1.6 to 8.7 times as far as the bound allows. With 0.03 to 0.07 px all ten keep to 1.05 times it; 0.2 px hides weak content.
 */
const JITTER: f64 = 0.03;

/** The same as `encode_windows` for windows of a training step, the `firstSlot` of its batch and on, each re-centred a little off its motif. */
function encode_jittered(state: State, space: Workspace, first: usize, firstSlot: u32, m: u32, step: u32): void {
  const seed = seed_of(state.config);
  for (let i: u32 = 0; i < m; i++) {
    const dRow = state.flat ? <f32>0 : <f32>(JITTER * random_normal(seed, STREAM_JITTER, step, firstSlot + i));
    const dCol = <f32>(JITTER * random_normal(seed, STREAM_JITTER + 1, step, firstSlot + i));
    recentre(state, space, i, load<u32>(first + (<usize>i << 2)), dRow, dCol);
  }
  run_encoder(state, space, m);
}

/** Address of (μ, log σ) of window i, encoder_latents numbers each. */
@inline
export function encoded(state: State, space: Workspace, i: u32): usize {
  const n = getU32(state.config, Config.CHUNK);
  return output_address(state.encoder, space.encoderX, n) + (<usize>(i * padded(2 * encoder_latents(state.config))) << 2);
}

/** Row i of the decoder's input. */
@inline
export function latent(state: State, space: Workspace, i: u32): usize {
  return space.decoderX + (<usize>(i * padded(getU32(state.config, Config.LATENT_DIM))) << 2);
}

/** Decoder on what `latent` rows hold: of each canvas what the window reads at its pose. */
export function decode_windows(state: State, space: Workspace, m: u32): void {
  network_forward(state.decoder, space.decoderX, state.parameters, getU32(state.config, Config.CHUNK), m, space.packing, canvas_bands(state, space, m));
}

/** Puts the posterior means into the decoder's input. */
export function take_means(state: State, space: Workspace, m: u32): void {
  const latents = getU32(state.config, Config.LATENT_DIM);
  for (let i: u32 = 0; i < m; i++) memory.copy(latent(state, space, i), encoded(state, space, i), <usize>latents << 2);
}

/**
 * Pose of the chunk's windows: registration with the templates, then REFINE_TRAIN steps through each window's own canvas, once that
 * means something: not while β warms up.
 */
function infer_pose(state: State, space: Workspace, windows: usize, m: u32, step: u32, variance: f64): void {
  for (let i: u32 = 0; i < m; i++) {
    load_window(state, space, i, load<u32>(windows + (<usize>i << 2)));
    store<f32>(space.gain + (<usize>i << 2), 1);
    store<f32>(space.offset + (<usize>i << 2), 0);
  }
  register(state, space, m, variance);
  if (!conditioned(state.config)) sort_by_shift(state, space, m);
  const steps = <f64>step < get(state.config, Config.BETA_WARMUP) ? <u32>0 : getU32(state.config, Config.REFINE_TRAIN);
  for (let k: u32 = 0; k < steps; k++) {
    encode_windows(state, space, windows, m);
    take_means(state, space, m);
    decode_windows(state, space, m);
    refine(state, space, canvases(state, space), padded(state.canvasSize), m, variance);
  }
}

/** z = μ + e^s·ε into the decoder's input; ε is kept for the way back. */
function sample_latents(state: State, space: Workspace, step: u32, first: u32, m: u32): void {
  const latents = getU32(state.config, Config.LATENT_DIM);
  const seed = seed_of(state.config);
  for (let i: u32 = 0; i < m; i++) {
    const mean = encoded(state, space, i), spread = mean + (<usize>latents << 2);
    reparameterize_forward(latent(state, space, i), noise(space, i, latents), mean, spread, 1, latents, seed, STREAM_LATENT, step, first + i);
  }
}

/** ε of window i. */
@inline
function noise(space: Workspace, i: u32, latents: u32): usize {
  return space.noise + (<usize>(i * latents) << 2);
}

/** Likelihood of each window at its sampled content; its gradient to the canvases into the decoder's output gradient. */
function likelihood(state: State, space: Workspace, m: u32, variance: f64, sums: ChunkSums, scale: f64): void {
  const stride = padded(state.canvasSize);
  const n = getU32(state.config, Config.CHUNK);
  const dCanvas = output_address(state.decoder, space.decoderD, n);
  memory.fill(dCanvas, 0, <usize>(m * stride) << 2);
  for (let i: u32 = 0; i < m; i++) {
    const at = <usize>(i * stride) << 2;
    const cost = predict(state, space, i, canvases(state, space) + at, variance);
    sums.nll += negative_log_likelihood(state, space, i, cost, variance);
    sums.squares += cost;
    canvas_gradient(state, space, i, dCanvas + at, variance, <f32>scale);
  }
}

/**
 * KL to the prior N(0, 1), and the gradient of the whole loss to (μ, s) into the encoder's output gradient: of the conditions too, warmed
 * up to `warmth`.
 */
function latent_backward(state: State, space: Workspace, first: u32, m: u32, beta: f64, warmth: f64, sums: ChunkSums, scale: f64): void {
  const latents = getU32(state.config, Config.LATENT_DIM);
  const n = getU32(state.config, Config.CHUNK);
  const dEncoded = output_address(state.encoder, space.encoderD, n);
  const stride = <usize>padded(2 * latents) << 2;
  memory.fill(dEncoded, 0, <usize>m * stride);
  for (let l: u32 = 0; l < latents; l++) {
    store<f32>(space.widths + (<usize>l << 2), 1);
    store<f32>(space.klWeights + (<usize>l << 2), <f32>(beta * scale));
  }
  for (let i: u32 = 0; i < m; i++) {
    const mean = encoded(state, space, i), spread = mean + (<usize>latents << 2);
    const dMean = dEncoded + <usize>i * stride, dSpread = dMean + (<usize>latents << 2);
    const dz = space.decoderD + (<usize>(i * padded(latents)) << 2);
    kl_forward(space.kl, mean, spread, space.widths, 1, latents);
    for (let l: u32 = 0; l < latents; l++) {
      const kl = <f64>load<f32>(space.kl + (<usize>l << 2));
      sums.kl += kl;
      store<f64>(kl_latent(sums, l), load<f64>(kl_latent(sums, l)) + kl);
    }
    reparameterize_backward(dMean, dSpread, dz, noise(space, i, latents), spread, 1, latents);
    kl_backward(dMean, dSpread, space.klWeights, mean, spread, space.widths, 1, latents);
    if (conditioned(state.config)) condition_backward(dMean, dSpread, state, first + i, warmth);
    hold_gradients(dMean, dSpread, mean, spread, latents);
  }
}

/** Latents of the m windows at `windows`, the `first` of the batch, are kept with their poses, for conditions on the whole batch. */
export function latent_chunk(state: State, space: Workspace, windows: usize, first: u32, m: u32, step: u32, variance: f64): void {
  infer_pose(state, space, windows, m, step, variance);
  encode_jittered(state, space, windows, first, m, step);
  for (let i: u32 = 0; i < m; i++) keep_latents(state, space, i, first + i, load<u32>(windows + (<usize>i << 2)), encoded(state, space, i));
}

/** The poses that `latent_chunk` kept. */
function take_pose(state: State, space: Workspace, windows: usize, first: u32, m: u32): void {
  for (let i: u32 = 0; i < m; i++) {
    load_window(state, space, i, load<u32>(windows + (<usize>i << 2)));
    restore_pose(state, space, i, first + i);
  }
}

/**
 * Forward and backward of the m windows whose indices are at `windows` (u32), the `first` of the batch: gradients of the mean
 * over the batch (weight `scale` a window) are written to `gradient`, sums accumulate into `sums`.
 */
export function train_chunk(state: State, space: Workspace, windows: usize, first: u32, m: u32, step: u32, variance: f64, beta: f64, warmth: f64, scale: f64, gradient: usize, sums: ChunkSums): void {
  const n = getU32(state.config, Config.CHUNK);
  if (conditioned(state.config)) take_pose(state, space, windows, first, m);
  else infer_pose(state, space, windows, m, step, variance);
  encode_jittered(state, space, windows, first, m, step);
  sample_latents(state, space, step, first, m);
  decode_windows(state, space, m);
  likelihood(state, space, m, variance, sums, scale);
  network_backward(state.decoder, space.decoderD, gradient, space.decoderX, state.parameters, n, m, true, space.packing, canvas_bands(state, space, m), false);
  latent_backward(state, space, first, m, beta, warmth, sums, scale);
  network_backward(state.encoder, space.encoderD, gradient, space.encoderX, state.parameters, n, m, false, space.packing, 0, false);
  sums.windows += <f64>m;
}
