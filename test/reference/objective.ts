/** Naive float64 twins of the objective's kernels: likelihoods, gain and offset, KL, penalties on the latent map. */
import { softplus } from "../reference.ts";

/** −log N(x; y, σ²) summed over pixels. */
export function gaussianNll(y: ArrayLike<number>, x: ArrayLike<number>, logSigma: number): number {
  let sum = 0;
  for (let i = 0; i < y.length; i++) {
    sum += (x[i] - y[i]) ** 2 / (2 * Math.exp(2 * logSigma)) + logSigma + Math.log(2 * Math.PI) / 2;
  }
  return sum;
}

/** log of the continuous Bernoulli's C at λ = sigmoid(a): 2·atanh(1 − 2λ)/(1 − 2λ), and 2 at ½. */
function logNormaliser(a: number): number {
  if (Math.abs(a) < 1e-4) return Math.log(2 + a ** 2 / 6);
  const u = -Math.tanh(a / 2); // 1 − 2λ
  return Math.log((2 * -(a / 2)) / u);
}

/** Loss of one pixel x at prediction a, by the kinds of assembly/kernels/likelihood.ts. */
export const pixelNll: readonly { readonly name: string; readonly kind: number; nll(a: number, x: number): number }[] =
  [
    { name: "Bernoulli", kind: 1, nll: (a, x) => softplus(a) - a * x },
    { name: "continuous Bernoulli", kind: 2, nll: (a, x) => softplus(a) - a * x - logNormaliser(a) },
    { name: "Poisson", kind: 3, nll: (a, x) => Math.exp(a) - a * x },
  ];

export interface GainOffset {
  gain: number;
  offset: number;
  sse: number;
  cost: number;
}

/** Gain and offset of the least J by coordinate descent on its two quadratics: no closed form of the pair. */
export function gainOffset(
  y: ArrayLike<number>,
  x: ArrayLike<number>,
  logSigma: number,
  gainPrior: number,
  offsetPrior: number,
): GainOffset {
  const variance = Math.exp(2 * logSigma);
  let [gain, offset] = [1, 0];
  for (let iteration = 0; iteration < 4000; iteration++) {
    if (gainPrior > 0) {
      let [above, below] = [variance / gainPrior ** 2, variance / gainPrior ** 2];
      for (let i = 0; i < y.length; i++) [above, below] = [above + y[i] * (x[i] - offset), below + y[i] ** 2];
      gain = above / below;
    }
    if (offsetPrior > 0) {
      let sum = 0;
      for (let i = 0; i < y.length; i++) sum += x[i] - gain * y[i];
      offset = sum / (y.length + variance / offsetPrior ** 2);
    }
  }
  let sse = 0;
  for (let i = 0; i < y.length; i++) sse += (x[i] - gain * y[i] - offset) ** 2;
  const prior = (d: number, width: number) => (width > 0 ? d ** 2 / (2 * width ** 2) : 0);
  return { gain, offset, sse, cost: sse / (2 * variance) + prior(gain - 1, gainPrior) + prior(offset, offsetPrior) };
}

/** KL(N(μ, σ²) ‖ N(0, s²)). */
export function klNormal(mu: number, logSigma: number, width: number): number {
  return (mu ** 2 + Math.exp(2 * logSigma)) / (2 * width ** 2) - 0.5 - logSigma + Math.log(width);
}

/** Σ over pairs and latents of (μ_i − μ_j)²/(σ_i² + σ_j²). */
export function smoothness(
  mu: ArrayLike<number>,
  logSigma: ArrayLike<number>,
  pairs: readonly (readonly [number, number])[],
  latents: number,
): number {
  let sum = 0;
  for (const [i, j] of pairs) {
    for (let l = 0; l < latents; l++) {
      const [a, b] = [i * latents + l, j * latents + l];
      sum += (mu[a] - mu[b]) ** 2 / (Math.exp(logSigma[a]) ** 2 + Math.exp(logSigma[b]) ** 2);
    }
  }
  return sum;
}

/** Σ over pairs and latents of √(d² + δ²) − δ. */
export function totalVariation(
  mu: ArrayLike<number>,
  pairs: readonly (readonly [number, number])[],
  latents: number,
  delta: number,
): number {
  let sum = 0;
  for (const [i, j] of pairs) {
    for (let l = 0; l < latents; l++) sum += Math.hypot(mu[i * latents + l] - mu[j * latents + l], delta) - delta;
  }
  return sum;
}
