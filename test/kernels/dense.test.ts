import { describe, expect, test } from "vitest";
import { matmul } from "../reference/layers.ts";
import { Arena, add, centralDifferences, dot, expectClose, randomNormals, tiledVariants, useTile } from "./harness.ts";
import { cutRows, fromPanels, padded, paddingOf, padRows, panelPadding, toPanels } from "./layout.ts";

const shapes: [m: number, n: number, k: number][] = [
  [1, 1, 1],
  [5, 3, 7],
  [7, 17, 9],
  [12, 8, 16],
  [13, 26, 21],
  [29, 11, 14],
];

describe.each(tiledVariants)("dense ($variant, $name)", (kernels) => {
  useTile(kernels);
  const { dense_forward, dense_backward, dense_scratch } = kernels.exports;

  describe.each(shapes)("%i samples, %i units of %i inputs", (m, n, k) => {
    const [x, w, b] = [randomNormals(m * k, 1), randomNormals(k * n, 2), randomNormals(n, 3)];
    const place = () => {
      const arena = new Arena(kernels);
      const [xAt, wAt, bAt] = [padRows(x, m, k), toPanels(w, k, n), padRows(b, 1, n)].map((v) => arena.f32(v));
      return { arena, xAt, wAt, bAt, scratch: arena.f32(dense_scratch(m, n, k)).address };
    };

    test("forward: the product, and zeros in the padding", () => {
      const { arena, xAt, wAt, bAt, scratch } = place();
      const y = arena.f32(m * padded(n));
      dense_forward(y.address, xAt.address, wAt.address, bAt.address, m, n, k, scratch);
      expectClose(cutRows(y.read(), m, n), matmul(x, w, m, n, k, b), 2e-6, "y");
      expect(paddingOf(y.read(), m, n).every((v) => v === 0)).toBe(true);
      arena.checkGuards();
    });

    test("backward: dx written, dW and db added to, zeros stay in the padding", () => {
      const { arena, xAt, wAt, scratch } = place();
      const [dy, startW, startB] = [randomNormals(m * n, 4), randomNormals(k * n, 5), randomNormals(n, 6)];
      const dyAt = arena.f32(padRows(dy, m, n)).address;
      const dx = arena.f32(padRows(randomNormals(m * k, 7), m, k));
      const [dw, db] = [arena.f32(toPanels(startW, k, n)), arena.f32(padRows(startB, 1, n))];
      dense_backward(dx.address, dw.address, db.address, dyAt, xAt.address, wAt.address, m, n, k, scratch);
      const toX = centralDifferences((v) => dot(matmul(v, w, m, n, k, b), dy), x);
      const toW = centralDifferences((v) => dot(matmul(x, v, m, n, k, b), dy), w);
      const toB = centralDifferences((v) => dot(matmul(x, w, m, n, k, v), dy), b);
      expectClose(cutRows(dx.read(), m, k), toX, 2e-6, "dx");
      expectClose(fromPanels(dw.read(), k, n), add(startW, toW), 2e-6, "dW");
      expectClose(cutRows(db.read(), 1, n), add(startB, toB), 2e-6, "db");
      const padding = [...paddingOf(dx.read(), m, k), ...panelPadding(dw.read(), k, n), ...paddingOf(db.read(), 1, n)];
      expect(padding.every((v) => v === 0)).toBe(true);
      arena.checkGuards();
    });

    test("backward without dx gives the same dW and db", () => {
      const { arena, xAt, wAt, scratch } = place();
      const dyAt = arena.f32(padRows(randomNormals(m * n, 4), m, n)).address;
      const run = (withX: boolean) => {
        const dx = withX ? arena.f32(m * padded(k)).address : 0;
        const [dw, db] = [arena.f32(new Float32Array(k * padded(n))), arena.f32(new Float32Array(padded(n)))];
        dense_backward(dx, dw.address, db.address, dyAt, xAt.address, wAt.address, m, n, k, scratch);
        return [dw.read(), db.read()];
      };
      expect(run(false)).toEqual(run(true));
      arena.checkGuards();
    });
  });
});
