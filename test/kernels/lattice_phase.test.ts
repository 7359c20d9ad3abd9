import { describe, expect, test } from "vitest";
import { fourierSum } from "../reference/lattice_phase.ts";
import { Arena, dot, expectClose, randomNormals, randomUniforms, variants } from "./harness.ts";
import { padRows } from "./layout.ts";

const windows: [rows: number, cols: number, k: [number, number]][] = [
  [7, 9, [0.13, 0.02]],
  [16, 12, [-0.21, 0.17]],
  [1, 33, [0, 0.11]],
];

/** Whole vectors in pairs, with and without columns over; one and two rows. */
const widths: typeof windows = [
  [32, 32, [0.08, -0.03]],
  [5, 19, [0.13, 0.02]],
  [2, 8, [0.2, 0.1]],
  [1, 3, [0, 0.3]],
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

  test.each([...windows, ...widths])("lattice_sums, %i × %i at %j", (rows, cols, frequency) => {
    const arena = new Arena(kernels);
    const [size, stride] = [rows * cols, cols + 5];
    const second: [number, number] = [-0.07, 0.19];
    const waves = arena.f32(4 * size);
    for (const [n, k1] of [frequency, second].entries()) {
      const at = waves.address + 8 * n * size;
      k.lattice_wave(at, at + 4 * size, rows, cols, k1[0], k1[1]);
    }
    const values = randomNormals(size, 3);
    // What is between the rows is not read as pixels.
    const x = arena.f32(padRows(values, rows, cols, stride, 1e6));
    const sums = arena.f32(16);
    k.lattice_sums(sums.address, x.address, stride, waves.address, size, rows, cols);
    const expected = [0, 1, 2, 3].map((n) => dot(waves.read().slice(n * size, (n + 1) * size), values));
    expectClose(sums.read().slice(0, 4), expected, 1e-5, "sums");
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
