import { runtimeName } from "./core/runtime.ts";
import { VERSION } from "./core/version.ts";
import type { Dataset } from "./data/dataset.ts";
import { ConfigError } from "./errors.ts";
import { finitePixels, imageOf, pixelSizeOf } from "./fit/image.ts";
import { type FitOptions, type ProgressEvent, settleOptions } from "./fit/options.ts";
import { makePlan } from "./fit/plan.ts";
import { inSession, type JobHooks } from "./fit/run.ts";
import { type FitResult, fit } from "./fit.ts";
import { latentsInUse } from "./results/latents.ts";
import { median, type ScanPoint, type ScanReport } from "./results/scan.ts";

/** What is tried; every window with every number of latents. */
export interface ScanGrid {
  /** Window sides, px of the input. Default: 0.5, 0.75, 1 and 1.5 times what `fit` would choose. */
  readonly window?: readonly number[];
  /** Numbers of latents. Default: 1, 2, 3. */
  readonly latentDim?: readonly number[];
}

/** Progress of a scan, and how to stop it. */
export interface ScanHooks extends Pick<JobHooks, "signal"> {
  /** `run` of `runs` fits, from 1. */
  readonly onProgress?: (event: ProgressEvent, run: number, runs: number) => void;
}

const DEFAULT_LATENTS = [1, 2, 3];
const DEFAULT_SHARES = [0.5, 0.75, 1, 1.5];
/** Least window that is tried unasked, px. */
const LEAST_WINDOW = 8;

/**
 * Fits an image with several window sizes and numbers of latents, and compares what matters in the choice: the paper's trade-off
 * between the uncertainty of positions and of shapes (Ziatdinov, Wong, Kalinin, Mach. Learn.: Sci. Technol. 4, 045033, 2023), the ELBO
 * and the latents in use. All else is as in `fit`.
 * @param dataset one image
 * @throws ConfigError for an empty grid, and what `fit` throws; FitAborted, without a checkpoint, when the signal aborts
 */
export async function scan(
  dataset: Dataset,
  grid: ScanGrid = {},
  options: Omit<FitOptions, "window" | "latentDim"> = {},
  hooks: ScanHooks = {},
): Promise<ScanReport> {
  const windows = checked("window", grid.window ?? (await defaultWindows(dataset, options)));
  const latents = checked("latentDim", grid.latentDim ?? DEFAULT_LATENTS);
  const choices = windows.flatMap((window) => latents.map((latentDim) => ({ ...options, window, latentDim })));
  const { rows, cols } = imageOf(dataset);
  for (const choice of choices) {
    settleOptions(choice);
    if (choice.window <= Math.min(rows, cols)) continue;
    throw new ConfigError(
      `window: expected at most the image's shorter side, ${Math.min(rows, cols)} px, got ${choice.window}`,
    );
  }
  const points: ScanPoint[] = [];
  let versions: ScanReport["versions"] = { "shift-vae": VERSION, runtime: runtimeName() };
  for (const [k, choice] of choices.entries()) {
    const onProgress = (event: ProgressEvent) => hooks.onProgress?.(event, k + 1, choices.length);
    const result = await fit(dataset, choice, { onProgress, signal: hooks.signal });
    points.push(pointOf(result));
    versions = result.versions;
  }
  return {
    title: dataset.name,
    pixelSize: pixelSizeOf(dataset),
    points,
    config: { ...options, windows, latents },
    versions,
  };
}

/** Ascending, each once. */
function checked(name: string, values: readonly number[]): number[] {
  if (values.length === 0) throw new ConfigError(`${name}: expected one value or more, got none`);
  return [...new Set(values)].sort((a, b) => a - b);
}

async function defaultWindows(dataset: Dataset, options: FitOptions): Promise<number[]> {
  const settled = settleOptions({ ...options, threads: 1 });
  const image = finitePixels(imageOf(dataset), dataset.name, settled.fill);
  return inSession(settled, undefined, async ({ core }) => {
    const { windowSize, binning } = makePlan(core, [image], settled);
    const most = Math.min(image.rows, image.cols);
    const sides = DEFAULT_SHARES.map((share) => 4 * binning * Math.max(2, Math.round((share * windowSize) / 4)));
    return sides.filter((side) => side >= LEAST_WINDOW && side <= most);
  });
}

function pointOf({ plan, metrics, motifs, lattice }: FitResult): ScanPoint {
  const L = motifs.latentDim;
  const { elbo = Number.NaN } = metrics;
  const rms = (values: readonly number[]) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
  const used = latentsInUse(metrics.klPerLatent);
  const each = (of: (motif: number) => number) => median(Array.from({ length: motifs.count }, (_, m) => of(m)));
  return {
    window: plan.windowSize * plan.binning,
    latentDim: L,
    elbo,
    elboPerPixel: elbo / plan.windowSize ** 2,
    positionSd: each((m) => rms([motifs.positionSd[2 * m], motifs.positionSd[2 * m + 1]])),
    shapeSd: used.length > 0 ? each((m) => rms(used.map((l) => motifs.zSd[m * L + l]))) : Number.NaN,
    inUse: used.length,
    klPerLatent: metrics.klPerLatent,
    sigma: metrics.sigma,
    motifs: motifs.count,
    coverage: lattice?.coverage ?? Number.NaN,
    seconds: Object.values(metrics.seconds).reduce((sum, s) => sum + s, 0),
  };
}
