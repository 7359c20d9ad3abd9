import { collapsedLatents, LEAST_KL } from "../results/latents.ts";
import { latticeErrors, pixelSides, scaledLattice } from "../results/lattice_errors.ts";
import type { FitReport, ScaleCheck } from "../results/types.ts";
import { positionSd, smallLengthUnit } from "./fields.ts";
import { formatNumber, latentName, quantile } from "./scales.ts";

/** One headline of a fit. */
export interface Headline {
  readonly label: string;
  readonly value: string;
  readonly detail?: string;
}

/** A value and its deviation as texts: the deviation to two digits, the value to the same place. */
export function withSd(value: number, sd: number): readonly [value: string, sd: string] {
  if (!(Number.isFinite(value) && sd > 0 && Number.isFinite(sd))) return [formatNumber(value, 4), "–"];
  const places = Math.min(8, Math.max(0, 1 - Math.floor(Math.log10(sd))));
  return [value.toFixed(places).replace("-", "−"), sd.toFixed(places)];
}

/** How many latents carry something, and which have collapsed. */
export function latentsHeadline({ klPerLatent }: FitReport["metrics"]): Headline {
  const collapsed = collapsedLatents(klPerLatent);
  const names = collapsed.map(latentName).join(", ");
  const detail = names ? `${names} collapsed: KL ≤ ${LEAST_KL} nats` : `KL > ${LEAST_KL} nats`;
  return {
    label: "Latents in use",
    value: `${klPerLatent.length - collapsed.length} of ${klPerLatent.length}`,
    detail,
  };
}

function latticeHeadlines({ lattice, motifs, pixelSize, scaleCheck }: FitReport): Headline[] {
  if (!lattice) return [{ label: "Lattice", value: "none found" }];
  const sides = pixelSides(pixelSize);
  const [inPixels, real] = [lattice, scaledLattice(lattice, sides)];
  const [errors, realErrors] = [latticeErrors(motifs, lattice), latticeErrors(motifs, lattice, sides)];
  const one = (label: string, key: "lengthA" | "lengthB"): Headline => {
    const [pixels, pixelsSd] = withSd(inPixels[key], errors[key]);
    if (!pixelSize) return { label, value: `${pixels} px`, detail: `± ${pixelsSd} px` };
    const { unit } = pixelSize;
    const [value, sd] = withSd(real[key], realErrors[key]);
    return { label, value: `${value} ${unit}`, detail: `± ${sd} ${unit}\n${pixels} ± ${pixelsSd} px` };
  };
  const [angle, angleSd] = withSd(real.angle, realErrors.angle);
  return [
    one("Lattice a", "lengthA"),
    one("Lattice b", "lengthB"),
    { label: "Angle", value: `${angle}°`, detail: `± ${angleSd}°, between a and b` },
    ...(scaleCheck ? [scaleHeadline(scaleCheck)] : []),
  ];
}

function scaleHeadline(check: ScaleCheck): Headline {
  const { material, face, cell, factor, factorSd, impliedPixelSize, impliedPixelSizeSd } = check;
  const against = `${material} ${face}${cell === "1 × 1 cell" ? "" : `, ${cell}`}`;
  if (factor === undefined || factorSd === undefined) {
    const [size, sd] = withSd(impliedPixelSize, impliedPixelSizeSd);
    return { label: "Pixel size", value: `${size} nm`, detail: `± ${sd} nm, if it is ${against}` };
  }
  const [value, sd] = withSd(factor, factorSd);
  return { label: "Lattice / material", value, detail: `± ${sd}, ${against}` };
}

function positionHeadline(report: FitReport): Headline {
  const median = quantile(positionSd(report), 0.5);
  const { factor, unit } = smallLengthUnit(report);
  const pixels = `${formatNumber(median)} px`;
  if (unit === "px" || Number.isNaN(median)) return { label: "Median position σ", value: pixels };
  return { label: "Median position σ", value: `${formatNumber(median * factor)} ${unit}`, detail: pixels };
}

/** Wall time of all stages, seconds. */
export function totalSeconds({ metrics }: Pick<FitReport, "metrics">): number {
  return Object.values(metrics.seconds).reduce((sum, s) => sum + s, 0);
}

export function threadsText(threads: string | number): string {
  return `${threads} ${Number(threads) === 1 ? "thread" : "threads"}`;
}

/** How long a fit took on what, and its seed. */
export function runHeadlines(report: Pick<FitReport, "metrics" | "config" | "versions">): Headline[] {
  const { versions, config } = report;
  const runOn = [versions.variant, versions.threads === undefined ? undefined : threadsText(versions.threads)];
  const detail = runOn.filter((v) => v !== undefined).join(", ");
  const { seed } = config;
  return [
    { label: "Time", value: `${formatNumber(totalSeconds(report))} s`, detail },
    ...(seed === undefined ? [] : [{ label: "Seed", value: String(seed) }]),
  ];
}

/** What to know of a fit at one glance. */
export function headlines(report: FitReport): Headline[] {
  const { motifs, windows, lattice, metrics } = report;
  return [
    {
      label: "Motifs found",
      value: motifs.count.toLocaleString("en"),
      detail: `from ${windows.count.toLocaleString("en")} windows`,
    },
    ...(lattice
      ? [
          {
            label: "Coverage",
            value: `${formatNumber(100 * lattice.coverage)} %`,
            detail: `of the lattice sites; ${formatNumber(lattice.motifsPerCell)} motifs a cell`,
          },
        ]
      : []),
    ...latticeHeadlines(report),
    positionHeadline(report),
    ...(report.symmetry
      ? [{ label: "Symmetry", value: `${report.symmetry}-fold`, detail: `angles modulo ${360 / report.symmetry}°` }]
      : []),
    latentsHeadline(metrics),
    ...(metrics.elbo === undefined
      ? []
      : [{ label: "ELBO", value: formatNumber(metrics.elbo, 4), detail: "nats a window" }]),
    ...runHeadlines(report),
  ];
}
