import { FormatError } from "../errors.ts";
import { FitAborted } from "../fit/checkpoint.ts";
import { type FitRequest, withFitTask } from "./fit_input.ts";
import { type FitTask, loadingMeanwhile } from "./fit_task.ts";
import { interruptible } from "./interrupt.ts";
import type { Interrupted } from "./interrupted.ts";
import { createProgress, duration } from "./progress.ts";
import { claimFolder } from "./write.ts";

const afterwards = () => Promise.all([import("./interrupted.ts"), import("./result_folder.ts")]);

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
  if (kept && kept.pixels !== task.pixels()) {
    throw new FormatError(`${request.inputs[0]}: expected the pixels that the interrupted fit began with, got others`);
  }
  const release = await claimFolder(out);
  const progress = createProgress(process.stderr, quiet);
  const meanwhile = loadingMeanwhile({ onProgress: progress.update, resume: kept?.checkpoint }, afterwards);
  try {
    await interruptible(async (signal) => {
      const finished = await task.fit(request.options, { ...meanwhile.hooks, signal });
      progress.end();
      // A Ctrl-C from here on is too late to save anything: the files follow at once.
      const [{ forgetInterrupted }, { writeResult }] = await meanwhile.loaded();
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
    const [{ writeInterrupted }] = await meanwhile.loaded();
    await writeInterrupted(out, request, task.pixels(), error.checkpoint);
    progress.note(`stopped after ${duration(elapsed())}; go on with: shift-vae fit --resume ${out}`);
    return false;
  } finally {
    await release();
  }
}
