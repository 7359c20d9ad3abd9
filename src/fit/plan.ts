import { autocorrelate, type Normalisation, normalise, type PowerSpectrum, powerSpectrum } from "../core/analysis.ts";
import type { Core, CoreConfig } from "../core/core.ts";
import { momentsOf } from "../data/moments.ts";
import { type Autocorrelation, findPeriod, type Period } from "../data/period.ts";
import { ConfigError, NumericsError } from "../errors.ts";
import type { Grid } from "../results/types.ts";
import { checkCondition, conditionConfig } from "./condition.ts";
import { binned } from "./image.ts";
import { phaseConfig } from "./lattice_phase.ts";
import { type Likelihood, likelihoods, networks, type PoseKind, type SettledOptions } from "./options.ts";
import { type Orientation, orientationConfig, planOrientation } from "./orientation.ts";

/** What the image decides: window, largest shift, binning, flat-fielding. Pixels of the binned image unless said otherwise. */
export interface Plan extends Orientation {
  readonly binning: number;
  readonly windowSize: number;
  readonly maxShift: number;
  readonly shiftPrior: number;
  readonly normalisation: Normalisation;
  /** Decides the range of the data that the core is given. */
  readonly likelihood: Likelihood;
  readonly pose: PoseKind;
  /** Of the input image, in its pixels; none with rotation, where the image may hold several lattices. */
  readonly period?: Period;
  /** Why, in words, for the log and result.json. */
  readonly reasons: readonly string[];
}

/** Lattice vectors stay at least this long after binning, px. */
const LEAST_PERIOD = 16;
/** Window where nothing repeats: this share of the image's shorter side, px. */
const FALLBACK_SHARE = 1 / 12;
/** Lattice vectors in a window; the largest shift and flat-fielding in lattice vectors. */
const WINDOW_PERIODS = 2;
const SHIFT_PERIODS = 0.6;
const BACKGROUND_PERIODS = 1.5;
const CONTRAST_PERIODS = 3;

function longest(period: Period): number {
  return Math.max(Math.hypot(...period.a), period.b ? Math.hypot(...period.b) : 0);
}

/** Where the pixels' noise hides the period, it is looked for in means over so many pixels squared. */
const NOISE_BINNINGS = [1, 2, 4];
/** Shortest side of averaged pixels: in smaller images chance alone makes peaks as high as those that count. */
const LEAST_SIDE = 128;

function shorterSide(images: readonly Grid[]): number {
  return Math.min(...images.flatMap(({ rows, cols }) => [rows, cols]));
}

/**
 * The images' common period from the autocorrelation; averaged pixels are asked where the single ones are too noisy to tell.
 * @param within the longest that it may be, px; then the one that repeats best is taken, be it a superstructure
 */
export function imagePeriod(core: Core, images: readonly Grid[], within?: number): Period | undefined {
  for (const factor of NOISE_BINNINGS) {
    if (factor > 1 && shorterSide(images) / factor < LEAST_SIDE) return undefined;
    const period = periodOf(
      core,
      images.map((image) => binned(image, factor)),
      within && within / factor,
    );
    if (period) return scaled(period, factor);
  }
  return undefined;
}

function scaled({ a, b, strength }: Period, factor: number): Period {
  const times = ([row, col]: Period["a"]): Period["a"] => [row * factor, col * factor];
  return { a: times(a), b: b && times(b), strength };
}

/** Mean of the images' autocorrelations: what repeats stays, whatever the drift between them. */
function meanAutocorrelation(core: Core, spectra: readonly PowerSpectrum[], background: number): Autocorrelation {
  const [first, ...others] = spectra.map((spectrum) => autocorrelate(core, spectrum, background));
  if (others.length === 0) return first;
  const mean = first.data.map((value, i) => others.reduce((sum, { data }) => sum + data[i], value) / spectra.length);
  return { ...first, data: mean };
}

/** Searches for the period, each with as much background taken out as the one before asks for. */
const SEARCHES = 5;
/** They end when that changes by less than this share. */
const SAME_BACKGROUND = 0.1;

/**
 * The period, and slow background taken out down to half its longest vector, which leaves what repeats: beside a step or streaks of the scan the first
 * search may miss the shortest vectors.
 */
function periodOf(core: Core, images: readonly Grid[], within: number | undefined): Period | undefined {
  const [most, lag] = [shorterSide(images) / 16, Math.floor(shorterSide(images) / 3)];
  const spectra = images.map(({ data, rows, cols }) => {
    const flat = normalise(core, data, rows, cols, { plane: true, background: most, contrast: 0 });
    return powerSpectrum(core, flat, rows, cols, lag);
  });
  let background = 0;
  let period: Period | undefined;
  for (let search = 0; search < SEARCHES; search++) {
    const found = findPeriod(meanAutocorrelation(core, spectra, background), within);
    if (!found) break;
    period = found;
    const wanted = Math.min(most, 0.5 * longest(period));
    if (Math.abs(wanted / (background || most) - 1) < SAME_BACKGROUND) break;
    background = wanted;
  }
  return period;
}

/** Chooses what the options leave open, from one image or several that are fitted together. */
export function makePlan(core: Core, images: readonly Grid[], options: SettledOptions): Plan {
  const period = imagePeriod(core, images, options.window);
  const side = shorterSide(images);
  const scale = period ? longest(period) : side * FALLBACK_SHARE;
  const binning = options.binning ?? Math.max(1, Math.floor(scale / LEAST_PERIOD));
  const even = (px: number) => Math.max(8, 4 * Math.round(px / 4));
  const windowSize = options.window ? Math.round(options.window / binning) : even((WINDOW_PERIODS * scale) / binning);
  const maxShift = Math.ceil(
    options.maxShift !== undefined ? options.maxShift / binning : (SHIFT_PERIODS * scale) / binning + 1,
  );
  const smallest = Math.floor(side / binning);
  if (windowSize > smallest) {
    throw new ConfigError(`window: expected at most the image's shorter side, ${side} px, got ${windowSize * binning}`);
  }
  const most = windowSize;
  if (maxShift > most)
    throw new ConfigError(`maxShift: expected at most the window, ${most * binning} px, got ${maxShift * binning}`);
  for (const { rows, cols } of images) checkCondition(options, period, windowSize * binning, rows, cols);
  const shiftPrior = options.shiftPrior ? options.shiftPrior / binning : Math.max(1, maxShift / 2);
  return {
    binning,
    windowSize,
    maxShift,
    shiftPrior,
    period: options.rotation ? undefined : period,
    normalisation: normalisationOf(options, scale, binning),
    likelihood: options.likelihood,
    pose: options.pose,
    ...planOrientation(options, windowSize),
    reasons: reasonsOf(period, binning, windowSize, maxShift),
  };
}

/** `scale` and the options are in pixels of the input. */
function normalisationOf({ normalise, likelihood }: SettledOptions, scale: number, binning: number): Normalisation {
  if (likelihood === "poisson" && normalise) {
    throw new ConfigError(
      "normalise: expected false for the poisson likelihood, which takes counts as they are, got settings",
    );
  }
  if (normalise === false || likelihood === "poisson") return { plane: false, background: 0, contrast: 0 };
  const {
    plane = true,
    background = BACKGROUND_PERIODS * scale,
    contrast = CONTRAST_PERIODS * scale,
  } = normalise ?? {};
  return { plane, background: background / binning, contrast: contrast / binning };
}

function reasonsOf(period: Period | undefined, binning: number, windowSize: number, maxShift: number): string[] {
  const vector = (v: readonly [number, number]) => `(${v[0].toFixed(1)}, ${v[1].toFixed(1)})`;
  const found = period
    ? `the image repeats with ${[period.a, period.b]
        .filter((v) => v !== undefined)
        .map(vector)
        .join(" and ")} px`
    : "nothing repeats in the autocorrelation: the window is a guess, set it with --window";
  const bins = binning > 1 ? [`pixels are averaged ${binning} × ${binning}`] : [];
  return [found, ...bins, `window ${windowSize * binning} px, largest shift ${maxShift * binning} px`];
}

/**
 * The binned image in the range that the likelihood is over: flat-fielded with zero mean and unit variance (Gaussian), that
 * stretched to [0, 1] (Bernoulli, continuous Bernoulli), or counts, summed where pixels are binned (Poisson).
 */
export function prepareImage(core: Core, image: Grid, plan: Plan): Grid {
  const small = binned(image, plan.binning);
  if (plan.likelihood === "poisson") return counts(small, plan.binning);
  const flat = { ...small, data: normalise(core, small.data, small.rows, small.cols, plan.normalisation) };
  return plan.likelihood === "gaussian" ? flat : stretched(flat);
}

function range(data: Float32Array): readonly [least: number, greatest: number] {
  let [least, greatest] = [Infinity, -Infinity];
  for (let i = 0; i < data.length; i++) {
    if (data[i] < least) least = data[i];
    if (data[i] > greatest) greatest = data[i];
  }
  return [least, greatest];
}

function counts(image: Grid, binning: number): Grid {
  const [least] = range(image.data);
  if (least < 0) {
    throw new NumericsError(`poisson likelihood: expected counts, no pixel below 0; the least is ${least}`);
  }
  return { ...image, data: image.data.map((mean) => mean * binning ** 2) };
}

function stretched(image: Grid): Grid {
  const [least, greatest] = range(image.data);
  return { ...image, data: image.data.map((v) => (v - least) / (greatest - least)) };
}

/** Shortest lattice vector, px after binning, at which the correlation may average pixels by two. */
const COARSE_PERIOD = 12;

/** Turned motifs have no one lattice: half a window stands for its vectors. */
function shortest({ period, binning, windowSize, rotation }: Plan): number {
  if (rotation) return windowSize / WINDOW_PERIODS;
  return period ? Math.hypot(...period.a) / binning : 0;
}

/** Windows up to this many pixels train at the given rate, larger ones slower: one step moves a unit's sum by their number. */
const RATE_PIXELS = 1024;

/** Most windows in a chunk: their canvases and gradients should stay in the second cache. */
const MOST_CHUNK = 28;
/** Rows in a tile of the matrix products. */
const TILE_ROWS = 4;

/** Chunks of a batch: an even number, as two threads are what most machines have at least. */
function chunksOf(batch: number): number {
  return 2 * Math.ceil(batch / (2 * MOST_CHUNK));
}

/** Windows in a chunk where a window by itself fills the products' tiles. */
export function equalChunk(batch: number): number {
  return Math.ceil(batch / chunksOf(batch));
}

/** Windows in a chunk, a thread's unit of work whatever the number of threads: an even number of chunks, whole tiles. */
export function chunkOf(batch: number): number {
  return Math.min(batch, TILE_ROWS * Math.ceil(batch / chunksOf(batch) / TILE_ROWS));
}

/** The core's configuration for a plan and its prepared image. */
export function coreConfig(plan: Plan, options: SettledOptions, image: Grid, threads: number): CoreConfig {
  const { rows, cols, data } = image;
  // Flat-fielded, unless it is in another likelihood's range.
  const { mean, sd } = plan.likelihood === "gaussian" ? { mean: 0, sd: 1 } : momentsOf(data);
  return {
    ROWS: rows,
    COLS: cols,
    WINDOW_ROWS: plan.windowSize,
    WINDOW_COLS: plan.windowSize,
    SHIFT_ROWS: plan.maxShift,
    SHIFT_COLS: plan.maxShift,
    SHIFT_PRIOR: plan.shiftPrior,
    LATTICE_A_ROW: (plan.period?.a[0] ?? 0) / plan.binning,
    LATTICE_A_COL: (plan.period?.a[1] ?? 0) / plan.binning,
    LATTICE_B_ROW: (plan.period?.b?.[0] ?? 0) / plan.binning,
    LATTICE_B_COL: (plan.period?.b?.[1] ?? 0) / plan.binning,
    COARSE: shortest(plan) >= COARSE_PERIOD ? 2 : 1,
    DATA_MEAN: mean,
    DATA_SD: sd,
    ...trainingConfig(options, threads),
    ...conditionConfig(options),
    ...orientationConfig(plan),
    ...phaseConfig(plan, options, image),
    RATE: options.learningRate * Math.min(1, Math.sqrt(RATE_PIXELS / plan.windowSize ** 2)),
  };
}

/** Training steps that the options ask for. */
export function trainingSteps({
  samples,
  epochs,
  batch,
}: Pick<SettledOptions, "samples" | "epochs" | "batch">): number {
  return Math.max(1, Math.round((samples * epochs) / batch));
}

/** The part of the core's configuration that does not depend on the data's geometry. */
export function trainingConfig(options: SettledOptions, threads: number): CoreConfig {
  const steps = trainingSteps(options);
  return {
    TEMPLATES: options.templates,
    LATENT_DIM: options.latentDim,
    WINDOWS: options.samples,
    BATCH: options.batch,
    CHUNK: chunkOf(options.batch),
    ENCODER: networks.indexOf(options.encoder),
    DECODER: networks.indexOf(options.decoder),
    LIKELIHOOD: likelihoods.indexOf(options.likelihood),
    BETA: options.beta,
    BETA_WARMUP: Math.round(steps / 3),
    RATE: options.learningRate,
    STEPS: steps,
    GAIN_PRIOR: options.likelihood === "gaussian" ? options.gainPrior : 0,
    OFFSET_PRIOR: options.likelihood === "gaussian" ? options.offsetPrior : 0,
    SEED: options.seed,
    THREADS: threads,
  };
}
