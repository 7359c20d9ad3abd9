export { type AmortisedHeader, AmortisedModel } from "./amortised_model.ts";
export type { Normalisation } from "./core/analysis.ts";
export {
  type Axis,
  type Dataset,
  type DatasetInfo,
  type DatasetKind,
  pixelAxis,
  scaledAxis,
  withPixelSize,
} from "./data/dataset.ts";
export { encodeImage } from "./encode_image.ts";
export { encodeSamples } from "./encode_samples.ts";
export { encodeSeries } from "./encode_series.ts";
export { ConfigError, FormatError, NumericsError, ShapeError, ShiftVaeError } from "./errors.ts";
export { type ExportKind, type Exports, exportFiles } from "./export/index.ts";
export { exportSamples } from "./export/samples.ts";
export { exportSeries } from "./export/series.ts";
export type { AmortisedLikelihood, AmortisedOptions, AmortisedPlan } from "./fit/amortised.ts";
export { type Checkpoint, FitAborted, readCheckpoint } from "./fit/checkpoint.ts";
export { type FrameInfo, type FrameRange, type FrameSource, framesOfImages, framesOfStack } from "./fit/frames.ts";
export type {
  FitOptions,
  LatentCondition,
  Likelihood,
  NetworkKind,
  Penalty,
  PoseKind,
  ProgressEvent,
} from "./fit/options.ts";
export type { SearchRange } from "./fit/orientation.ts";
export type { Invariance, Pose } from "./fit/pyroved_pose.ts";
export type { JobHooks } from "./fit/run.ts";
export type { SampleOptions, SamplesPlan } from "./fit/samples.ts";
export { type FitHooks, type FitResult, fit } from "./fit.ts";
export { type AmortisedFitResult, fitAmortised } from "./fit_amortised.ts";
export { fitSamples, type SamplesFitResult } from "./fit_samples.ts";
export { fitSeries, type SeriesResult } from "./fit_series.ts";
export type { DatasetHandle, Selection } from "./formats/format.ts";
export { type DatasetChoice, readDataset } from "./formats/registry.ts";
export type { ByteSource } from "./formats/source.ts";
export { type EncodeOptions, Model } from "./model.ts";
export { figureFiles } from "./report/files.ts";
export { reportHtml } from "./report/html.ts";
export { samplesHtml } from "./report/samples_html.ts";
export { scanHtml } from "./report/scan_report.ts";
export { seriesHtml } from "./report/series_html.ts";
export type { Drift, Rate } from "./results/drift.ts";
export type { Face, Vector2 } from "./results/faces.ts";
export type { FileNote } from "./results/files.ts";
export { type Material, materialOf } from "./results/materials.ts";
export type { SamplesReport, ScanMaps } from "./results/samples.ts";
export { checkScale } from "./results/scale_check.ts";
export type { ScanPoint, ScanReport } from "./results/scan.ts";
export type { FrameResult, SeriesReport } from "./results/series.ts";
export { withScaleChecks } from "./results/series_scale.ts";
export type { Tracks } from "./results/tracks.ts";
export type * from "./results/types.ts";
export { type EncodeSamplesOptions, SamplesModel } from "./samples_model.ts";
export { type ScanGrid, type ScanHooks, scan } from "./scan.ts";
export type { StoredArrays } from "./stored_model.ts";
