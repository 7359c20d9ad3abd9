import type { CoreConfig } from "../core/core.ts";
import { type Dataset, shapeOf } from "../data/dataset.ts";
import { momentsOf } from "../data/moments.ts";
import { ConfigError, NumericsError, ShapeError } from "../errors.ts";
import type { Windows } from "../results/types.ts";
import { finitePixels } from "./image.ts";
import { type FitOptions, type SettledOptions, settleOptions } from "./options.ts";
import { type Orientation, orientationConfig, planOrientation } from "./orientation.ts";
import { trainingConfig } from "./plan.ts";

/*
 * Stand-alone samples: 1D signals, or small images that were cut out before. Each is a window of its own; nothing of it can be seen
 * beyond its edge.
 */

/** What a caller may set; pixels are those of a sample. The defaults that differ from an image's are `sampleDefaults`. */
export type SampleOptions = Omit<
  FitOptions,
  | "pose"
  | "window"
  | "binning"
  | "samples"
  | "templates"
  | "normalise"
  | "likelihood"
  | "shiftPrior"
  | "smooth"
  | "tv"
  | "condition"
>;

/**
 * Intensities of samples are taken as they are: no gain or offset. A small β, for the prior's only part here is the scale of z: at β = 1
 * it bends z towards a normal distribution whatever that of the order parameter.
 */
export const sampleDefaults = {
  gainPrior: 0,
  offsetPrior: 0,
  beta: 0.03,
  epochs: 12,
  learningRate: 0.002,
} as const;

/** Fewest samples that a model can be learned from. */
const LEAST_SAMPLES = 16;
/** Size of a sample, px: as for windows of an image. */
const LEAST_COLS = 4;

/** n samples of rows × cols pixels, row-major; 1D signals have one row. */
export interface Samples {
  readonly count: number;
  /** Rows of a sample, pixels; 1 for 1D signals. */
  readonly rows: number;
  /** Columns of a sample, pixels. */
  readonly cols: number;
  readonly data: Float32Array;
  /** Rows and columns of the scan, where the samples are its points. */
  readonly scan?: readonly [rows: number, cols: number];
}

/** What the samples decide; pixels. */
export interface SamplesPlan extends Orientation {
  /** Rows of a sample, pixels; 1 for 1D signals. */
  readonly rows: number;
  /** Columns of a sample, pixels. */
  readonly cols: number;
  /** Largest shift along (rows, columns). */
  readonly maxShift: readonly [number, number];
  /** Mean and standard deviation of all values, which are taken out. */
  readonly mean: number;
  /** Standard deviation of all values. */
  readonly sd: number;
  /** Why, in words. */
  readonly reasons: readonly string[];
}

/** The dataset's samples. `ShapeError` for one image, and for samples too few or too small. */
export function samplesOf(dataset: Dataset, fill: boolean): Samples {
  const shape = shapeOf(dataset);
  const { kind, name } = dataset;
  if (kind === "image") {
    throw new ShapeError(
      `${name}: expected spectra, a spectral map or a stack of windows, got one image (--as spectra: its rows are signals)`,
    );
  }
  const cols = shape[shape.length - 1];
  const rows = kind === "stack" ? shape[1] : 1;
  const count = dataset.data.length / (rows * cols);
  if (cols < LEAST_COLS) throw new ShapeError(`${name}: expected samples of at least ${LEAST_COLS} px, got ${cols}`);
  const { data } = finitePixels({ rows: count * rows, cols, data: dataset.data }, name, fill);
  return { count, rows, cols, data, scan: kind === "spectral-map" ? [shape[0], shape[1]] : undefined };
}

/** Checks the options and fills in the defaults for these samples. */
export function settleSampleOptions(options: SampleOptions, samples: Samples, name: string): SettledOptions {
  if (samples.count < LEAST_SAMPLES) {
    throw new ShapeError(`${name}: expected at least ${LEAST_SAMPLES} samples, got ${samples.count}`);
  }
  for (const option of ["rotation", "scale"] as const) {
    if (options[option] && samples.rows === 1) {
      throw new ConfigError(`${option}: expected windows of more than one row, got 1D signals`);
    }
  }
  const given = Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
  return { ...settleOptions({ ...sampleDefaults, ...given }), samples: samples.count, templates: 1 };
}

type Moments = Pick<SamplesPlan, "mean" | "sd">;

/** Mean and standard deviation of all values. `NumericsError` where they are equal. */
export function contrastOf({ data }: Samples, name: string): Moments {
  const moments = momentsOf(data);
  if (!(moments.sd > 0)) {
    throw new NumericsError(`${name}: the samples have no contrast: all values are ${moments.mean}`);
  }
  return moments;
}

export function normaliseSamples({ data }: Samples, { mean, sd }: SamplesPlan): Float32Array {
  return data.map((v) => (v - mean) / sd);
}

/** Share of samples whose features the largest shift reaches, and what is added to it, in sample sizes. */
const REACHED = 0.99;
const MARGIN = 0.04;

/** Chooses what the options leave open. `features`: (n, 2) of `featurePlaces`. */
export function makeSamplesPlan(
  samples: Samples,
  features: ArrayLike<number>,
  moments: Moments,
  options: SettledOptions,
): SamplesPlan {
  const { rows, cols, count } = samples;
  const along = (axis: 0 | 1, size: number) => {
    if (size === 1) return 0;
    if (options.maxShift !== undefined) return Math.ceil(options.maxShift);
    const off = Float64Array.from({ length: count }, (_, i) => Math.abs(features[2 * i + axis])).sort();
    return Math.min(size, Math.ceil(off[Math.floor(REACHED * (count - 1))] + Math.max(3, MARGIN * size)));
  };
  const maxShift = [along(0, rows), along(1, cols)] as const;
  if (maxShift[0] > rows || maxShift[1] > cols) {
    throw new ConfigError(`maxShift: expected at most the sample's size, ${rows}×${cols} px, got ${options.maxShift}`);
  }
  const size = rows === 1 ? `${cols}` : `${rows}×${cols}`;
  const shift = rows === 1 ? `${maxShift[1]}` : maxShift.join(" and ");
  const reasons = [`${count} samples of ${size} px, largest shift ${shift} px`];
  return { rows, cols, maxShift, ...planOrientation(options, Math.min(rows, cols)), ...moments, reasons };
}

/** Width of the running mean that the most prominent feature is looked for in, in sample sizes. */
const FEATURE_WIDTH = 0.05;

/**
 * Place of each sample's most prominent feature about the median place, (n, 2) whole pixels: the extreme of its running mean, a maximum
 * where the values of all samples are skewed upwards and a minimum where downwards. Only where shifts are looked for depends on it.
 */
export function featurePlaces({ data, count, rows, cols }: Samples, { mean, sd }: Moments): Float64Array {
  const skew = data.reduce((sum, v) => sum + ((v - mean) / sd) ** 3, 0);
  const sign = skew < 0 ? -1 : 1;
  const half = (size: number) => (size === 1 ? 0 : Math.max(1, Math.round((FEATURE_WIDTH * size) / 2)));
  const places = new Float64Array(2 * count);
  const size = rows * cols;
  for (let i = 0; i < count; i++) {
    const sample = data.subarray(i * size, (i + 1) * size);
    const smooth = runningMean(runningMean(sample, cols, 1, half(cols)), rows, cols, half(rows));
    let best = 0;
    for (let p = 1; p < size; p++) if (sign * smooth[p] > sign * smooth[best]) best = p;
    places.set([Math.floor(best / cols), best % cols], 2 * i);
  }
  for (const axis of [0, 1]) {
    const middle = places.filter((_, k) => k % 2 === axis).sort()[count >> 1];
    for (let i = 0; i < count; i++) places[2 * i + axis] -= middle;
  }
  return places;
}

/** Running mean over 2·half + 1 pixels along an axis of `length` pixels, `stride` apart; fewer at the ends. */
function runningMean(x: Float32Array, length: number, stride: number, half: number): Float32Array {
  if (half === 0) return x;
  const out = new Float32Array(x.length);
  const sums = new Float64Array(length + 1);
  for (let line = 0; line < x.length / length; line++) {
    const first = stride === 1 ? line * length : line;
    for (let p = 0; p < length; p++) sums[p + 1] = sums[p] + x[first + p * stride];
    for (let p = 0; p < length; p++) {
      const [from, to] = [Math.max(0, p - half), Math.min(length, p + half + 1)];
      out[first + p * stride] = (sums[to] - sums[from]) / (to - from);
    }
  }
  return out;
}

/** The core's configuration for n samples. */
export function samplesConfig(plan: SamplesPlan, options: SettledOptions, threads: number): CoreConfig {
  return {
    ...trainingConfig(options, threads),
    FRAMES: options.samples,
    ROWS: plan.rows,
    COLS: plan.cols,
    WINDOW_ROWS: plan.rows,
    WINDOW_COLS: plan.cols,
    SHIFT_ROWS: plan.maxShift[0],
    SHIFT_COLS: plan.maxShift[1],
    SHIFT_PRIOR: 0,
    ...orientationConfig(plan),
  };
}

/** Windows are whole samples: their centres are the middle of the sample. */
export function centresOf({ rows, cols }: Pick<SamplesPlan, "rows" | "cols">, count: number): Windows["centre"] {
  return Float64Array.from({ length: 2 * count }, (_, k) => ((k & 1 ? cols : rows) - 1) / 2);
}
