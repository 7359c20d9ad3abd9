import { describe, expect, test } from "vitest";
import { type ConvolutionShape, conv2d } from "../reference/layers.ts";
import { Arena, add, centralDifferences, dot, expectClose, randomNormals, tiledVariants, useTile } from "./harness.ts";
import { cutRows, fromPanels, padded, paddingOf, padRows, panelPadding, toPanels } from "./layout.ts";

const shapes: ConvolutionShape[] = [
  { n: 1, rows: 1, cols: 1, inC: 1, outC: 1, stride: 1 },
  { n: 2, rows: 1, cols: 9, inC: 2, outC: 3, stride: 2 },
  { n: 2, rows: 5, cols: 7, inC: 3, outC: 5, stride: 1 },
  { n: 3, rows: 5, cols: 7, inC: 3, outC: 5, stride: 2 },
  { n: 1, rows: 6, cols: 4, inC: 9, outC: 8, stride: 2 },
  { n: 1, rows: 3, cols: 5, inC: 8, outC: 17, stride: 1 },
];

describe.each(tiledVariants)("conv2d ($variant, $name)", (kernels) => {
  useTile(kernels);
  const { conv2d_forward, conv2d_backward, conv2d_scratch, conv2d_size } = kernels.exports;

  test("an image shrinks to ⌈size/stride⌉", () => {
    expect([1, 2, 5, 6].map((size) => conv2d_size(size, 2))).toEqual([1, 1, 3, 3]);
    expect([1, 5].map((size) => conv2d_size(size, 1))).toEqual([1, 5]);
  });

  describe.each(shapes)("$n × $rows × $cols, $inC → $outC channels, stride $stride", (shape) => {
    const { n, rows, cols, inC, outC, stride } = shape;
    const [inPixels, k] = [n * rows * cols, 9 * inC];
    const outPixels = n * Math.ceil(rows / stride) * Math.ceil(cols / stride);
    const [x, w, b] = [randomNormals(inPixels * inC, 1), randomNormals(k * outC, 2), randomNormals(outC, 3)];
    const place = () => {
      const arena = new Arena(kernels);
      const [xAt, wAt, bAt] = [padRows(x, inPixels, inC), toPanels(w, k, outC), padRows(b, 1, outC)].map(
        (values) => arena.f32(values).address,
      );
      const scratch = arena.f32(conv2d_scratch(rows, cols, inC, outC, stride)).address;
      return { arena, xAt, wAt, bAt, tail: [n, rows, cols, inC, outC, stride, scratch] };
    };

    test("forward: the sum over taps and channels, zeros in the padding", () => {
      const { arena, xAt, wAt, bAt, tail } = place();
      const y = arena.f32(outPixels * padded(outC));
      conv2d_forward(y.address, xAt, wAt, bAt, ...tail);
      expectClose(cutRows(y.read(), outPixels, outC), conv2d(x, w, b, shape), 2e-6, "y");
      expect(paddingOf(y.read(), outPixels, outC).every((v) => v === 0)).toBe(true);
      arena.checkGuards();
    });

    test("backward: dx written, dW and db added to, zeros in the padding", () => {
      const { arena, xAt, wAt, tail } = place();
      const [dy, startW, startB] = [
        randomNormals(outPixels * outC, 4),
        randomNormals(k * outC, 5),
        randomNormals(outC, 6),
      ];
      const dyAt = arena.f32(padRows(dy, outPixels, outC)).address;
      const dx = arena.f32(inPixels * padded(inC));
      const [dw, db] = [arena.f32(toPanels(startW, k, outC)), arena.f32(padRows(startB, 1, outC))];
      conv2d_backward(dx.address, dw.address, db.address, dyAt, xAt, wAt, ...tail);
      const toX = centralDifferences((v) => dot(conv2d(v, w, b, shape), dy), x);
      const toW = centralDifferences((v) => dot(conv2d(x, v, b, shape), dy), w);
      const toB = centralDifferences((v) => dot(conv2d(x, w, v, shape), dy), b);
      expectClose(cutRows(dx.read(), inPixels, inC), toX, 2e-6, "dx");
      expectClose(fromPanels(dw.read(), k, outC), add(startW, toW), 2e-6, "dW");
      expectClose(cutRows(db.read(), 1, outC), add(startB, toB), 2e-6, "db");
      const padding = [
        ...paddingOf(dx.read(), inPixels, inC),
        ...panelPadding(dw.read(), k, outC),
        ...paddingOf(db.read(), 1, outC),
      ];
      expect(padding.every((v) => v === 0)).toBe(true);
      arena.checkGuards();
    });

    test("backward without dx gives the same dW and db", () => {
      const { arena, xAt, wAt, tail } = place();
      const dyAt = arena.f32(padRows(randomNormals(outPixels * outC, 4), outPixels, outC)).address;
      const run = (withX: boolean) => {
        const dx = withX ? arena.f32(inPixels * padded(inC)).address : 0;
        const [dw, db] = [arena.f32(new Float32Array(k * padded(outC))), arena.f32(new Float32Array(padded(outC)))];
        conv2d_backward(dx, dw.address, db.address, dyAt, xAt, wAt, ...tail);
        return [dw.read(), db.read()];
      };
      expect(run(false)).toEqual(run(true));
      arena.checkGuards();
    });
  });
});
