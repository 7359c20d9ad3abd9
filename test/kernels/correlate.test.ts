import { describe, expect, test } from "vitest";
import { correlation } from "../reference/sampling.ts";
import { Arena, expectClose, randomNormals, variants } from "./harness.ts";
import { cutRows, padded } from "./layout.ts";

const shapes: [n: number, rows: number, cols: number, shiftRows: number, shiftCols: number][] = [
  [1, 1, 1, 1, 1],
  [3, 3, 5, 3, 7],
  [4, 5, 8, 2, 8],
  [5, 1, 11, 1, 17],
  [9, 7, 6, 5, 9],
];

describe.each(variants)("correlate ($variant)", (kernels) => {
  const { correlate_forward, template_sums, score_stride } = kernels.exports;

  test("a row of scores is whole panels", () => {
    expect([1, 7, 8, 9].map((cols) => score_stride(cols))).toEqual([8, 8, 8, 16]);
  });

  describe.each(shapes)("%i windows of %i × %i, %i × %i shifts", (n, rows, cols, shiftRows, shiftCols) => {
    const [size, groups] = [rows * cols, Math.ceil(n / 4)];
    const [templateRows, stride] = [rows + shiftRows - 1, cols + shiftCols + 2];
    const shape = [shiftRows, shiftCols, rows, cols] as const;
    const [x, template] = [randomNormals(n * size, 1), randomNormals(templateRows * stride, 2)];
    const packed = Float32Array.from({ length: groups * size * 4 }, (_, i) => {
      const window = Math.floor(i / 4 / size) * 4 + (i % 4);
      return window < n ? x[window * size + (Math.floor(i / 4) % size)] : 0;
    });
    // Readable for 8 floats past its end, with NaN there: they may not reach a score that counts.
    const readable = Float32Array.from({ length: template.length + 8 }, (_, i) => template[i] ?? NaN);

    test("forward is the sum at every shift, zero for missing windows", () => {
      const arena = new Arena(kernels);
      const sample = shiftRows * padded(shiftCols);
      const s = arena.f32(groups * 4 * sample);
      correlate_forward(s.address, arena.f32(packed).address, arena.f32(readable).address, stride, ...shape, n);
      const scores = s.read();
      for (let i = 0; i < groups * 4; i++) {
        const own = cutRows(scores.subarray(i * sample, (i + 1) * sample), shiftRows, shiftCols);
        if (i < n)
          expectClose(
            own,
            correlation(x.subarray(i * size, (i + 1) * size), template, stride, shape),
            2e-6,
            `window ${i}`,
          );
        else expect([...own]).toEqual(new Array(own.length).fill(0));
      }
      arena.checkGuards();
    });

    test("template_sums: sum and sum of squares under the window", () => {
      const arena = new Arena(kernels);
      const offset = template.map((v) => v + 30); // running sums must not lose digits to a large mean
      const [s1, s2] = [arena.f32(shiftRows * padded(shiftCols)), arena.f32(shiftRows * padded(shiftCols))];
      const scratch = arena.f64(2 * (shiftCols + cols)).address;
      template_sums(s1.address, s2.address, arena.f32(offset).address, stride, ...shape, scratch);
      const ones = new Float64Array(size).fill(1);
      const squares = Float64Array.from(offset, (v) => v ** 2);
      expectClose(cutRows(s1.read(), shiftRows, shiftCols), correlation(ones, offset, stride, shape), 1e-7, "s1");
      expectClose(cutRows(s2.read(), shiftRows, shiftCols), correlation(ones, squares, stride, shape), 1e-7, "s2");
      arena.checkGuards();
    });
  });
});
