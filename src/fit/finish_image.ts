import type { Dataset } from "../data/dataset.ts";
import { Model } from "../model.ts";
import { findMotifs, motifSpacing } from "../results/find_motifs.ts";
import { fitGauge } from "../results/gauge_fit.ts";
import { fitLattice } from "../results/lattice.ts";
import { latentMaps } from "../results/maps.ts";
import { folded, rotationalSymmetry } from "../results/symmetry.ts";
import type { FitReport } from "../results/types.ts";
import { storedArrays, storedHeader } from "../stored_model.ts";
import { noConditions } from "./condition.ts";
import { pixelSizeOf } from "./image.ts";
import { encoding, motifsInGauge, type OneImageRun, siteMargin } from "./image_run.ts";
import { manifoldOver } from "./manifold.ts";
import type { Plan } from "./plan.ts";
import { metricsOf, timed, versionsOf } from "./run.ts";
import { inGauge, placesOf, placeWindows } from "./windows.ts";

export interface FitResult extends FitReport {
  /** The trained model: encodes other images, decodes content. */
  readonly model: Model;
  /** Window, largest shift, binning and lattice, as they were chosen; pixels of the binned image. */
  readonly plan: Plan;
}

/** Everything after training: windows, gauge, motifs, lattice, maps, template, manifold. */
export async function finish(run: OneImageRun, dataset: Dataset): Promise<FitResult> {
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
