import { describe, expect, test } from "vitest";
import { mirrored, type Place, sampleSpline } from "../reference/sampling.ts";
import { Arena, expectClose, randomNormals, variants } from "./harness.ts";

/** Images (imageRows, imageCols) and windows in, at, over and far beyond their edges. */
const images: { imageRows: number; imageCols: number; flat: boolean; height: number; width: number }[] = [
  { imageRows: 9, imageCols: 11, flat: false, height: 4, width: 5 },
  { imageRows: 6, imageCols: 17, flat: false, height: 3, width: 12 },
  { imageRows: 3, imageCols: 4, flat: false, height: 7, width: 9 },
  { imageRows: 1, imageCols: 19, flat: true, height: 1, width: 10 },
  { imageRows: 1, imageCols: 5, flat: true, height: 1, width: 8 },
];
const corners: [row: number, col: number][] = [
  [1, 1],
  [1.5, 2.25],
  [0.999, 1.001],
  [0.5, 1.5],
  [1.5, 0.5],
  [0, 0],
  [-0.75, -1.3],
  [-1e-9, -1e-9],
  [-7.4, -20.6],
  [3, 3],
  [4.5, 5.75],
  [100.2, 251.9],
];

describe.each(variants)("crop ($variant)", (kernels) => {
  const { crop_forward, crop_at, crop_scratch, spline_scratch } = kernels.exports;

  test.each([
    [0, 0, 1, 1],
    [2, 3, 3, 5],
    [4, 2, 1, 9],
    [0, 0, 5, 11],
  ])("forward cuts at (%i, %i) %i × %i pixels", (row, col, height, width) => {
    const arena = new Arena(kernels);
    const [rows, cols] = [5, 11];
    const image = randomNormals(rows * cols, 1);
    const out = arena.f32(height * width);
    crop_forward(out.address, arena.f32(image).address, cols, row, col, height, width);
    const expected = Array.from(out.read(), (_, i) => image[(row + Math.floor(i / width)) * cols + col + (i % width)]);
    expect([...out.read()]).toEqual(expected);
    arena.checkGuards();
  });

  describe.each(images)("at: $height × $width of $imageRows × $imageCols, flat $flat", (shape) => {
    const { imageRows, imageCols, flat, height, width } = shape;
    // The last window whose taps are all inside, and the first whose are not, on each axis.
    const [lastRow, lastCol] = [imageRows - height - 1.5, imageCols - width - 1.5];
    const edges: [row: number, col: number][] = [
      [lastRow, lastCol],
      [lastRow + 1, lastCol],
      [lastRow, lastCol + 1],
    ];
    test.each([...corners, ...edges])("from (%f, %f) on: the spline of the image and its mirrors", (r, c) => {
      const arena = new Arena(kernels);
      const image = randomNormals(imageRows * imageCols, 2);
      const [row, col] = [Math.fround(r), Math.fround(c)];
      const place: Place = { row, col, rows: height, cols: width, flat };
      const expected = sampleSpline(
        (p, q) => image[mirrored(p, imageRows) * imageCols + mirrored(q, imageCols)],
        place,
      );
      // Readable for 16 floats past its end, with NaN there.
      const readable = Float32Array.from({ length: image.length + 16 }, (_, i) => image[i] ?? NaN);
      const out = arena.f32(height * width);
      const tile = arena.f32(crop_scratch(height, width)).address;
      const scratch = arena.f32(spline_scratch(height, width)).address;
      const size = [imageRows, imageCols, row, col, height, width, Number(flat)];
      crop_at(out.address, arena.f32(readable).address, ...size, tile, scratch);
      // The fraction of a position is a float32: half a unit in the last place of 252 is 8e-6 px.
      expectClose(out.read(), expected, 1e-6, "out");
      arena.checkGuards();
    });
  });
});
