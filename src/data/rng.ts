import { ConfigError } from "../errors.ts";

/** A seeded stream of random numbers: the same seed gives the same numbers on every machine. */
export interface Rng {
  /** Uniform in [low, high), with 32 random bits; [0, 1) by default. */
  uniform(low?: number, high?: number): number;
  /** Normal with mean 0 and standard deviation 1. */
  normal(): number;
  /** Poisson with the given mean ≥ 0. */
  poisson(mean: number): number;
}

/** Largest mean for which Poisson numbers are drawn by multiplying uniforms (Knuth); above it PTRS is exact and faster. */
const KNUTH_LIMIT = 10;

/**
 * The generator for simulated data: xoshiro128** (Blackman and Vigna, ACM Trans. Math. Softw. 47, 36 (2021)), its
 * 128 bits of state filled from the seed by a Weyl sequence through MurmurHash3's 32-bit finaliser. Normals by
 * Marsaglia's polar method, Poisson numbers by Hörmann's transformed rejection PTRS (Insur. Math. Econ. 12, 39 (1993)).
 *
 * @param seed integer in [0, 2³²)
 * @throws ConfigError for any other seed
 */
export function createRng(seed: number): Rng {
  const bits = xoshiro128(seed);
  const uniform = (low = 0, high = 1) => low + (high - low) * (bits() / 2 ** 32);
  let spare: number | undefined;

  function normal(): number {
    if (spare !== undefined) {
      const value = spare;
      spare = undefined;
      return value;
    }
    for (;;) {
      const u = uniform(-1, 1);
      const v = uniform(-1, 1);
      const q = u * u + v * v;
      if (q >= 1 || q === 0) continue;
      const scale = Math.sqrt((-2 * Math.log(q)) / q);
      spare = v * scale;
      return u * scale;
    }
  }

  function poisson(mean: number): number {
    if (!(mean >= 0 && mean < 2 ** 31)) {
      throw new ConfigError(`mean of a Poisson number: expected 0 to 2³¹, got ${mean}`);
    }
    return mean < KNUTH_LIMIT ? poissonByProduct(mean, uniform) : poissonByRejection(mean, uniform);
  }

  return { uniform, normal, poisson };
}

function xoshiro128(seed: number): () => number {
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
    throw new ConfigError(`seed: expected an integer from 0 to 4294967295, got ${seed}`);
  }
  let weyl = seed;
  const next = () => {
    weyl = (weyl + 0x9e3779b9) | 0;
    let h = weyl ^ (weyl >>> 16);
    h = Math.imul(h, 0x85ebca6b);
    h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
    return (h ^ (h >>> 16)) | 0;
  };
  let [a, b, c, d] = [next(), next(), next(), next()];
  return () => {
    const result = Math.imul(rotateLeft(Math.imul(b, 5), 7), 9) >>> 0;
    const t = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= t;
    d = rotateLeft(d, 11);
    return result;
  };
}

function rotateLeft(x: number, k: number): number {
  return (x << k) | (x >>> (32 - k));
}

function poissonByProduct(mean: number, uniform: () => number): number {
  const limit = Math.exp(-mean);
  let k = 0;
  for (let product = uniform(); product > limit; product *= uniform()) k++;
  return k;
}

function poissonByRejection(mean: number, uniform: () => number): number {
  const logMean = Math.log(mean);
  const b = 0.931 + 2.53 * Math.sqrt(mean);
  const a = -0.059 + 0.02483 * b;
  const inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
  const accepted = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const u = uniform() - 0.5;
    const v = uniform();
    const edge = 0.5 - Math.abs(u);
    const k = Math.floor(((2 * a) / edge + b) * u + mean + 0.43);
    if (edge >= 0.07 && v <= accepted) return k;
    if (k < 0 || (edge < 0.013 && v > edge)) continue;
    if (Math.log((v * inverseAlpha) / (a / (edge * edge) + b)) <= k * logMean - mean - logGamma(k + 1)) return k;
  }
}

/** ln Γ(x) for x ≥ 1: Stirling's series (Abramowitz and Stegun 6.1.41) after raising x above 8; error below 1e-11. */
export function logGamma(x: number): number {
  let shift = 0;
  let y = x;
  while (y < 8) {
    shift += Math.log(y);
    y++;
  }
  const r = 1 / (y * y);
  const series = (1 / 12 - r * (1 / 360 - r * (1 / 1260 - r / 1680))) / y;
  return (y - 0.5) * Math.log(y) - y + 0.5 * Math.log(2 * Math.PI) + series - shift;
}
