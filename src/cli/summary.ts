import { join } from "node:path";
import { type Headline, threadsText } from "../report/summary.ts";
import type { Material } from "../results/materials.ts";
import { checkScale } from "../results/scale_check.ts";
import type { SeriesReport } from "../results/series.ts";
import { seriesScale } from "../results/series_scale.ts";
import type { FitReport } from "../results/types.ts";
import { duration } from "./progress.ts";

const LABEL_WIDTH = 20;
const MOST_NAMED = 3;

/** What was found, for a person at a terminal. */
export function resultSummary(
  headlines: readonly Headline[],
  { variant, threads }: FitReport["versions"],
  out: string,
  seconds: number,
): string {
  const lines = headlines
    .filter(({ label }) => label !== "Time")
    .map(({ label, value, detail }) => row(label, detail ? `${value}  (${detail.replace(/\n/g, "; ")})` : value));
  const runOn = variant === undefined ? "" : `  (${variant}, ${threadsText(threads)})`;
  lines.push(row("Time", `${duration(seconds)}${runOn}`));
  lines.push(row("Report", join(out, "report.html")));
  return `${lines.join("\n")}\n`;
}

/** A report with its lattice compared with a material's, where one is known. */
export function checked(report: FitReport, material: Material | undefined): FitReport {
  return material ? { ...report, scaleCheck: checkScale(report, material) } : report;
}

/** What to say of the scale on stderr. */
export function scaleRemarks({ scaleCheck, lattice }: FitReport, material?: string): string[] {
  if (material !== undefined && !scaleCheck) {
    const why = lattice ? "the image's unit is no length" : "no lattice was found";
    return [`warning: --material ${material}: not compared, ${why}`];
  }
  const { warning, note } = scaleCheck ?? {};
  return [...(warning ? [`warning: ${warning}`] : []), ...(note ? [`note: ${note}`] : [])];
}

/** The same for a series. */
export function seriesRemarks(series: SeriesReport, material?: string): string[] {
  const { warnings, notes } = seriesScale(series);
  const missing = material === undefined ? [] : series.frames.filter(({ scaleCheck }) => !scaleCheck);
  const first = missing.map(({ name }) => name).slice(0, MOST_NAMED);
  const more = missing.length > MOST_NAMED ? ` and ${missing.length - MOST_NAMED} more` : "";
  return [
    ...[...series.warnings, ...warnings].map((text) => `warning: ${text}`),
    ...(missing.length > 0
      ? [`warning: --material ${material}: not compared in ${first.join(", ")}${more}: no lattice in a unit of length`]
      : []),
    ...notes.map((text) => `note: ${text}`),
  ];
}

export function row(label: string, value: string): string {
  return `${label.padEnd(LABEL_WIDTH)}${value}`;
}
