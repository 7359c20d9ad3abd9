import type { Session } from "./core/session.ts";
import type { Dataset } from "./data/dataset.ts";
import { type Checkpoint, packCheckpoint, restoreCheckpoint, resumedOptions } from "./fit/checkpoint.ts";
import { judgeBatch } from "./fit/condition.ts";
import type { FitResult } from "./fit/finish_image.ts";
import { finitePixels, imageOf } from "./fit/image.ts";
import { align, type OneImageRun } from "./fit/image_run.ts";
import { learnEncoding } from "./fit/learn_encoding.ts";
import { type FitOptions, type SettledOptions, settleOptions } from "./fit/options.ts";
import { coreConfig, makePlan, prepareImage } from "./fit/plan.ts";
import { inSession, type JobHooks, timed, train } from "./fit/run.ts";
import { oneFrame } from "./fit/windows.ts";
import type { Grid } from "./results/types.ts";

export type { FitResult } from "./fit/finish_image.ts";

export interface FitHooks extends JobHooks {
  /** A checkpoint to go on from. */
  readonly resume?: Checkpoint;
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
    // Loaded here: what follows is not needed before.
    const { finish } = await import("./fit/finish_image.ts");
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
