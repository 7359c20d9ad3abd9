/** Naive float64 twins of the kernels: the formulas as one would write them on paper, for tests only. */

/** The activations by their number in assembly/kernels/activation.ts. */
export const activations: readonly { readonly name: string; readonly f: (x: number) => number }[] = [
  { name: "linear", f: (x) => x },
  { name: "relu", f: (x) => Math.max(x, 0) },
  { name: "gelu", f: gelu },
  { name: "tanh", f: Math.tanh },
  { name: "sigmoid", f: sigmoid },
  { name: "softplus", f: softplus },
];

export function sigmoid(x: number): number {
  return x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x));
}

export function softplus(x: number): number {
  return Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
}

/** The tanh form, x/2·(1 + tanh u) = x·sigmoid(2u), u = √(2/π)·(x + 0.044715 x³) (Hendrycks & Gimpel, arXiv 1606.08415). */
export function gelu(x: number): number {
  return x * sigmoid(2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3));
}

/** One step of Adam with decoupled weight decay, in place, at step t = 1, 2, … (arXiv 1412.6980, 1711.05101). */
export function adamStep(
  state: { readonly p: Float64Array; readonly m: Float64Array; readonly v: Float64Array },
  gradient: ArrayLike<number>,
  t: number,
  s: { lr: number; beta1: number; beta2: number; eps: number; decay: number },
): void {
  const { p, m, v } = state;
  for (let i = 0; i < p.length; i++) {
    const g = gradient[i];
    m[i] = s.beta1 * m[i] + (1 - s.beta1) * g;
    v[i] = s.beta2 * v[i] + (1 - s.beta2) * g * g;
    const [mHat, vHat] = [m[i] / (1 - s.beta1 ** t), v[i] / (1 - s.beta2 ** t)];
    p[i] -= s.lr * (mHat / (Math.sqrt(vHat) + s.eps) + s.decay * p[i]);
  }
}
