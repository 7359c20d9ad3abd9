import { runtimeName } from "./core/runtime.ts";
import type { Session } from "./core/session.ts";
import { VERSION } from "./core/version.ts";
import type { Dataset } from "./data/dataset.ts";
import { pixelSizeOf } from "./fit/image.ts";
import { manifoldOver } from "./fit/manifold.ts";
import { timed } from "./fit/run.ts";
import { type Geometry, placeWindows } from "./fit/windows.ts";
import { DEFAULT_SAMPLES, type EncodeOptions, type Model, withSession } from "./model.ts";
import { encodedMetrics } from "./results/encoded_metrics.ts";
import { findMotifs, motifSpacing } from "./results/find_motifs.ts";
import { fitLattice } from "./results/lattice.ts";
import { latentMaps } from "./results/maps.ts";
import type { FitReport, Grid, LatentMaps, Lattice, Motifs, Windows } from "./results/types.ts";

/**
 * Finds the motifs of an image with a model that was trained on another image of the same kind: windows, motifs, lattice and
 * maps as `fit` gives them, without the loss, which is not evaluated.
 * @param dataset one image, at least a window of the model a side
 * @throws ShapeError, NumericsError
 */
export async function encodeImage(model: Model, dataset: Dataset, options: EncodeOptions = {}): Promise<FitReport> {
  const image = model.imageOf(dataset, options.fill);
  const seconds: Record<string, number> = {};
  const { centres, samples = DEFAULT_SAMPLES } = options;
  const found = await withSession(options, async (session) => {
    const count = centres ? centres.length / 2 : samples;
    const geometry = model.load(session, image, count, options.seed);
    if (centres) placeWindows(session, geometry, centres);
    return findInImage(model, session, image, geometry, count, seconds);
  });
  return {
    ...found,
    ...(await picturesOf(model)),
    title: dataset.name,
    image,
    pixelSize: pixelSizeOf(dataset),
    metrics: encodedMetrics(found.windows, model.header.variance, seconds),
    ...encodedBy(model, options),
  };
}

/** What is found in an image. */
interface Found {
  readonly windows: Windows;
  readonly motifs: Motifs;
  readonly maps: LatentMaps;
  readonly lattice?: Lattice;
}

/**
 * Motifs, maps and lattice of the image that is loaded, from its first `count` windows.
 * @param seconds the times of encoding and of finding motifs are added to
 */
export async function findInImage(
  model: Model,
  session: Session,
  { rows, cols }: Grid,
  geometry: Geometry,
  count: number,
  seconds: Record<string, number>,
): Promise<Found> {
  const { plan } = model.header;
  const spacing = motifSpacing(plan.period, model.windowSize);
  const maxShift = plan.maxShift * plan.binning;
  const windows = await timed("encode", seconds, () => model.encodeLoaded(session, geometry, count));
  const motifs = await timed("motifs", seconds, () =>
    findMotifs(windows, spacing, maxShift, (centres) => {
      placeWindows(session, geometry, centres);
      return model.encodeLoaded(session, geometry, centres.length / 2);
    }),
  );
  const margin = model.windowSize / 2 - maxShift + plan.binning;
  const lattice = fitLattice(motifs.position, plan.period, rows, cols, margin);
  return { windows, motifs, maps: latentMaps(motifs, rows, cols, spacing), lattice };
}

/** The model's own pictures. */
export async function picturesOf(model: Model): Promise<Pick<FitReport, "template" | "manifold">> {
  return {
    template: await model.decode(new Float32Array(model.latentDim)),
    manifold: await manifoldOver(model.latentDim, (z) => model.decodeAll(z)),
  };
}

/** What a report says of the model, of the options and of the program. */
export function encodedBy(
  model: Model,
  options: EncodeOptions,
): Pick<FitReport, "windowSize" | "binning" | "symmetry" | "config" | "versions"> {
  const { plan, symmetry } = model.header;
  return {
    windowSize: model.windowSize,
    binning: plan.binning,
    symmetry,
    config: { ...options, window: model.windowSize, maxShift: plan.maxShift * plan.binning, plan },
    versions: { "shift-vae": VERSION, runtime: runtimeName() },
  };
}
