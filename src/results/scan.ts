import { csvNumber, type FileNote, prettyJson } from "./files.ts";
import type { FitReport } from "./types.ts";

/** One fit of a scan over window sizes and numbers of latents. */
export interface ScanPoint {
  /** Window side, px of the input. */
  readonly window: number;
  /** Number of latents. */
  readonly latentDim: number;
  /** nats a window, and a pixel of the (binned) image. */
  readonly elbo: number;
  /** ELBO of a pixel of the window, nats. */
  readonly elboPerPixel: number;
  /** Median over motifs of the position's standard deviation, px: root mean square over row and column. */
  readonly positionSd: number;
  /** Median over motifs of the content's standard deviation, in the prior's: root mean square over the latents in use; NaN for none. */
  readonly shapeSd: number;
  /** Latents in use, and the KL divergence of each, nats a window. */
  readonly inUse: number;
  /** KL divergence of each latent, nats a window. */
  readonly klPerLatent: readonly number[];
  /** Noise, as a share of the normalised image's standard deviation. */
  readonly sigma: number;
  /** Number of motifs found. */
  readonly motifs: number;
  /** Share of the lattice sites with one motif; NaN where there is no lattice. */
  readonly coverage: number;
  /** Wall time of the fit. */
  readonly seconds: number;
}

/** What a scan found. Points are ordered by window, then by latents. */
export interface ScanReport extends Pick<FitReport, "title" | "pixelSize" | "config" | "versions"> {
  /** One fit each, in the order of the grid. */
  readonly points: readonly ScanPoint[];
}

export const SCAN_SCHEMA = "shift-vae/scan/1";

/** Middle value; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  const half = sorted.length >> 1;
  if (sorted.length === 0) return Number.NaN;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** The point with the highest ELBO a pixel. */
export function bestPoint({ points }: ScanReport): ScanPoint {
  return points.reduce((best, point) => (point.elboPerPixel > best.elboPerPixel ? point : best));
}

/** scan.csv: one row a fit; px of the input, nats, seconds. `kl` lists the KL of each latent with spaces between. */
export function scanCsv({ points }: ScanReport): string {
  const head =
    "window,latents,elbo,elbo_per_pixel,position_sd,shape_sd,latents_in_use,kl,sigma,motifs,coverage,seconds";
  const rows = points.map((p) => {
    const { window, latentDim, elbo, elboPerPixel, positionSd, shapeSd, inUse } = p;
    const first = [window, latentDim, elbo, elboPerPixel, positionSd, shapeSd, inUse].map(csvNumber);
    const last = [p.sigma, p.motifs, p.coverage, p.seconds].map(csvNumber);
    return [...first, p.klPerLatent.map(csvNumber).join(" "), ...last].join(",");
  });
  return `${[head, ...rows].join("\n")}\n`;
}

/** result.json of a scan: `schema`, `input`, `config`, `points` as `ScanPoint`, `versions`, `files`. */
export function scanJson(report: ScanReport, input: object, files: readonly FileNote[]): string {
  const { points, config, versions } = report;
  return prettyJson({ schema: SCAN_SCHEMA, input, config, points, versions, files });
}
