import { readFileSync } from "node:fs";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { expect, test } from "vitest";
import { checkZstd } from "../../src/formats/zstd_guard.ts";

const archive = unzipSync(readFileSync(join(import.meta.dirname, "../fixtures/general/v3_zstd.zarr.zip")));
const chunks = Object.entries(archive).flatMap(([name, bytes]) => (name.includes("/c/") ? [bytes] : []));
/** A frame of one segment without content size but one byte, its blocks after that. */
const frame = (...blocks: number[]) => Uint8Array.from([0x28, 0xb5, 0x2f, 0xfd, 0x20, 0, ...blocks]);
const block = (kind: number, size: number, last = 1) => {
  const header = (size << 3) | (kind << 1) | last;
  return [header & 255, (header >> 8) & 255, header >> 16];
};

test("chunks as they are written pass, within their size and no less", () => {
  expect(chunks.length).toBeGreaterThan(10);
  // 10 × 10 × 5 samples of two bytes a chunk: blocks hold some of them as literals.
  for (const chunk of chunks) expect(() => checkZstd(chunk, 1000)).not.toThrow();
  for (const chunk of chunks) expect(() => checkZstd(chunk, 500)).toThrow(/of at most 500 bytes promises \d+/);
});

test.each([
  ["repeated byte", frame(...block(1, 100_000), 7), 100_000],
  ["raw literals, 5 bits", frame(...block(2, 1), 21 << 3), 21],
  ["raw literals, 12 bits", frame(...block(2, 2), 0b0100 | (0x5 << 4), 0xab), 0xab5],
  ["repeated literal, 20 bits", frame(...block(2, 4), 0b1101 | (0xc << 4), 0xab, 0x12, 7), 0x12abc],
  ["compressed literals, 10 bits", frame(...block(2, 3), 0b0010 | (0xf << 4), 0x3f, 0), 0x3ff],
  ["compressed literals, 18 bits", frame(...block(2, 5), 0b1110 | (0xf << 4), 0xff, 0x3f, 0, 0), 0x3ffff],
])("a block's promise is read: %s", (_, data, size) => {
  expect(() => checkZstd(data, size)).not.toThrow();
  expect(() => checkZstd(data, size - 1)).toThrow(`promises ${size}`);
});

test("skippable frames, several blocks and frames, and where data end", () => {
  const skippable = Uint8Array.from([0x53, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9]);
  const two = frame(...block(1, 3, 0), 5, ...block(0, 1), 6);
  const all = Uint8Array.from([...skippable, ...two, ...frame(...block(1, 50), 1)]);
  expect(() => checkZstd(all, 50)).not.toThrow();
  expect(() => checkZstd(all, 49)).toThrow("promises 50");
  expect(() => checkZstd(all.subarray(0, 14), 50)).toThrow("truncated");
  expect(() => checkZstd(all.subarray(1), 50)).toThrow("not Zstandard");
});
