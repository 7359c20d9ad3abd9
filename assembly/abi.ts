/*
 * What a host calls. Arguments are checked here and nowhere below; a negative return is an error code.
 *
 *   config = any 8-byte-aligned address     sv_config_default(config), then store f64 at config + 8 · Config.FIELD
 *   sv_create(config, arena)                lays the model out from `arena` on (64-byte aligned), grows the memory, gives its end
 *   sv_address(arena, Region.DATA) …        where to put data and find results
 *   sv_sample, sv_initialise, sv_start, sv_align, sv_latents, sv_train, sv_encode, sv_decode
 *
 * With threads, each has its own instance on the same memory and calls sv_align, sv_latents, sv_train and sv_encode with its number.
 */
import { autocorrelation, autocorrelation_scratch_bytes, power_spectrum, power_spectrum_size } from "./kernels/autocorrelation";
import { Products, Tile, use_tile } from "./kernels/tile";
import { tile_trial, tile_trial_bytes } from "./kernels/tile_trial";
import { normalise_image, normalise_scratch_bytes, remove_plane } from "./kernels/normalise";
import { align, keep_templates, start_template } from "./model/align";
import { decode_amortised } from "./model/amortised_encode";
import { Config, amortised, config_check, config_default, getU32 } from "./model/config";
import { decode } from "./model/decode";
import { encode } from "./model/encode";
import { initialise, sample_windows, template_bias } from "./model/initialise";
import { layout, reserve } from "./model/layout";
import { picture_cols, picture_rows } from "./model/networks";
import { MOST_CONTENTS, Progress, State, workspace } from "./model/state";
import { Sync, sync_init } from "./model/threads";
import { batch_latents, train } from "./model/train";

export { Products, Tile } from "./kernels/tile";
export { Config } from "./model/config";
export { Progress } from "./model/state";

/** Version of this interface and of the layout of parameters. */
export const ABI_VERSION: i32 = 2;

/** Error codes. A configuration error is ERROR_CONFIG − index of the field. */
export const ERROR_MEMORY: i32 = -1;
export const ERROR_ARGUMENT: i32 = -2;
export const ERROR_CONFIG: i32 = -100;

/** Arrays a host may address. */
export enum Region {
  /** (frames, rows, cols) f32. */
  DATA,
  /** (windows, 3) i32: frame, row and column of each window's top-left pixel. */
  ORIGINS,
  /**
   * (windows, sv_result_stride) f32. Exact pose: shift (2), its variance (2), z (L), its variance (L), gain, offset, noise variance and how fast it
   * rises with the prediction (Progress.NOISE_SLOPE); where on, angle (radians) and its variance, then the scale's logarithm and its variance; last the
   * covariances of each latent with the shift (2) and with the latents before it. Amortised pose: posterior means of all latents, then
   * their standard deviations; latents are the angle, the shift along rows (not for signals) and columns, the scale, each where asked for
   * and in prior standard deviations, then content.
   */
  RESULTS,
  /** Parameters, Adam's first and second moment: f32, SIZES floats each. */
  PARAMETERS,
  MOMENT1,
  MOMENT2,
  /** Registration templates: canvas coefficients, f32, TEMPLATES canvases of sv_template_stride floats. */
  TEMPLATES,
  /** (windows) f32: cost of each window's registration in alignment. */
  COSTS,
  /** Content's prior for encoding: (2L + 1, Progress.CONTENTS) f32: means, inverse variances, logarithms of weights (kernels/mixture.ts). */
  CONTENTS,
  /** f64, indexed by Progress. */
  PROGRESS,
  /** (STEPS, 4) f32: ELBO, reconstruction, KL, σ of each step. */
  HISTORY,
  /** i32: nonzero asks running jobs to stop after the present step. */
  CANCEL,
  /** Gradients of the last training step's mean loss, f32, laid out as the parameters. */
  GRADIENTS,
  /** The batch that `sv_latents` left, where conditions act: (batch, L) f32 means μ, their log σ, and the conditions' gradient to μ. */
  LATENTS,
  LATENT_LOG_SIGMA,
  LATENT_GRADIENTS,
  /** (batch, 2) f64: row and column of the motif less half a window (window's corner plus shift), pixels. */
  LATENT_PLACES,
  /** (Progress.PAIRS, 2) u32: neighbours, as rows of the batch. */
  PAIRS,
}

@inline
function at(arena: usize): State {
  return changetype<State>(arena);
}

/** Grows the memory so that addresses below `end` exist: room for `sv_autocorrelation` and `sv_normalise` before a model is made. */
export function sv_reserve(end: usize): i32 {
  return reserve(end) ? 0 : ERROR_MEMORY;
}

/** Bytes of scratch for `sv_power_spectrum` and `sv_autocorrelation`. */
export function sv_autocorrelation_scratch(rows: u32, cols: u32, maxRow: u32, maxCol: u32): usize {
  return autocorrelation_scratch_bytes(rows, cols, maxRow, maxCol);
}

/** Floats of what `sv_power_spectrum` writes. */
export function sv_power_spectrum_size(rows: u32, cols: u32, maxRow: u32, maxCol: u32): usize {
  return power_spectrum_size(rows, cols, maxRow, maxCol);
}

/** Power spectrum of an image (rows, cols) padded for these lags (kernels/autocorrelation.ts). */
export function sv_power_spectrum(power: usize, image: usize, rows: u32, cols: u32, maxRow: u32, maxCol: u32, scratch: usize): void {
  power_spectrum(power, image, rows, cols, maxRow, maxCol, scratch);
}

/**
 * Autocorrelation of an image (rows, cols) at lags 0…maxRow, −maxCol…maxCol from its power spectrum, slow background over a Gaussian of σ = `background` pixels taken
 * out (0: none).
 */
export function sv_autocorrelation(out: usize, power: usize, rows: u32, cols: u32, maxRow: u32, maxCol: u32, background: f64, scratch: usize): void {
  autocorrelation(out, power, rows, cols, maxRow, maxCol, background, scratch);
}

/** Bytes of scratch for `sv_normalise`. */
export function sv_normalise_scratch(rows: u32, cols: u32, background: f64, contrast: f64): usize {
  return normalise_scratch_bytes(rows, cols, background, contrast);
}

/**
 * Flat-fields an image (rows, cols), out may be the image: plane (if asked for), slow background and local contrast over Gaussians of these
 * σ in pixels (0 leaves a step out), contrast no less than `floor` of the whole image's; zero mean, unit variance. Gives the standard
 * deviation before that last step: 0 for an image without contrast, NaN where a pixel is not finite (kernels/normalise.ts).
 */
export function sv_normalise(out: usize, image: usize, rows: u32, cols: u32, plane: bool, background: f64, contrast: f64, floor: f64, scratch: usize): f64 {
  if (plane) remove_plane(out, image, rows, cols);
  return normalise_image(out, plane ? out : image, rows, cols, background, contrast, floor, scratch);
}

/**
 * The tile that a family of matrix products takes from the next one on, on this memory, for the host to choose what is fastest on its engine. The bits
 * are the same, so it may change while jobs run.
 */
export function sv_use_tile(products: Products, tile: Tile): i32 {
  if (products < 0 || products >= Products.COUNT || tile < 0 || tile >= Tile.COUNT) return ERROR_ARGUMENT;
  use_tile(products, tile);
  return 0;
}

/** Bytes of scratch for `sv_tile_trial`. */
export function sv_tile_trial_bytes(): usize {
  return tile_trial_bytes();
}

/** One product of a family in the tile that it takes, in `scratch` (16-byte aligned, zeros), for the host to time: tens of microseconds. */
export function sv_tile_trial(products: Products, scratch: usize): void {
  tile_trial(products, scratch);
}

/** Fills the configuration at `config` with defaults. */
export function sv_config_default(config: usize): void {
  config_default(config);
}

/** Lays out a model. Gives the address past it, or an error code. */
export function sv_create(config: usize, arena: usize): i64 {
  if (arena == 0 || (arena & 63) != 0 || (config & 7) != 0) return ERROR_ARGUMENT;
  const field = config_check(config);
  if (field >= 0) return ERROR_CONFIG - field;
  const state = at(arena);
  if (!layout(state, config)) return ERROR_MEMORY;
  // What is not set below starts as zero: padding, sums, synchronisation.
  memory.fill(state.sync, 0, 64);
  memory.fill(state.progress, 0, <usize>Progress.COUNT << 3);
  memory.fill(state.parameters, 0, state.workspaces - state.parameters);
  for (let t: u32 = 0; t < getU32(config, Config.THREADS); t++) {
    const space = workspace(state, t);
    memory.fill(space.x, 0, state.workspaceBytes - (space.x - changetype<usize>(space)));
  }
  sync_init(changetype<Sync>(state.sync), getU32(config, Config.THREADS));
  return <i64>state.end;
}

/** Address of an array; 0 for an unknown one. */
export function sv_address(arena: usize, region: i32): usize {
  const state = at(arena);
  switch (region) {
    case Region.DATA: return state.data;
    case Region.ORIGINS: return state.origins;
    case Region.RESULTS: return state.results;
    case Region.PARAMETERS: return state.parameters;
    case Region.MOMENT1: return state.moment1;
    case Region.MOMENT2: return state.moment2;
    case Region.TEMPLATES: return state.templates;
    case Region.COSTS: return state.costs;
    case Region.PROGRESS: return state.progress;
    case Region.HISTORY: return state.history;
    case Region.CONTENTS: return state.contents;
    case Region.CANCEL: return state.sync + offsetof<Sync>("cancel");
    case Region.GRADIENTS: return state.gradients;
    case Region.LATENTS: return state.batchMean;
    case Region.LATENT_LOG_SIGMA: return state.batchSpread;
    case Region.LATENT_GRADIENTS: return state.batchMeanGradient;
    case Region.LATENT_PLACES: return state.batchPlace;
    case Region.PAIRS: return state.batchPairs;
    default: return 0;
  }
}

/** Floats in the parameter block. */
export function sv_parameter_count(arena: usize): u32 {
  return at(arena).parameterCount;
}

/** Floats in a row of RESULTS. */
export function sv_result_stride(arena: usize): u32 {
  return at(arena).resultStride;
}

/** Most components of content's prior. */
export function sv_most_contents(): u32 {
  return MOST_CONTENTS;
}

/** Floats from one registration template to the next. */
export function sv_template_stride(arena: usize): u32 {
  return at(arena).templateStride;
}

/** Rows and columns of the picture that sv_decode gives. */
export function sv_picture_rows(arena: usize): u32 {
  const config = at(arena).config;
  return amortised(config) ? getU32(config, Config.WINDOW_ROWS) : picture_rows(config);
}

export function sv_picture_cols(arena: usize): u32 {
  const config = at(arena).config;
  return amortised(config) ? getU32(config, Config.WINDOW_COLS) : picture_cols(config);
}

/** Draws the windows' positions. A host may store its own in ORIGINS instead. */
export function sv_sample(arena: usize): void {
  sample_windows(at(arena));
}

/** Draws the weights anew; moments and progress start at zero. */
export function sv_initialise(arena: usize): void {
  initialise(at(arena));
}

/** Template `index` = image about (row, col) of a frame; the templates in use are 0 … index. */
export function sv_start(arena: usize, index: u32, frame: u32, row: f64, col: f64): i32 {
  const state = at(arena);
  if (amortised(state.config) || index >= getU32(state.config, Config.TEMPLATES) || frame >= getU32(state.config, Config.FRAMES)) return ERROR_ARGUMENT;
  start_template(state, index, frame, <f32>row, <f32>col);
  return 0;
}

/** Keeps templates 0 … count − 1, as the host may have changed them. */
export function sv_keep_templates(arena: usize, count: u32): i32 {
  const state = at(arena);
  if (amortised(state.config) || count < 1 || count > getU32(state.config, Config.TEMPLATES)) return ERROR_ARGUMENT;
  keep_templates(state, count);
  return 0;
}

/**
 * Rounds of registration and averaging over the first `windows` windows, of all of them or, `trimmed`, of the better half; `coarse`: registered by
 * correlation alone.
 */
export function sv_align(arena: usize, thread: u32, windows: u32, rounds: u32, trimmed: bool, coarse: bool): i32 {
  const state = at(arena);
  const refused = amortised(state.config) || thread >= getU32(state.config, Config.THREADS);
  if (refused || windows > getU32(state.config, Config.WINDOWS)) return ERROR_ARGUMENT;
  align(state, thread, windows, rounds, trimmed, !coarse);
  return 0;
}

/**
 * Latents of the next training step's batch, their neighbours and the penalty so far, for a host with a condition of its own
 * (Config.HOST_CONDITION): it adds to LATENT_GRADIENTS and Progress.BATCH_PENALTY, and calls sv_train for one step.
 */
export function sv_latents(arena: usize, thread: u32): i32 {
  const state = at(arena);
  if (thread >= getU32(state.config, Config.THREADS) || getU32(state.config, Config.HOST_CONDITION) == 0) return ERROR_ARGUMENT;
  batch_latents(state, thread);
  return 0;
}

/** Up to `steps` training steps, one where the host has a condition. Gives the number done, or an error code. */
export function sv_train(arena: usize, thread: u32, steps: u32): i32 {
  const state = at(arena);
  if (thread >= getU32(state.config, Config.THREADS) || (steps > 1 && getU32(state.config, Config.HOST_CONDITION) != 0)) return ERROR_ARGUMENT;
  return train(state, thread, steps);
}

/** Pose and content of windows first … first + count − 1 into RESULTS; where not `joint` only content, as the encoder alone gives it. */
export function sv_encode(arena: usize, thread: u32, first: u32, count: u32, joint: bool): i32 {
  const state = at(arena);
  if (thread >= getU32(state.config, Config.THREADS) || <u64>first + count > <u64>getU32(state.config, Config.WINDOWS)) return ERROR_ARGUMENT;
  encode(state, thread, first, count, joint);
  return 0;
}

/**
 * The motifs at z (count, L floats), count from 1 to CHUNK: canvas pixels through the spline and the likelihood's link, (count,
 * sv_picture_rows, sv_picture_cols) (one row for 1D signals); a motif’s centre is half of these from the first pixel. With an amortised
 * pose z has all latents (Region.RESULTS), and the pictures are windows. Gives the address of the pictures, valid until the next call; 0
 * for another count.
 */
export function sv_decode(arena: usize, z: usize, count: u32): usize {
  const state = at(arena);
  if (count < 1 || count > getU32(state.config, Config.CHUNK)) return 0;
  return amortised(state.config) ? decode_amortised(state, z, count) : decode(state, z, count);
}
