import { describe, expect, test } from "vitest";
import { fourierSum } from "../reference/lattice_phase.ts";
import { Arena, dot, expectClose, randomNormals, randomUniforms, variants } from "./harness.ts";

const windows: [rows: number, cols: number, k: [number, number]][] = [
  [7, 9, [0.13, 0.02]],
  [16, 12, [-0.21, 0.17]],
  [1, 33, [0, 0.11]],
];

describe.each(variants)("kernels of the lattice's phase ($variant)", (kernels) => {
  const k = kernels.exports;

  test("angle64", () => {
    const values = [...randomNormals(60, 1), 0, 1, -1, 1e-30, -1e30];
    for (const y of values) {
      for (const x of values) expect(Math.abs(k.angle64(y, x) - Math.atan2(y, x))).toBeLessThan(1e-13);
    }
  });

  test.each(windows)("lattice_wave, %i × %i at %j", (rows, cols, frequency) => {
    const arena = new Arena(kernels);
    const x = randomNormals(rows * cols, 3);
    const [real, imaginary] = [arena.f32(rows * cols), arena.f32(rows * cols)];
    k.lattice_wave(real.address, imaginary.address, rows, cols, ...frequency);
    const sums = [dot(real.read(), x), dot(imaginary.read(), x)];
    expectClose(sums, fourierSum(x, rows, cols, frequency), 1e-5, "Fourier sum");
    arena.checkGuards();
  });

  test.each([[1], [2], [3]])("lattice_shift finds a shift up to a lattice vector, %i", (seed) => {
    const arena = new Arena(kernels);
    const lattice = [11.3, 1.2, -2.4, 9.1];
    const area = lattice[0] * lattice[3] - lattice[1] * lattice[2];
    const first = [lattice[3] / area, -lattice[2] / area];
    // With the second the sum of both reciprocal vectors: another pair with the same lattice.
    const second = [first[0] - lattice[1] / area, first[1] + lattice[0] / area];
    const phases = randomUniforms(2, seed, -3, 3);
    for (const [s, t] of [...randomUniforms(40, seed + 10, -20, 20)].map((v, i, all) => [v, all[39 - i]])) {
      const to = [first, second].map((f, j) => phases[j] - 2 * Math.PI * (f[0] * s + f[1] * t));
      const [out, from, at, kk, ab] = [2, phases, to, [...first, ...second], lattice].map((v) => arena.f64(v));
      k.lattice_shift(out.address, from.address, at.address, kk.address, ab.address);
      const [row, col] = out.read();
      const [dr, dc] = [s - row, t - col];
      const cells = [first, [-lattice[1] / area, lattice[0] / area]].map((f) => f[0] * dr + f[1] * dc);
      for (const cell of cells) expect(Math.abs(cell - Math.round(cell))).toBeLessThan(1e-9);
      for (const [i, j] of [
        [1, 0],
        [0, 1],
        [1, 1],
        [1, -1],
        [-1, 0],
        [0, -1],
      ]) {
        const other = Math.hypot(row + i * lattice[0] + j * lattice[2], col + i * lattice[1] + j * lattice[3]);
        expect(Math.hypot(row, col)).toBeLessThan(other + 1e-9);
      }
    }
    arena.checkGuards();
  });
});
