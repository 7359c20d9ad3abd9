import { AmortisedModel, allLatents, encodeAmortised, inDataUnits } from "./amortised_model.ts";
import type { Dataset } from "./data/dataset.ts";
import {
  type AmortisedOptions,
  type AmortisedPlan,
  amortisedConfig,
  makeAmortisedPlan,
  settleAmortised,
  toUnitRange,
} from "./fit/amortised.ts";
import { pixelSizeOf } from "./fit/image.ts";
import { manifoldOver } from "./fit/manifold.ts";
import { poseLatents } from "./fit/pyroved_pose.ts";
import { encodeJob, inSession, type JobHooks, metricsOf, timed, train, versionsOf } from "./fit/run.ts";
import { samplesOf } from "./fit/samples.ts";
import { scanMaps } from "./fit_samples.ts";
import type { SamplesReport } from "./results/samples.ts";
import { storedArrays, storedHeader } from "./stored_model.ts";

/** What a fit of pyroVED's model gives. Template and manifold are windows, upright and in the middle, in the data's unit. */
export interface AmortisedFitResult extends SamplesReport {
  /** The trained model. */
  readonly model: AmortisedModel;
  /** What was fitted, as settled. */
  readonly plan: AmortisedPlan;
}

/**
 * pyroVED's model one to one: a VAE whose encoder gives pose and content together, and whose decoder paints each pixel from its
 * coordinates under that pose (Ziatdinov, Wong, Kalinin, Mach. Learn.: Sci. Technol. 4, 045033, 2023, after Bepler et al., arXiv 1909.11663);
 * without invariances an ordinary VAE. −ELBO is pyroVED's training loss, its KL in closed form instead of by sampling. For comparison,
 * and for rotations and scales; positions are better and sooner found by `fitSamples`, and windows of a lattice by `fit`.
 * @param dataset spectra (n, energies), a spectral map (rows, columns, energies), or a stack of windows (n, rows, columns); it is scaled to
 *   [0, 1] as a whole
 * @throws ConfigError, ShapeError, NumericsError; FitAborted, without a checkpoint, when the signal aborts
 */
export async function fitAmortised(
  dataset: Dataset,
  options: AmortisedOptions = {},
  hooks: JobHooks = {},
): Promise<AmortisedFitResult> {
  const samples = samplesOf(dataset, options.fill ?? false);
  const settled = settleAmortised(options, samples, dataset.name);
  const plan = makeAmortisedPlan(samples, settled, dataset.name);
  return inSession(settled, hooks.signal, async (session) => {
    const { core } = session;
    core.create(amortisedConfig(plan, settled, session.threads));
    core.floats("DATA", samples.data.length).set(toUnitRange(samples.data, plan));
    core.exports.sv_sample(core.arena);
    core.exports.sv_initialise(core.arena);
    const run = { options: settled, hooks, session, seconds: {}, checkpoint: () => undefined };
    await timed("train", run.seconds, () => train(run, false));
    const [L, n] = [settled.latentDim, samples.count];
    const windows = await timed("encode", run.seconds, () =>
      encodeJob(run, n, "encode", (count) => encodeAmortised(session, count, L, plan)),
    );
    const pose = new Array<number>(poseLatents(plan)).fill(0);
    const paint = (z: ArrayLike<number>, count: number) =>
      core.decodeAll(allLatents(z, L, pose), count).map((grid) => inDataUnits(grid, plan));
    const header = { ...storedHeader(session, amortisedConfig(plan, settled, 1)), templates: 0, plan };
    return {
      title: dataset.name,
      pixelSize: pixelSizeOf(dataset),
      windows,
      signal: samples.rows === 1 ? dataset.axes[dataset.axes.length - 1] : undefined,
      scan: samples.scan && [dataset.axes[0], dataset.axes[1]],
      middle: (samples.cols - 1) / 2,
      moments: { mean: 0, sd: 1 },
      maps: samples.scan && scanMaps(windows, samples, ...samples.scan),
      template: paint(new Float32Array(L), 1)[0],
      manifold: await manifoldOver(L, paint),
      metrics: metricsOf(run),
      config: { ...settled, plan },
      versions: versionsOf(session),
      model: new AmortisedModel(header, storedArrays(session)),
      plan,
    };
  });
}
