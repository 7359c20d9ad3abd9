import { join } from "node:path";
import { FormatError } from "../errors.ts";
import { FitAborted } from "../fit/checkpoint.ts";
import { type FitResult, fit } from "../fit.ts";
import type { FitReport } from "../results/types.ts";
import type { FitRequest } from "./fit.ts";
import { inputFacts, pixelHash, readImage } from "./input.ts";
import { interruptible } from "./interrupt.ts";
import { forgetInterrupted, type Interrupted, writeInterrupted } from "./interrupted.ts";
import { createProgress, duration } from "./progress.ts";
import { fitFiles } from "./result_folder.ts";
import { fitSummary } from "./summary.ts";
import { claimFolder, writeFiles } from "./write.ts";

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
  const image = await readImage(request.input, request.choice);
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
      const report = { ...result, title: image.title, metrics };
      const written = await writeResult(report, result, inputFacts(request.input, image), out);
      if (json) process.stdout.write(written);
      else if (!quiet) process.stdout.write(fitSummary(report, out, elapsed()));
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

/** Writes the folder, and gives the content of result.json. */
async function writeResult(report: FitReport, { model }: FitResult, input: object, out: string): Promise<string> {
  const files = await fitFiles(report, model, input);
  await writeFiles(new Map(Array.from(files, ([name, content]) => [join(out, name), content])));
  await forgetInterrupted(out);
  return files.get("result.json") as string;
}
