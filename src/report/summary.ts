import type { FitReport } from "../results/types.ts";
import { columnOf, positionSd, smallLengthUnit } from "./fields.ts";
import { formatNumber, quantile } from "./scales.ts";
import { latticeLengthSd } from "./strain.ts";

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

/** Latents that carry something: the variance of their posterior mean over the data exceeds 0.01 (Y. Burda, R. Grosse,
 * R. Salakhutdinov, "Importance weighted autoencoders", ICLR 2016, section 5.2). */
export function latentsInUse({ windows }: FitReport): number {
  let inUse = 0;
  for (let latent = 0; latent < windows.latentDim; latent++) {
    const values = columnOf(windows.z, windows.latentDim, latent);
    const mean = values.reduce((sum, v) => sum + v, 0) / values.length;
    if (values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length > 0.01) inUse += 1;
  }
  return inUse;
}

function latticeHeadlines({ lattice, motifs, pixelSize }: FitReport): Headline[] {
  if (!lattice) return [{ label: "Lattice", value: "none found" }];
  const sd = latticeLengthSd(motifs, lattice);
  const one = (label: string, length: number, deviation: number): Headline => {
    const [pixels, pixelsSd] = withSd(length, deviation);
    if (!pixelSize) return { label, value: `${pixels} px`, detail: `± ${pixelsSd} px` };
    const [real, realSd] = withSd(length * pixelSize.value, deviation * pixelSize.value);
    return {
      label,
      value: `${real} ${pixelSize.unit}`,
      detail: `± ${realSd} ${pixelSize.unit}\n${pixels} ± ${pixelsSd} px`,
    };
  };
  return [
    one("Lattice a", lattice.lengthA, sd.a),
    one("Lattice b", lattice.lengthB, sd.b),
    { label: "Angle", value: `${formatNumber(lattice.angle, 4)}°`, detail: "between a and b" },
  ];
}

function positionHeadline(report: FitReport): Headline {
  const median = quantile(positionSd(report), 0.5);
  const { factor, unit } = smallLengthUnit(report);
  const pixels = `${formatNumber(median)} px`;
  if (unit === "px" || Number.isNaN(median)) return { label: "Median position σ", value: pixels };
  return { label: "Median position σ", value: `${formatNumber(median * factor)} ${unit}`, detail: pixels };
}

/** Wall time of all stages, seconds. */
export function totalSeconds({ metrics }: FitReport): number {
  return Object.values(metrics.seconds).reduce((sum, s) => sum + s, 0);
}

/** What to know of a fit at one glance. */
export function headlines(report: FitReport): Headline[] {
  const { motifs, windows, lattice, metrics, config, versions } = report;
  const seed = config.seed;
  const runOn = [versions.variant, versions.threads === undefined ? undefined : `${versions.threads} threads`];
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
    {
      label: "Latents in use",
      value: `${latentsInUse(report)} of ${windows.latentDim}`,
      detail: "variance of the mean > 0.01",
    },
    { label: "ELBO", value: formatNumber(metrics.elbo, 4), detail: "nats a window" },
    {
      label: "Time",
      value: `${formatNumber(totalSeconds(report))} s`,
      detail: runOn.filter((v) => v !== undefined).join(", "),
    },
    ...(seed === undefined ? [] : [{ label: "Seed", value: String(seed) }]),
  ];
}
