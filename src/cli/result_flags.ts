import type { Command } from "commander";
import { ConfigError } from "../errors.ts";
import { type ExportKind, exportKinds } from "../export/index.ts";
import { finiteNumber } from "./flags.ts";

/** What to know of the scale, and what to write beside the usual files. JSON, since an interrupted fit keeps it. */
export interface ResultChoice {
  /** Side of a pixel, nm. */
  readonly pixelSize?: number;
  /** What `materialOf` takes. */
  readonly material?: string;
  readonly export?: readonly ExportKind[];
}

function length(text: string): number {
  const value = finiteNumber("--pixel-size")(text);
  if (value > 0) return value;
  throw new ConfigError(`--pixel-size: expected nm above 0, got ${value}`);
}

/** Adds the kinds of one mention of the option: "csv", or "hspy,csv". */
function kinds(text: string, before: readonly ExportKind[] = []): ExportKind[] {
  const named = text.split(",").map((part) => {
    const kind = exportKinds.find((known) => known === part.trim());
    if (kind) return kind;
    throw new ConfigError(`--export: expected ${exportKinds.join(", ")}, got "${part}"`);
  });
  return [...new Set([...before, ...named])];
}

/** The options of results, the same for `fit` and `encode`. */
export function addResultOptions(command: Command): Command {
  return command
    .option("--pixel-size <nm>", "side of a pixel, nm, in place of what the file says", length)
    .option("--material <name>", "compare the lattice with SrTiO3, graphite, Si[110], a=0.3905, …: finds a wrong scale")
    .option(
      "--export <kinds>",
      "also write hspy (HyperSpy), zarr, csv (tables), tiff (ImageJ); several with commas",
      kinds,
    );
}

export function resultChoiceOf({ pixelSize, material, export: also }: ResultChoice): ResultChoice {
  return {
    ...(pixelSize !== undefined && { pixelSize }),
    ...(material !== undefined && { material }),
    ...(also && { export: also }),
  };
}
