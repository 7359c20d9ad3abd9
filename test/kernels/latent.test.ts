import { describe, expect, test } from "vitest";
import { klNormal, smoothness, totalVariation } from "../reference/objective.ts";
import {
  Arena,
  add,
  centralDifferences,
  dot,
  expectClose,
  randomNormals,
  randomUniforms,
  variants,
} from "./harness.ts";

const shapes: [samples: number, latents: number][] = [
  [1, 1],
  [5, 2],
  [4, 3],
  [9, 5],
];

describe.each(variants)("latent kernels ($variant)", (kernels) => {
  const k = kernels.exports;

  test.each(shapes)("reparameterize, %i samples of %i latents", (samples, latents) => {
    const arena = new Arena(kernels);
    const size = samples * latents;
    const [mus, sigmas, dzs] = [randomNormals(size, 1), randomUniforms(size, 2, -2, 1), randomNormals(size, 3)];
    const [startMu, startSigma] = [randomNormals(size, 4), randomNormals(size, 5)];
    const [mu, sigma, dz, dmu, dsigma] = [mus, sigmas, dzs, startMu, startSigma].map((values) => arena.f32(values));
    const [z, epsilon] = [arena.f32(size), arena.f32(size)];

    k.reparameterize_forward(z.address, epsilon.address, mu.address, sigma.address, samples, latents, 8n, 3, 6, 100);
    const noise = Float32Array.from({ length: size }, (_, i) =>
      k.random_normal(8n, 3 + (i % latents), 6, 100 + Math.floor(i / latents)),
    );
    expect(epsilon.read()).toEqual(noise);
    const twin = (m: ArrayLike<number>, s: ArrayLike<number>) =>
      Float64Array.from(noise, (e, i) => m[i] + Math.exp(s[i]) * e);
    expectClose(z.read(), twin(mus, sigmas), 1e-6, "z");

    const [e, s] = [epsilon.address, sigma.address];
    k.reparameterize_backward(dmu.address, dsigma.address, dz.address, e, s, samples, latents);
    const byMu = centralDifferences((v) => dot(twin(v, sigmas), dzs), mus);
    const bySigma = centralDifferences((v) => dot(twin(mus, v), dzs), sigmas);
    expectClose(dmu.read(), add(startMu, byMu), 1e-6, "dmu");
    expectClose(dsigma.read(), add(startSigma, bySigma), 1e-6, "dlog_sigma");
    arena.checkGuards();
  });

  test.each(shapes)("kl, %i samples of %i dimensions", (samples, dims) => {
    const arena = new Arena(kernels);
    const size = samples * dims;
    const [mus, sigmas, dkls] = [randomNormals(size, 1), randomUniforms(size, 2, -3, 1), randomNormals(size, 3)];
    const widths = Float32Array.from({ length: dims }, (_, d) => [1, 2.5, 0.7][d % 3]);
    const [startMu, startSigma] = [randomNormals(size, 4), randomNormals(size, 5)];
    const [mu, sigma, dkl, prior] = [mus, sigmas, dkls, widths].map((values) => arena.f32(values));
    const [dmu, dsigma, kl] = [arena.f32(startMu), arena.f32(startSigma), arena.f32(size)];

    k.kl_forward(kl.address, mu.address, sigma.address, prior.address, samples, dims);
    const twin = (m: ArrayLike<number>, s: ArrayLike<number>) =>
      Float64Array.from(mus, (_, i) => klNormal(m[i], s[i], widths[i % dims]));
    expectClose(kl.read(), twin(mus, sigmas), 1e-6, "kl");

    const inputs = [dkl.address, mu.address, sigma.address, prior.address];
    k.kl_backward(dmu.address, dsigma.address, ...inputs, samples, dims);
    const byMu = centralDifferences((v) => dot(twin(v, sigmas), dkls), mus);
    const bySigma = centralDifferences((v) => dot(twin(mus, v), dkls), sigmas);
    expectClose(dmu.read(), add(startMu, byMu), 1e-6, "dmu");
    expectClose(dsigma.read(), add(startSigma, bySigma), 1e-6, "dlog_sigma");
    arena.checkGuards();
  });

  test("kl is 0 where posterior and prior are one, and positive elsewhere", () => {
    const arena = new Arena(kernels);
    const [mu, sigma] = [arena.f32([0, 0.1]), arena.f32([Math.log(3), Math.log(3)])];
    const [prior, kl] = [arena.f32([3, 3]), arena.f32(2)];
    k.kl_forward(kl.address, mu.address, sigma.address, prior.address, 1, 2);
    expect(Math.abs(kl.read()[0])).toBeLessThan(1e-7);
    expectClose([kl.read()[1]], [0.01 / 18], 1e-3);
  });

  const pairs: [number, number][] = [
    [0, 1],
    [1, 2],
    [3, 0],
    [2, 3],
    [1, 3],
  ];

  test.each([1, 2, 5])("penalties on the latent map, %i latents", (latents) => {
    const arena = new Arena(kernels);
    const size = 4 * latents;
    const [mus, sigmas] = [randomNormals(size, 1), randomUniforms(size, 2, -2, 0.5)];
    const starts = [3, 4, 5].map((seed) => randomNormals(size, seed));
    const [mu, sigma, dmu, dsigma, dmuTv] = [mus, sigmas, ...starts].map((values) => arena.f32(values));
    const list = arena.i32(pairs.flat());
    const delta = 0.3;

    const where = [list.address, pairs.length, latents];
    const value = k.smoothness_forward(mu.address, sigma.address, ...where);
    expectClose([value], [smoothness(mus, sigmas, pairs, latents)], 1e-12, "smoothness");
    k.smoothness_backward(dmu.address, dsigma.address, 0.7, mu.address, sigma.address, ...where);
    const byMu = centralDifferences((v) => 0.7 * smoothness(v, sigmas, pairs, latents), mus);
    const bySigma = centralDifferences((v) => 0.7 * smoothness(mus, v, pairs, latents), sigmas);
    expectClose(dmu.read(), add(starts[0], byMu), 1e-6, "dmu");
    expectClose(dsigma.read(), add(starts[1], bySigma), 1e-6, "dlog_sigma");

    const tv = k.total_variation_forward(mu.address, ...where, delta);
    expectClose([tv], [totalVariation(mus, pairs, latents, delta)], 1e-12, "total variation");
    k.total_variation_backward(dmuTv.address, 0.7, mu.address, ...where, delta);
    const byTv = centralDifferences((v) => 0.7 * totalVariation(v, pairs, latents, delta), mus);
    expectClose(dmuTv.read(), add(starts[2], byTv), 1e-6, "dmu of total variation");
    arena.checkGuards();
  });
});
