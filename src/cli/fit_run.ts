import { FormatError } from "../errors.ts";
import { FitAborted } from "../fit/checkpoint.ts";
import { fit } from "../fit.ts";
import { resultJson } from "../results/files.ts";
import { materialOf } from "../results/materials.ts";
import type { FitRequest } from "./fit.ts";
import { inputFacts, pixelHash, readImage } from "./input.ts";
import { interruptible } from "./interrupt.ts";
import { forgetInterrupted, type Interrupted, writeInterrupted } from "./interrupted.ts";
import { createProgress, duration } from "./progress.ts";
import { resultFiles, writeResult } from "./result_folder.ts";
import { checked, resultSummary, scaleRemarks } from "./summary.ts";
import { claimFolder } from "./write.ts";

/** What to print. */
export interface Verbosity {
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/**
 * Reads, fits, writes the folder and says what was found. On Ctrl-C a checkpoint is left in the folder.
 * @returns whether the fit came to its end
 */
export async function performFit(
  request: FitRequest,
  out: string,
  { quiet = false, json = false }: Verbosity,
  kept?: Interrupted,
): Promise<boolean> {
  const began = performance.now();
  const { pixelSize, material, export: kinds = [] } = request.results;
  const known = material === undefined ? undefined : materialOf(material);
  const image = await readImage(request.input, request.choice, pixelSize);
  const seconds = { read: (performance.now() - began) / 1000 };
  const pixels = pixelHash(image.dataset);
  if (kept && kept.pixels !== pixels) {
    throw new FormatError(`${request.input}: expected the pixels that the interrupted fit began with, got others`);
  }
  const release = await claimFolder(out);
  const progress = createProgress(process.stderr, quiet);
  const elapsed = () => (performance.now() - began) / 1000;
  try {
    await interruptible(async (signal) => {
      const hooks = { onProgress: progress.update, signal, resume: kept?.checkpoint };
      const result = await fit(image.dataset, request.options, hooks);
      progress.end();
      // A Ctrl-C from here on is too late to save anything: the files follow at once.
      const metrics = { ...result.metrics, seconds: { ...seconds, ...result.metrics.seconds } };
      const report = checked({ ...result, title: image.title, metrics }, known);
      const files = await resultFiles(report, kinds, {
        model: result.model.toBytes(),
        json: (timed, notes) => resultJson(timed, inputFacts(request.input, image), notes),
      });
      await writeResult(out, files);
      await forgetInterrupted(out);
      for (const remark of scaleRemarks(report, material)) progress.note(remark);
      if (json) process.stdout.write(files.get("result.json") as string);
      else if (!quiet) process.stdout.write(resultSummary(report, out, elapsed()));
    });
    return true;
  } catch (error) {
    progress.end();
    if (!(error instanceof FitAborted)) throw error;
    await writeInterrupted(out, request, pixels, error.checkpoint);
    progress.note(`stopped after ${duration(elapsed())}; go on with: shift-vae fit --resume ${out}`);
    return false;
  } finally {
    await release();
  }
}
