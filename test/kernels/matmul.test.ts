import { describe, expect, test } from "vitest";
import { matmul, transpose } from "../reference/layers.ts";
import { Arena, add, expectClose, randomNormals, tiledVariants, useTile } from "./harness.ts";
import { cutRows, fromPanels, padded, paddingOf, padRows, panelPadding, toPanels } from "./layout.ts";

const shapes: [m: number, n: number, k: number][] = [
  [1, 1, 1],
  [3, 5, 7],
  [4, 8, 6],
  [7, 9, 13],
  [12, 16, 6],
  [13, 27, 31],
  [23, 8, 5],
  [26, 24, 9],
  [36, 17, 20],
  [5, 263, 9],
];

/** A (m, k) in groups of four rows: (⌈m/4⌉, k, 4), zeros where rows are missing. */
function fours(a: ArrayLike<number>, m: number, k: number): Float64Array {
  return Float64Array.from({ length: Math.ceil(m / 4) * 4 * k }, (_, at) => {
    const [p, row] = [Math.floor(at / 4) % k, Math.floor(at / 4 / k) * 4 + (at % 4)];
    return row < m ? a[row * k + p] : 0;
  });
}

describe.each(tiledVariants)("matmul ($variant, $name)", (kernels) => {
  useTile(kernels);
  const { exports } = kernels;

  test("sizes are rounded up to whole panels and groups of four", () => {
    expect([0, 1, 7, 8, 9, 16, 17].map((n) => exports.padded(n))).toEqual([0, 8, 8, 8, 16, 16, 24]);
    expect([1, 4, 5, 8].map((m) => exports.packed_rows_size(m, 5))).toEqual([20, 20, 40, 40]);
  });

  describe.each(shapes)("%i × %i, inner %i", (m, n, k) => {
    const [a, b, bias] = [randomNormals(m * k, 1), randomNormals(k * n, 2), randomNormals(n, 3)];

    test("pack_rows and pack_columns give groups of four, and nothing of what lies between rows", () => {
      const arena = new Arena(kernels);
      const expected = fours(a, m, k);
      const byRows = arena.f32(padRows(a, m, k, k + 3, NaN));
      const packedRows = arena.f32(expected.length);
      exports.pack_rows(packedRows.address, byRows.address, m, k, k + 3);
      expect(Float64Array.from(packedRows.read())).toEqual(expected);
      const byColumns = arena.f32(padRows(transpose(a, m, k), k, m, m + 5, NaN));
      const packedColumns = arena.f32(expected.length);
      exports.pack_columns(packedColumns.address, byColumns.address, m, k, m + 5);
      expect(Float64Array.from(packedColumns.read())).toEqual(expected);
      arena.checkGuards();
    });

    test.each([false, true])("matmul_ab, bias %s: the product, zeros in the padding, nothing past it", (withBias) => {
      const arena = new Arena(kernels);
      const ldc = padded(n) + 8;
      const c = arena.f32(m * ldc);
      const [aAt, bAt] = [arena.f32(fours(a, m, k)), arena.f32(toPanels(b, k, n))];
      const biasAt = withBias ? arena.f32(padRows(bias, 1, n)).address : 0;
      exports.matmul_ab(c.address, aAt.address, bAt.address, biasAt, m, n, k, ldc, 0);
      const written = cutRows(c.read(), m, padded(n), ldc);
      expectClose(cutRows(written, m, n), matmul(a, b, m, n, k, withBias ? bias : undefined), 2e-6, "C");
      expect(paddingOf(written, m, n).every((v) => v === 0)).toBe(true);
      expect(paddingOf(c.read(), m, padded(n), ldc).every(Number.isNaN)).toBe(true);
      arena.checkGuards();
    });

    test.each([true, false])(
      "matmul_atb adds (%s) or writes Aᵀ·B in panel layout and B's sums, and leaves zeros in the padding",
      (adds) => {
        const arena = new Arena(kernels);
        const [start, startSums] = [randomNormals(m * n, 4), randomNormals(n, 6)];
        const [c, sums] = [arena.f32(toPanels(start, m, n)), arena.f32(padRows(startSums, 1, n))];
        const ldb = padded(n) + 8;
        const [aAt, bAt, scratch] = [arena.f32(fours(a, m, k)), arena.f32(padRows(b, k, n, ldb)), arena.f32(16 * k)];
        exports.matmul_atb(
          c.address,
          sums.address,
          aAt.address,
          bAt.address,
          m,
          n,
          k,
          ldb,
          scratch.address,
          0,
          Number(adds),
        );
        const begun = (values: ArrayLike<number>) => (adds ? values : new Float64Array(values.length));
        const ones = new Float64Array(k).fill(1);
        expectClose(fromPanels(c.read(), m, n), add(begun(start), matmul(a, b, m, n, k)), 2e-6, "C");
        expectClose(cutRows(sums.read(), 1, n), add(begun(startSums), matmul(ones, b, 1, n, k)), 2e-6, "sums");
        const padding = [...panelPadding(c.read(), m, n), ...paddingOf(sums.read(), 1, n)];
        expect(padding.every((v) => v === 0)).toBe(true);
        arena.checkGuards();
      },
    );

    test("matmul_abt writes A·Bᵀ, zeros in the padding, nothing past it", () => {
      const arena = new Arena(kernels);
      const long = randomNormals(m * n, 5);
      const ldc = padded(k) + 8;
      const [c, scratch] = [arena.f32(m * ldc), arena.f32(exports.matmul_abt_scratch(n))];
      const [aAt, bAt] = [arena.f32(fours(long, m, n)), arena.f32(toPanels(b, k, n))];
      exports.matmul_abt(c.address, aAt.address, bAt.address, m, n, k, ldc, scratch.address, 0);
      const written = cutRows(c.read(), m, padded(k), ldc);
      expectClose(cutRows(written, m, k), matmul(long, transpose(b, k, n), m, k, n), 2e-6, "C");
      expect(paddingOf(written, m, k).every((v) => v === 0)).toBe(true);
      expect(paddingOf(c.read(), m, padded(k), ldc).every(Number.isNaN)).toBe(true);
      arena.checkGuards();
    });
  });
});
