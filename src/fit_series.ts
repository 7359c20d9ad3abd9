import type { Session } from "./core/session.ts";
import { packCheckpoint, restoreCheckpoint, resumedOptions } from "./fit/checkpoint.ts";
import { judgeBatch, noConditions } from "./fit/condition.ts";
import { calibrationWarning, type FrameSource } from "./fit/frames.ts";
import { align, encoding, type ImageRun, motifsInGauge, siteMargin } from "./fit/image_run.ts";
import { learnEncoding } from "./fit/learn_encoding.ts";
import { manifoldOver } from "./fit/manifold.ts";
import { type FitOptions, type SettledOptions, settleOptions } from "./fit/options.ts";
import type { Plan } from "./fit/plan.ts";
import { inSession, metricsOf, timed, train, versionsOf } from "./fit/run.ts";
import {
  drawWindows,
  gridCentres,
  loadSeries,
  readFrame,
  seriesGeometry,
  seriesPlan,
  shownOf,
  spread,
} from "./fit/series.ts";
import { inGauge, placesOf, placeWindows } from "./fit/windows.ts";
import type { FitHooks } from "./fit.ts";
import { Model } from "./model.ts";
import { fitDrift } from "./results/drift.ts";
import { findMotifs, motifSpacing } from "./results/find_motifs.ts";
import type { Gauge } from "./results/gauge.ts";
import { fitGauge } from "./results/gauge_fit.ts";
import { fitLattice } from "./results/lattice.ts";
import { latentMaps } from "./results/maps.ts";
import type { FrameResult, SeriesReport } from "./results/series.ts";
import { folded, rotationalSymmetry } from "./results/symmetry.ts";
import { linkMotifs } from "./results/tracks.ts";
import type { Motifs, Windows } from "./results/types.ts";
import { storedArrays, storedHeader } from "./stored_model.ts";

export interface SeriesResult extends SeriesReport {
  /** Encodes single images, as a model of `fit` does. */
  readonly model: Model;
  /** Window, largest shift, binning and lattice, as they were chosen; pixels of the binned frames. */
  readonly plan: Plan;
}

interface SeriesRun extends ImageRun {
  readonly source: FrameSource;
}

/** What was found in a frame before the gauge is known. */
interface Found {
  readonly windows: Windows;
  readonly motifs: Motifs;
}

/**
 * One model over many frames: a stack or movie, whose motifs are linked through time and give the drift, or several images of the same
 * kind. Frames are read one at a time; they may differ in size.
 * @throws ConfigError, ShapeError, NumericsError that name the frame; FitAborted when the signal aborts
 */
export async function fitSeries(
  source: FrameSource,
  options: FitOptions = {},
  hooks: FitHooks = {},
): Promise<SeriesResult> {
  const settled = settleOptions(hooks.resume ? resumedOptions(hooks.resume, options) : options);
  return inSession(settled, hooks.signal, async (session) => {
    const run = await timed("normalise", {}, (seconds) => prepare(settled, hooks, session, source, seconds));
    if (hooks.resume) restoreCheckpoint(session.core, hooks.resume);
    else await timed("align", run.seconds, () => align(run));
    await timed("train", run.seconds, () => train(run));
    if (settled.pose === "exact") {
      await timed("priors", run.seconds, () => learnEncoding(session, settled.samples, settled.latentDim));
    }
    return finish(run);
  });
}

/** Plan, flat-fielded frames in the core, windows drawn. */
async function prepare(
  options: SettledOptions,
  hooks: FitHooks,
  session: Session,
  source: FrameSource,
  seconds: Record<string, number>,
): Promise<SeriesRun> {
  const { core } = session;
  const progress = (done: number) => hooks.onProgress?.({ stage: "normalise", done, total: source.frames.length });
  progress(0);
  const plan = hooks.resume?.plan ?? (await seriesPlan(session, source, options));
  const geometry = seriesGeometry(source, plan);
  const config = await loadSeries(session, source, plan, geometry, options, progress);
  drawWindows(session, geometry, options);
  const checkpoint = () => packCheckpoint(core, options, plan);
  const { condition } = options;
  const judge = condition && (() => judgeBatch(core, condition, options, geometry));
  return { options, hooks, session, source, seconds, plan, config, geometry, judge, checkpoint };
}

/** Everything after training: the motifs of each frame, their gauge, lattice and maps; tracks and drift of a stack. */
async function finish(run: SeriesRun): Promise<SeriesResult> {
  const { session, options, plan, source } = run;
  const { core } = session;
  const L = options.latentDim;
  const spacing = motifSpacing(plan.period, plan.windowSize * plan.binning);
  const found = await timed("encode", run.seconds, () => searchFrames(run, spacing));
  const gauge = await timed("gauge", run.seconds, async () => gaugeOf(run, found));
  const template = core.decode(new Float32Array(L));
  const symmetry = plan.rotation && rotationalSymmetry(template, plan.windowSize / 2);
  const frames = found.map((own, k) => frameResult(run, k, own, { gauge, symmetry }, spacing));
  const motifs = frames.map((frame) => frame.motifs);
  const stack = source.kind === "stack";
  const tracks = stack ? linkMotifs(motifs, plan.period, spacing) : undefined;
  const numbers = frames.map((frame) => frame.number);
  const header = {
    ...storedHeader(session, { ...run.config, ...noConditions, FRAMES: 1, THREADS: 1 }),
    plan,
    gauge,
    symmetry,
  };
  return {
    title: source.name,
    kind: source.kind,
    axis: source.axis,
    windowSize: plan.windowSize * plan.binning,
    binning: plan.binning,
    frames,
    shown: await shownOf(source, (k) => readFrame(source, k, options.fill)),
    tracks,
    drift: tracks && fitDrift(motifs, tracks, numbers, plan.windowSize * plan.binning),
    template,
    symmetry,
    manifold: await manifoldOver(L, (z, count) => core.decodeAll(z, count)),
    metrics: metricsOf(run),
    config: {
      ...options,
      window: plan.windowSize * plan.binning,
      maxShift: plan.maxShift * plan.binning,
      condition: options.condition && "a function of the caller",
      plan,
    },
    versions: versionsOf(session),
    warnings: [calibrationWarning(source)].filter((warning) => warning !== undefined),
    model: new Model(header, storedArrays(session)),
    plan,
  };
}

/** Encodes a grid of windows over each frame and merges them, frame after frame. */
async function searchFrames(run: SeriesRun, spacing: number): Promise<Found[]> {
  const { session, geometry, plan, options } = run;
  const found: Found[] = [];
  for (let k = 0; k < geometry.frames.length; k++) {
    const encodeAt = (centres: readonly number[]) => {
      placeWindows(session, geometry, centres, k);
      return encoding(run, centres.length / 2, "encode", [k, geometry.frames.length]);
    };
    const windows = await encodeAt(gridCentres(geometry.frames[k], plan, spacing, options.samples));
    const motifs = await findMotifs(windows, spacing, plan.maxShift * plan.binning, encodeAt);
    found.push({ windows, motifs });
  }
  return found;
}

/** Frames that fix the gauge. */
const GAUGE_FRAMES = 6;

/** The gauge from the motifs of a few frames, evenly spread. */
function gaugeOf({ source, options, plan }: SeriesRun, found: readonly Found[]): Gauge | undefined {
  const images = spread(found.length, GAUGE_FRAMES).map((k) => {
    const { position, z, zSd } = found[k].motifs;
    return {
      position,
      z,
      zSd,
      windows: placesOf(found[k].windows),
      size: [source.frames[k].rows, source.frames[k].cols] as const,
    };
  });
  return fitGauge(images, options.latentDim, plan.period);
}

function frameResult(
  { plan, source }: SeriesRun,
  k: number,
  found: Found,
  { gauge, symmetry = 1 }: { readonly gauge?: Gauge; readonly symmetry?: number },
  spacing: number,
): FrameResult {
  const info = source.frames[k];
  const motifs = folded(motifsInGauge(found.motifs, gauge), symmetry);
  return {
    ...info,
    windows: folded(inGauge(found.windows, gauge), symmetry),
    motifs,
    maps: latentMaps(motifs, info.rows, info.cols, spacing),
    lattice: fitLattice(motifs.position, plan.period, info.rows, info.cols, siteMargin(plan)),
  };
}
