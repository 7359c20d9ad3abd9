import type { Job } from "./core/core.ts";
import { openSession, type Session } from "./core/session.ts";
import type { Dataset } from "./data/dataset.ts";
import { NumericsError } from "./errors.ts";
import { alignTemplates } from "./fit/align.ts";
import { type Checkpoint, FitAborted, packCheckpoint, restoreCheckpoint } from "./fit/checkpoint.ts";
import { finitePixels, imageOf } from "./fit/image.ts";
import { type FitOptions, type ProgressEvent, type SettledOptions, settleOptions } from "./fit/options.ts";
import { coreConfig, makePlan, type Plan, prepareImage } from "./fit/plan.ts";
import { encodeWindows, type Frame, inGauge, placeWindows } from "./fit/windows.ts";
import { MODEL_VERSION, Model } from "./model.ts";
import { findMotifs, motifSpacing } from "./results/find_motifs.ts";
import { fitGauge } from "./results/gauge.ts";
import { fitLattice } from "./results/lattice.ts";
import { latentMaps } from "./results/maps.ts";
import type { FitReport, Grid, HistoryEntry, Manifold, Metrics, Motifs, Windows } from "./results/types.ts";
import { VERSION } from "./version.ts";

/** What runs around a fit: progress, cancellation, and a checkpoint to go on from. */
export interface FitHooks {
  readonly onProgress?: (event: ProgressEvent) => void;
  /** Aborting stops the fit within a training step; `FitAborted` carries a checkpoint. */
  readonly signal?: AbortSignal;
  readonly resume?: Checkpoint;
}

export interface FitResult extends FitReport {
  readonly model: Model;
  readonly plan: Plan;
}

/** Training stops when a pass gains less than this, nats a window, and this share of the ELBO. */
const PLATEAU_NATS = 0.05;
const PLATEAU_SHARE = 1e-4;
/** Milliseconds between progress events. */
const PROGRESS_INTERVAL = 100;

/** The state that the stages of a fit pass along. */
interface Run {
  readonly options: SettledOptions;
  readonly hooks: FitHooks;
  readonly session: Session;
  readonly image: Grid;
  readonly seconds: Record<string, number>;
  plan: Plan;
  frame: Frame;
}

/**
 * Finds the repeating motif of an image, where it sits and how it varies: shift-invariant VAE with exact shift inference
 * (Ziatdinov, Wong, Kalinin, Mach. Learn.: Sci. Technol. 4, 045033, 2023).
 * @param dataset one image, rows × columns
 * @throws ConfigError, ShapeError, NumericsError; FitAborted when the signal aborts
 */
export async function fit(dataset: Dataset, options: FitOptions = {}, hooks: FitHooks = {}): Promise<FitResult> {
  const settled = settleOptions(hooks.resume ? { ...hooks.resume.options, threads: options.threads } : options);
  const image = finitePixels(imageOf(dataset), dataset.name, settled.fill);
  const session = await openSession({ threads: settled.threads, reproducible: settled.reproducible });
  const stop = () => session.core.cancel(true);
  try {
    const run = await timed("normalise", {}, (seconds) => prepare(settled, hooks, session, image, seconds));
    hooks.signal?.addEventListener("abort", stop);
    if (hooks.signal?.aborted) stop();
    if (hooks.resume) restoreCheckpoint(session.core, hooks.resume);
    else await timed("align", run.seconds, () => align(run));
    await timed("train", run.seconds, () => train(run));
    return await finish(run, dataset);
  } finally {
    hooks.signal?.removeEventListener("abort", stop);
    await session.close();
  }
}

async function timed<T>(
  stage: string,
  seconds: Record<string, number>,
  work: (seconds: Record<string, number>) => Promise<T>,
): Promise<T> {
  const began = performance.now();
  const result = await work(seconds);
  seconds[stage] = (seconds[stage] ?? 0) + (performance.now() - began) / 1000;
  return result;
}

/** Plan, flat-fielded image in the core, windows drawn. */
async function prepare(
  options: SettledOptions,
  hooks: FitHooks,
  session: Session,
  image: Grid,
  seconds: Record<string, number>,
): Promise<Run> {
  hooks.onProgress?.({ stage: "normalise", done: 0, total: 1 });
  const { core } = session;
  const plan = hooks.resume?.plan ?? makePlan(core, image, options);
  const small = prepareImage(core, image, plan);
  core.create(coreConfig(plan, options, small.rows, small.cols, session.threads));
  core.floats("DATA", small.data.length).set(small.data);
  core.exports.sv_sample(core.arena);
  const frame = { binning: plan.binning, windowSize: plan.windowSize, rows: small.rows, cols: small.cols };
  return { options, hooks, session, image, seconds, plan, frame };
}

/** Runs a job with progress events, and throws `FitAborted` after it where the signal has fired. */
async function runJob(run: Run, job: Job, event: () => ProgressEvent): Promise<void> {
  const { session, hooks } = run;
  const timer = hooks.onProgress && setInterval(() => hooks.onProgress?.(event()), PROGRESS_INTERVAL);
  try {
    await session.run(job);
  } finally {
    clearInterval(timer);
  }
  if (session.core.progress("NONFINITE") > 0) {
    throw new NumericsError("training diverged: a gradient is not finite; try a smaller --learning-rate");
  }
  if (hooks.signal?.aborted) throw new FitAborted(packCheckpoint(session.core, run.options, run.plan));
}

/** Registration templates, before there is content. */
function align(run: Run): Promise<void> {
  const { core } = run.session;
  let [done, total] = [0, 1];
  const event = (): ProgressEvent => ({ stage: "align", done, total });
  return alignTemplates(core, run.plan, run.options, run.frame, async (windows, rounds, expected, trimmed) => {
    total = done + expected;
    await runJob(run, { name: "align", windows, rounds, trimmed }, event);
    done += rounds;
  });
}

function historyOf(session: Session): HistoryEntry[] {
  const { core } = session;
  const rows = core.floats("HISTORY", 4 * core.progress("HISTORY"));
  return Array.from({ length: rows.length / 4 }, (_, step) => ({
    step,
    elbo: rows[4 * step],
    reconstruction: rows[4 * step + 1],
    kl: rows[4 * step + 2],
    sigma: rows[4 * step + 3],
  }));
}

function meanElbo(history: readonly HistoryEntry[]): number {
  return history.reduce((sum, entry) => sum + entry.elbo, 0) / Math.max(1, history.length);
}

/** Pass after pass over the windows until the steps are done, or a pass hardly gains anything. */
async function train(run: Run): Promise<void> {
  const { session, options } = run;
  const pass = Math.ceil(options.samples / options.batch);
  const total = Math.max(1, Math.round((options.samples * options.epochs) / options.batch));
  const step = () => session.core.progress("STEP");
  const event = (): ProgressEvent => {
    const done = step();
    return { stage: "train", done, total, latest: historyOf(session)[done - 1] };
  };
  while (step() < total) {
    const steps = Math.min(pass - (step() % pass), total - step());
    await runJob(run, { name: "train", steps }, event);
    const history = historyOf(session);
    if (history.length < 3 * pass || step() % pass !== 0) continue;
    const [before, last] = [meanElbo(history.slice(-2 * pass, -pass)), meanElbo(history.slice(-pass))];
    if (last - before < PLATEAU_NATS + PLATEAU_SHARE * Math.abs(last)) break;
  }
  run.hooks.onProgress?.(event());
}

/** Everything after training: windows, gauge, motifs, lattice, maps, template, manifold. */
async function finish(run: Run, dataset: Dataset): Promise<FitResult> {
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
  const gauge = fitGauge(found.position, found.z, L, plan.period);
  const windows = inGauge(raw, gauge);
  const motifs = gauged(found, gauge);
  const maps = latentMaps(motifs, image.rows, image.cols, spacing);
  const header = {
    version: MODEL_VERSION,
    core: coreConfig(plan, options, frame.rows, frame.cols, 1),
    plan,
    gauge,
    variance: core.progress("VARIANCE"),
    templates: core.progress("TEMPLATES"),
  };
  const margin = (plan.windowSize / 2 - plan.maxShift + 1) * plan.binning;
  return {
    title: dataset.name,
    image,
    pixelSize: pixelSizeOf(dataset),
    windowSize: plan.windowSize * plan.binning,
    windows,
    motifs,
    maps,
    template: core.decode(new Float32Array(L)),
    binning: plan.binning,
    manifold: manifoldOf(session, L),
    lattice: fitLattice(motifs.position, plan.period, image.rows, image.cols, margin),
    metrics: metricsOf(run),
    config: { ...options, window: plan.windowSize * plan.binning, maxShift: plan.maxShift * plan.binning, plan },
    versions: { "shift-vae": VERSION, node: process.version, variant: session.variant, threads: session.threads },
    model: new Model(header, parameters, core.templates().slice()),
    plan,
  };
}

/** Encodes the core's windows with progress events; `FitAborted` where the signal has fired, as what is there is not whole. */
async function encoding(run: Run, count: number, stage: "encode" | "motifs"): Promise<Windows> {
  const { session, frame, options, hooks } = run;
  const event = (): ProgressEvent => ({ stage, done: session.core.progress("ENCODED"), total: count });
  const timer = hooks.onProgress && setInterval(() => hooks.onProgress?.(event()), PROGRESS_INTERVAL);
  try {
    const windows = await encodeWindows(session, frame, count, options.latentDim);
    if (hooks.signal?.aborted) throw new FitAborted(packCheckpoint(session.core, run.options, run.plan));
    return windows;
  } finally {
    clearInterval(timer);
  }
}

function gauged(motifs: Motifs, gauge: Parameters<typeof inGauge>[1]): Motifs {
  const moved = inGauge(
    { ...motifs, centre: new Float64Array(2 * motifs.count), shift: motifs.position, shiftSd: motifs.positionSd },
    gauge,
  );
  return { ...motifs, position: moved.shift };
}

function pixelSizeOf(dataset: Dataset): FitReport["pixelSize"] {
  const axis = dataset.axes[dataset.axes.length - 1];
  return axis.unit === "px" ? undefined : { value: axis.scale, unit: axis.unit };
}

/** Tiles a side of the manifold, and its range in prior standard deviations. */
const MANIFOLD_TILES = 7;
const MANIFOLD_RANGE = 2;

function manifoldOf(session: Session, L: number): Manifold {
  const axis = Float64Array.from(
    { length: MANIFOLD_TILES },
    (_, i) => MANIFOLD_RANGE * ((2 * i) / (MANIFOLD_TILES - 1) - 1),
  );
  const axis1 = L > 1 ? axis : Float64Array.of(0);
  const tiles: Grid[] = [];
  for (const first of axis1) {
    for (const second of axis) {
      const z = new Float32Array(L);
      if (L > 1) z.set([first, second]);
      else z[0] = second;
      tiles.push(session.core.decode(z));
    }
  }
  return { axis1, axis2: axis, tiles };
}

function metricsOf(run: Run): Metrics {
  const { session, options } = run;
  const history = historyOf(session);
  const last = history.slice(-Math.max(1, Math.round(history.length / 10)));
  const mean = (key: "elbo" | "reconstruction" | "kl") =>
    last.reduce((sum, entry) => sum + entry[key], 0) / last.length;
  return {
    elbo: mean("elbo"),
    reconstruction: mean("reconstruction"),
    kl: mean("kl"),
    klPerLatent: Array.from({ length: options.latentDim }, (_, l) => session.core.progress("KL_LATENT", l)),
    sigma: Math.sqrt(session.core.progress("VARIANCE")),
    seconds: run.seconds,
    history,
  };
}
