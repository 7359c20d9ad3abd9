import { describe, expect, test } from "vitest";
import { gainOffset } from "../reference/objective.ts";
import { Arena, dot, expectClose, type Kernels, randomNormals, variants } from "./harness.ts";

const priors: [gain: number, offset: number][] = [
  [0, 0],
  [0.2, 0],
  [0, 0.3],
  [0.2, 0.3],
  [Infinity, Infinity],
  [0.1, Infinity],
];
const sizes = [5, 9, 64, 143];

/** Gain, offset and cost from f64 sums over the pixels. */
function run(kernels: Kernels, y: Float32Array, x: Float32Array, variance: number, prior: [number, number]) {
  const arena = new Arena(kernels);
  const fit = arena.f64(3);
  const ones = new Float32Array(y.length).fill(1);
  const sums = [dot(x, ones), dot(x, x), dot(y, ones), dot(y, y), dot(x, y)];
  kernels.exports.gain_offset(fit.address, y.length, ...sums, variance, ...prior);
  arena.checkGuards();
  const [gain, offset, cost] = fit.read();
  return { gain, offset, cost };
}

describe.each(variants)("gain_offset ($variant)", (kernels) => {
  describe.each(priors)("prior widths (%d, %d)", (gainPrior, offsetPrior) => {
    test.each(sizes)("%i pixels, seen upright and turned over", (pixels) => {
      for (const sign of [1, -1]) {
        const y = randomNormals(pixels, 1).map((v) => v + 0.4);
        const x = randomNormals(pixels, 2, 0.3).map((v, i) => v + 1.3 * sign * y[i] + 0.2);
        for (const variance of [0.1, 1.7]) {
          const found = run(kernels, y, x, variance, [gainPrior, offsetPrior]);
          const twin = gainOffset(y, x, variance, gainPrior, offsetPrior);
          for (const key of ["gain", "offset", "cost"] as const) {
            expect(Math.abs(found[key] - twin[key]), `${key} ${found[key]}, twin ${twin[key]}`).toBeLessThan(
              1e-9 * (1 + Math.abs(twin[key])),
            );
          }
        }
      }
    });
  });

  test("a template turned over has no gain where nothing is known of it", () => {
    const y = randomNormals(40, 1);
    const found = run(
      kernels,
      y,
      y.map((v) => -v),
      1,
      [Infinity, 0],
    );
    expect(found.gain).toBe(0);
    expectClose([found.cost], [dot(y, y)], 1e-12);
  });

  test("a constant prediction keeps gain 1 where nothing else says", () => {
    const found = run(kernels, Float32Array.of(2, 2, 2, 2, 2), Float32Array.of(1, 2, 3, 4, 6), 1, [Infinity, Infinity]);
    expect(found.gain).toBe(1);
    expectClose([found.offset], [1.2], 1e-12);
  });

  test.each([1, 3, 4, 66, 143])("sums over %i pixels", (pixels) => {
    const arena = new Arena(kernels);
    const values = randomNormals(pixels, 3).map((v) => v + 2);
    const x = arena.f32(values);
    const ones = new Float32Array(pixels).fill(1);
    expectClose([kernels.exports.sum(x.address, pixels)], [dot(values, ones)], 1e-6);
    expectClose([kernels.exports.sum_squares(x.address, pixels)], [dot(values, values)], 1e-6);
  });

  test.each([1, 7, 8, 21, 143, 1024])("moments of two images of %i pixels", (pixels) => {
    const arena = new Arena(kernels);
    const [a, b] = [randomNormals(pixels, 4).map((v) => v + 2), randomNormals(pixels, 5).map((v) => 3 * v - 1)];
    const [x, y, out] = [arena.f32(a), arena.f32(b), arena.f64(5)];
    kernels.exports.moments(out.address, x.address, y.address, pixels);
    const ones = new Float32Array(pixels).fill(1);
    const sums = [dot(a, ones), dot(a, a), dot(b, ones), dot(b, b), dot(a, b)];
    out.read().forEach((found, k) => {
      expectClose([found], [sums[k]], 1e-6 * Math.max(1, Math.abs(pixels / sums[k])), `sum ${k}`);
    });
    const cross = arena.f64([0, 0, 7, 8, 0]);
    kernels.exports.cross_moments(cross.address, x.address, y.address, pixels);
    // Those of y alone are left as they are.
    const expected = [sums[0], sums[1], 7, 8, sums[4]];
    cross.read().forEach((found, k) => {
      expectClose([found], [expected[k]], 1e-6 * Math.max(1, Math.abs(pixels / expected[k])), `sum ${k}`);
    });
    arena.checkGuards();
  });
});
