import { AmortisedModel } from "./amortised_model.ts";
import { runtimeName } from "./core/runtime.ts";
import { VERSION } from "./core/version.ts";
import type { Dataset } from "./data/dataset.ts";
import { pixelSizeOf } from "./fit/image.ts";
import { manifoldOver } from "./fit/manifold.ts";
import { samplesOf } from "./fit/samples.ts";
import { scanMaps } from "./fit_samples.ts";
import { encodedMetrics } from "./results/encoded_metrics.ts";
import type { SamplesReport } from "./results/samples.ts";
import type { EncodeSamplesOptions, SamplesModel } from "./samples_model.ts";

/**
 * Shifts and contents of 1D signals, a spectral map or stand-alone windows with a model that was trained on others of their kind: what
 * `fitSamples` (or `fitAmortised`) gives, without the loss, which is not evaluated.
 * @param dataset samples of the size that the model was trained on
 * @throws ShapeError, NumericsError
 */
export async function encodeSamples(
  model: SamplesModel | AmortisedModel,
  dataset: Dataset,
  options: EncodeSamplesOptions = {},
): Promise<SamplesReport> {
  const { plan, variance } = model.header;
  const began = performance.now();
  const windows = await model.encode(dataset, options);
  const seconds = { encode: (performance.now() - began) / 1000 };
  const samples = samplesOf(dataset, options.fill ?? false);
  const template = await model.decode(new Float32Array(model.latentDim));
  return {
    title: dataset.name,
    pixelSize: pixelSizeOf(dataset),
    windows,
    ...picturesOf(model, template.cols),
    signal: samples.rows === 1 ? dataset.axes[dataset.axes.length - 1] : undefined,
    scan: samples.scan && [dataset.axes[0], dataset.axes[1]],
    maps: samples.scan && scanMaps(windows, samples, ...samples.scan),
    template,
    manifold: await manifoldOver(model.latentDim, (z) => model.decodeAll(z)),
    metrics: encodedMetrics(windows, variance, seconds),
    config: { ...options, plan },
    versions: { "shift-vae": VERSION, runtime: runtimeName() },
  };
}

/** Where template and manifold lie under a sample, and in which unit: pyroVED's are windows in the data's, the others normalised canvases. */
function picturesOf(model: SamplesModel | AmortisedModel, cols: number): Pick<SamplesReport, "middle" | "moments"> {
  if (model instanceof AmortisedModel) return { middle: (cols - 1) / 2, moments: { mean: 0, sd: 1 } };
  const { mean, sd } = model.header.plan;
  return { middle: cols / 2, moments: { mean, sd } };
}
