import { describe, expect, test } from "vitest";
import { gaussianBlur, normaliseImage } from "../reference/image.ts";
import { Arena, expectClose, randomNormals, variants } from "./harness.ts";

describe.each(variants)("gaussian_blur ($variant)", (kernels) => {
  const k = kernels.exports;

  function blur(image: Float32Array, rows: number, cols: number, sigma: number): Float32Array {
    const arena = new Arena(kernels);
    const [x, out] = [arena.f32(image), arena.f32(rows * cols)];
    const scratch = arena.bytes(k.gaussian_blur_scratch_bytes(rows, cols, sigma));
    k.gaussian_blur(out.address, x.address, rows, cols, sigma, scratch.address);
    arena.checkGuards();
    const separate = out.read();
    k.gaussian_blur(x.address, x.address, rows, cols, sigma, scratch.address);
    expect(x.read()).toEqual(separate);
    return separate;
  }

  // Spacing of the nodes 1, 2, 3, 5: sigma below 8 is exact.
  test.each([
    { rows: 9, cols: 13, sigma: 0.7, tolerance: 1e-6 },
    { rows: 16, cols: 5, sigma: 3, tolerance: 1e-6 },
    { rows: 1, cols: 37, sigma: 2, tolerance: 1e-6 },
    { rows: 21, cols: 1, sigma: 2, tolerance: 1e-6 },
    { rows: 40, cols: 33, sigma: 8, tolerance: 1e-3 },
    { rows: 31, cols: 50, sigma: 13, tolerance: 1e-3 },
    { rows: 1, cols: 150, sigma: 20, tolerance: 1e-3 },
  ])("$rows x $cols, sigma $sigma: within $tolerance of the range", ({ rows, cols, sigma, tolerance }) => {
    const image = randomNormals(rows * cols, rows).map(Math.abs);
    const range = Math.max(...image) - Math.min(...image);
    const actual = blur(image, rows, cols, sigma);
    const expected = gaussianBlur(image, rows, cols, sigma);
    const worst = actual.reduce((max, v, i) => Math.max(max, Math.abs(v - expected[i])), 0);
    expect(worst / range).toBeLessThan(tolerance);
  });

  test("a step, the worst case for interpolated nodes", () => {
    const [rows, cols, sigma] = [12, 200, 20];
    const image = Float32Array.from({ length: rows * cols }, (_, i) => (i % cols < 97 ? 0 : 1));
    const actual = blur(image, rows, cols, sigma);
    expectClose(actual, gaussianBlur(image, rows, cols, sigma), 1e-3);
  });

  test("keeps a constant", () => {
    expectClose(blur(new Float32Array(300).fill(5), 20, 15, 9), new Array(300).fill(5), 1e-6);
  });
});

describe.each(variants)("normalise ($variant)", (kernels) => {
  const k = kernels.exports;

  function normalise(image: ArrayLike<number>, rows: number, cols: number, sigmas: [number, number], floor = 0.2) {
    const arena = new Arena(kernels);
    const [x, out] = [arena.f32(image), arena.f32(rows * cols)];
    const scratch = arena.bytes(k.normalise_scratch_bytes(rows, cols, ...sigmas));
    const sd = k.normalise_image(out.address, x.address, rows, cols, ...sigmas, floor, scratch.address);
    const separate = out.read();
    k.normalise_image(x.address, x.address, rows, cols, ...sigmas, floor, scratch.address);
    expect(x.read()).toEqual(separate);
    arena.checkGuards();
    return { sd, out: separate };
  }

  test.each<[number, number, [number, number]]>([
    [12, 17, [0, 0]],
    [30, 25, [4, 0]],
    [25, 30, [0, 3]],
    [41, 23, [5, 7]],
    [1, 60, [4, 6]],
  ])("%i x %i, sigmas %o", (rows, cols, sigmas) => {
    const image = randomNormals(rows * cols, cols).map((v, i) => 1000 + v * (1 + (i % cols) / 5) + i / 10);
    for (const floor of [0.01, 1]) {
      const { out } = normalise(image, rows, cols, sigmas, floor);
      expectClose(out, normaliseImage(image, rows, cols, ...sigmas, floor), 1e-4, `floor ${floor}`);
    }
  });

  test("the floor keeps an empty half from being blown up", () => {
    const [rows, cols] = [40, 80];
    const noise = randomNormals(rows * cols, 5);
    const image = noise.map((v, i) => (i % cols < 40 ? v : 0.001 * v));
    const deviation = (out: Float32Array) => {
      const empty = out.filter((_, i) => i % cols >= 60);
      const mean = empty.reduce((sum, v) => sum + v, 0) / empty.length;
      return Math.sqrt(empty.reduce((sum, v) => sum + (v - mean) ** 2, 0) / empty.length);
    };
    expect(deviation(normalise(image, rows, cols, [4, 4]).out)).toBeLessThan(0.02);
    expect(deviation(normalise(image, rows, cols, [4, 4], 1e-6).out)).toBeGreaterThan(0.5);
  });

  test("says that an image has no contrast, or no finite numbers", () => {
    const flat = normalise(new Float32Array(117).fill(0.1), 9, 13, [2, 2]);
    expect(flat.sd).toBe(0);
    expect(flat.out.every((v) => v === 0)).toBe(true);
    expect(normalise([1, 2, NaN, 4], 2, 2, [0, 0]).sd).toBeNaN();
    expect(normalise([1, 2, Infinity, 4], 2, 2, [0, 0]).sd).toBeNaN();
  });

  test.each([
    [11, 7],
    [1, 9],
    [8, 1],
  ])("remove_plane takes a plane away and leaves the rest, %i x %i", (rows, cols) => {
    const arena = new Arena(kernels);
    const ramp = (i: number) => 50 + 0.3 * Math.floor(i / cols) - 1.7 * (i % cols);
    const plane = arena.f32(Float32Array.from({ length: rows * cols }, (_, i) => ramp(i)));
    k.remove_plane(plane.address, plane.address, rows, cols);
    expect(Math.max(...plane.read().map(Math.abs))).toBeLessThan(1e-5);

    const values = randomNormals(rows * cols, 3);
    const [a, b] = [arena.f32(values), arena.f32(values.map((v, i) => v + ramp(i)))];
    const [fromA, fromB] = [arena.f32(rows * cols), arena.f32(rows * cols)];
    k.remove_plane(fromA.address, a.address, rows, cols);
    k.remove_plane(fromB.address, b.address, rows, cols);
    expectClose(fromB.read(), fromA.read(), 1e-5);
    const left = fromA.read();
    const moment = (weight: (i: number) => number) => left.reduce((sum, v, i) => sum + v * weight(i), 0);
    for (const weight of [() => 1, (i: number) => Math.floor(i / cols), (i: number) => i % cols]) {
      expect(Math.abs(moment(weight))).toBeLessThan(1e-4);
    }
    arena.checkGuards();
  });
});
