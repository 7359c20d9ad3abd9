import { parse, resolve } from "node:path";
import { Command } from "commander";
import { ConfigError } from "../errors.ts";
import type { FrameRange } from "../fit/frames.ts";
import type { FitOptions } from "../fit/options.ts";
import { type AmortisedChoice, addAmortisedOptions, amortisedChoiceOf } from "./amortised_flags.ts";
import { blaming, EXIT_INTERRUPTED } from "./errors.ts";
import { addFitOptions, type FitFlags, fitOptionsOf, inFlagWords } from "./fit_flags.ts";
import type { FitRequest } from "./fit_input.ts";
import { addSelection, frameRange, type SelectionFlags, selectionOf } from "./flags.ts";
import type { Interrupted } from "./interrupted.ts";
import { addResultOptions, type ResultChoice, resultChoiceOf } from "./result_flags.ts";

interface Flags extends FitFlags, AmortisedChoice, SelectionFlags, ResultChoice {
  readonly out?: string;
  readonly frames?: FrameRange;
  readonly cutOuts?: boolean;
  readonly resume?: string;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** Options that may be given when an interrupted fit goes on: nothing that changes its numbers. */
const FREE_ON_RESUME = new Set(["out", "resume", "quiet", "json", "threads", "pixelSize", "material", "export"]);

/** `shift-vae fit INPUT …`: finds the motif, where it sits and how it varies, and writes all of it into a folder. */
export function fitCommand(): Command {
  const command = new Command("fit")
    .description(
      "find the repeating motif of an image, a stack or several images, or what 1D signals share; where it sits and how it varies",
    )
    .argument("[inputs...]", "files of any known format (shift-vae info lists them); of several, one image each")
    .option("-o, --out <dir>", "folder to write (default: <input's name>-svae)");
  addResultOptions(addSelection(addAmortisedOptions(addFitOptions(command))))
    .option("--frames <a:b:step>", "frames of a stack, b left out, as in Python (default: all)", frameRange)
    .option("--cut-outs", "the stack's frames are stand-alone windows that were cut out before, one motif each")
    .option("--resume <dir>", "go on with the fit that was interrupted there")
    .option("-q, --quiet", "print nothing")
    .option("--json", "print the content of result.json");
  return command.action((inputs: string[], flags: Flags) => runFit(command, inputs, flags));
}

async function runFit(command: Command, given: readonly string[], flags: Flags): Promise<void> {
  if (flags.resume !== undefined) refuseOptions(command);
  const kept = flags.resume !== undefined ? await keptIn(flags.resume) : undefined;
  const inputs = given.length > 0 ? given : (kept?.request.inputs ?? []);
  if (inputs.length === 0) throw new ConfigError("fit: expected an input file, got none");
  const flagged = fitOptionsOf(flags as FitFlags & Record<string, unknown>);
  const options = kept ? { ...kept.request.options, ...flagged } : flagged;
  const out = flags.out ?? flags.resume ?? `${parse(inputs[0]).name}-svae`;
  await startEarly(options);
  const results = { ...kept?.request.results, ...resultChoiceOf(flags) };
  const { frames, cutOuts } = flags;
  const amortised = amortisedChoiceOf(flags);
  const asked: FitRequest = kept
    ? { ...kept.request, inputs: inputs.map((path) => resolve(path)), options, results }
    : { inputs, choice: selectionOf(flags), frames, cutOuts, amortised, options, results };
  refuseBoth(asked);
  const { performFit } = await import("./fit_run.ts");
  try {
    const finished = await performFit(asked, out, { quiet: flags.quiet, json: flags.json }, kept);
    if (!finished) process.exitCode = EXIT_INTERRUPTED;
  } catch (error) {
    throw inputs.length === 1 ? blaming(inputs[0], inFlagWords(error)) : inFlagWords(error);
  }
}

async function keptIn(folder: string): Promise<Interrupted> {
  const { readInterrupted } = await import("./interrupted.ts");
  return readInterrupted(folder);
}

/** Checks the options, and gets threads and core ready while the rest of the program loads. */
async function startEarly(options: FitOptions): Promise<void> {
  const { settleOptions } = await import("../fit/options.ts");
  const { prepareSession } = await import("../core/session.ts");
  try {
    prepareSession(settleOptions(options));
  } catch (error) {
    throw inFlagWords(error);
  }
}

function refuseBoth({ frames, choice }: FitRequest): void {
  if (frames && choice.frame !== undefined) throw new ConfigError("--frames: expected without --frame, got both");
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
