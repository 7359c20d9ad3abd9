import { join } from "node:path";
import { headlines } from "../report/summary.ts";
import type { FitReport } from "../results/types.ts";
import { duration } from "./progress.ts";

const LABEL_WIDTH = 20;

/** What a fit found, for a person at a terminal. */
export function fitSummary(report: FitReport, out: string, seconds: number): string {
  const lines = headlines(report)
    .filter(({ label }) => label !== "Time")
    .map(({ label, value, detail }) => row(label, detail ? `${value}  (${detail.replace(/\n/g, "; ")})` : value));
  const { variant, threads } = report.versions;
  lines.push(row("Time", `${duration(seconds)}  (${variant}, ${threads} threads)`));
  lines.push(row("Report", join(out, "report.html")));
  return `${lines.join("\n")}\n`;
}

function row(label: string, value: string): string {
  return `${label.padEnd(LABEL_WIDTH)}${value}`;
}
