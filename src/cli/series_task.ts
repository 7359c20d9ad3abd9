import type { FrameSource } from "../fit/frames.ts";
import { readFrame } from "../fit/series.ts";
import { fitSeries } from "../fit_series.ts";
import { withScaleChecks } from "../results/series_scale.ts";
import { type FitTask, loadingMeanwhile, materialAsked, withReading } from "./fit_task.ts";
import type { ResultChoice } from "./result_flags.ts";

const afterwards = () =>
  Promise.all([
    import("../export/series.ts"),
    import("./series_folder.ts"),
    import("../report/series_html.ts"),
    import("./summary.ts"),
  ]);

/** A stack, or several images. */
export async function seriesTask(
  source: FrameSource,
  title: string,
  facts: object,
  pixels: string,
  results: ResultChoice,
): Promise<FitTask> {
  const { material, export: kinds = [] } = results;
  const known = await materialAsked(results);
  return {
    pixels: () => pixels,
    async fit(options, hooks) {
      const meanwhile = loadingMeanwhile(hooks, afterwards);
      const found = { ...(await fitSeries(source, options, meanwhile.hooks)), title };
      const result = known ? withScaleChecks(found, known) : found;
      const [{ exportSeries }, { seriesFiles }, { seriesHeadlines }, { resultSummary, seriesRemarks }] =
        await meanwhile.loaded();
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
