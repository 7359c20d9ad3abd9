import { describe, expect, test } from "vitest";
import { autocorrelation, dft2d, gaussianBlur } from "../reference/image.ts";
import { Arena, expectClose, randomNormals, variants } from "./harness.ts";

describe.each(variants)("fft ($variant)", (kernels) => {
  const k = kernels.exports;

  test.each([
    [1, 1],
    [1, 8],
    [2, 2],
    [16, 1],
    [8, 4],
    [4, 32],
    [32, 16],
    [3, 6],
    [12, 24],
    [1, 96],
    [48, 2],
  ])("fft2d of %i x %i, and back", (rows, cols) => {
    const arena = new Arena(kernels);
    const [a, b] = [randomNormals(rows * cols, 1), randomNormals(rows * cols, 2)];
    const [re, im] = [arena.f32(a), arena.f32(b)];
    const scratch = arena.bytes(k.fft_scratch_bytes(Math.max(rows, cols)));
    k.fft2d(re.address, im.address, rows, cols, 0, scratch.address);
    const expected = dft2d(a, b, rows, cols);
    expectClose(re.read(), expected.re, 1e-6, "re");
    expectClose(im.read(), expected.im, 1e-6, "im");
    k.fft2d(re.address, im.address, rows, cols, 1, scratch.address);
    expectClose(re.read(), a, 1e-6, "re, back");
    expectClose(im.read(), b, 1e-6, "im, back");
    arena.checkGuards();
  });

  test.each([
    [16, 7, 7],
    [8, 40, 19],
    [2, 17, 17],
    [12, 21, 20],
    [3, 5, 3],
  ])(
    "fft_columns of (%i, %i) transforms the first %i columns, each by itself, and leaves the others",
    (n, cols, count) => {
      const arena = new Arena(kernels);
      const [a, b] = [randomNormals(n * cols, 3), randomNormals(n * cols, 4)];
      const [re, im, scratch] = [arena.f32(a), arena.f32(b), arena.bytes(k.fft_scratch_bytes(n))];
      k.fft_columns(re.address, im.address, n, cols, count, 0, scratch.address);
      for (let c = 0; c < cols; c++) {
        const column = (values: Float32Array) => values.filter((_, i) => i % cols === c);
        const kept = { re: column(a), im: column(b) };
        const expected = c < count ? dft2d(kept.re, kept.im, 1, n) : kept;
        expectClose(column(re.read()), expected.re, 1e-6, "re");
        expectClose(column(im.read()), expected.im, 1e-6, "im");
      }
      arena.checkGuards();
    },
  );

  test.each([
    [7, 16, 7],
    [9, 4, 6],
    [3, 2, 1],
    [5, 24, 5],
    [6, 3, 5],
  ])("fft_rows of (%i, %i) transforms the first of them, %i, and leaves the others", (rows, n, count) => {
    const arena = new Arena(kernels);
    const [a, b] = [randomNormals(rows * n, 5), randomNormals(rows * n, 6)];
    const [re, im, scratch] = [arena.f32(a), arena.f32(b), arena.bytes(k.fft_scratch_bytes(n))];
    k.fft_rows(re.address, im.address, count, n, 1, scratch.address);
    for (let r = 0; r < rows; r++) {
      const row = (values: Float32Array) => values.slice(r * n, (r + 1) * n);
      const kept = { re: row(a), im: row(b) };
      // The inverse is the forward transform of the conjugate, conjugated.
      const conjugate = dft2d(
        kept.re,
        kept.im.map((v) => -v),
        1,
        n,
      );
      const expected = r < count ? { re: conjugate.re, im: conjugate.im.map((v: number) => -v) } : kept;
      expectClose(row(re.read()), expected.re, 1e-6, "re");
      expectClose(row(im.read()), expected.im, 1e-6, "im");
    }
    arena.checkGuards();
  });

  test("fft_size", () => {
    const sizes = [1, 2, 3, 4, 5, 7, 682, 769, 1024, 1025];
    expect(sizes.map((n) => k.fft_size(n))).toEqual([1, 2, 3, 4, 6, 8, 768, 1024, 1024, 1536]);
  });
});

describe.each(variants)("autocorrelation ($variant)", (kernels) => {
  const k = kernels.exports;

  function run(
    image: ArrayLike<number>,
    rows: number,
    cols: number,
    maxRow: number,
    maxCol: number,
    background = 0,
  ): Float32Array {
    const arena = new Arena(kernels);
    const [x, out] = [arena.f32(image), arena.f32((maxRow + 1) * (2 * maxCol + 1))];
    const power = arena.f32(k.power_spectrum_size(rows, cols, maxRow, maxCol));
    const scratch = arena.bytes(k.autocorrelation_scratch_bytes(rows, cols, maxRow, maxCol));
    k.power_spectrum(power.address, x.address, rows, cols, maxRow, maxCol, scratch.address);
    k.autocorrelation(out.address, power.address, rows, cols, maxRow, maxCol, background, scratch.address);
    arena.checkGuards();
    return out.read();
  }

  test.each([
    [5, 7, 3, 4],
    [16, 16, 5, 15],
    [1, 23, 0, 11],
    [9, 4, 8, 3],
  ])("of %i x %i, lags to (%i, %i)", (rows, cols, maxRow, maxCol) => {
    const image = randomNormals(rows * cols, rows).map((v) => v + 3);
    const expected = autocorrelation(image, rows, cols, maxRow, maxCol);
    expectClose(run(image, rows, cols, maxRow, maxCol), expected, 3e-6);
  });

  test("is 1 at lag 0, 1 again after a period, and 0 for a constant image", () => {
    const [rows, cols] = [40, 60];
    const wave = Float32Array.from({ length: rows * cols }, (_, i) => Math.cos((2 * Math.PI * (i % cols)) / 10));
    const out = run(wave, rows, cols, 1, 12);
    expectClose([out[12], out[12 + 10], out[12 - 10], out[12 + 5]], [1, 1, 1, -1], 1e-5);
    expect([...run(new Float32Array(20).fill(2), 4, 5, 1, 1)]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test.each([
    [24, 40, 3],
    [31, 18, 2],
  ])("of %i x %i without a background of %d px: as of the image less its blur, empty outside", (rows, cols, sigma) => {
    // A border that the Gaussian does not reach past, so that the image less its blur is 0 outside as well.
    const margin = 4 * sigma;
    const [tall, wide] = [rows + 2 * margin, cols + 2 * margin];
    const inside = (i: number) => {
      const [r, c] = [Math.floor(i / wide) - margin, (i % wide) - margin];
      return r >= 0 && r < rows && c >= 0 && c < cols;
    };
    const noise = randomNormals(tall * wide, 7);
    const raw = Float32Array.from({ length: tall * wide }, (_, i) => (inside(i) ? noise[i] : 0));
    const mean = raw.reduce((sum, v) => sum + v, 0) / (rows * cols);
    const image = raw.map((v, i) => (inside(i) ? v - mean : 0));
    const blurred = gaussianBlur(image, tall, wide, sigma);
    const expected = autocorrelation(
      image.map((v, i) => v - blurred[i]),
      tall,
      wide,
      5,
      6,
    );
    // A Gaussian cut off at 4σ has lost 6e-5 of its sum.
    expectClose(run(image, tall, wide, 5, 6, sigma), expected, 3e-4);
  });
});
