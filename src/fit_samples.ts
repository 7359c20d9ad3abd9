import type { Session } from "./core/session.ts";
import type { Dataset } from "./data/dataset.ts";
import { createRng } from "./data/rng.ts";
import { FINAL, firstTemplate } from "./fit/first_template.ts";
import { pixelSizeOf } from "./fit/image.ts";
import { learnEncoding } from "./fit/learn_encoding.ts";
import { manifoldOver } from "./fit/manifold.ts";
import type { ProgressEvent, SettledOptions } from "./fit/options.ts";
import {
  encodeJob,
  inSession,
  type JobHooks,
  metricsOf,
  type Run,
  runJob,
  timed,
  train,
  versionsOf,
} from "./fit/run.ts";
import {
  centresOf,
  contrastOf,
  featurePlaces,
  makeSamplesPlan,
  normaliseSamples,
  type SampleOptions,
  type Samples,
  type SamplesPlan,
  samplesConfig,
  samplesOf,
  settleSampleOptions,
} from "./fit/samples.ts";
import { readResults } from "./fit/windows.ts";
import type { SamplesReport, ScanMaps } from "./results/samples.ts";
import type { Grid, Windows } from "./results/types.ts";
import { SamplesModel } from "./samples_model.ts";
import { storedArrays, storedHeader } from "./stored_model.ts";

export interface SamplesFitResult extends SamplesReport {
  /** The trained model: encodes other samples of the same size, decodes content. */
  readonly model: SamplesModel;
  /** Size, largest shift and normalisation of the samples. */
  readonly plan: SamplesPlan;
}

/** What the stages of a fit pass along. */
interface SamplesRun extends Run {
  readonly options: SettledOptions;
  readonly samples: Samples;
  /** Size, largest shift and normalisation of the samples. */
  readonly plan: SamplesPlan;
  /** (n, 2) of `featurePlaces`. */
  readonly features: Float64Array;
}

/**
 * Finds what 1D signals or stand-alone windows share, by how much it is shifted in each and how it varies: the model of `fit`
 * without the image around the windows. Shifts are relative to the samples' typical one.
 * @param dataset spectra (n, energies), a spectral map (rows, columns, energies), or a stack of windows (n, rows, columns)
 * @throws ConfigError, ShapeError, NumericsError; FitAborted, without a checkpoint, when the signal aborts
 */
export async function fitSamples(
  dataset: Dataset,
  options: SampleOptions = {},
  hooks: JobHooks = {},
): Promise<SamplesFitResult> {
  const samples = samplesOf(dataset, options.fill ?? false);
  const settled = settleSampleOptions(options, samples, dataset.name);
  return inSession(settled, hooks.signal, async (session) => {
    const run = await timed("normalise", {}, async (seconds) => {
      hooks.onProgress?.({ stage: "normalise", done: 0, total: 1 });
      const moments = contrastOf(samples, dataset.name);
      const features = featurePlaces(samples, moments);
      const plan = makeSamplesPlan(samples, features, moments, settled);
      place(session, samples, plan, settled);
      return { options: settled, hooks, session, seconds, samples, plan, features, checkpoint: () => undefined };
    });
    await timed("align", run.seconds, () => align(run));
    // To the end of the schedule: the falling rate averages out what is left in the order parameter's scale.
    await timed("train", run.seconds, () => train(run, false));
    await timed("priors", run.seconds, () => learnEncoding(session, run.samples.count, run.options.latentDim));
    return finish(run, dataset);
  });
}

/** The core laid out, with the samples in it. */
function place({ core, threads }: Session, samples: Samples, plan: SamplesPlan, options: SettledOptions): void {
  core.create(samplesConfig(plan, options, threads));
  core.floats("DATA", samples.data.length).set(normaliseSamples(samples, plan));
  core.exports.sv_sample(core.arena);
}

/** Each start is one sample, its feature at the median place. */
async function align(run: SamplesRun): Promise<void> {
  const { options, samples, features } = run;
  const { core } = run.session;
  const rng = createRng(options.seed);
  const middle = (frame: number, axis: 0 | 1) => {
    return ((axis === 0 ? samples.rows : samples.cols) - 1) / 2 + features[2 * frame + axis];
  };
  const starts = Array.from({ length: options.restarts }, () => {
    const frame = Math.floor(rng.uniform() * samples.count);
    return [frame, middle(frame, 0), middle(frame, 1)] as const;
  });
  core.exports.sv_initialise(core.arena);
  let [done, total] = [0, 1];
  const rounds = async (windows: number, count: number, expected: number, coarse: boolean) => {
    total = done + expected;
    const job = { name: "align", windows, rounds: count, trimmed: false, coarse } as const;
    await runJob(run, job, (): ProgressEvent => ({ stage: "align", done, total }));
    done += count;
  };
  await firstTemplate(core, starts, samples.count, rounds);
  await rounds(Math.min(FINAL.windows, samples.count), FINAL.rounds, FINAL.rounds, false);
}

async function finish(run: SamplesRun, dataset: Dataset): Promise<SamplesFitResult> {
  const { session, options, plan, samples } = run;
  const { core } = session;
  const [L, n] = [options.latentDim, samples.count];
  const windows = await timed("encode", run.seconds, () =>
    encodeJob(run, n, "encode", async (count) => {
      await session.run({ name: "encode", first: 0, count });
      return { count, latentDim: L, centre: centresOf(plan, count), ...readResults(session, count, L, 1, plan) };
    }),
  );
  const header = { ...storedHeader(session, samplesConfig(plan, options, 1)), plan };
  const template = core.decode(new Float32Array(L));
  return {
    title: dataset.name,
    pixelSize: pixelSizeOf(dataset),
    windows,
    moments: { mean: plan.mean, sd: plan.sd },
    signal: samples.rows === 1 ? dataset.axes[dataset.axes.length - 1] : undefined,
    scan: samples.scan && [dataset.axes[0], dataset.axes[1]],
    maps: samples.scan && scanMaps(windows, samples, ...samples.scan),
    template,
    middle: template.cols / 2,
    manifold: await manifoldOver(L, (z, count) => session.core.decodeAll(z, count)),
    metrics: metricsOf(run),
    config: { ...options, plan },
    versions: versionsOf(session),
    model: new SamplesModel(header, storedArrays(session)),
    plan,
  };
}

/** Maps of the samples' results over the scan that they are the points of. */
export function scanMaps(
  { shift, shiftSd, z, latentDim }: Windows,
  samples: Samples,
  rows: number,
  cols: number,
): ScanMaps {
  const map = (values: Float64Array, width: number, k: number): Grid => ({
    rows,
    cols,
    data: Float32Array.from({ length: rows * cols }, (_, i) => values[i * width + k]),
  });
  return {
    z: Array.from({ length: latentDim }, (_, l) => map(z, latentDim, l)),
    shift: map(shift, 2, 1),
    shiftSd: map(shiftSd, 2, 1),
    mean: { rows, cols, data: meansOf(samples) },
  };
}

/** Mean of each sample. */
function meansOf({ count, rows, cols, data }: Samples): Float32Array {
  const size = rows * cols;
  return Float32Array.from(
    { length: count },
    (_, i) => data.subarray(i * size, (i + 1) * size).reduce((sum, v) => sum + v, 0) / size,
  );
}
