import { describe, expect, test } from "vitest";
import { canvas, upsample2 } from "../reference/layers.ts";
import { Arena, add, centralDifferences, dot, expectClose, randomNormals, variants } from "./harness.ts";
import { cutRows, padded, paddingOf, padRows } from "./layout.ts";

const images: [n: number, rows: number, cols: number, channels: number][] = [
  [1, 1, 1, 8],
  [2, 3, 5, 8],
  [3, 2, 3, 24],
];
const canvases = [
  { n: 1, rows: 2, cols: 2, channels: 8, outRows: 1, outCols: 1 },
  { n: 2, rows: 4, cols: 8, channels: 8, outRows: 3, outCols: 7 },
  { n: 3, rows: 4, cols: 4, channels: 16, outRows: 4, outCols: 4 },
  { n: 2, rows: 4, cols: 12, channels: 8, outRows: 1, outCols: 9 },
];

describe.each(variants)("resize ($variant)", (kernels) => {
  const { upsample2_forward, upsample2_backward, canvas_forward, canvas_backward } = kernels.exports;

  test.each(images)("upsample2: %i × %i × %i pixels of %i channels", (n, rows, cols, channels) => {
    const arena = new Arena(kernels);
    const size = n * rows * cols * channels;
    const [x, dy, start] = [randomNormals(size, 1), randomNormals(4 * size, 2), randomNormals(size, 3)];
    const [xAt, dyAt, dx] = [x, dy, start].map((values) => arena.f32(values));
    const y = arena.f32(4 * size);
    upsample2_forward(y.address, xAt.address, n, rows, cols, channels);
    expect(Float64Array.from(y.read())).toEqual(upsample2(x, n, rows, cols, channels));
    upsample2_backward(dx.address, dyAt.address, n, rows, cols, channels);
    const gradient = centralDifferences((v) => dot(upsample2(v, n, rows, cols, channels), dy), x);
    expectClose(dx.read(), add(start, gradient), 1e-6, "dx");
    arena.checkGuards();
  });

  describe.each(canvases)("canvas of $outRows × $outCols from $n × $rows × $cols × $channels", (shape) => {
    const { n, rows, cols, channels, outRows, outCols } = shape;
    const [size, inputs] = [outRows * outCols, n * rows * cols * channels];
    const [x, b, dy] = [randomNormals(inputs, 1), randomNormals(size, 2), randomNormals(n * size, 3)];
    const tail = [n, rows, cols, channels, size, outCols];

    test("forward: first channel plus bias; what is past a canvas stays", () => {
      const arena = new Arena(kernels);
      const y = arena.f32(n * padded(size));
      canvas_forward(y.address, arena.f32(x).address, arena.f32(padRows(b, 1, size)).address, ...tail);
      expectClose(cutRows(y.read(), n, size), canvas(x, b, shape), 1e-6, "y");
      expect(paddingOf(y.read(), n, size).every(Number.isNaN)).toBe(true);
      arena.checkGuards();
    });

    test("backward: dx written, db added to, and db alone where dx is 0", () => {
      const arena = new Arena(kernels);
      const start = randomNormals(size, 4);
      const dyAt = arena.f32(padRows(dy, n, size, padded(size), NaN)).address;
      const dx = arena.f32(inputs);
      const [db, dbAlone] = [arena.f32(padRows(start, 1, size)), arena.f32(padRows(start, 1, size))];
      canvas_backward(dx.address, db.address, dyAt, ...tail);
      canvas_backward(0, dbAlone.address, dyAt, ...tail);
      const toX = centralDifferences((v) => dot(canvas(v, b, shape), dy), x);
      const toB = centralDifferences((v) => dot(canvas(x, v, shape), dy), b);
      expectClose(dx.read(), toX, 1e-6, "dx");
      expectClose(cutRows(db.read(), 1, size), add(start, toB), 1e-6, "db");
      expect(dbAlone.read()).toEqual(db.read());
      expect(paddingOf(db.read(), 1, size).every((v) => v === 0)).toBe(true);
      arena.checkGuards();
    });
  });
});
