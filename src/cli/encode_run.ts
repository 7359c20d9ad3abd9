import { AmortisedModel } from "../amortised_model.ts";
import { encodeImage } from "../encode_image.ts";
import { encodeSamples } from "../encode_samples.ts";
import { encodeSeries } from "../encode_series.ts";
import { ShapeError } from "../errors.ts";
import { exportSamples } from "../export/samples.ts";
import { exportSeries } from "../export/series.ts";
import type { FrameRange } from "../fit/frames.ts";
import { readFrame } from "../fit/series.ts";
import type { DatasetHandle, OpenedFile } from "../formats/format.ts";
import { type DatasetChoice, pickDataset, withFile } from "../formats/registry.ts";
import { type EncodeOptions, Model } from "../model.ts";
import { containerKind } from "../model_file.ts";
import { samplesHeadlines } from "../report/samples_html.ts";
import { seriesHeadlines } from "../report/series_html.ts";
import { headlines } from "../report/summary.ts";
import { encodingJson } from "../results/files.ts";
import { materialOf } from "../results/materials.ts";
import { withScaleChecks } from "../results/series_scale.ts";
import { SamplesModel } from "../samples_model.ts";
import { readModelFile } from "../stored_model.ts";
import { samplesSource, stackSource, titleOf } from "./fit_input.ts";
import type { Finished } from "./fit_task.ts";
import { imageOfFile, inputFacts } from "./input.ts";
import type { ResultChoice } from "./result_flags.ts";
import { resultFiles, writeResult } from "./result_folder.ts";
import { samplesFiles } from "./samples_folder.ts";
import { seriesFiles } from "./series_folder.ts";
import { checked, resultSummary, scaleRemarks, seriesRemarks } from "./summary.ts";

/** What `fit` writes: a model of images, of samples, or pyroVED's. */
export type AnyModel = Model | SamplesModel | AmortisedModel;

/** What to encode with which model, and where to. */
export interface EncodeRequest {
  readonly modelPath: string;
  readonly model: AnyModel;
  readonly input: string;
  readonly out: string;
  readonly choice: DatasetChoice;
  readonly frames?: FrameRange;
  readonly options: EncodeOptions;
  readonly results: ResultChoice;
}

/** What to print. */
export interface Verbosity {
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** A model of images or of samples, whichever the file holds. */
export async function readAnyModel(path: string): Promise<AnyModel> {
  const bytes = await readModelFile(path);
  const kind = containerKind(bytes);
  if (kind === "amortised-model") return AmortisedModel.fromBytes(bytes, path);
  return kind === "samples-model" ? SamplesModel.fromBytes(bytes, path) : Model.fromBytes(bytes, path);
}

/**
 * Encodes one file and writes what `fit` writes, but for the model.
 * @param claim makes the folder, once it is clear that there is something to encode; gives what takes it back
 */
export function encodeFile(
  request: EncodeRequest,
  claim: () => Promise<() => Promise<void>>,
  { quiet, json }: Verbosity,
): Promise<void> {
  const began = performance.now();
  const { input, choice, out } = request;
  return withFile(input, async (file) => {
    const encode = await encodingOf(request, file, pickDataset(file, input, choice));
    const release = await claim();
    try {
      const finished = await encode();
      const result = await writeResult(out, finished.files(0));
      if (!quiet) for (const remark of finished.remarks) process.stderr.write(`${remark}\n`);
      if (json) process.stdout.write(result);
      else if (!quiet) process.stdout.write(finished.summary(out, (performance.now() - began) / 1000));
    } finally {
      await release();
    }
  });
}

/** Reads what there is to encode; the encoding itself waits to be called. */
async function encodingOf(
  request: EncodeRequest,
  file: OpenedFile,
  handle: DatasetHandle,
): Promise<() => Promise<Finished>> {
  const { model, choice, frames } = request;
  const { kind, axes } = handle.info;
  const stack = kind === "stack" && axes[0].size > 1 && choice.frame === undefined;
  if (!(model instanceof Model)) return samplesEncoding(request, model, file, handle);
  if (stack) return async () => stackEncoding(request, model, file, handle);
  if (frames) throw new ShapeError(`--frames: expected a stack of frames, got ${kind}`);
  return imageEncoding(request, model, file);
}

async function imageEncoding(request: EncodeRequest, model: Model, file: OpenedFile): Promise<() => Promise<Finished>> {
  const { input, choice, options, modelPath } = request;
  const { material, pixelSize, export: kinds = [] } = request.results;
  const image = await imageOfFile(input, file, choice, pixelSize);
  return async () => {
    const found = { ...(await encodeImage(model, image.dataset, options)), title: image.title };
    const report = checked(found, material === undefined ? undefined : materialOf(material));
    return {
      remarks: scaleRemarks(report, material),
      files: () =>
        resultFiles(report, kinds, {
          json: (timed, notes) => encodingJson(timed, modelPath, inputFacts(input, image), notes),
        }),
      summary: (out, seconds) => resultSummary(headlines(report), report.versions, out, seconds),
    };
  };
}

async function stackEncoding(
  request: EncodeRequest,
  model: Model,
  file: OpenedFile,
  handle: DatasetHandle,
): Promise<Finished> {
  const { input, options, modelPath, results } = request;
  const { material, export: kinds = [] } = results;
  const { source, facts } = stackSource(input, file, handle, request);
  const found = { ...(await encodeSeries(model, source, options)), title: titleOf(input, file, handle.info) };
  const series = material === undefined ? found : withScaleChecks(found, materialOf(material));
  return {
    remarks: seriesRemarks(series, material),
    async *files() {
      const exports = await exportSeries(series, kinds, (k) => readFrame(source, k, options.fill ?? false));
      yield* seriesFiles(series, facts, exports, { by: modelPath });
    },
    summary: (out, seconds) => resultSummary(seriesHeadlines(series), series.versions, out, seconds),
  };
}

async function samplesEncoding(
  request: EncodeRequest,
  model: SamplesModel | AmortisedModel,
  file: OpenedFile,
  handle: DatasetHandle,
): Promise<() => Promise<Finished>> {
  const { input, options, modelPath, frames, results } = request;
  if (frames) throw new ShapeError("--frames: expected a model of images, got one of signals or cut-outs");
  const { dataset, facts } = await samplesSource(input, file, handle, request);
  const { threads, fill, reproducible, engineFlags } = options;
  return async () => {
    const found = await encodeSamples(model, dataset, { threads, fill, reproducible, engineFlags });
    const report = { ...found, title: titleOf(input, file, handle.info) };
    return {
      remarks: [],
      async *files() {
        yield* samplesFiles(report, facts, await exportSamples(report, results.export ?? []), { by: modelPath });
      },
      summary: (out, seconds) => resultSummary(samplesHeadlines(report), report.versions, out, seconds),
    };
  };
}
