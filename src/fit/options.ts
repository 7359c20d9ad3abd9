import type { Normalisation } from "../core/analysis.ts";
import type { EngineChoice } from "../core/engine.ts";
import { defaultThreads } from "../core/pool.ts";
import { ConfigError } from "../errors.ts";
import type { HistoryEntry } from "../results/types.ts";
import { checkOrientation, type SearchRange } from "./orientation.ts";

export const likelihoods = ["gaussian", "bernoulli", "continuous-bernoulli", "poisson"] as const;
/** Noise of a pixel: "gaussian" with a learned σ, or "bernoulli", "continuous-bernoulli", "poisson" through their links. */
export type Likelihood = (typeof likelihoods)[number];
export const networks = ["mlp", "conv"] as const;
/** "mlp" (dense layers) or "conv" (convolutions). */
export type NetworkKind = (typeof networks)[number];
export const poses = ["exact", "amortised"] as const;
/** How the pose is inferred: "exact", or by another of the kinds listed. */
export type PoseKind = (typeof poses)[number];

/** What a user's condition says of a batch. */
export interface Penalty {
  /** Added to the loss of a window, nats, once the KL term is warm; linearly less before. */
  readonly penalty: number;
  /** (n, L) its derivatives to the latents. */
  readonly gradient: ArrayLike<number>;
}

/**
 * A condition of the user's own on n windows of a training step, its gradient is trained through.
 * @param latents (n, L) posterior means of the content, prior standard deviations
 * @param positions (n, 2) of the motifs, (row, column) in pixels of the input image
 * @param neighbours (pairs, 2) rows of `latents`: the second's motif is where one of the two lattice vectors points from the first's
 */
export type LatentCondition = (latents: Float32Array, positions: Float64Array, neighbours: Uint32Array) => Penalty;

/** What happens now, for a progress bar. */
export interface ProgressEvent {
  /** What the fit is doing. */
  readonly stage: "normalise" | "align" | "train" | "encode" | "motifs";
  /** How much of the stage is done, of `total`. */
  readonly done: number;
  /** What `done` ends at. */
  readonly total: number;
  /** Latest step of training, where there is one. */
  readonly latest?: HistoryEntry;
}

/** What a caller may set. Pixels are those of the input image. */
export interface FitOptions extends EngineChoice {
  /**
   * How the shift is found. Exact: by registration with the decoder's templates. Amortised: without a search, from the phase of the lattice in a
   * window and a rest that the encoder gives; encoding is many times faster, positions are less exact. The image must repeat in two directions.
   */
  readonly pose?: PoseKind;
  /** Side of the windows, px. Default: twice the longest lattice vector found in the image. */
  readonly window?: number;
  /** Largest shift of the motif from a window's centre, px. Default: 0.6 of the longest lattice vector. */
  readonly maxShift?: number;
  /** Prior standard deviation of the shift, px. Default: half the largest shift. */
  readonly shiftPrior?: number;
  /** Pixels averaged each way before anything else. Default: so that the lattice vector is at least 16 px after it. */
  readonly binning?: number;
  /** Number of content latents L. */
  readonly latentDim?: number;
  /** Windows cut at random places. */
  readonly samples?: number;
  /** Passes over them. */
  readonly epochs?: number;
  /** Windows in a training step. */
  readonly batch?: number;
  /** Scale of the KL term. */
  readonly beta?: number;
  /** Of a pixel. The Bernoullis take the image stretched to [0, 1] after flat-fielding; Poisson takes counts as they are, no flat-fielding. */
  readonly likelihood?: Likelihood;
  /** Network that gives the content. */
  readonly encoder?: NetworkKind;
  /** Network that paints the canvas. */
  readonly decoder?: NetworkKind;
  /** Prior standard deviations of each window's gain about 1 and offset about 0 (image's standard deviations); 0 fixes them. */
  readonly gainPrior?: number;
  /** Prior standard deviation of a window's offset, in the image's standard deviation; 0 fixes it at 0. */
  readonly offsetPrior?: number;
  /** Starts of the alignment, from different windows; the one with the best ELBO is kept. */
  readonly restarts?: number;
  /** Most registration templates: more than one is used only where variants or grains need it. Default: 4; 1 with rotation. */
  readonly templates?: number;
  /** Of Adam. */
  readonly learningRate?: number;
  /**
   * Weight of a condition on neighbouring motifs: their mean Σ_l (μ_i − μ_j)²/(σ_i² + σ_j²) over the pairs times this, nats, is added to the loss
   * of a window. 0 for none.
   */
  readonly smooth?: number;
  /** The same of Σ_l |μ_i − μ_j|, in prior standard deviations: steps between domains cost less than under `smooth`. */
  readonly tv?: number;
  /** A condition of your own; asked once a training step, so slower. */
  readonly condition?: LatentCondition;
  /** Whether the motif is turned from window to window, and how far (degrees each way). `true`: by any angle. Default: off. */
  readonly rotation?: boolean | SearchRange;
  /** Whether its size differs, and by how much (share). `true`: 0.15. Default: off. */
  readonly scale?: boolean | SearchRange;
  /** Flat-fielding; `false` leaves the image as it is but for mean and variance. Default: plane, and background and contrast over 1.5 and 3 lattice vectors. */
  readonly normalise?: Partial<Normalisation> | false;
  /** Replace NaN and infinite pixels by the median of the finite ones instead of refusing them. */
  readonly fill?: boolean;
  /** Of all random numbers. */
  readonly seed?: number;
  /** Default: the processors there are, at most 8. The result does not depend on it. */
  readonly threads?: number;
}

/** Options with every default that does not need the image. */
export type SettledOptions = FitOptions &
  Required<
    Omit<
      FitOptions,
      "window" | "maxShift" | "shiftPrior" | "binning" | "normalise" | "rotation" | "scale" | "condition"
    >
  >;

/** Training until positions and content stand still, which takes the encoder longer where it gives the pose. */
const training: Readonly<Record<PoseKind, Pick<FitOptions, "epochs" | "learningRate">>> = {
  exact: { epochs: 3, learningRate: 0.004 },
  amortised: { epochs: 9, learningRate: 0.002 },
};

const defaults = {
  pose: "exact",
  latentDim: 2,
  samples: 10000,
  batch: 48,
  beta: 1,
  likelihood: "gaussian",
  encoder: "mlp",
  decoder: "mlp",
  gainPrior: 0.3,
  offsetPrior: 0.3,
  restarts: 6,
  templates: 4,
  smooth: 0,
  tv: 0,
  fill: false,
  seed: 1,
  reproducible: false,
  engineFlags: false,
} as const;

export interface Range {
  readonly least: number;
  readonly greatest: number;
  readonly whole?: boolean;
}

const ranges: Readonly<Record<string, Range>> = {
  window: { least: 6, greatest: 4096, whole: true },
  maxShift: { least: 0, greatest: 2048 },
  shiftPrior: { least: 0.1, greatest: 1e6 },
  binning: { least: 1, greatest: 64, whole: true },
  latentDim: { least: 1, greatest: 16, whole: true },
  samples: { least: 100, greatest: 5_000_000, whole: true },
  epochs: { least: 0.01, greatest: 10000 },
  batch: { least: 4, greatest: 8192, whole: true },
  beta: { least: 0, greatest: 1e6 },
  gainPrior: { least: 0, greatest: 1e6 },
  offsetPrior: { least: 0, greatest: 1e6 },
  restarts: { least: 1, greatest: 1000, whole: true },
  templates: { least: 1, greatest: 8, whole: true },
  learningRate: { least: 1e-7, greatest: 1 },
  smooth: { least: 0, greatest: 1e6 },
  tv: { least: 0, greatest: 1e6 },
  seed: { least: 0, greatest: 2 ** 32 - 1, whole: true },
  threads: { least: 1, greatest: 64, whole: true },
};

export function checkNumber(name: string, value: number, { least, greatest, whole }: Range): void {
  if (value >= least && value <= greatest && (!whole || Number.isInteger(value))) return;
  throw new ConfigError(
    `${name}: expected a ${whole ? "whole " : ""}number from ${least} to ${greatest}, got ${value}`,
  );
}

export function checkName(name: string, value: string, allowed: readonly string[]): void {
  if (!allowed.includes(value)) throw new ConfigError(`${name}: expected one of ${allowed.join(", ")}, got ${value}`);
}

/** Checks every option and fills in the defaults. `ConfigError` names the option, what was expected, what came. */
export function settleOptions(options: FitOptions): SettledOptions {
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  // Another template would have an orientation of its own, that angles do not know of; phases are those of one.
  const templates = options.rotation || options.pose === "amortised" ? 1 : defaults.templates;
  checkName("pose", options.pose ?? defaults.pose, poses);
  const schedule = training[options.pose ?? defaults.pose];
  const settled = { ...defaults, ...schedule, templates, threads: defaultThreads(), ...given } as SettledOptions;
  for (const [name, range] of Object.entries(ranges)) {
    const value = settled[name as keyof SettledOptions];
    if (value !== undefined) checkNumber(name, value as number, range);
  }
  checkOrientation("rotation", settled.rotation);
  checkOrientation("scale", settled.scale);
  if (settled.reproducible && settled.engineFlags) {
    throw new ConfigError("engineFlags: expected false where reproducible is set, got true");
  }
  checkName("likelihood", settled.likelihood, likelihoods);
  checkName("encoder", settled.encoder, networks);
  checkName("decoder", settled.decoder, networks);
  for (const turned of ["rotation", "scale"] as const) {
    if (!settled[turned] || !(settled.smooth || settled.tv || settled.condition)) continue;
    throw new ConfigError(
      `${turned}: expected without smooth, tv or condition, which take neighbours from one lattice, got both`,
    );
  }
  if (settled.pose === "amortised") checkAmortised(settled);
  if (settled.condition !== undefined && typeof settled.condition !== "function") {
    throw new ConfigError(`condition: expected a function, got ${typeof settled.condition}`);
  }
  return settled;
}

/** What an amortised pose cannot have. */
function checkAmortised(options: SettledOptions): void {
  const other = (["rotation", "scale", "smooth", "tv", "condition"] as const).find((name) => options[name]);
  if (other) throw new ConfigError(`${other}: expected only with the exact pose, got the amortised one`);
  if (options.templates !== 1) {
    throw new ConfigError(`templates: expected 1 with the amortised pose, got ${options.templates}`);
  }
}
