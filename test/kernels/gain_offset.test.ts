import { describe, expect, test } from "vitest";
import { type GainOffset, gainOffset } from "../reference/objective.ts";
import { Arena, add, centralDifferences, expectClose, randomNormals, randomUniforms, variants } from "./harness.ts";

const priors: [gain: number, offset: number][] = [
  [0, 0],
  [0.2, 0],
  [0, 0.3],
  [0.2, 0.3],
  [Infinity, Infinity],
  [0.1, Infinity],
];
const shapes: [samples: number, pixels: number][] = [
  [1, 5],
  [3, 9],
  [2, 64],
];

describe.each(variants)("gain_offset ($variant)", (kernels) => {
  const { gain_offset_forward, gain_offset_backward } = kernels.exports;

  describe.each(priors)("prior widths (%d, %d)", (gainPrior, offsetPrior) => {
    test.each(shapes)("%i samples of %i pixels", (samples, pixels) => {
      const arena = new Arena(kernels);
      const size = samples * pixels;
      const ys = randomNormals(size, 1).map((v) => v + 0.4);
      const xs = randomNormals(size, 2, 0.3).map((v, i) => v + 1.3 * ys[i] + 0.2);
      const [sigmas, upstream, start] = [
        randomUniforms(samples, 3, -1, 0),
        randomNormals(samples, 4),
        randomNormals(size, 5),
      ];
      const [y, x, s, dcost, dy] = [ys, xs, sigmas, upstream, start].map((values) => arena.f32(values));
      const [gain, offset, sse] = [arena.f32(samples), arena.f32(samples), arena.f64(samples)];
      const [g, o, yAt, xAt, sAt] = [gain, offset, y, x, s].map((block) => block.address);

      gain_offset_forward(g, o, sse.address, yAt, xAt, sAt, samples, pixels, gainPrior, offsetPrior);
      const twin = (values: Float64Array): GainOffset[] =>
        Array.from({ length: samples }, (_, n) => {
          const part = (a: Float32Array | Float64Array) => a.subarray(n * pixels, (n + 1) * pixels);
          return gainOffset(part(values), part(xs), sigmas[n], gainPrior, offsetPrior);
        });
      const expected = twin(Float64Array.from(ys));
      expectClose(
        gain.read(),
        expected.map((e) => e.gain),
        1e-6,
        "gain",
      );
      expectClose(
        offset.read(),
        expected.map((e) => e.offset),
        1e-6,
        "offset",
      );
      expectClose(
        sse.read(),
        expected.map((e) => e.sse),
        1e-6,
        "sse",
      );

      gain_offset_backward(dy.address, dcost.address, yAt, xAt, g, o, sAt, samples, pixels);
      if (size < 30) {
        const total = (v: Float64Array) => twin(v).reduce((sum, e, n) => sum + upstream[n] * e.cost, 0);
        expectClose(dy.read(), add(start, centralDifferences(total, ys)), 3e-6, "dy");
      }
      arena.checkGuards();
    });
  });

  test("a constant prediction keeps gain 1 where nothing else says", () => {
    const arena = new Arena(kernels);
    const [y, x, s] = [arena.f32([2, 2, 2, 2, 2]), arena.f32([1, 2, 3, 4, 6]), arena.f32([0])];
    const [gain, offset, sse] = [arena.f32(1), arena.f32(1), arena.f64(1)];
    const outputs = [gain.address, offset.address, sse.address];
    gain_offset_forward(...outputs, y.address, x.address, s.address, 1, 5, Infinity, Infinity);
    expect(gain.read()[0]).toBe(1);
    expectClose(offset.read(), [1.2], 1e-6);
  });
});
