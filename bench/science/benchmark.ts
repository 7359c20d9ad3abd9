/** What a benchmark is: figures with their targets, and a fit on one seed that gives them. */
import type * as Library from "../../src/index.ts";

/** The library as the package ships it. */
export type ShiftVae = Pick<typeof Library, "fit" | "fitAmortised" | "fitSamples">;

export interface Figure {
  readonly name: string;
  /** What the median over the seeds is to keep to: at most, at least, or within. */
  readonly target:
    | { readonly most: number }
    | { readonly least: number }
    | { readonly within: readonly [number, number] };
  readonly digits: number;
  /** What the data allow (a Cramér–Rao bound, a ceiling), where known. */
  readonly bound?: number;
  /** pyroVED's figure, from the README of the benchmark data. */
  readonly peer?: string;
}

export interface Run {
  readonly library: ShiftVae;
  readonly seed: number;
  readonly threads: number | undefined;
}

export interface Measured {
  /** One value a figure, in their order. */
  readonly values: readonly number[];
  /** Wall time of the fit. */
  readonly seconds: number;
}

export interface Benchmark {
  readonly key: string;
  readonly title: string;
  /** What the fit was told beside the data and the seed. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Arrays of the benchmark data that it reads. */
  readonly arrays: readonly string[];
  /** Wall time of a fit that the figures are to be reached in. */
  readonly withinSeconds?: number;
  figures(): Promise<readonly Figure[]>;
  measure(run: Run): Promise<Measured>;
}

export const most = (value: number) => ({ most: value });
export const least = (value: number) => ({ least: value });
export const within = (low: number, high: number) => ({ within: [low, high] as const });

/** A value and the wall time that it took. */
export async function clocked<T>(work: () => Promise<T>): Promise<{ result: T; seconds: number }> {
  const began = performance.now();
  const result = await work();
  return { result, seconds: (performance.now() - began) / 1000 };
}

/** How far the worst seed may be from the target. */
const WORST_FACTOR = 1.5;

export interface Verdict {
  readonly median: number;
  readonly worst: number;
  readonly met: boolean;
}

/**
 * Median and worst of a figure over the seeds. Met where the median keeps to the target and the worst is at most 1.5 times it
 * (of 1 − R² where R² is to be at least something; for an interval, only the median counts).
 */
export function judge({ target }: Figure, values: readonly number[]): Verdict {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  if ("most" in target) {
    const worst = sorted[sorted.length - 1];
    return { median, worst, met: median <= target.most && worst <= WORST_FACTOR * target.most };
  }
  if ("least" in target) {
    const worst = sorted[0];
    return { median, worst, met: median >= target.least && 1 - worst <= WORST_FACTOR * (1 - target.least) };
  }
  const [low, high] = target.within;
  const off = (value: number) => Math.abs(value - (low + high) / 2);
  const worst = values.reduce((a, b) => (off(b) > off(a) ? b : a));
  return { median, worst, met: median >= low && median <= high };
}
