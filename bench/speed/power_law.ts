/** How fast a time grows with a size: p in time ∝ size^p. */

export interface PowerLaw {
  /** Slope of a least-squares line through log time over log size. */
  readonly exponent: number;
  /** Least and greatest slope between two neighbouring sizes: what a cost that is the same for all sizes hides in the fit. */
  readonly least: number;
  readonly greatest: number;
}

/** The law through at least two sizes, ascending, and their times, both above 0. */
export function powerLaw(sizes: readonly number[], times: readonly number[]): PowerLaw {
  const [x, y] = [sizes.map(Math.log), times.map(Math.log)];
  const mean = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  const covariance = mean(x.map((v, i) => (v - mx) * (y[i] - my)));
  const slopes = x.slice(1).map((v, i) => (y[i + 1] - y[i]) / (v - x[i]));
  return {
    exponent: covariance / mean(x.map((v) => (v - mx) ** 2)),
    least: Math.min(...slopes),
    greatest: Math.max(...slopes),
  };
}
