import { join } from "node:path";
import { FitAborted } from "../fit/checkpoint.ts";
import type { FitOptions } from "../fit/options.ts";
import type { DatasetChoice } from "../formats/registry.ts";
import { filesOfFigures } from "../report/files.ts";
import { scanFigure, scanHtml, scanTable } from "../report/scan_report.ts";
import type { FileNote } from "../results/files.ts";
import { bestPoint, type ScanReport, scanCsv, scanJson } from "../results/scan.ts";
import { type ScanGrid, scan } from "../scan.ts";
import type { Verbosity } from "./fit_run.ts";
import { inputFacts, readImage } from "./input.ts";
import { interruptible } from "./interrupt.ts";
import { createProgress, duration } from "./progress.ts";
import { writeResult } from "./result_folder.ts";
import { row } from "./summary.ts";
import { claimFolder, type OutputFile } from "./write.ts";

export interface ScanRequest {
  readonly input: string;
  readonly choice: DatasetChoice;
  readonly grid: ScanGrid;
  readonly options: FitOptions;
}

const NOTES: readonly FileNote[] = [
  { name: "report.html", what: "figure and table, one self-contained page" },
  { name: "scan.csv", what: "one row a fit" },
  { name: "scan.png", what: "ELBO, uncertainties and latents in use against the window" },
  { name: "scan.svg", what: "the same, for talks and papers" },
  { name: "result.json", what: "input, configuration, every fit's measures" },
];

/**
 * Reads, fits all, writes the folder and prints the table. Ctrl-C leaves nothing.
 * @returns whether the scan came to its end
 */
export async function performScan(
  { input, choice, grid, options }: ScanRequest,
  out: string,
  { quiet = false, json = false }: Verbosity,
): Promise<boolean> {
  const began = performance.now();
  const image = await readImage(input, choice);
  const release = await claimFolder(out);
  const progress = createProgress(process.stderr, quiet);
  let last = 0;
  try {
    await interruptible(async (signal) => {
      const onProgress: Parameters<typeof scan>[3] = {
        signal,
        onProgress(event, run, runs) {
          if (run !== last) progress.note(`fit ${run} of ${runs}`);
          last = run;
          progress.update(event);
        },
      };
      const report = { ...(await scan(image.dataset, grid, options, onProgress)), title: image.title };
      progress.end();
      const result = await writeResult(out, scanFiles(report, inputFacts(input, image)));
      if (json) process.stdout.write(result);
      else if (!quiet) process.stdout.write(summary(report, out, (performance.now() - began) / 1000));
    });
    return true;
  } catch (error) {
    progress.end();
    if (!(error instanceof FitAborted)) throw error;
    progress.note("stopped; a scan keeps nothing of what it had");
    return false;
  } finally {
    await release();
  }
}

/** Everything that `scan` writes; result.json is the last. */
async function* scanFiles(report: ScanReport, input: object): AsyncGenerator<OutputFile> {
  yield ["report.html", scanHtml(report, NOTES.slice(1))];
  yield ["scan.csv", scanCsv(report)];
  yield* filesOfFigures([{ figure: scanFigure(report), png: "scan.png", svg: "scan.svg" }]);
  yield ["result.json", scanJson(report, input, NOTES)];
}

function summary(report: ScanReport, out: string, seconds: number): string {
  const { head, rows } = scanTable(report);
  const widths = head.map((name, k) => Math.max(name.length, ...rows.map((cells) => cells[k].length)));
  const line = (cells: readonly string[]) => cells.map((cell, k) => cell.padStart(widths[k])).join("  ");
  const best = bestPoint(report);
  const lines = [
    ...[head, ...rows].map(line),
    "",
    row("Highest ELBO/px", `window ${best.window} px, ${best.latentDim} latents`),
    row("Time", duration(seconds)),
    row("Report", join(out, "report.html")),
  ];
  return `${lines.join("\n")}\n`;
}
