import { fit } from "../fit.ts";
import { type FitTask, loadingMeanwhile, materialAsked, withReading } from "./fit_task.ts";
import { type InputImage, inputFacts, pixelHash } from "./input.ts";
import type { ResultChoice } from "./result_flags.ts";

const afterwards = () =>
  Promise.all([
    import("./result_folder.ts"),
    import("./summary.ts"),
    import("../report/summary.ts"),
    import("../results/files.ts"),
    import("../fit/finish_image.ts"),
  ]);

/** One image. */
export async function imageTask(path: string, image: InputImage, results: ResultChoice): Promise<FitTask> {
  const { material, export: kinds = [] } = results;
  const known = await materialAsked(results);
  return {
    pixels: () => pixelHash(image.dataset),
    async fit(options, hooks) {
      const meanwhile = loadingMeanwhile(hooks, afterwards);
      const result = await fit(image.dataset, options, meanwhile.hooks);
      const [{ resultFiles }, { checked, resultSummary, scaleRemarks }, { headlines }, { resultJson }] =
        await meanwhile.loaded();
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
