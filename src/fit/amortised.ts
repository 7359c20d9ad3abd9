import type { CoreConfig } from "../core/core.ts";
import type { EngineChoice } from "../core/engine.ts";
import { defaultThreads } from "../core/pool.ts";
import { ConfigError, NumericsError, ShapeError } from "../errors.ts";
import { checkName, checkNumber, likelihoods, type Range } from "./options.ts";
import { equalChunk, trainingSteps } from "./plan.ts";
import { type Invariance, invariances, type PoseSettings } from "./pyroved_pose.ts";
import type { Samples } from "./samples.ts";

export const amortisedLikelihoods = ["gaussian", "bernoulli", "continuous-bernoulli"] as const;
/** Noise of a pixel, by pyroVED's names. */
export type AmortisedLikelihood = (typeof amortisedLikelihoods)[number];

/** What a caller of `fitAmortised` may set, with pyroVED's names in brackets. The defaults are pyroVED's. */
export interface AmortisedOptions extends EngineChoice {
  /** What the decoder is blind to: "r" rotation, "t" shift, "s" scale, in any mix; none for an ordinary VAE. Signals have "t" only. Default: ["t"]. */
  readonly invariances?: readonly Invariance[];
  /** Number of content latents L (latent_dim). Default: 2. */
  readonly latentDim?: number;
  /** Units of the two hidden layers of encoder and decoder (hidden_dim_e, hidden_dim_d). Default: 128 and 128. */
  readonly encoderHidden?: readonly [number, number];
  /** Units of the hidden layers of the decoder. */
  readonly decoderHidden?: readonly [number, number];
  /** Of a pixel, about the decoder's sigmoid output (sampler_d). Default: "bernoulli". */
  readonly likelihood?: AmortisedLikelihood;
  /** Noise σ of the Gaussian likelihood, in ranges of the data (decoder_sig). Default: 0.5. */
  readonly sigma?: number;
  /** Prior standard deviation of the shift, half windows; a pair for (rows, columns) (dx_prior, dy_prior). Default: 0.1. */
  readonly dxPrior?: number | readonly [rows: number, cols: number];
  /** Prior standard deviation of the inverse scale about 1 (sc_prior). Default: 0.1. */
  readonly scPrior?: number;
  /** Scale of the KL term (scale_factor). Default: 1. */
  readonly beta?: number;
  /** Its scale at the start, from where it goes to `beta` evenly over `betaEpochs`. Default: `beta`, no ramp. */
  readonly betaStart?: number;
  /** Epochs over which β ramps up. */
  readonly betaEpochs?: number;
  /** Passes over the samples. Default: 100. */
  readonly epochs?: number;
  /** Samples in a training step. Default: 100. */
  readonly batch?: number;
  /** Of Adam (lr). Default: 0.001. */
  readonly learningRate?: number;
  /** Share of the learning rate that a cosine falls to at the end; 1 keeps it. Default: 1. */
  readonly finalRate?: number;
  /** Replace NaN and infinite values by the median of the finite ones instead of refusing them. */
  readonly fill?: boolean;
  /** Of all random numbers. */
  readonly seed?: number;
  /** Threads; the bits do not depend on it. */
  readonly threads?: number;
}

/** Options with every default, and the number of samples. */
export interface SettledAmortised extends Required<Omit<AmortisedOptions, "dxPrior">> {
  readonly dxPrior: readonly [rows: number, cols: number];
  readonly samples: number;
}

const defaults = {
  invariances: ["t"],
  latentDim: 2,
  encoderHidden: [128, 128],
  decoderHidden: [128, 128],
  likelihood: "bernoulli",
  sigma: 0.5,
  scPrior: 0.1,
  beta: 1,
  betaEpochs: 0,
  epochs: 100,
  batch: 100,
  learningRate: 0.001,
  finalRate: 1,
  fill: false,
  seed: 1,
  reproducible: false,
  engineFlags: false,
} as const;

const DX_PRIOR = 0.1;

const ranges = {
  latentDim: { least: 1, greatest: 16, whole: true },
  sigma: { least: 1e-3, greatest: 1e3 },
  scPrior: { least: 1e-4, greatest: 0.3 },
  beta: { least: 0, greatest: 1e6 },
  betaStart: { least: 0, greatest: 1e6 },
  betaEpochs: { least: 0, greatest: 1e4 },
  epochs: { least: 0.01, greatest: 1e4 },
  batch: { least: 4, greatest: 8192, whole: true },
  learningRate: { least: 1e-7, greatest: 1 },
  finalRate: { least: 0, greatest: 1 },
  seed: { least: 0, greatest: 2 ** 32 - 1, whole: true },
  threads: { least: 1, greatest: 64, whole: true },
} as const satisfies Readonly<Record<string, Range>>;

const HIDDEN: Range = { least: 1, greatest: 4096, whole: true };
const PRIOR: Range = { least: 1e-4, greatest: 10 };
/** Fewest samples that a model can be learned from. */
const LEAST_SAMPLES = 16;

/** Checks the options and fills in the defaults for these samples. `ConfigError` names the option, what was expected, what came. */
export function settleAmortised(options: AmortisedOptions, { count, rows }: Samples, name: string): SettledAmortised {
  if (count < LEAST_SAMPLES) throw new ShapeError(`${name}: expected at least ${LEAST_SAMPLES} samples, got ${count}`);
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  const { dxPrior = DX_PRIOR, ...rest } = given as AmortisedOptions;
  const pair = typeof dxPrior === "number" ? ([dxPrior, dxPrior] as const) : dxPrior;
  const start = rest.beta ?? defaults.beta;
  const settled: SettledAmortised = {
    ...{ ...defaults, threads: defaultThreads(), betaStart: start, ...rest },
    ...{ dxPrior: pair, samples: count },
  };
  for (const [option, range] of Object.entries(ranges)) {
    checkNumber(option, settled[option as keyof typeof ranges], range);
  }
  for (const option of ["encoderHidden", "decoderHidden"] as const) checkPair(option, settled[option], HIDDEN);
  checkPair("dxPrior", pair, PRIOR);
  checkName("likelihood", settled.likelihood, amortisedLikelihoods);
  return { ...settled, invariances: checkInvariances(settled.invariances, rows === 1) };
}

function checkPair(name: string, pair: readonly number[], range: Range): void {
  if (pair.length !== 2) throw new ConfigError(`${name}: expected two numbers, got ${pair.length}`);
  for (const value of pair) checkNumber(name, value, range);
}

/** The invariances in the order of their latents, each once. */
function checkInvariances(given: readonly Invariance[], signal: boolean): Invariance[] {
  for (const name of given) checkName("invariances", name, invariances);
  const unfit = signal && given.find((name) => name !== "t");
  if (unfit)
    throw new ConfigError(`invariances: expected t or none for signals, which have no rotation or scale; got ${unfit}`);
  return invariances.filter((name) => given.includes(name));
}

/** What the samples decide. */
export interface AmortisedPlan extends PoseSettings {
  /** The model sees (value − low)/(high − low), which is in [0, 1]. */
  readonly low: number;
  /** Largest of all values; `low` is the smallest. */
  readonly high: number;
}

/** Size and range of the samples. `NumericsError` where all values are equal. */
export function makeAmortisedPlan(samples: Samples, options: SettledAmortised, name: string): AmortisedPlan {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of samples.data) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (!(high > low)) throw new NumericsError(`${name}: the samples have no contrast: all values are ${low}`);
  const { rows, cols } = samples;
  const { invariances: some, dxPrior, scPrior } = options;
  return { rows, cols, invariances: some, dxPrior, scPrior, low, high };
}

/** Values as the model sees them: within [0, 1], what is outside the range it was trained on brought to its ends. */
export function toUnitRange(data: Float32Array, { low, high }: AmortisedPlan): Float32Array {
  return data.map((value) => Math.min(1, Math.max(0, (value - low) / (high - low))));
}

/** The core's configuration. */
export function amortisedConfig(plan: AmortisedPlan, options: SettledAmortised, threads: number): CoreConfig {
  const bit = { t: 1, r: 2, s: 4 } as const;
  const steps = trainingSteps(options);
  return {
    POSE: 1,
    INVARIANCES: plan.invariances.reduce((sum, name) => sum + bit[name], 0),
    FRAMES: options.samples,
    ROWS: plan.rows,
    COLS: plan.cols,
    WINDOW_ROWS: plan.rows,
    WINDOW_COLS: plan.cols,
    LATENT_DIM: options.latentDim,
    WINDOWS: options.samples,
    BATCH: options.batch,
    CHUNK: equalChunk(options.batch),
    ENCODER_HIDDEN_1: options.encoderHidden[0],
    ENCODER_HIDDEN_2: options.encoderHidden[1],
    DECODER_HIDDEN_1: options.decoderHidden[0],
    DECODER_HIDDEN_2: options.decoderHidden[1],
    LIKELIHOOD: likelihoods.indexOf(options.likelihood),
    SIGMA: options.sigma,
    DX_PRIOR_ROWS: plan.dxPrior[0],
    DX_PRIOR_COLS: plan.dxPrior[1],
    SC_PRIOR: plan.scPrior,
    GAIN_PRIOR: 0,
    OFFSET_PRIOR: 0,
    BETA: options.beta,
    BETA_START: options.betaStart,
    BETA_WARMUP: Math.round((options.betaEpochs * options.samples) / options.batch),
    RATE: options.learningRate,
    RATE_WARMUP: 0,
    RATE_FINAL: options.finalRate,
    ADAM_BETA2: 0.999,
    STEPS: steps,
    SEED: options.seed,
    THREADS: threads,
  };
}
