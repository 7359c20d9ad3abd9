import { describe, expect, test } from "vitest";
import { matmul, transpose } from "../reference/layers.ts";
import { Arena, add, expectClose, randomNormals, variants } from "./harness.ts";
import { fromPanels, toPanels } from "./layout.ts";

/** All multiples of 8; rows that leave 0, 4 and 8 past tiles of six; an odd and an even number of panels. */
const shapes: [m: number, n: number, k: number][] = [
  [8, 8, 8],
  [16, 24, 16],
  [24, 16, 40],
  [40, 40, 8],
  [128, 8, 24],
];

/** The family of these products (assembly/kernels/tile.ts). */
const GENERATOR = 1;

/** Rows from panel to panel: two more than there are. */
const apart = (rows: number) => rows + 2;

describe.each(variants)("panels ($variant)", (kernels) => {
  const k = kernels.exports;
  const place = (arena: Arena, a: ArrayLike<number>, rows: number, cols: number) => {
    const block = arena.f32(toPanels(a, rows, cols, apart(rows)));
    return { ...block, matrix: () => fromPanels(block.read(), rows, cols, apart(rows)) };
  };

  test("a panel's stride is a cache line more than its rows", () => {
    expect([8, 128].map((rows) => k.panel_stride(rows))).toEqual([8 * 32 + 64, 128 * 32 + 64]);
  });

  describe.each(shapes)("%i × %i, inner %i", (m, n, inner) => {
    const [a, b] = [randomNormals(m * inner, 1), randomNormals(inner * n, 2)];
    const start = randomNormals(m * n, 3);
    const product = (tile: number, from: "rows" | "own") => {
      const arena = new Arena(kernels);
      const [as, bs] = [place(arena, a, m, inner), place(arena, b, inner, n)];
      const c = place(arena, start, m, n);
      // One panel for all of C's, as a layer's bias is.
      const rows = arena.f32(Float32Array.from({ length: 8 * m }, (_, i) => i >> 3));
      const s = from === "own" ? c.address : rows.address;
      const [cPanel, sPanel] = [apart(m) * 32, from === "own" ? apart(m) * 32 : 0];
      k.use_tile(GENERATOR, tile);
      k.product_panels(
        ...[c.address, cPanel, s, sPanel, as.address, apart(m) * 32, bs.address, apart(inner) * 32],
        ...[m, n, inner],
      );
      arena.checkGuards();
      // Nothing is written between panels.
      expect(c.read()).toEqual(toPanels(c.matrix(), m, n, apart(m)));
      return c.matrix();
    };

    test.each(["rows", "own"] as const)("product, started from %s, to the same bits in every tile", (from) => {
      const starts = { rows: Float32Array.from(start, (_, i) => Math.floor(i / n)), own: start };
      const c = product(0, from);
      expectClose(c, add(matmul(a, b, m, n, inner), starts[from]), 2e-6, "C");
      for (const tile of [1, 2]) expect(product(tile, from)).toEqual(c);
    });

    test("turned, with the sums of its rows", () => {
      const arena = new Arena(kernels);
      const as = place(arena, a, m, inner);
      const out = place(arena, new Float32Array(inner * m), inner, m);
      const first = randomNormals(m, 4);
      const sums = arena.f32(first);
      k.turn_panels(out.address, apart(inner) * 32, sums.address, as.address, apart(m) * 32, m, inner);
      expect(out.matrix()).toEqual(Float64Array.from(transpose(a, m, inner)));
      const ones = new Float64Array(inner).fill(1);
      expectClose(sums.read(), add(first, matmul(a, ones, m, 1, inner)), 2e-6, "sums");
      k.turn_panels(out.address, apart(inner) * 32, 0, as.address, apart(m) * 32, m, inner);
      expect(out.matrix()).toEqual(Float64Array.from(transpose(a, m, inner)));
      arena.checkGuards();
    });
  });
});
