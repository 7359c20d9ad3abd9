import { Command } from "commander";
import { ConfigError } from "../errors.ts";
import { blaming } from "./errors.ts";
import { addSelection, engineFlagsOption, finiteNumber, type SelectionFlags, selectionOf } from "./flags.ts";
import { addResultOptions, type ResultChoice, resultChoiceOf } from "./result_flags.ts";

interface Flags extends SelectionFlags, ResultChoice {
  readonly out: string;
  readonly samples: number;
  readonly seed: number;
  readonly threads?: number;
  readonly fill?: boolean;
  readonly reproducible?: boolean;
  readonly engineFlags?: boolean;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** `shift-vae encode MODEL INPUT --out DIR`: motifs, windows and maps of another image, with a model that `fit` wrote. */
export function encodeCommand(): Command {
  const command = new Command("encode")
    .description("find the motifs of another image of the same kind with a trained model")
    .argument("<model>", "model.svae that fit wrote")
    .argument("<input>", "image file of any known format (shift-vae info lists them)")
    .requiredOption("-o, --out <dir>", "folder to write")
    .option("--samples <n>", "windows cut at random", finiteNumber("--samples"), 10000)
    .option("--seed <n>", "of their places", finiteNumber("--seed"), 1)
    .option("--threads <n>", "threads (default: the machine's, at most 8)", finiteNumber("--threads"))
    .option("--fill", "replace NaN and infinite pixels by the median instead of refusing them")
    .option("--reproducible", "plain SIMD only: the same bits on every machine and engine")
    .addOption(engineFlagsOption());
  return addResultOptions(addSelection(command))
    .option("-q, --quiet", "print nothing")
    .option("--json", "print the content of result.json")
    .action(runEncode);
}

async function runEncode(modelPath: string, input: string, flags: Flags): Promise<void> {
  const { settleOptions } = await import("../fit/options.ts");
  const { Model } = await import("../model.ts");
  const { readImage } = await import("./input.ts");
  const { claimFolder } = await import("./write.ts");
  const { materialOf } = await import("../results/materials.ts");
  const { samples, seed, fill, reproducible, engineFlags } = flags;
  const { threads } = checked(() =>
    settleOptions({ samples, seed, threads: flags.threads, reproducible, engineFlags }),
  );
  const model = await Model.load(modelPath);
  const results = resultChoiceOf(flags);
  if (results.material !== undefined) materialOf(results.material);
  const image = await readImage(input, selectionOf(flags), results.pixelSize);
  const release = await claimFolder(flags.out);
  try {
    const { performEncoding } = await import("./encode_run.ts");
    const options = { samples, seed, threads, fill, reproducible, engineFlags };
    const paths = { model: modelPath, input, out: flags.out };
    await performEncoding(paths, model, image, options, results, flags);
  } catch (error) {
    throw blaming(input, error);
  } finally {
    await release();
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
