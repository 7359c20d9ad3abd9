import { join } from "node:path";
import { formatNumber } from "../report/scales.ts";
import { headlines } from "../report/summary.ts";
import type { FitReport, Lattice } from "../results/types.ts";
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

/** Lattice and coverage in a line each. */
export function latticeRows(lattice: Lattice | undefined, pixel: FitReport["pixelSize"]): string[] {
  if (!lattice) return [row("Lattice", "none found")];
  const length = (px: number) =>
    pixel
      ? `${formatNumber(px * pixel.value, 4)} ${pixel.unit}  (${formatNumber(px, 4)} px)`
      : `${formatNumber(px, 4)} px`;
  return [
    row(
      "Coverage",
      `${formatNumber(100 * lattice.coverage)} %  (of the lattice sites; ${formatNumber(lattice.motifsPerCell)} motifs a cell)`,
    ),
    row("Lattice a", length(lattice.lengthA)),
    row("Lattice b", length(lattice.lengthB)),
    row("Angle", `${formatNumber(lattice.angle, 4)}°  (between a and b)`),
  ];
}

export function row(label: string, value: string): string {
  return `${label.padEnd(LABEL_WIDTH)}${value}`;
}
