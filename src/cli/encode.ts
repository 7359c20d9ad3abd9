import { Command } from "commander";
import { ConfigError } from "../errors.ts";
import type { FrameRange } from "../fit/frames.ts";
import { blaming } from "./errors.ts";
import {
  addSelection,
  engineFlagsOption,
  finiteNumber,
  frameRange,
  type SelectionFlags,
  selectionOf,
} from "./flags.ts";
import { addResultOptions, type ResultChoice, resultChoiceOf } from "./result_flags.ts";

interface Flags extends SelectionFlags, ResultChoice {
  readonly out: string;
  readonly samples: number;
  readonly seed: number;
  readonly threads?: number;
  readonly frames?: FrameRange;
  readonly fill?: boolean;
  readonly reproducible?: boolean;
  readonly engineFlags?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** `shift-vae encode MODEL INPUT --out DIR`: what `fit` finds, in other data of the same kind, with a model that it wrote. */
export function encodeCommand(): Command {
  const command = new Command("encode")
    .description(
      "find the motifs of another image or stack, or the shifts of other signals, with a model trained on their kind",
    )
    .argument("<model>", "model.svae that fit wrote")
    .argument("<input>", "file of any known format (shift-vae info lists them)")
    .requiredOption("-o, --out <dir>", "folder to write")
    .option(
      "--samples <n>",
      "windows cut at random; in a frame of a stack, at most so many",
      finiteNumber("--samples"),
      10000,
    )
    .option("--seed <n>", "of their places", finiteNumber("--seed"), 1)
    .option("--threads <n>", "threads (default: the machine's, at most 8)", finiteNumber("--threads"))
    .option("--fill", "replace NaN and infinite pixels by the median instead of refusing them")
    .option("--reproducible", "plain SIMD only: the same bits on every machine and engine")
    .addOption(engineFlagsOption());
  return addResultOptions(addSelection(command))
    .option("--frames <a:b:step>", "frames of a stack, b left out, as in Python (default: all)", frameRange)
    .option("-q, --quiet", "print nothing")
    .option("--json", "print the content of result.json")
    .action(runEncode);
}

async function runEncode(modelPath: string, input: string, flags: Flags): Promise<void> {
  const { settleOptions } = await import("../fit/options.ts");
  const { prepareSession } = await import("../core/session.ts");
  const { samples, seed, fill, reproducible, engineFlags, frames } = flags;
  const { threads } = checked(() =>
    settleOptions({ samples, seed, threads: flags.threads, reproducible, engineFlags }),
  );
  // While the rest of the program loads.
  prepareSession({ threads, reproducible, engineFlags });
  const { claimFolder } = await import("./write.ts");
  const { materialOf } = await import("../results/materials.ts");
  const { encodeFile, readAnyModel } = await import("./encode_run.ts");
  const choice = selectionOf(flags);
  if (frames && choice.frame !== undefined) throw new ConfigError("--frames: expected without --frame, got both");
  const model = await readAnyModel(modelPath);
  const results = resultChoiceOf(flags);
  if (results.material !== undefined) materialOf(results.material);
  const options = { samples, seed, threads, fill, reproducible, engineFlags };
  try {
    await encodeFile(
      { modelPath, model, input, out: flags.out, choice, frames, options, results },
      () => claimFolder(flags.out),
      flags,
    );
  } catch (error) {
    throw blaming(input, error);
  }
}

/** The library's names of these options are their flags without the dashes. */
function checked<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof ConfigError) error.message = `--${error.message}`;
    throw error;
  }
}
