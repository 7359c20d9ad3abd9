import type { Metrics, Windows } from "./types.ts";

/** What an encoding knows of a model's metrics: KL of the posterior of every latent from N(0, 1), mean over the windows. */
export function encodedMetrics(
  { count, latentDim: L, z, zSd }: Windows,
  variance: number,
  seconds: Metrics["seconds"],
): Metrics {
  const divergence = (i: number) => (z[i] ** 2 + zSd[i] ** 2 - 1) / 2 - Math.log(zSd[i]);
  const klPerLatent = Array.from({ length: L }, (_, l) => {
    const finite = Array.from({ length: count }, (_, i) => divergence(i * L + l)).filter(Number.isFinite);
    return finite.reduce((sum, v) => sum + v, 0) / Math.max(1, finite.length);
  });
  return { kl: klPerLatent.reduce((a, b) => a + b, 0), klPerLatent, sigma: Math.sqrt(variance), seconds, history: [] };
}
