/** One component of a mixture of normals with diagonal covariances. */
export interface Component {
  readonly mean: readonly number[];
  readonly variance: readonly number[];
  /** Logarithm of its weight. */
  readonly logWeight: number;
}

/** −log of a mixture's density at z, but for (L/2)·log 2π. */
export function mixtureEnergy(z: ArrayLike<number>, components: readonly Component[]): number {
  const logs = components.map(({ mean, variance, logWeight }) =>
    mean.reduce((sum, m, l) => sum - 0.5 * ((z[l] - m) ** 2 / variance[l] + Math.log(variance[l])), logWeight),
  );
  const most = Math.max(...logs);
  return -most - Math.log(logs.reduce((sum, v) => sum + Math.exp(v - most), 0));
}
