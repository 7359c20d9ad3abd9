import type { FitOptions } from "../fit/options.ts";
import type { FitHooks } from "../fit.ts";
import type { Material } from "../results/materials.ts";
import type { Metrics } from "../results/types.ts";
import type { ResultChoice } from "./result_flags.ts";
import type { OutputFiles } from "./write.ts";

/** What a finished fit has to write and to say. `read`: seconds that reading the input took. */
export interface Finished {
  /** For stderr. */
  readonly remarks: readonly string[];
  files(read: number): OutputFiles;
  /** @param seconds wall time of everything */
  summary(out: string, seconds: number): string;
}

/** A fit that only waits for its options. */
export interface FitTask {
  /** SHA-256 of the pixels; taken when it is asked for, which is hardly ever before the fit is done. */
  pixels(): string;
  fit(options: FitOptions, hooks: FitHooks): Promise<Finished>;
}

/** The same report with the time that reading took. */
export function withReading<T extends { readonly metrics: Metrics }>(report: T, read: number): T {
  const { metrics } = report;
  return { ...report, metrics: { ...metrics, seconds: { read, ...metrics.seconds } } };
}

/** The material that was asked for. `ConfigError` where there is none of that name. */
export async function materialAsked({ material }: ResultChoice): Promise<Material | undefined> {
  if (material === undefined) return undefined;
  const { materialOf } = await import("../results/materials.ts");
  return materialOf(material);
}

/**
 * Loads what is needed after a fit while that trains, once it has begun to: the main thread only waits then, and a package that is replaced under a
 * long fit does not take its result away.
 */
export function loadingMeanwhile<T>(
  hooks: FitHooks,
  load: () => Promise<T>,
): { readonly hooks: FitHooks; loaded(): Promise<T> } {
  let loading: Promise<T> | undefined;
  const loaded = () => {
    loading ??= load();
    return loading;
  };
  const onProgress: FitHooks["onProgress"] = (event) => {
    // A failure is that of whoever waits for it.
    if (event.stage === "train" && event.done > 0) loaded().catch(() => {});
    hooks.onProgress?.(event);
  };
  return { hooks: { ...hooks, onProgress }, loaded };
}
