import type { Dataset } from "../data/dataset.ts";
import { ConfigError } from "../errors.ts";
import type { FitOptions } from "../fit/options.ts";
import type { JobHooks } from "../fit/run.ts";
import type { SampleOptions } from "../fit/samples.ts";
import { fitAmortised } from "../fit_amortised.ts";
import { fitSamples } from "../fit_samples.ts";
import { type AmortisedChoice, amortisedOptionsOf, refuseAmortisedChoice } from "./amortised_flags.ts";
import { type FitTask, loadingMeanwhile, withReading } from "./fit_task.ts";
import type { ResultChoice } from "./result_flags.ts";

const afterwards = () =>
  Promise.all([
    import("./samples_folder.ts"),
    import("../export/samples.ts"),
    import("../report/samples_html.ts"),
    import("./summary.ts"),
  ]);

/** 1D signals, a spectral map or stand-alone windows; `amortised` what only pyroVED's model has. */
export function samplesTask(
  dataset: Dataset,
  title: string,
  facts: object,
  pixels: () => string,
  { export: kinds = [] }: ResultChoice,
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
      const meanwhile = loadingMeanwhile({ onProgress, signal }, afterwards);
      const result = { ...(await run(options, meanwhile.hooks)), title };
      const [{ samplesFiles }, { exportSamples }, { samplesHeadlines }, { resultSummary }] = await meanwhile.loaded();
      return {
        async *files(read) {
          const timed = withReading(result, read);
          yield* samplesFiles(timed, facts, await exportSamples(timed, kinds), result);
        },
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
