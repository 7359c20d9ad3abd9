import { describe, expect, it } from "vitest";
import { pixelAxis } from "../../src/data/dataset.ts";
import {
  arrayHandle,
  type FileArray,
  mergeLeadingAxes,
  mergeTrailingAxes,
  splitFirstAxis,
  stridesOf,
} from "../../src/formats/file_array.ts";

/** An array whose samples are their own flat index, modulo 2²⁴ so that float32 holds them, read by the definition. */
function indexArray(shape: readonly number[], slabs?: FileArray["slabs"]): FileArray & { readonly blocks: number[][] } {
  const strides = stridesOf(shape);
  const blocks: number[][] = [];
  return {
    shape,
    slabs,
    blocks,
    async readBlock(start, count) {
      expect(start.every((first, k) => first >= 0 && first + count[k] <= shape[k])).toBe(true);
      blocks.push([...start, ...count]);
      const inner = stridesOf(count);
      const size = count.reduce((total, n) => total * n, 1);
      return Float32Array.from({ length: size }, (_, i) =>
        count.reduce((sum, n, k) => sum + (start[k] + (Math.floor(i / inner[k]) % n)) * strides[k], 0),
      );
    },
  };
}

const flat = (shape: readonly number[], index: readonly number[]) =>
  index.reduce((sum, i, k) => sum + i * stridesOf(shape)[k], 0);

describe("arrays of files", () => {
  const permutations = [
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ];

  it.each(permutations)("lays out the file's axes %i, %i, %i as frames, rows and columns", async (...order) => {
    const file = [5, 7, 6];
    const axes = order.map((axis, k) => pixelAxis(["frame", "row", "column"][k], file[axis]));
    const info = { name: "made", kind: "stack" as const, axes, dtype: "float32", metadata: {} };
    for (const slabs of [undefined, { axis: 1, multiple: 2 }, { axis: 2, multiple: 4 }]) {
      const { data } = await arrayHandle(info, indexArray(file, slabs), order).read({ roi: [1, 2, 4, 3] });
      const indices = Array.from(data, (_, i) => [Math.floor(i / 12), 1 + (Math.floor(i / 3) % 4), 2 + (i % 3)]);
      const expected = indices.map((index) =>
        flat(
          file,
          [0, 1, 2].map((axis) => index[order.indexOf(axis)]),
        ),
      );
      expect(Array.from(data)).toEqual(expected);
    }
  });

  it("reads large arrays by slabs that end where chunks do", async () => {
    const file = [300, 200, 90];
    const axes = [pixelAxis("frame", 90), pixelAxis("row", 300), pixelAxis("column", 200)];
    const info = { name: "made", kind: "stack" as const, axes, dtype: "float32", metadata: {} };
    const array = indexArray(file, { axis: 2, multiple: 8 });
    const { data } = await arrayHandle(info, array, [2, 0, 1]).read();
    expect(array.blocks.length).toBeGreaterThan(1);
    expect(array.blocks.every((block) => block[2] % 8 === 0)).toBe(true);
    let wrong = 0;
    data.forEach((value, i) => {
      const [frame, pixel] = [Math.floor(i / 60000), i % 60000];
      if (value !== pixel * 90 + frame) wrong++;
    });
    expect(wrong).toBe(0);
  });

  it("sees several axes as one and one as several", async () => {
    const four = indexArray([3, 4, 5, 6]);
    const merged = mergeLeadingAxes(four, 2);
    expect(merged.shape).toEqual([12, 5, 6]);
    expect(await merged.readBlock([2, 1, 3], [7, 2, 2])).toEqual(
      await indexArray([12, 5, 6]).readBlock([2, 1, 3], [7, 2, 2]),
    );
    const trailing = mergeTrailingAxes(four, 2);
    expect(trailing.shape).toEqual([3, 4, 30]);
    expect(await trailing.readBlock([1, 2, 0], [2, 2, 30])).toEqual(
      await indexArray([3, 4, 30]).readBlock([1, 2, 0], [2, 2, 30]),
    );
    const split = splitFirstAxis(indexArray([12, 5]), [3, 4]);
    expect(split.shape).toEqual([3, 4, 5]);
    for (const [start, count] of [
      [
        [0, 0, 0],
        [3, 4, 5],
      ],
      [
        [1, 1, 2],
        [2, 2, 2],
      ],
      [
        [2, 0, 0],
        [1, 4, 5],
      ],
    ]) {
      expect(await split.readBlock(start, count)).toEqual(await indexArray([3, 4, 5]).readBlock(start, count));
    }
  });
});
