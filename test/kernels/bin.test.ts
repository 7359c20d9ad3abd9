import { describe, expect, test } from "vitest";
import { Arena, expectClose, randomNormals, variants } from "./harness.ts";

const shapes: [rows: number, cols: number, factorRow: number, factorCol: number][] = [
  [3, 5, 1, 1],
  [4, 9, 2, 2],
  [2, 3, 2, 2],
  [1, 13, 1, 2],
  [5, 4, 3, 2],
];

describe.each(variants)("bin ($variant)", (kernels) => {
  test.each(shapes)("means of (%i, %i) blocks of %i × %i pixels", (rows, cols, fr, fc) => {
    const arena = new Arena(kernels);
    const [ldy, ldx] = [cols + 2, cols * fc + 3];
    const image = randomNormals(rows * fr * ldx, 1);
    const x = arena.f32(image);
    const y = arena.f32(rows * ldy);
    kernels.exports.bin_forward(y.address, x.address, rows, cols, ldy, ldx, fr, fc);
    const found = y.read();
    for (let r = 0; r < rows; r++) {
      const own = Array.from({ length: cols }, (_, c) => {
        let sum = 0;
        for (let i = 0; i < fr; i++) for (let j = 0; j < fc; j++) sum += image[(r * fr + i) * ldx + c * fc + j];
        return sum / (fr * fc);
      });
      expectClose(found.subarray(r * ldy, r * ldy + cols), own, 1e-6, `row ${r}`);
      expect([...found.subarray(r * ldy + cols, (r + 1) * ldy)].every(Number.isNaN)).toBe(true);
    }
    arena.checkGuards();
  });
});
