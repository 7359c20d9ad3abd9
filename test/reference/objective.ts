/** Naive float64 twins of the objective's kernels: likelihoods, gain and offset, KL, penalties on the latent map. */
import { sigmoid, softplus } from "../reference.ts";

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

/** The likelihoods' means at natural parameter a, by the kinds of assembly/kernels/link.ts. */
export const links: readonly { readonly name: string; readonly kind: number; mean(a: number): number }[] = [
  { name: "Gaussian", kind: 0, mean: (a) => a },
  { name: "Bernoulli", kind: 1, mean: sigmoid },
  { name: "continuous Bernoulli", kind: 2, mean: continuousBernoulliMean },
  { name: "Poisson", kind: 3, mean: Math.exp },
];

/** Mean of the density ∝ e^(a·x) on 0 ≤ x ≤ 1 by Simpson's rule: no closed form, no series. */
function continuousBernoulliMean(a: number): number {
  const n = 2000;
  let [above, below] = [0, 0];
  for (let i = 0; i <= n; i++) {
    const weight = i === 0 || i === n ? 1 : i % 2 === 1 ? 4 : 2;
    const density = weight * Math.exp(a * (i / n) - Math.max(a, 0));
    above += density * (i / n);
    below += density;
  }
  return above / below;
}

export interface GainOffset {
  gain: number;
  offset: number;
  /** |x − g·y − o|² + (σ²/s_g²)(g − 1)² + (σ²/s_o²) o². */
  cost: number;
}

/** Gain ≥ 0 and offset of the least cost by coordinate descent on its two quadratics: no closed form of the pair. */
export function gainOffset(
  y: ArrayLike<number>,
  x: ArrayLike<number>,
  variance: number,
  gainPrior: number,
  offsetPrior: number,
): GainOffset {
  let [gain, offset] = [1, 0];
  for (let iteration = 0; iteration < 4000; iteration++) {
    if (gainPrior > 0) {
      let [above, below] = [variance / gainPrior ** 2, variance / gainPrior ** 2];
      for (let i = 0; i < y.length; i++) [above, below] = [above + y[i] * (x[i] - offset), below + y[i] ** 2];
      gain = Math.max(0, above / below);
    }
    if (offsetPrior > 0) {
      let sum = 0;
      for (let i = 0; i < y.length; i++) sum += x[i] - gain * y[i];
      offset = sum / (y.length + variance / offsetPrior ** 2);
    }
  }
  let squares = 0;
  for (let i = 0; i < y.length; i++) squares += (x[i] - gain * y[i] - offset) ** 2;
  const prior = (d: number, width: number) => (width > 0 ? (variance * d ** 2) / width ** 2 : 0);
  return { gain, offset, cost: squares + prior(gain - 1, gainPrior) + prior(offset, offsetPrior) };
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
