import { describe, expect, test } from "vitest";
import { links } from "../reference/objective.ts";
import { Arena, centralDifferences, expectClose, randomNormals, randomUniforms, variants } from "./harness.ts";

const sizes = [1, 7, 16, 81];
/** Where series and formulas of the continuous Bernoulli meet, near 0, and far out. */
const special = Float32Array.of(0, 1e-20, -1e-5, 0.02, 0.499, 0.501, -0.5, 0.99, -1.01, 1.5, 4, -9, 15);

describe.each(variants)("links ($variant)", (kernels) => {
  const { link, link_inverse, link_slope } = kernels.exports;

  describe.each(links)("$name", ({ kind, mean }) => {
    function check(parameters: Float32Array) {
      const n = parameters.length;
      const arena = new Arena(kernels);
      const start = randomNormals(n, 3);
      const [a, y, d] = [arena.f32(parameters), arena.f32(n), arena.f32(start)];
      link(y.address, a.address, n, kind);
      link_slope(d.address, a.address, -1.7, n, kind);
      const means = Float64Array.from(parameters, mean);
      // One by one, so that a large mean does not drown the differences of the others.
      const slopes = Float64Array.from(parameters, (p) => centralDifferences(([v]) => mean(v), [p], 1e-4)[0]);
      // Relative to each value: small means and slopes count as much as large ones.
      for (let i = 0; i < n; i++) {
        const at = `at ${parameters[i]}`;
        expect(Math.abs(y.read()[i] - means[i]), `mean ${y.read()[i]} ${at}`).toBeLessThanOrEqual(
          2e-6 * Math.abs(means[i]),
        );
        const expected = -1.7 * start[i] * slopes[i];
        expect(Math.abs(d.read()[i] - expected), `slope ${d.read()[i]} ${at}`).toBeLessThanOrEqual(
          5e-5 * Math.abs(expected) + 1e-9,
        );
      }
      link(a.address, a.address, n, kind);
      expect(a.read()).toEqual(y.read());
      arena.checkGuards();
    }

    test.each(sizes)("mean and slope, %i pixels", (n) => check(randomNormals(n, 7, 2)));

    test("where formulas change", () => check(special));

    test.each(sizes)("the inverse of what is in range, %i pixels", (n) => {
      const arena = new Arena(kernels);
      const means = randomUniforms(n, 4, 0.03, kind === 3 ? 40 : 0.97);
      const [y, a, back] = [arena.f32(means), arena.f32(n), arena.f32(n)];
      link_inverse(a.address, y.address, n, kind);
      link(back.address, a.address, n, kind);
      expectClose(back.read(), means, 3e-6);
      arena.checkGuards();
    });
  });

  test.each([
    [1, Math.log(999)],
    [2, 50],
  ])("means out of range are brought inside, kind %i", (kind, limit) => {
    const arena = new Arena(kernels);
    const [y, a] = [arena.f32([-3, 0, 1, 7]), arena.f32(4)];
    link_inverse(a.address, y.address, 4, kind);
    expectClose(a.read(), [-limit, -limit, limit, limit], 1e-4);
  });

  test("a rate of 0 has a finite logarithm", () => {
    const arena = new Arena(kernels);
    const [y, a] = [arena.f32([0, -1]), arena.f32(2)];
    link_inverse(a.address, y.address, 2, 3);
    expectClose(a.read(), [Math.log(1e-3), Math.log(1e-3)], 1e-6);
  });
});
