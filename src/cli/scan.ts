import { parse } from "node:path";
import { Command } from "commander";
import { blaming, EXIT_INTERRUPTED } from "./errors.ts";
import { addFitOptions, type FitFlags, fitOptionsOf, inFlagWords } from "./fit_flags.ts";
import { addSelection, finiteNumber, type SelectionFlags, selectionOf } from "./flags.ts";

interface Flags extends Omit<FitFlags, "window" | "latentDim">, SelectionFlags {
  readonly window?: readonly number[];
  readonly latent?: readonly number[];
  readonly out?: string;
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** Reads numbers with commas between. */
function numberList(option: string): (text: string) => number[] {
  return (text) => text.split(",").map(finiteNumber(option));
}

/** `shift-vae scan INPUT`: compares window sizes and numbers of latents. */
export function scanCommand(): Command {
  const command = new Command("scan")
    .description("compare window sizes and numbers of latents: ELBO, uncertainty of position and shape, latents in use")
    .argument("<input>", "image file of any known format (shift-vae info lists them)")
    .option("-o, --out <dir>", "folder to write (default: <input's name>-scan)")
    .option(
      "--window <px,…>",
      "sides of the windows (default: 0.5 to 1.5 of what fit would choose)",
      numberList("--window"),
    )
    .option("--latent <n,…>", "numbers of latents (default: 1,2,3)", numberList("--latent"));
  return addSelection(addFitOptions(command, ["window", "latentDim"]))
    .option("-q, --quiet", "print nothing")
    .option("--json", "print the content of result.json")
    .action(runScan);
}

async function runScan(input: string, flags: Flags): Promise<void> {
  const { performScan } = await import("./scan_run.ts");
  const { window, latent, quiet, json } = flags;
  const { window: _, latent: __, ...others } = flags;
  const options = fitOptionsOf(others as FitFlags & Record<string, unknown>);
  const out = flags.out ?? `${parse(input).name}-scan`;
  const request = { input, choice: selectionOf(flags), grid: { window, latentDim: latent }, options };
  try {
    if (!(await performScan(request, out, { quiet, json }))) process.exitCode = EXIT_INTERRUPTED;
  } catch (error) {
    throw blaming(input, inFlagWords(error));
  }
}
