import { parse, resolve } from "node:path";
import { Command } from "commander";
import { ConfigError } from "../errors.ts";
import type { FitOptions } from "../fit/options.ts";
import type { DatasetChoice } from "../formats/registry.ts";
import { blaming, EXIT_INTERRUPTED } from "./errors.ts";
import { addFitOptions, type FitFlags, fitOptionsOf, inFlagWords } from "./fit_flags.ts";
import { addSelection, type SelectionFlags, selectionOf } from "./flags.ts";
import { addResultOptions, type ResultChoice, resultChoiceOf } from "./result_flags.ts";

interface Flags extends FitFlags, SelectionFlags, ResultChoice {
  readonly out?: string;
  readonly resume?: string;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** Options that may be given when an interrupted fit goes on: nothing that changes its numbers. */
const FREE_ON_RESUME = new Set(["out", "resume", "quiet", "json", "threads", "pixelSize", "material", "export"]);

/** `shift-vae fit INPUT`: finds the motif, where it sits and how it varies, and writes all of it into a folder. */
export function fitCommand(): Command {
  const command = new Command("fit")
    .description("find the repeating motif of an image, where it sits and how it varies")
    .argument("[input]", "image file of any known format (shift-vae info lists them)")
    .option("-o, --out <dir>", "folder to write (default: <input's name>-svae)");
  addResultOptions(addSelection(addFitOptions(command)))
    .option("--resume <dir>", "go on with the fit that was interrupted there")
    .option("-q, --quiet", "print nothing")
    .option("--json", "print the content of result.json");
  return command.action((input: string | undefined, flags: Flags) => runFit(command, input, flags));
}

/** What to fit, and how: given on the command line, or kept from an interrupted run. */
export interface FitRequest {
  readonly input: string;
  readonly choice: DatasetChoice;
  readonly options: FitOptions;
  readonly results: ResultChoice;
}

async function runFit(command: Command, input: string | undefined, flags: Flags): Promise<void> {
  const { settleOptions } = await import("../fit/options.ts");
  const { performFit } = await import("./fit_run.ts");
  const { readInterrupted } = await import("./interrupted.ts");
  if (flags.resume !== undefined) refuseOptions(command);
  const kept = flags.resume !== undefined ? await readInterrupted(flags.resume) : undefined;
  const path = input ?? kept?.request.input;
  if (path === undefined) throw new ConfigError("fit: expected an input file, got none");
  const given = fitOptionsOf(flags as FitFlags & Record<string, unknown>);
  const options = kept ? { ...kept.request.options, ...given } : given;
  const out = flags.out ?? flags.resume ?? `${parse(path).name}-svae`;
  try {
    settleOptions(options);
  } catch (error) {
    throw inFlagWords(error);
  }
  const results = { ...kept?.request.results, ...resultChoiceOf(flags) };
  const choice = kept?.request.choice ?? selectionOf(flags);
  const request = { input: kept ? resolve(path) : path, choice, options, results };
  try {
    const finished = await performFit(request, out, { quiet: flags.quiet, json: flags.json }, kept);
    if (!finished) process.exitCode = EXIT_INTERRUPTED;
  } catch (error) {
    throw blaming(path, inFlagWords(error));
  }
}

function refuseOptions(command: Command): void {
  for (const option of command.options) {
    const name = option.attributeName();
    if (command.getOptionValueSource(name) === "cli" && !FREE_ON_RESUME.has(name)) {
      throw new ConfigError(
        `${option.long}: expected no options of the fit with --resume, which keeps those it began with`,
      );
    }
  }
}
