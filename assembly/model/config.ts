/*
 * The configuration block: an array of f64 in linear memory, indexed by `Config`. The host fills it with `sv_config_default`
 * and stores what it wants different. Names and meaning are declared here once; the enum is exported, so hosts read the
 * indices from the module.
 */

import { GAUSSIAN } from "../kernels/link";
import { MAX_TEMPLATES } from "./state";

/** Index of each field. Pixels are those of the data handed to the core. */
export enum Config {
  /** Images or samples in the data, and their size in pixels. A 1D signal has one row. */
  FRAMES,
  ROWS,
  COLS,
  /** Window size in pixels. */
  WINDOW_ROWS,
  WINDOW_COLS,
  /** Largest shift in pixels, each way; 0 on the row axis of 1D signals. */
  SHIFT_ROWS,
  SHIFT_COLS,
  /** Prior standard deviation of the shift in pixels; 0 for flat within the largest shift. */
  SHIFT_PRIOR,
  /**
   * Lattice vectors (row, column) in pixels; all 0 where nothing is known. Shifts are then taken from one cell about the window's
   * centre (Voronoi), so that which of several equal motifs is meant cannot carry content.
   */
  LATTICE_A_ROW,
  LATTICE_A_COL,
  LATTICE_B_ROW,
  LATTICE_B_COL,
  /** Pixels in a step of the correlation, 1 or 2; pixels are averaged as much for it. */
  COARSE,
  /** Most registration templates: one is enough unless the image holds variants or grains that no common template registers. */
  TEMPLATES,
  /** Number of content latents L. */
  LATENT_DIM,
  /** Windows to train on. */
  WINDOWS,
  /** Windows in a step, and in a chunk (a thread's unit of work; fixed, so that sums do not depend on threads). */
  BATCH,
  CHUNK,
  /** 0: MLP, 1: convolutional. */
  ENCODER,
  DECODER,
  /** Hidden widths of the MLPs (0: layer left out), channels of the convolutional nets. */
  ENCODER_HIDDEN_1,
  ENCODER_HIDDEN_2,
  DECODER_HIDDEN_1,
  DECODER_HIDDEN_2,
  ENCODER_CHANNELS,
  DECODER_CHANNELS,
  /** 0: Gaussian with learned σ, 1: Bernoulli, 2: continuous Bernoulli, 3: Poisson. */
  LIKELIHOOD,
  /** Scale of the KL term after its warm-up of BETA_WARMUP steps from BETA_START. */
  BETA,
  BETA_WARMUP,
  /** Adam: rate at the end of RATE_WARMUP steps, then a cosine down to RATE · RATE_FINAL at step STEPS. */
  RATE,
  RATE_WARMUP,
  RATE_FINAL,
  STEPS,
  /** Prior standard deviations of each window's gain (about 1) and offset (about 0); 0 fixes them, as it must for all likelihoods but the Gaussian. */
  GAIN_PRIOR,
  OFFSET_PRIOR,
  /** Mean and standard deviation of the data: the encoder sees windows without them. */
  DATA_MEAN,
  DATA_SD,
  /** Gauss–Newton steps on the pose in training, each through a canvas of its own, and joint ones on pose and content in encoding, at most. */
  REFINE_TRAIN,
  REFINE_ENCODE,
  /** Whole number below 2³². */
  SEED,
  THREADS,
  /**
   * Windows in a side of a patch: PATCH² windows one lattice vector apart each way. Above 1, windows are drawn and trained on in patches, and
   * conditions between neighbours act.
   */
  PATCH,
  /** Weights of the conditions on neighbours' latents, per window: mean over the pairs of neighbours (condition.ts). */
  SMOOTH,
  TV,
  /** 1: the host calls sv_latents before each step of training and adds to Region.LATENT_GRADIENTS. */
  HOST_CONDITION,
  /**
   * Rotation: angles of the correlation, symmetric about 0, and the step between them in radians; a step of 0 leaves rotation out.
   * The same for scale, its steps in the logarithm.
   */
  ANGLES,
  ANGLE_STEP,
  SCALES,
  SCALE_STEP,
  /** Prior standard deviation of the scale's logarithm; 0 for flat within its range. */
  SCALE_PRIOR,
  /**
   * 0: exact, the pose is computed by registration. 1: amortised, the encoder gives it, as in pyroVED. The fields below are for that; of
   * those above it takes no shift, lattice, templates, gain, offset or kinds of network, and its data are in [0, 1]. 2: amortised on a
   * lattice, whose phase in the window gives the shift and the encoder what is left (phase_step.ts); otherwise like 0, with the last fields.
   */
  POSE,
  /** Sum of what the decoder is invariant to: 1 shift, 2 rotation, 4 scale; 0 for a plain decoder. Signals have shifts only. */
  INVARIANCES,
  /** Prior standard deviations of the shift along rows and columns, half windows, and of the scale about 1. An angle's is 1 rad. */
  DX_PRIOR_ROWS,
  DX_PRIOR_COLS,
  SC_PRIOR,
  /** Noise σ of the Gaussian likelihood. */
  SIGMA,
  /** Scale of the KL term at step 0; it goes to BETA in BETA_WARMUP steps. */
  BETA_START,
  /** Adam's decay of the second moment. */
  ADAM_BETA2,
  /** Two spatial frequencies, cycles a pixel, whose waves repeat by the lattice's vectors, and prior sd in pixels of what phases leave of the shift. */
  FREQUENCY_1_ROW,
  FREQUENCY_1_COL,
  FREQUENCY_2_ROW,
  FREQUENCY_2_COL,
  RESIDUAL_PRIOR,
  /** Number of fields. */
  COUNT,
}

@inline
export function get(config: usize, field: Config): f64 {
  return load<f64>(config + (<usize>field << 3));
}

@inline
export function getU32(config: usize, field: Config): u32 {
  return <u32>get(config, field);
}

@inline
export function set(config: usize, field: Config, value: f64): void {
  store<f64>(config + (<usize>field << 3), value);
}

/** Whether windows are turned, and whether they are scaled. */
@inline
export function turns(config: usize): bool {
  return get(config, Config.ANGLE_STEP) > 0;
}

@inline
export function scales(config: usize): bool {
  return get(config, Config.SCALE_STEP) > 0;
}

/** Whether windows are more than shifted. */
@inline
export function affine(config: usize): bool {
  return turns(config) || scales(config);
}

/** Columns of the pose's normal equations, content left out: shift (2), gain, offset, then angle and scale where they are on. */
@inline
export function pose_columns(config: usize): u32 {
  return 4 + <u32>turns(config) + <u32>scales(config);
}

/** Whether the encoder gives the pose. */
@inline
export function amortised(config: usize): bool {
  return get(config, Config.POSE) == 1;
}

/** Whether the lattice's phase gives the pose, and the encoder the rest of it. */
@inline
export function phased(config: usize): bool {
  return get(config, Config.POSE) == 2;
}

/** Latents that the exact mode's encoder gives: content, and where the lattice's phase gives the pose, what it leaves of the shift. */
@inline
export function encoder_latents(config: usize): u32 {
  return getU32(config, Config.LATENT_DIM) + (phased(config) ? 2 : 0);
}

/** Fills a configuration with the defaults; the data's size and the window have none and are 0. Writes. */
export function config_default(config: usize): void {
  memory.fill(config, 0, <usize>Config.COUNT << 3);
  set(config, Config.FRAMES, 1);
  set(config, Config.COARSE, 1);
  set(config, Config.TEMPLATES, 1);
  set(config, Config.LATENT_DIM, 2);
  set(config, Config.WINDOWS, 10000);
  set(config, Config.BATCH, 96);
  set(config, Config.CHUNK, 24);
  set(config, Config.ENCODER_HIDDEN_1, 128);
  set(config, Config.ENCODER_HIDDEN_2, 64);
  set(config, Config.DECODER_HIDDEN_1, 64);
  set(config, Config.DECODER_HIDDEN_2, 64);
  set(config, Config.ENCODER_CHANNELS, 16);
  set(config, Config.DECODER_CHANNELS, 16);
  set(config, Config.BETA, 1);
  set(config, Config.RATE, 0.002);
  set(config, Config.RATE_WARMUP, 10);
  set(config, Config.RATE_FINAL, 0.05);
  set(config, Config.STEPS, 300);
  set(config, Config.GAIN_PRIOR, 0.3);
  set(config, Config.OFFSET_PRIOR, 0.3);
  set(config, Config.DATA_SD, 1);
  set(config, Config.REFINE_TRAIN, 2);
  set(config, Config.REFINE_ENCODE, 8);
  set(config, Config.THREADS, 1);
  set(config, Config.PATCH, 1);
  set(config, Config.ANGLES, 1);
  set(config, Config.SCALES, 1);
  set(config, Config.DX_PRIOR_ROWS, 0.1);
  set(config, Config.DX_PRIOR_COLS, 0.1);
  set(config, Config.SC_PRIOR, 0.1);
  set(config, Config.SIGMA, 0.5);
  set(config, Config.ADAM_BETA2, 0.99);
  set(config, Config.RESIDUAL_PRIOR, 1);
}

/** Least and greatest allowed value of a field. */
@inline
function within(config: usize, field: Config, least: f64, greatest: f64): bool {
  const value = get(config, field);
  return value >= least && value <= greatest; // false for NaN
}

@inline
function whole(config: usize, field: Config, least: f64, greatest: f64): bool {
  return within(config, field, least, greatest) && floor(get(config, field)) == get(config, field);
}

/** −1 where the configuration can be run, else the index of the first field that is out of range. */
export function config_check(config: usize): i32 {
  for (let field: i32 = Config.FRAMES; field < Config.COUNT; field++) if (!field_ok(config, field)) return field;
  return -1;
}

/** Whether the two frequencies give a shift. */
function independent_frequencies(config: usize): bool {
  const one = get(config, Config.FREQUENCY_1_ROW) * get(config, Config.FREQUENCY_2_COL);
  const other = get(config, Config.FREQUENCY_1_COL) * get(config, Config.FREQUENCY_2_ROW);
  return abs<f64>(one - other) > 1e-9;
}

function field_ok(config: usize, field: i32): bool {
  switch (field) {
    case Config.FRAMES: return whole(config, field, 1, 16777216);
    case Config.ROWS: return whole(config, field, 1, 65536);
    case Config.COLS: return whole(config, field, 2, 65536);
    case Config.WINDOW_ROWS: return whole(config, field, 1, min(512, get(config, Config.ROWS)));
    case Config.WINDOW_COLS: return whole(config, field, 4, min(8192, get(config, Config.COLS)));
    case Config.SHIFT_ROWS: return whole(config, field, 0, get(config, Config.WINDOW_ROWS));
    case Config.SHIFT_COLS: return whole(config, field, 0, get(config, Config.WINDOW_COLS));
    case Config.COARSE: return whole(config, field, 1, 2);
    case Config.TEMPLATES: return whole(config, field, 1, phased(config) ? 1 : MAX_TEMPLATES);
    case Config.LATENT_DIM: return whole(config, field, 1, 16);
    case Config.WINDOWS: return whole(config, field, 1, 16777216);
    case Config.BATCH: return whole(config, field, 1, 65536);
    case Config.CHUNK: return whole(config, field, 1, get(config, Config.BATCH));
    case Config.ENCODER:
    case Config.DECODER: return whole(config, field, 0, 1);
    case Config.ENCODER_HIDDEN_1:
    case Config.ENCODER_HIDDEN_2:
    case Config.DECODER_HIDDEN_1:
    case Config.DECODER_HIDDEN_2: return whole(config, field, amortised(config) ? 1 : 0, 4096);
    case Config.ENCODER_CHANNELS:
    case Config.DECODER_CHANNELS: return whole(config, field, 1, 256);
    case Config.LIKELIHOOD: return whole(config, field, 0, amortised(config) ? 2 : 3);
    case Config.GAIN_PRIOR:
    case Config.OFFSET_PRIOR: return within(config, field, 0, getU32(config, Config.LIKELIHOOD) == GAUSSIAN ? Infinity : 0);
    case Config.DATA_MEAN: return within(config, field, -1e30, 1e30);
    case Config.DATA_SD: return within(config, field, 1e-30, 1e30);
    case Config.LATTICE_A_ROW:
    case Config.LATTICE_A_COL:
    case Config.LATTICE_B_ROW:
    case Config.LATTICE_B_COL: return within(config, field, -1e6, 1e6);
    case Config.RATE_FINAL: return within(config, field, 0, 1);
    case Config.REFINE_TRAIN:
    case Config.REFINE_ENCODE: return whole(config, field, 0, 20);
    case Config.BETA_WARMUP:
    case Config.RATE_WARMUP:
    case Config.STEPS: return whole(config, field, 0, 1e9);
    case Config.SEED: return whole(config, field, 0, 4294967295);
    case Config.THREADS: return whole(config, field, 1, 64);
    case Config.PATCH: return whole(config, field, 1, affine(config) || get(config, Config.POSE) > 0 ? 1 : sqrt(min(get(config, Config.BATCH), get(config, Config.WINDOWS))));
    case Config.SMOOTH:
    case Config.TV: return within(config, field, 0, getU32(config, Config.PATCH) > 1 ? 1e9 : 0);
    case Config.HOST_CONDITION: return whole(config, field, 0, getU32(config, Config.PATCH) > 1 ? 1 : 0);
    case Config.ANGLES: return whole(config, field, 1, turns(config) ? 720 : 1);
    case Config.SCALES: return whole(config, field, 1, scales(config) ? 64 : 1);
    case Config.ANGLE_STEP:
    case Config.SCALE_STEP: return within(config, field, 0, getU32(config, Config.ROWS) == 1 || get(config, Config.POSE) > 0 ? 0 : 1);
    case Config.RATE: return within(config, field, 1e-9, 1);
    case Config.BETA:
    case Config.BETA_START: return within(config, field, 0, 1e6);
    case Config.POSE: return whole(config, field, 0, getU32(config, Config.ROWS) > 1 ? 2 : 1);
    case Config.INVARIANCES: return whole(config, field, 0, getU32(config, Config.ROWS) == 1 ? 1 : 7);
    case Config.DX_PRIOR_ROWS:
    case Config.DX_PRIOR_COLS:
    case Config.SC_PRIOR:
    case Config.SIGMA: return within(config, field, 1e-6, 1e6);
    case Config.FREQUENCY_1_ROW:
    case Config.FREQUENCY_1_COL:
    case Config.FREQUENCY_2_ROW: return within(config, field, -0.5, 0.5);
    case Config.FREQUENCY_2_COL: return within(config, field, -0.5, 0.5) && (!phased(config) || independent_frequencies(config));
    case Config.RESIDUAL_PRIOR: return within(config, field, 1e-3, 1e3);
    case Config.ADAM_BETA2: return within(config, field, 0, 0.999999);
    default: return within(config, field, 0, Infinity);
  }
}
