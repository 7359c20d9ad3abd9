import { FormatError } from "../errors.ts";
import { FitAborted } from "../fit/checkpoint.ts";
import { type FitRequest, withFitTask } from "./fit_input.ts";
import type { FitTask } from "./fit_task.ts";
import { interruptible } from "./interrupt.ts";
import { forgetInterrupted, type Interrupted, writeInterrupted } from "./interrupted.ts";
import { createProgress, duration } from "./progress.ts";
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
export function performFit(
  request: FitRequest,
  out: string,
  verbosity: Verbosity,
  kept?: Interrupted,
): Promise<boolean> {
  const began = performance.now();
  return withFitTask(request, (task) => performTask(request, task, out, verbosity, began, kept));
}

async function performTask(
  request: FitRequest,
  task: FitTask,
  out: string,
  { quiet = false, json = false }: Verbosity,
  began: number,
  kept?: Interrupted,
): Promise<boolean> {
  const elapsed = () => (performance.now() - began) / 1000;
  const read = elapsed();
  const { pixels } = task;
  if (kept && kept.pixels !== pixels) {
    throw new FormatError(`${request.inputs[0]}: expected the pixels that the interrupted fit began with, got others`);
  }
  const release = await claimFolder(out);
  const progress = createProgress(process.stderr, quiet);
  try {
    await interruptible(async (signal) => {
      const hooks = { onProgress: progress.update, signal, resume: kept?.checkpoint };
      const finished = await task.fit(request.options, hooks);
      progress.end();
      // A Ctrl-C from here on is too late to save anything: the files follow at once.
      const { writeResult } = await import("./result_folder.ts");
      const result = await writeResult(out, finished.files(read));
      await forgetInterrupted(out);
      for (const remark of finished.remarks) progress.note(remark);
      if (json) process.stdout.write(result);
      else if (!quiet) process.stdout.write(finished.summary(out, elapsed()));
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
