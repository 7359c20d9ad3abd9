import { adam } from "../kernels/adam";
import { cos64 } from "../kernels/math64";
import { reduce_chunks } from "../kernels/reduce";
import { permute } from "../kernels/random";
import { amortised_space } from "./amortised_layout";
import { train_amortised_chunk } from "./amortised_step";
import { batch_patches, conditioned, patch_count, patch_window, penalise } from "./condition";
import { Config, amortised, get, getU32, phased } from "./config";
import { prepare_phase, train_phase_chunk } from "./phase_step";
import { prepare_templates } from "./register";
import { chunk_sums, latent_chunk, kl_latent, seed_of, train_chunk } from "./step";
import { ChunkSums, MAX_LATENTS, Progress, State, SUMS_BYTES, Workspace, chunk_count, chunk_first, workspace } from "./state";
import { Sync, barrier, claim } from "./threads";

/*
 * The training loop: every thread runs it. A step is two phases with a barrier after each:
 *   chunks of the batch, each into its own gradient block   →   slices of the parameters: sum the blocks in order, Adam; thread 0: the step's sums.
 * Where conditions act, a first phase finds the latents of the batch, and thread 0 its penalty, before any gradient.
 * What a unit of work computes does not depend on who takes it, so the bits are the same for any number of threads.
 */

/** Floats of parameters in a unit of work of the second phase. */
const SLICE: u32 = 8192;
/** Weight of the newest step in the running mean of the noise variance. */
const VARIANCE_RATE: f64 = 0.1;
/** Weight of the newest step in the running means that are shown. */
const SHOWN_RATE: f64 = 0.05;
const BETA1: f64 = 0.9;

@inline
export function progress(state: State, field: Progress): f64 {
  return load<f64>(state.progress + (<usize>field << 3));
}

@inline
export function set_progress(state: State, field: Progress, value: f64): void {
  store<f64>(state.progress + (<usize>field << 3), value);
}

/** Adam's rate at a step: linear warm-up, then a cosine to RATE · RATE_FINAL. */
export function learning_rate(config: usize, step: u32): f64 {
  const rate = get(config, Config.RATE), warm = get(config, Config.RATE_WARMUP), last = get(config, Config.STEPS);
  if (<f64>step < warm) return rate * (<f64>step + 1) / warm;
  const done = last > warm ? min<f64>(1, (<f64>step - warm) / (last - warm)) : 1;
  const floor = get(config, Config.RATE_FINAL);
  return rate * (floor + (1 - floor) * 0.5 * (1 + cos64(3.141592653589793 * done)));
}

/** How far β has come at a step, from 0 to 1. */
@inline
function warmth_at(config: usize, step: u32): f64 {
  const warm = get(config, Config.BETA_WARMUP);
  return warm > 0 ? min<f64>(1, <f64>step / warm) : 1;
}

/** Scale of the KL term at a step. */
@inline
export function beta_at(config: usize, step: u32): f64 {
  const start = get(config, Config.BETA_START);
  return start + (get(config, Config.BETA) - start) * warmth_at(config, step);
}

/** Runs up to `steps` steps on this thread; all threads of the job call it. Gives the steps done. */
export function train(state: State, thread: u32, steps: u32): u32 {
  const sync = changetype<Sync>(state.sync);
  const space = workspace(state, thread);
  const chunks = chunk_count(state.config);
  const slices = (state.parameterCount + SLICE - 1) / SLICE;
  const finds = conditioned(state.config) && getU32(state.config, Config.HOST_CONDITION) == 0;
  if (phased(state.config)) prepare_phase(state, space);
  else if (!amortised(state.config)) prepare_templates(state, space);
  for (let k: u32 = 0; k < steps; k++) {
    const step = <u32>progress(state, Progress.STEP);
    if (finds) condition_phase(state, space, thread, step);
    for (let chunk = claim(sync); chunk < chunks; chunk = claim(sync)) forward_backward(state, space, chunk, step);
    barrier(sync);
    if (thread == 0) {
      finish_step(state, chunks, step);
      // Between the two barriers: a thread that leaves the last one late would else see the next step's.
      sync.stop = sync.cancel;
    }
    for (let slice = claim(sync); slice < slices; slice = claim(sync)) update(state, slice, chunks, step);
    barrier(sync);
    if (sync.stop != 0 || progress(state, Progress.NONFINITE) > 0) return k + 1;
  }
  return steps;
}

/** Latents of the next step's batch, for the host to judge: all threads call it. */
export function batch_latents(state: State, thread: u32): void {
  const space = workspace(state, thread);
  prepare_templates(state, space);
  condition_phase(state, space, thread, <u32>progress(state, Progress.STEP));
}

/** Latents of the batch, then their penalty. */
function condition_phase(state: State, space: Workspace, thread: u32, step: u32): void {
  const sync = changetype<Sync>(state.sync);
  const chunks = chunk_count(state.config);
  const variance = progress(state, Progress.VARIANCE);
  for (let chunk = claim(sync); chunk < chunks; chunk = claim(sync)) {
    const m = batch_windows(state, space, chunk, step);
    latent_chunk(state, space, space.windows, chunk_first(state.config, chunk), m, step, variance);
  }
  barrier(sync);
  if (thread == 0) penalise(state);
  barrier(sync);
}

/** Entry number `position` of endless shuffles of [0, count). */
@inline
function shuffled(config: usize, position: u64, count: u32): u32 {
  return permute(<u32>(position % count), count, seed_of(config), <u32>(position / count));
}

/** Writes which windows a chunk of a step's batch has to the space's `windows`. Gives their number. */
function batch_windows(state: State, space: Workspace, chunk: u32, step: u32): u32 {
  const config = state.config;
  const batch = getU32(config, Config.BATCH), count = getU32(config, Config.WINDOWS);
  const side = getU32(config, Config.PATCH);
  const first = chunk_first(config, chunk);
  const m = chunk_first(config, chunk + 1) - first;
  const windows = amortised(config) ? amortised_space(space).windows : space.windows;
  for (let i: u32 = 0; i < m; i++) {
    const slot = first + i;
    const window = conditioned(config)
      ? patch_window(config, shuffled(config, <u64>step * batch_patches(config) + slot / (side * side), patch_count(config)), slot % (side * side))
      : shuffled(config, <u64>step * batch + slot, count);
    store<u32>(windows + (<usize>i << 2), window);
  }
  return m;
}

/** Gradients of one chunk of the batch. */
function forward_backward(state: State, space: Workspace, chunk: u32, step: u32): void {
  const config = state.config;
  const first = chunk_first(config, chunk), batch = getU32(config, Config.BATCH);
  const m = batch_windows(state, space, chunk, step);
  const gradient = state.gradients + (<usize>(chunk * state.blockStride) << 2);
  const sums = chunk_sums(state, chunk);
  memory.fill(changetype<usize>(sums), 0, SUMS_BYTES);
  const beta = beta_at(config, step), scale = 1 / <f64>batch;
  if (amortised(config)) {
    memory.fill(gradient, 0, <usize>state.parameterCount << 2);
    train_amortised_chunk(state, amortised_space(space), first, m, step, beta, scale, gradient, sums);
    return;
  }
  const variance = progress(state, Progress.VARIANCE);
  if (phased(config)) {
    train_phase_chunk(state, space, first, m, step, variance, beta, scale, gradient, sums);
    return;
  }
  train_chunk(state, space, space.windows, first, m, step, variance, beta, warmth_at(config, step), scale, gradient, sums);
}

/** One slice of the parameters. */
function update(state: State, slice: u32, chunks: u32, step: u32): void {
  const first = slice * SLICE;
  const last = min(first + SLICE, state.parameterCount);
  reduce_chunks(state.gradients, state.gradients, chunks, <usize>state.blockStride << 2, first, last);
  const at = <usize>first << 2;
  const beta2 = get(state.config, Config.ADAM_BETA2);
  const bad = adam(
    state.parameters + at, state.gradients + at, state.moment1 + at, state.moment2 + at, last - first,
    learning_rate(state.config, step), BETA1, beta2, 1e-8, 1 - power(BETA1, step + 1), 1 - power(beta2, step + 1), 0,
  );
  if (bad > 0) set_progress(state, Progress.NONFINITE, 1);
}

/** base^n by squaring. */
function power(base: f64, n: u32): f64 {
  let result: f64 = 1;
  for (; n > 0; n >>= 1) {
    if (n & 1) result *= base;
    base *= base;
  }
  return result;
}

/** Sums of the step into the noise variance, the running means and the history. */
function finish_step(state: State, chunks: u32, step: u32): void {
  const config = state.config;
  let nll: f64 = 0, squares: f64 = 0, kl: f64 = 0, windows: f64 = 0;
  for (let c: u32 = 0; c < chunks; c++) {
    const sums = chunk_sums(state, c);
    nll += sums.nll;
    squares += sums.squares;
    kl += sums.kl;
    windows += sums.windows;
  }
  const variance = progress(state, Progress.VARIANCE);
  const measured = squares / (windows * <f64>state.pixels);
  // The amortised mode's σ is given.
  if (!amortised(config)) set_progress(state, Progress.VARIANCE, variance + VARIANCE_RATE * (measured - variance));
  const rate = step == 0 ? 1 : SHOWN_RATE;
  show(state, Progress.RECONSTRUCTION, nll / windows, rate);
  show(state, Progress.KL, kl / windows, rate);
  show(state, Progress.ELBO, -(nll + beta_at(config, step) * kl) / windows, rate);
  for (let l: u32 = 0; l < getU32(config, Config.LATENT_DIM); l++) {
    let sum: f64 = 0;
    for (let c: u32 = 0; c < chunks; c++) sum += load<f64>(kl_latent(chunk_sums(state, c), l));
    show(state, Progress.KL_LATENT + l, sum / windows, rate);
  }
  if (conditioned(config)) show(state, Progress.PENALTY, warmth_at(config, step) * progress(state, Progress.BATCH_PENALTY), rate);
  if (step < getU32(config, Config.STEPS)) {
    const row = state.history + (<usize>step << 4);
    store<f32>(row, <f32>(-(nll + kl) / windows));
    store<f32>(row, <f32>(nll / windows), 4);
    store<f32>(row, <f32>(kl / windows), 8);
    store<f32>(row, <f32>sqrt(variance), 12);
    set_progress(state, Progress.HISTORY, <f64>(step + 1));
  }
  set_progress(state, Progress.STEP, <f64>(step + 1));
}

/** Running mean. */
@inline
function show(state: State, field: i32, value: f64, rate: f64): void {
  const before = progress(state, field);
  set_progress(state, field, before + rate * (value - before));
}
