import { describe, expect, test } from "vitest";
import { pixelNll } from "../reference/objective.ts";
import { Arena, add, centralDifferences, expectClose, randomNormals, randomUniforms, variants } from "./harness.ts";

const shapes = [
  { samples: 1, pixels: 1 },
  { samples: 3, pixels: 7 },
  { samples: 2, pixels: 16 },
  { samples: 5, pixels: 81 },
];

describe.each(variants)("pixel likelihoods ($variant)", (kernels) => {
  const { likelihood_forward, likelihood_backward } = kernels.exports;

  describe.each(pixelNll)("$name", ({ kind, nll }) => {
    function run(as: Float32Array, xs: Float32Array, samples: number, pixels: number) {
      const arena = new Arena(kernels);
      const [upstream, start] = [randomNormals(samples, 4), randomNormals(as.length, 5)];
      const [a, x, dloss, da] = [as, xs, upstream, start].map((values) => arena.f32(values));
      const loss = arena.f64(samples);
      likelihood_forward(loss.address, a.address, x.address, samples, pixels, kind);
      likelihood_backward(da.address, dloss.address, a.address, x.address, samples, pixels, kind);
      arena.checkGuards();
      const twin = (values: ArrayLike<number>) => {
        const losses = new Float64Array(samples);
        for (let i = 0; i < as.length; i++) losses[Math.floor(i / pixels)] += nll(values[i], xs[i]);
        return losses;
      };
      const gradient = centralDifferences((v) => twin(v).reduce((sum, l, n) => sum + upstream[n] * l, 0), as);
      expectClose(loss.read(), twin(as), 1e-6, "loss");
      expectClose(da.read(), add(start, gradient), 2e-6, "da");
    }

    test.each(shapes)("$samples samples of $pixels pixels", ({ samples, pixels }) => {
      const size = samples * pixels;
      run(randomNormals(size, 7, 2), randomUniforms(size, 8, 0, kind === 3 ? 5 : 1), samples, pixels);
    });

    test("near 0, at 0, and where series and formula meet", () => {
      const logits = Float32Array.of(0, 1e-30, -1e-6, 1e-3, -0.02, 0.1, 0.3, -0.49, 0.4999, 0.5, -0.5001, 0.7, 1, -6);
      run(logits, randomUniforms(logits.length, 9, 0, 1), 1, logits.length);
    });
  });

  test("large logits stay finite", () => {
    const arena = new Arena(kernels);
    const [a, x] = [arena.f32([60, -60, 80, -80]), arena.f32([1, 0, 0.5, 0.5])];
    const [loss, dloss, da] = [arena.f64(1), arena.f32([1]), arena.f32([0, 0, 0, 0])];
    likelihood_forward(loss.address, a.address, x.address, 1, 4, 2);
    likelihood_backward(da.address, dloss.address, a.address, x.address, 1, 4, 2);
    expectClose(loss.read(), [80 - 2 * Math.log(60) - 2 * Math.log(80)], 1e-6);
    expectClose(da.read(), [-1 / 60, 1 / 60, 0.5 - 1 / 80, -0.5 + 1 / 80], 1e-6);
    expect(da.read().every(Number.isFinite)).toBe(true);
  });
});
