import { describe, expect, test } from "vitest";
import { dft2d } from "../reference/image.ts";
import { correlation } from "../reference/sampling.ts";
import { Arena, expectClose, randomNormals, variants } from "./harness.ts";
import { cutRows, padded } from "./layout.ts";

/** Windows, their size, shifts: one axis and two, groups of eight that are full, half and hardly filled, powers of two of either kind. */
const shapes: [n: number, rows: number, cols: number, shiftRows: number, shiftCols: number][] = [
  [1, 1, 1, 1, 1],
  [3, 1, 11, 1, 17],
  [8, 1, 20, 1, 13],
  [5, 3, 5, 3, 7],
  [12, 8, 8, 9, 9],
  [13, 6, 9, 5, 24],
  [9, 17, 16, 16, 17],
];

/** Index of k with its bits, of n's, read backwards. */
function reversed(k: number, n: number): number {
  let out = 0;
  for (let bit = 1; bit < n; bit *= 2) out = 2 * out + (Math.floor(k / bit) % 2);
  return out;
}

describe.each(variants)("correlation by Fourier transforms ($variant)", (kernels) => {
  const k = kernels.exports;

  test.each([1, 2, 4, 8, 16, 64, 128])("transforms of %i points, to bit-reversed order and back", (n) => {
    const width = 8;
    const arena = new Arena(kernels);
    const [a, b] = [randomNormals(n * width, 1), randomNormals(n * width, 2)];
    const [re, im] = [arena.f32(a), arena.f32(b)];
    const twiddles = arena.f32(k.lane_twiddle_bytes(n) / 4).address;
    k.lane_twiddles(twiddles, n);
    k.lane_dif(re.address, im.address, n, width, twiddles);
    for (let lane = 0; lane < width; lane++) {
      const own = (values: ArrayLike<number>) => Float64Array.from({ length: n }, (_, i) => values[i * width + lane]);
      const expected = dft2d(own(a), own(b), 1, n);
      const inOrder = (values: Float32Array) => own(values).map((_, i, all) => all[reversed(i, n)]);
      expectClose(inOrder(re.read()), expected.re, 1e-6, "re");
      expectClose(inOrder(im.read()), expected.im, 1e-6, "im");
    }
    // With re and im exchanged it goes back, times n.
    k.lane_dit(im.address, re.address, n, width, twiddles);
    expectClose(
      re.read().map((v) => v / n),
      a,
      1e-6,
      "re, back",
    );
    expectClose(
      im.read().map((v) => v / n),
      b,
      1e-6,
      "im, back",
    );
    arena.checkGuards();
  });

  describe.each(shapes)("%i windows of %i × %i, %i × %i shifts", (n, rows, cols, shiftRows, shiftCols) => {
    const size = rows * cols;
    const [templateRows, templateCols] = [rows + shiftRows - 1, cols + shiftCols - 1];
    const stride = templateCols + 3;
    const [down, along] = [k.transform_rows(templateRows), k.transform_cols(templateCols)];
    const x = randomNormals(n * size, 1);
    const sample = shiftRows * padded(shiftCols);

    /** Scores with each template, as the core takes them: windows eight by eight, their spectra for all templates. */
    function scores(templates: readonly Float32Array[]): Float32Array[] {
      const arena = new Arena(kernels);
      const packed = arena.f32(4 * Math.ceil(n / 4) * size);
      k.pack_rows(packed.address, arena.f32(x).address, n, size, size);
      const twiddles = arena.bytes(k.correlation_twiddle_bytes(down, along)).address;
      k.correlation_twiddles(twiddles, down, along);
      // Scratch of finite numbers: what is read past a row must not be NaN.
      const scratch = arena.f32(new Float32Array(k.correlation_scratch_bytes(down, along, shiftRows) / 4)).address;
      const spectrum = arena.bytes(k.windows_spectrum_bytes(down, along)).address;
      const spectra = templates.map((template) => {
        const out = arena.bytes(k.template_spectrum_bytes(down, along)).address;
        const c = arena.f32(template).address;
        k.template_spectrum(out, c, stride, templateRows, templateCols, down, along, twiddles, spectrum, scratch);
        return out;
      });
      const outputs = templates.map(() => arena.f32(4 * Math.ceil(n / 4) * sample));
      for (let i = 0; i < n; i += 8) {
        const at = (group: number) => packed.address + 4 * group * size;
        k.windows_spectrum(spectrum, at(i), i + 4 < n ? at(i + 4) : 0, rows, cols, down, along, twiddles, scratch);
        for (const [t, out] of outputs.entries()) {
          const to = out.address + 4 * i * sample;
          const count = Math.min(8, n - i);
          k.correlate_spectra(to, spectrum, spectra[t], shiftRows, shiftCols, down, along, count, twiddles, scratch);
        }
      }
      arena.checkGuards();
      return outputs.map((out) => out.read());
    }

    const make = (seed: number) => {
      const template = randomNormals(templateRows * stride, seed);
      // What lies between rows may not count.
      return template.map((v, at) => (at % stride < templateCols ? v : NaN));
    };

    test("gives the sum at every shift, for two templates from one spectrum, and finite numbers beside", () => {
      const templates = [make(2), make(3)];
      for (const [t, found] of scores(templates).entries()) {
        expect(found.every(Number.isFinite)).toBe(true);
        for (let i = 0; i < n; i++) {
          const own = cutRows(found.subarray(i * sample, (i + 1) * sample), shiftRows, shiftCols);
          const window = x.subarray(i * size, (i + 1) * size);
          const expected = correlation(window, templates[t], stride, [shiftRows, shiftCols, rows, cols]);
          // Three transforms, each stage rounding twice by 6·10⁻⁸ of the largest score of the two windows that go as one.
          expectClose(own, expected, 4e-7 * (2 + Math.log2(down * along)), `template ${t}, window ${i}`);
        }
      }
    });
  });
});
