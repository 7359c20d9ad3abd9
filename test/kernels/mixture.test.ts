import { describe, expect, test } from "vitest";
import { matmul, transpose } from "../reference/layers.ts";
import { type Component, mixtureEnergy } from "../reference/mixture.ts";
import { Arena, centralDifferences, expectClose, randomNormals, randomUniforms, variants } from "./harness.ts";

/** Components at random, as a twin sees them and as the kernel reads them, padded to a multiple of 4. */
function randomMixture(count: number, latents: number, seed: number) {
  const mean = randomNormals(count * latents, seed);
  const variance = randomUniforms(count * latents, seed + 1, 0.05, 1.5);
  const weight = randomUniforms(count, seed + 2, 0.1, 1);
  const components = Array.from({ length: count }, (_, k): Component => {
    const row = (values: Float32Array) => [...values.subarray(k * latents, (k + 1) * latents)];
    return { mean: row(mean), variance: row(variance), logWeight: Math.log(weight[k]) };
  });
  const width = (count + 3) & ~3;
  const laid = new Float32Array((2 * latents + 1) * width);
  laid.fill(-1e30, 2 * latents * width);
  components.forEach(({ mean, variance, logWeight }, k) => {
    mean.forEach((m, l) => {
      laid[l * width + k] = m;
      laid[(latents + l) * width + k] = 1 / variance[l];
    });
    laid[2 * latents * width + k] = logWeight - 0.5 * variance.reduce((sum, v) => sum + Math.log(v), 0);
  });
  return { components, laid, width };
}

const cases: [components: number, latents: number, seed: number][] = [
  [1, 1, 1],
  [3, 2, 2],
  [64, 2, 3],
  [41, 5, 4],
  [257, 16, 5],
];

describe.each(variants)("mixture of normals ($variant)", (kernels) => {
  const { exports } = kernels;

  function derivatives(z: Float32Array, laid: Float32Array, width: number) {
    const arena = new Arena(kernels);
    const L = z.length;
    const [gradient, precision, spread] = [L, L, L * L].map((n) => arena.f64(n));
    const [at, components, shares] = [arena.f32(z), arena.f32(laid), arena.f32(width)];
    const addresses = [gradient, precision, spread, at, components].map(({ address }) => address);
    exports.mixture_derivatives(...addresses, width, L, shares.address);
    arena.checkGuards();
    const hessian = spread.read().map((v, n) => (n % (L + 1) === 0 ? precision.read()[n / (L + 1)] : 0) - v);
    return { gradient: gradient.read(), hessian };
  }

  test.each(cases)("derivatives of %i components in %i dimensions, seed %i", (count, latents, seed) => {
    const { components, laid, width } = randomMixture(count, latents, seed);
    const z = randomNormals(latents, seed + 3);
    const energy = (at: ArrayLike<number>) => mixtureEnergy(at, components);
    const found = derivatives(z, laid, width);
    expectClose(found.gradient, centralDifferences(energy, z), 1e-5, "gradient");
    const slope = (at: ArrayLike<number>) => centralDifferences(energy, at, 1e-4);
    const hessian = Array.from(z, (_, l) => [...centralDifferences((at) => slope(at)[l], z, 1e-4)]).flat();
    expectClose(found.hessian, hessian, 2e-5, "Hessian");
  });

  test("far from every component the nearest decides, and nothing overflows", () => {
    const { components, laid, width } = randomMixture(20, 2, 7);
    const z = Float32Array.from([300, -200]);
    const { gradient, hessian } = derivatives(z, laid, width);
    expectClose(
      gradient,
      centralDifferences((at) => mixtureEnergy(at, components), z, 1e-3),
      1e-4,
    );
    for (const value of hessian) expect(Number.isFinite(value)).toBe(true);
  });

  test.each([1, 2, 3, 7, 16])("raise_eigenvalues of %i rows", (d) => {
    // Q from the rotations of a random symmetric matrix would be the kernel's own; a product of reflections is not.
    const vectors = reflections(d);
    const values = Float64Array.from(randomNormals(d, d + 20));
    const diagonal = (of: Float64Array) =>
      Float64Array.from({ length: d * d }, (_, n) => (n % (d + 1) ? 0 : of[n / (d + 1)]));
    const turned = (of: Float64Array) =>
      matmul(matmul(transpose(vectors, d, d), diagonal(of), d, d, d), vectors, d, d, d);
    const arena = new Arena(kernels);
    const [out, a, scratch] = [arena.f64(d * d), arena.f64(turned(values)), arena.f64(d * d)];
    exports.raise_eigenvalues(out.address, a.address, d, 0.1, scratch.address);
    arena.checkGuards();
    expectClose(out.read(), turned(values.map((v) => Math.max(v, 0.1))), 1e-12);
  });
});

/** An orthogonal matrix (d, d): the product of d random reflections. */
function reflections(d: number): Float64Array {
  let q = Float64Array.from({ length: d * d }, (_, n) => (n % (d + 1) ? 0 : 1));
  for (let k = 0; k < d; k++) {
    const v = randomNormals(d, 100 + k);
    const squares = v.reduce((sum, x) => sum + x * x, 0);
    const mirror = Float64Array.from({ length: d * d }, (_, n) => {
      const [i, j] = [Math.floor(n / d), n % d];
      return (i === j ? 1 : 0) - (2 * v[i] * v[j]) / squares;
    });
    q = matmul(q, mirror, d, d, d) as typeof q;
  }
  return q;
}
