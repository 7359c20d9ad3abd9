import { runtimeName } from "./core/runtime.ts";
import type { Dataset } from "./data/dataset.ts";
import { finitePixels, imageOf, pixelSizeOf } from "./fit/image.ts";
import { manifoldOver } from "./fit/manifold.ts";
import type { EncodeOptions, Model } from "./model.ts";
import { encodedMetrics } from "./results/encoded_metrics.ts";
import { findMotifs, motifSpacing } from "./results/find_motifs.ts";
import { fitLattice } from "./results/lattice.ts";
import { latentMaps } from "./results/maps.ts";
import type { FitReport } from "./results/types.ts";
import { VERSION } from "./version.ts";

/**
 * Finds the motifs of an image with a model that was trained on another image of the same kind: windows, motifs, lattice and
 * maps as `fit` gives them, without the loss, which is not evaluated.
 * @param dataset one image, at least a window of the model a side
 * @throws ShapeError, NumericsError
 */
export async function encodeImage(model: Model, dataset: Dataset, options: EncodeOptions = {}): Promise<FitReport> {
  const { plan, variance, symmetry } = model.header;
  const image = finitePixels(imageOf(dataset), dataset.name, options.fill ?? false);
  const { rows, cols } = image;
  const spacing = motifSpacing(plan.period, model.windowSize);
  const maxShift = plan.maxShift * plan.binning;
  const margin = model.windowSize / 2 - maxShift + plan.binning;
  const began = performance.now();
  const windows = await model.encode(dataset, options);
  const encoded = performance.now();
  const motifs = await findMotifs(windows, spacing, maxShift, (centres) =>
    model.encode(dataset, { ...options, centres }),
  );
  const seconds = { encode: (encoded - began) / 1000, motifs: (performance.now() - encoded) / 1000 };
  return {
    title: dataset.name,
    image,
    pixelSize: pixelSizeOf(dataset),
    windowSize: model.windowSize,
    windows,
    motifs,
    maps: latentMaps(motifs, rows, cols, spacing),
    template: await model.decode(new Float32Array(model.latentDim)),
    binning: plan.binning,
    manifold: await manifoldOver(model.latentDim, (z) => model.decodeAll(z)),
    lattice: fitLattice(motifs.position, plan.period, rows, cols, margin),
    symmetry,
    metrics: encodedMetrics(windows, variance, seconds),
    config: { ...options, window: model.windowSize, maxShift, plan },
    versions: { "shift-vae": VERSION, runtime: runtimeName() },
  };
}
