import { describe, expect, test } from "vitest";
import { matmul, transpose } from "../reference/layers.ts";
import { Arena, add, expectClose, randomNormals, variants } from "./harness.ts";
import { fromPanels, toPanels } from "./layout.ts";

/** All multiples of 16. */
const shapes: [m: number, n: number, k: number][] = [
  [16, 16, 16],
  [32, 16, 48],
  [48, 64, 32],
  [128, 32, 128],
];

/** Three times that of whole products (panels.test.ts): the largest factors are sums of three quarters, whose products are three times as large. */
const TOLERANCE = 6e-6;

/** Rows from panel to panel: two more than there are. */
const apart = (rows: number) => rows + 2;

/** Of the families of products, the spatial generator's (assembly/kernels/tile.ts). */
const GENERATOR = 1;

type Combination = (quarters: readonly number[]) => readonly number[];

describe.each(variants)("products by quarters ($variant)", (kernels) => {
  const k = kernels.exports;
  /** A matrix with room for its sums behind it. */
  const place = (arena: Arena, a: ArrayLike<number>, rows: number, cols: number) => {
    const matrix = toPanels(a, rows, cols, apart(rows));
    const block = arena.f32(Float32Array.from({ length: 2 * matrix.length }, (_, i) => matrix[i] ?? NaN));
    const part = (first: number) => fromPanels(block.read().subarray(first), rows, cols, apart(rows));
    return { ...block, panel: apart(rows) * 32, matrix: () => part(0), sums: () => part(matrix.length) };
  };

  const kinds: [string, Combination][] = [
    ["first_sums", ([a, r, c, d]) => [c - a - r, a + r, a - c, c - a - r + d]],
    ["second_sums", ([a, r, c, d]) => [a - r - c, a - r, a - c, a - r - c + d]],
    ["turned_sums", ([a, r, c, d]) => [r - a - c, a - r, a + c, r - a - c + d]],
  ];
  test.each(kinds)("%s", (name, combination) => {
    const [rows, cols] = [32, 48];
    const arena = new Arena(kernels);
    const values = randomNormals(rows * cols, 1);
    const a = place(arena, values, rows, cols);
    k[name](a.address, a.panel, rows, cols);
    const expected = new Float64Array(rows * cols);
    for (let i = 0; i < rows / 2; i++) {
      for (let j = 0; j < cols / 2; j++) {
        const places = [0, cols / 2, (rows / 2) * cols, (rows / 2) * cols + cols / 2].map((at) => at + i * cols + j);
        const sums = combination(places.map((at) => values[at]));
        for (const [q, at] of places.entries()) expected[at] = sums[q];
      }
    }
    // Three additions of numbers up to some units.
    expectClose(a.sums(), expected, 3e-7, name);
    expect(a.matrix()).toEqual(Float64Array.from(values));
    arena.checkGuards();
  });

  test.each(shapes)("%i × %i, inner %i, to the same bits in every tile", (m, n, inner) => {
    const [a, b] = [randomNormals(m * inner, 1), randomNormals(inner * n, 2)];
    const product = (tile: number) => {
      const arena = new Arena(kernels);
      const [as, bs] = [place(arena, a, m, inner), place(arena, b, inner, n)];
      const [zeros, scratch] = [arena.f32(new Float32Array(4 * m)), arena.bytes(k.quarters_scratch(m, n))];
      const c = arena.f32(toPanels(new Float32Array(m * n), m, n, apart(m)));
      k.first_sums(as.address, as.panel, m, inner);
      k.second_sums(bs.address, bs.panel, inner, n);
      k.use_tile(GENERATOR, tile);
      k.product_quarters(
        ...[c.address, apart(m) * 32, as.address, as.panel, bs.address, bs.panel, m, n, inner],
        ...[zeros.address, scratch.address],
      );
      k.use_tile(GENERATOR, 0);
      arena.checkGuards();
      return fromPanels(c.read(), m, n, apart(m));
    };
    const c = product(0);
    expectClose(c, matmul(a, b, m, n, inner), TOLERANCE, "C");
    for (const tile of [1, 2]) expect(product(tile)).toEqual(c);
  });

  test.each(shapes)("%i × %i, inner twice %i, of second sums and turned ones", (m, n, inner) => {
    const arena = new Arena(kernels);
    const g = arena.f32(new Float32Array(2 * apart(m) * n));
    let expected = new Float64Array(m * n);
    for (const seed of [1, 3]) {
      const [a, d] = [randomNormals(m * inner, seed), randomNormals(n * inner, seed + 1)];
      const b = transpose(d, n, inner);
      const [as, bs] = [place(arena, a, m, inner), place(arena, b, inner, n)];
      k.second_sums(as.address, as.panel, m, inner);
      k.turned_sums(bs.address, bs.panel, inner, n);
      k.add_quarters(g.address, apart(m) * 32, as.address, as.panel, bs.address, bs.panel, m, n, inner);
      expected = add(expected, matmul(a, b, m, n, inner));
    }
    k.join_quarters(g.address, apart(m) * 32, m, n);
    expectClose(fromPanels(g.read(), m, n, apart(m)), expected, TOLERANCE, "G");
    arena.checkGuards();
  });
});
