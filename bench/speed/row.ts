/** One line of the benchmark's table. */
export interface Row {
  readonly group: "control" | "kernel" | "model" | "threads" | "scaling" | "peer" | "job" | "size";
  readonly name: string;
  /** Sizes, or what is measured on. */
  readonly shape: string;
  /** "native", or a build of the core. */
  readonly variant: string;
  readonly threads: number;
  readonly unit: "GFLOP/s" | "GB/s" | "ms" | "s" | "windows/s" | "decodes/s" | "MiB" | "kB" | "MB" | "×" | "power";
  readonly min: number;
  readonly median: number;
  readonly max: number;
  readonly samples: number;
  /** Median over the median of the control that ran just before; absent without a compiler. */
  readonly share?: number;
  /** Best sample over the best of the control in the whole run: what neighbours on the machine disturb least. */
  readonly bestShare?: number;
  /** Sum of what was computed, so that nothing timed is dead. */
  readonly checksum?: number;
}

/** Least, middle and greatest of at least one value. */
export function spread(values: readonly number[]): Pick<Row, "min" | "median" | "max" | "samples"> {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
  return { min: sorted[0], median, max: sorted[sorted.length - 1], samples: sorted.length };
}
