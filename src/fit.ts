import type { Session } from "./core/session.ts";
import type { Dataset } from "./data/dataset.ts";
import { type Checkpoint, packCheckpoint, restoreCheckpoint, resumedOptions } from "./fit/checkpoint.ts";
import { judgeBatch, noConditions } from "./fit/condition.ts";
import { finitePixels, imageOf, pixelSizeOf } from "./fit/image.ts";
import { align, encoding, type ImageRun, motifsInGauge, siteMargin } from "./fit/image_run.ts";
import { learnEncoding } from "./fit/learn_encoding.ts";
import { manifoldOver } from "./fit/manifold.ts";
import { type FitOptions, type SettledOptions, settleOptions } from "./fit/options.ts";
import { coreConfig, makePlan, type Plan, prepareImage } from "./fit/plan.ts";
import { inSession, type JobHooks, metricsOf, timed, train, versionsOf } from "./fit/run.ts";
import { inGauge, oneFrame, placesOf, placeWindows } from "./fit/windows.ts";
import { Model } from "./model.ts";
import { findMotifs, motifSpacing } from "./results/find_motifs.ts";
import { fitGauge } from "./results/gauge_fit.ts";
import { fitLattice } from "./results/lattice.ts";
import { latentMaps } from "./results/maps.ts";
import { folded, rotationalSymmetry } from "./results/symmetry.ts";
import type { FitReport, Grid } from "./results/types.ts";
import { storedArrays, storedHeader } from "./stored_model.ts";

export interface FitHooks extends JobHooks {
  /** A checkpoint to go on from. */
  readonly resume?: Checkpoint;
}

export interface FitResult extends FitReport {
  /** The trained model: encodes other images, decodes content. */
  readonly model: Model;
  /** Window, largest shift, binning and lattice, as they were chosen; pixels of the binned image. */
  readonly plan: Plan;
}

interface OneImageRun extends ImageRun {
  readonly image: Grid;
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
    if (settled.pose === "exact") {
      await timed("priors", run.seconds, () => learnEncoding(session, settled.samples, settled.latentDim));
    }
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
): Promise<OneImageRun> {
  hooks.onProgress?.({ stage: "normalise", done: 0, total: 1 });
  const { core } = session;
  const plan = hooks.resume?.plan ?? makePlan(core, [image], options);
  const small = prepareImage(core, image, plan);
  const config = coreConfig(plan, options, small, session.threads);
  core.create(config);
  core.floats("DATA", small.data.length).set(small.data);
  core.exports.sv_sample(core.arena);
  const geometry = oneFrame(plan.binning, plan.windowSize, small);
  const checkpoint = () => packCheckpoint(core, options, plan);
  const { condition } = options;
  const judge = condition && (() => judgeBatch(core, condition, options, geometry));
  return { options, hooks, session, image, seconds, plan, config, geometry, judge, checkpoint };
}

/** Everything after training: windows, gauge, motifs, lattice, maps, template, manifold. */
async function finish(run: OneImageRun, dataset: Dataset): Promise<FitResult> {
  const { session, options, geometry, plan, image } = run;
  const { core } = session;
  const L = options.latentDim;
  const spacing = motifSpacing(plan.period, plan.windowSize * plan.binning);
  const raw = await timed("encode", run.seconds, () => encoding(run, options.samples, "encode"));
  const found = await timed("motifs", run.seconds, () =>
    findMotifs(raw, spacing, plan.maxShift * plan.binning, (centres) => {
      placeWindows(session, geometry, centres);
      return encoding(run, centres.length / 2, "motifs");
    }),
  );
  const template = core.decode(new Float32Array(L));
  const symmetry = plan.rotation && rotationalSymmetry(template, plan.windowSize / 2);
  const { gauge, windows, motifs } = await timed("gauge", run.seconds, async () => {
    const own = fitGauge([{ ...found, windows: placesOf(raw), size: [image.rows, image.cols] }], L, plan.period);
    return {
      gauge: own,
      windows: folded(inGauge(raw, own), symmetry ?? 1),
      motifs: folded(motifsInGauge(found, own), symmetry ?? 1),
    };
  });
  const maps = latentMaps(motifs, image.rows, image.cols, spacing);
  const header = { ...storedHeader(session, { ...run.config, ...noConditions, THREADS: 1 }), plan, gauge, symmetry };
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
    lattice: fitLattice(motifs.position, plan.period, image.rows, image.cols, siteMargin(plan)),
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
    model: new Model(header, storedArrays(session)),
    plan,
  };
}
