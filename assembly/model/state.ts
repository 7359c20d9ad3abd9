import { Config, getU32 } from "./config";
import { Network } from "./layers";

/*
 * One model in linear memory: this block, then every array it needs, laid out once from the configuration (layout.ts).
 * Nothing is allocated later.
 */

/** Most latents; bounds the arrays of sums in a chunk's statistics. */
export const MAX_LATENTS: u32 = 16;
/** Most components of content's prior. */
export const MOST_CONTENTS: u32 = 260;
/** Most registration templates. */
export const MAX_TEMPLATES: u32 = 8;

/** Sums of one chunk over its windows, f64: added up in chunk order. */
@unmanaged
export class ChunkSums {
  /** Negative log-likelihood, squared residual, KL; windows counted. */
  nll: f64;
  squares: f64;
  kl: f64;
  windows: f64;
}

export const SUMS_BYTES: usize = offsetof<ChunkSums>() + <usize>MAX_LATENTS * 8;

/** What a host may read while a job runs and must keep in a checkpoint: f64, indexed by `Progress`. */
export enum Progress {
  /** Training steps done. */
  STEP,
  /** Noise variance of the likelihood, (normalised units)². */
  VARIANCE,
  /** Running means over recent steps, per window: ELBO, negative log-likelihood, KL. */
  ELBO,
  RECONSTRUCTION,
  KL,
  /** Gradients that were not finite, ever; the fit is stopped at the first. */
  NONFINITE,
  /** Windows encoded by the present job. */
  ENCODED,
  /** Registration templates in use. */
  TEMPLATES,
  /** Entries of the history written. */
  HISTORY,
  /** KL of each latent, MAX_LATENTS values. */
  KL_LATENT,
  /** Alignment: windows with a higher cost do not count for their template, MAX_TEMPLATES values. */
  THRESHOLD = 26,
  /** Pairs of neighbours in the present batch. */
  PAIRS = 34,
  /** Running mean of what the conditions add to the loss of a window, once β is warm; and the present batch's. */
  PENALTY,
  BATCH_PENALTY,
  /** Encoding: how fast the noise variance of a pixel rises with its prediction, relative to the window's mean variance; the host sets it. */
  NOISE_SLOPE,
  /** Encoding: components of content's prior in use, a multiple of 4; 0 for N(0, 1). The host sets it with Region.CONTENTS. */
  CONTENTS,
  COUNT,
}

@unmanaged
export class State {
  config: usize;
  /** Synchronisation of threads, in a cache line of its own (threads.ts). */
  sync: usize;
  progress: usize;
  encoder: Network;
  /** The exact mode's decoder of canvases; the amortised mode's plain one, or what its spatial generator has after the first layer. */
  decoder: Network;
  /**
   * Amortised mode: number of latents, pose and content. A spatial generator's first layer as offsets into the parameters: content
   * weights (L, width) in panels, bias, and coordinate weights (2, padded width).
   */
  latents: u32;
  contentWeights: u32;
  contentBias: u32;
  coordinateWeights: u32;
  /** Parameters of both networks; Adam's moments; one gradient block a chunk of a batch, `blockStride` floats apart. */
  parameterCount: u32;
  blockStride: u32;
  parameters: usize;
  moment1: usize;
  moment2: usize;
  gradients: usize;
  chunkSums: usize;
  /** History of training: (STEPS, 4) f32: ELBO, reconstruction, KL, σ. */
  history: usize;
  /**
   * Registration templates from alignment, TEMPLATES canvases `templateStride` floats apart: coefficients of means, what windows
   * are correlated with; and the same as predictions, before the likelihood's link.
   */
  templates: usize;
  predictions: usize;
  templateStride: u32;
  /** Alignment: (windows) f32 cost of each window's best registration and u32 its template; sums, `sumsStride` floats a unit of work. */
  costs: usize;
  assigned: usize;
  alignSums: usize;
  sumsStride: u32;
  /** Data (frames, rows, cols). */
  data: usize;
  /** (windows, 3) i32: frame, row and column of the top-left pixel. */
  origins: usize;
  /**
   * The present batch, where conditions act on it: (batch, 4) f32 shift and u32 template; (batch, L) f32 μ and log σ, and the conditions' gradient
   * to them; (batch, 2) f64 the motif's place less the window's centre in its corner, pixels; (most, 2) u32 pairs of neighbours.
   */
  batchPose: usize;
  batchMean: usize;
  batchSpread: usize;
  batchMeanGradient: usize;
  batchSpreadGradient: usize;
  batchPlace: usize;
  batchPairs: usize;
  /** Content's prior for encoding, (2L + 1, Progress.CONTENTS) f32 as kernels/mixture.ts reads it, MOST_CONTENTS at most. */
  contents: usize;
  /** Results of encoding, (windows, …) f32, as abi.ts states them (Region.RESULTS). */
  results: usize;
  resultStride: u32;
  /** The canvas, and pixels in a window. */
  canvasSize: u32;
  canvasRows: u32;
  canvasCols: u32;
  pixels: u32;
  /** 1 row: no shift along rows. */
  flat: bool;
  /** One block of scratch a thread. */
  workspaces: usize;
  workspaceBytes: usize;
  end: usize;
}

/** Scratch of one thread; arrays for a chunk of n windows. */
@unmanaged
export class Workspace {
  /** Windows x and re-centred windows are (n, padded(pixels)); the latter are the encoder's input. */
  x: usize;
  encoderX: usize;
  encoderD: usize;
  decoderX: usize;
  decoderD: usize;
  packing: usize;
  /** (n) u32: which windows these are. */
  windows: usize;
  /** (n, 2) u32: part of its canvas that each window reads (bands.ts). */
  bands: usize;
  /** (n, 2) shift; (n, 2) angle and scale's logarithm; (n) gain, offset; (n, L) ε of the reparameterisation. */
  shift: usize;
  turn: usize;
  gain: usize;
  offset: usize;
  noise: usize;
  /** (L) of one window: KL, the KL's weight in the loss, prior widths of content. */
  kl: usize;
  klWeights: usize;
  widths: usize;
  /** Rendered window as natural parameters and as mean, residual, and derivative images (pose_columns + L), each padded(pixels). */
  natural: usize;
  rendered: usize;
  residual: usize;
  derivatives: usize;
  /** (n) u32 template of each window, and (n) f64 cost of its registration. */
  chosen: usize;
  best: usize;
  /** (n, L, padded(pixels)) derivatives of each rendered window to its content. */
  tangents: usize;
  /** A picture of a canvas; the pixel values of the templates, each in every orientation, and their sums under each shift. */
  picture: usize;
  templates: usize;
  templateSums: usize;
  templateSquares: usize;
  /** (TEMPLATES, padded(pixels)) the templates as windows at shift 0. */
  upright: usize;
  /** (templates, 2) f64: sum of each and of its squares. */
  uprightSums: usize;
  /** (shiftRows, score_stride(shiftCols)) squared lengths of the shifts in the lattice's cell; the table of costs (kernels/shift_costs.ts). */
  distances: usize;
  costTable: usize;
  /** Windows in averaged pixels, packed, and scores of the correlation. */
  coarse: usize;
  packedWindows: usize;
  scores: usize;
  tile: usize;
  /** The correlation's transforms, where they are used (correlation.ts): twiddles, spectra of eight windows each and of the templates, scratch. */
  twiddles: usize;
  windowSpectra: usize;
  templateSpectra: usize;
  transform: usize;
  /** Where pixels look on a canvas, (pixels of the templates' pictures, 2), and the pose that this is laid for, 4 f32; only where windows are turned or scaled. */
  grid: usize;
  place: usize;
  spline: usize;
  sumsScratch: usize;
  normal: usize;
  rhs: usize;
  column: usize;
  /** Content's prior at a window's content: shares of its components; f64 its gradient and precision (L each), and three (L, L). */
  shares: usize;
  prior: usize;
  /** Where the lattice's phase gives the pose (phase_step.ts): four waves, (4, padded(pixels)); f64 frequencies (4), lattice (4), phases of template and window (2 each), shift (2); f32 Fourier sums (16). */
  waves: usize;
  lattice: usize;
  /** (n, encoder_latents) a draw and the loss's gradient to it. */
  z: usize;
  dz: usize;
}

/** The next array, at a 64-byte boundary so that threads share no cache line; vector reads may run 64 bytes past its end. */
@inline
export function bytes(state: State, count: usize): usize {
  const address = state.end;
  state.end = (address + count + 64 + 63) & ~63;
  return address;
}

@inline
export function floats(state: State, count: u32): usize {
  return bytes(state, <usize>count << 2);
}

/** Number of chunks in a batch. */
@inline
export function chunk_count(config: usize): u32 {
  const chunk = getU32(config, Config.CHUNK);
  return (getU32(config, Config.BATCH) + chunk - 1) / chunk;
}

/** First window of a chunk, or the batch's end: chunks are as equal as whole tiles of 4 windows allow, so that threads are. */
@inline
export function chunk_first(config: usize, chunk: u32): u32 {
  const batch = getU32(config, Config.BATCH), tile: u32 = getU32(config, Config.CHUNK) % 4 == 0 ? 4 : 1;
  return min(batch, tile * ((batch + tile - 1) / tile * chunk / chunk_count(config)));
}

@inline
export function workspace(state: State, thread: u32): Workspace {
  return changetype<Workspace>(state.workspaces + <usize>thread * state.workspaceBytes);
}
