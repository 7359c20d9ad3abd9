import { describe, expect, test } from "vitest";
import { Arena, randomNormals, variants } from "./harness.ts";

/** Sums in float32 in the order of the chunks: the kernel must give these very bits. */
function sumInOrder(blocks: Float32Array, chunks: number, size: number, i: number): number {
  let sum = blocks[i];
  for (let c = 1; c < chunks; c++) sum = Math.fround(sum + blocks[c * size + i]);
  return sum;
}

describe.each(variants)("reduce_chunks ($variant)", (kernels) => {
  test.each([
    { chunks: 1, size: 8, first: 0, last: 8 },
    { chunks: 3, size: 12, first: 4, last: 11 },
    { chunks: 5, size: 24, first: 8, last: 17 },
    { chunks: 4, size: 16, first: 4, last: 6 },
    { chunks: 2, size: 4, first: 4, last: 4 },
  ])("$chunks chunks of $size, [$first, $last)", ({ chunks, size, first, last }) => {
    const arena = new Arena(kernels);
    const values = randomNormals(chunks * size, size);
    const [out, blocks] = [arena.f32(new Float32Array(size).fill(7)), arena.f32(values)];
    kernels.exports.reduce_chunks(out.address, blocks.address, chunks, size * 4, first, last);
    const expected = Array.from({ length: size }, (_, i) =>
      i >= first && i < last ? sumInOrder(values, chunks, size, i) : 7,
    );
    expect([...out.read()]).toEqual(expected);
    arena.checkGuards();
  });
});
