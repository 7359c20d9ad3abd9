import type { Dataset } from "../data/dataset.ts";
import { ConfigError } from "../errors.ts";
import { exportSeries } from "../export/series.ts";
import type { FrameSource } from "../fit/frames.ts";
import type { FitOptions } from "../fit/options.ts";
import type { JobHooks } from "../fit/run.ts";
import type { SampleOptions } from "../fit/samples.ts";
import { readFrame } from "../fit/series.ts";
import { type FitHooks, fit } from "../fit.ts";
import { fitAmortised } from "../fit_amortised.ts";
import { fitSamples } from "../fit_samples.ts";
import { fitSeries } from "../fit_series.ts";
import { samplesHeadlines } from "../report/samples_html.ts";
import { seriesHeadlines } from "../report/series_html.ts";
import { headlines } from "../report/summary.ts";
import { resultJson } from "../results/files.ts";
import { materialOf } from "../results/materials.ts";
import { withScaleChecks } from "../results/series_scale.ts";
import type { FitReport } from "../results/types.ts";
import { type AmortisedChoice, amortisedOptionsOf, refuseAmortisedChoice } from "./amortised_flags.ts";
import { type InputImage, inputFacts, pixelHash } from "./input.ts";
import type { ResultChoice } from "./result_flags.ts";
import { resultFiles } from "./result_folder.ts";
import { samplesFiles } from "./samples_folder.ts";
import { seriesFiles } from "./series_folder.ts";
import { checked, resultSummary, scaleRemarks, seriesRemarks } from "./summary.ts";
import type { OutputFiles } from "./write.ts";

/** What a finished fit has to write and to say. `read`: seconds that reading the input took. */
export interface Finished {
  /** For stderr. */
  readonly remarks: readonly string[];
  files(read: number): OutputFiles;
  /** @param seconds wall time of everything */
  summary(out: string, seconds: number): string;
}

/** A fit that only waits for its options. */
export interface FitTask {
  /** SHA-256 of the pixels. */
  readonly pixels: string;
  fit(options: FitOptions, hooks: FitHooks): Promise<Finished>;
}

/** The same report with the time that reading took. */
function withReading<T extends Pick<FitReport, "metrics">>(report: T, read: number): T {
  const { metrics } = report;
  return { ...report, metrics: { ...metrics, seconds: { read, ...metrics.seconds } } };
}

/** One image. */
export function imageTask(path: string, image: InputImage, { material, export: kinds = [] }: ResultChoice): FitTask {
  const known = material === undefined ? undefined : materialOf(material);
  return {
    pixels: pixelHash(image.dataset),
    async fit(options, hooks) {
      const result = await fit(image.dataset, options, hooks);
      const report = checked({ ...result, title: image.title }, known);
      return {
        remarks: scaleRemarks(report, material),
        files: (read) =>
          resultFiles(withReading(report, read), kinds, {
            model: result.model.toBytes(),
            json: (timed, notes) => resultJson(timed, inputFacts(path, image), notes),
          }),
        summary: (out, seconds) => resultSummary(headlines(report), report.versions, out, seconds),
      };
    },
  };
}

/** A stack, or several images. */
export function seriesTask(
  source: FrameSource,
  title: string,
  facts: object,
  pixels: string,
  { material, export: kinds = [] }: ResultChoice,
): FitTask {
  const known = material === undefined ? undefined : materialOf(material);
  return {
    pixels,
    async fit(options, hooks) {
      const found = { ...(await fitSeries(source, options, hooks)), title };
      const result = known ? withScaleChecks(found, known) : found;
      return {
        async *files(read) {
          const image = (k: number) => readFrame(source, k, options.fill ?? false);
          const exports = await exportSeries(result, kinds, image);
          yield* seriesFiles(withReading(result, read), { ...facts, sha256: pixels }, exports, result);
        },
        remarks: seriesRemarks(result, material),
        summary: (out, seconds) => resultSummary(seriesHeadlines(result), result.versions, out, seconds),
      };
    },
  };
}

/** 1D signals, a spectral map or stand-alone windows; `amortised` what only pyroVED's model has. */
export function samplesTask(
  dataset: Dataset,
  title: string,
  facts: object,
  pixels: string,
  amortised?: AmortisedChoice,
): FitTask {
  const run = (options: FitOptions, hooks: JobHooks) => {
    if (options.pose === "amortised") return fitAmortised(dataset, amortisedOptionsOf(options, amortised), hooks);
    refuseAmortisedChoice(amortised);
    return fitSamples(dataset, sampleOptions(options), hooks);
  };
  return {
    pixels,
    async fit(options, { onProgress, signal }) {
      const result = { ...(await run(options, { onProgress, signal })), title };
      return {
        files: (read) => samplesFiles(withReading(result, read), facts, result),
        remarks: [],
        summary: (out, seconds) => resultSummary(samplesHeadlines(result), result.versions, out, seconds),
      };
    },
  };
}

/** Options that mean nothing where samples are windows themselves. */
const IMAGE_ONLY = [
  "window",
  "binning",
  "samples",
  "templates",
  "normalise",
  "likelihood",
  "shiftPrior",
  "smooth",
  "tv",
  "condition",
] as const;

function sampleOptions({ pose: _, ...options }: FitOptions): SampleOptions {
  const given = IMAGE_ONLY.find((name) => options[name] !== undefined);
  if (given) throw new ConfigError(`${given}: expected only with images; signals and cut-outs are fitted as they are`);
  return options;
}
