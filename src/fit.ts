import type { CoreConfig } from "./core/core.ts";
import type { Session } from "./core/session.ts";
import type { Dataset } from "./data/dataset.ts";
import { alignTemplates } from "./fit/align.ts";
import { type Checkpoint, packCheckpoint, restoreCheckpoint, resumedOptions } from "./fit/checkpoint.ts";
import { judgeBatch, noConditions } from "./fit/condition.ts";
import { finitePixels, imageOf, pixelSizeOf } from "./fit/image.ts";
import { manifoldOver } from "./fit/manifold.ts";
import { type FitOptions, type ProgressEvent, type SettledOptions, settleOptions } from "./fit/options.ts";
import { coreConfig, makePlan, type Plan, prepareImage } from "./fit/plan.ts";
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
import { encodeWindows, type Frame, inGauge, placeWindows } from "./fit/windows.ts";
import { Model } from "./model.ts";
import { findMotifs, motifSpacing } from "./results/find_motifs.ts";
import { fitGauge } from "./results/gauge.ts";
import { fitLattice } from "./results/lattice.ts";
import { latentMaps } from "./results/maps.ts";
import { folded, rotationalSymmetry } from "./results/symmetry.ts";
import type { FitReport, Grid, Motifs, Windows } from "./results/types.ts";
import { storedHeader } from "./stored_model.ts";

export interface FitHooks extends JobHooks {
  /** A checkpoint to go on from. */
  readonly resume?: Checkpoint;
}

export interface FitResult extends FitReport {
  readonly model: Model;
  readonly plan: Plan;
}

/** The state that the stages of a fit pass along. */
interface ImageRun extends Run {
  readonly options: SettledOptions;
  readonly image: Grid;
  readonly plan: Plan;
  readonly config: CoreConfig;
  readonly frame: Frame;
}

/**
 * Finds the repeating motif of an image, where it sits and how it varies: shift-invariant VAE with exact shift inference
 * (Ziatdinov, Wong, Kalinin, Mach. Learn.: Sci. Technol. 4, 045033, 2023).
 * @param dataset one image, rows × columns
 * @throws ConfigError, ShapeError, NumericsError; FitAborted when the signal aborts
 */
export async function fit(dataset: Dataset, options: FitOptions = {}, hooks: FitHooks = {}): Promise<FitResult> {
  const settled = settleOptions(hooks.resume ? resumedOptions(hooks.resume, options) : options);
  const image = finitePixels(imageOf(dataset), dataset.name, settled.fill);
  return inSession(settled, hooks.signal, async (session) => {
    const run = await timed("normalise", {}, (seconds) => prepare(settled, hooks, session, image, seconds));
    if (hooks.resume) restoreCheckpoint(session.core, hooks.resume);
    else await timed("align", run.seconds, () => align(run));
    await timed("train", run.seconds, () => train(run));
    return finish(run, dataset);
  });
}

/** Plan, flat-fielded image in the core, windows drawn. */
async function prepare(
  options: SettledOptions,
  hooks: FitHooks,
  session: Session,
  image: Grid,
  seconds: Record<string, number>,
): Promise<ImageRun> {
  hooks.onProgress?.({ stage: "normalise", done: 0, total: 1 });
  const { core } = session;
  const plan = hooks.resume?.plan ?? makePlan(core, image, options);
  const small = prepareImage(core, image, plan);
  const config = coreConfig(plan, options, small, session.threads);
  core.create(config);
  core.floats("DATA", small.data.length).set(small.data);
  core.exports.sv_sample(core.arena);
  const frame = { binning: plan.binning, windowSize: plan.windowSize, rows: small.rows, cols: small.cols };
  const checkpoint = () => packCheckpoint(core, options, plan);
  const { condition } = options;
  const judge = condition && (() => judgeBatch(core, condition, options, frame));
  return { options, hooks, session, image, seconds, plan, config, frame, judge, checkpoint };
}

/** Registration templates, before there is content. */
function align(run: ImageRun): Promise<void> {
  const { core } = run.session;
  let [done, total] = [0, 1];
  const event = (): ProgressEvent => ({ stage: "align", done, total });
  return alignTemplates(core, run.plan, run.options, run.frame, async (windows, rounds, expected, trimmed) => {
    total = done + expected;
    await runJob(run, { name: "align", windows, rounds, trimmed }, event);
    done += rounds;
  });
}

/** Everything after training: windows, gauge, motifs, lattice, maps, template, manifold. */
async function finish(run: ImageRun, dataset: Dataset): Promise<FitResult> {
  const { session, options, frame, plan, image } = run;
  const { core } = session;
  const L = options.latentDim;
  const parameters = core.parameterBlock("PARAMETERS").slice();
  const spacing = motifSpacing(plan.period, plan.windowSize * plan.binning);
  const raw = await timed("encode", run.seconds, () => encoding(run, options.samples, "encode"));
  const found = await timed("motifs", run.seconds, () =>
    findMotifs(raw, spacing, plan.maxShift * plan.binning, (centres) => {
      placeWindows(session, frame, centres);
      return encoding(run, centres.length / 2, "motifs");
    }),
  );
  const template = core.decode(new Float32Array(L));
  const symmetry = plan.rotation && rotationalSymmetry(template, plan.windowSize / 2);
  const gauge = fitGauge(found.position, found.z, L, plan.period, [image.rows, image.cols]);
  const windows = folded(inGauge(raw, gauge), symmetry ?? 1);
  const motifs = folded(gauged(found, gauge), symmetry ?? 1);
  const maps = latentMaps(motifs, image.rows, image.cols, spacing);
  const header = { ...storedHeader(session, { ...run.config, ...noConditions, THREADS: 1 }), plan, gauge, symmetry };
  const margin = (plan.windowSize / 2 - plan.maxShift + 1) * plan.binning;
  return {
    title: dataset.name,
    image,
    pixelSize: pixelSizeOf(dataset),
    windowSize: plan.windowSize * plan.binning,
    windows,
    motifs,
    maps,
    template,
    binning: plan.binning,
    manifold: await manifoldOver(L, (z, count) => core.decodeAll(z, count)),
    lattice: fitLattice(motifs.position, plan.period, image.rows, image.cols, margin),
    symmetry,
    metrics: metricsOf(run),
    config: {
      ...options,
      window: plan.windowSize * plan.binning,
      maxShift: plan.maxShift * plan.binning,
      condition: options.condition && "a function of the caller",
      plan,
    },
    versions: versionsOf(session),
    model: new Model(header, parameters, core.templates().slice()),
    plan,
  };
}

function encoding(run: ImageRun, count: number, stage: "encode" | "motifs"): Promise<Windows> {
  return encodeJob(run, count, stage, (windows) =>
    encodeWindows(run.session, run.frame, windows, run.options.latentDim, run.plan),
  );
}

function gauged(motifs: Motifs, gauge: Parameters<typeof inGauge>[1]): Motifs {
  const moved = inGauge(
    { ...motifs, centre: new Float64Array(2 * motifs.count), shift: motifs.position, shiftSd: motifs.positionSd },
    gauge,
  );
  return { ...motifs, position: moved.shift };
}
