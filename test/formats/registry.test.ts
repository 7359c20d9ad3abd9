import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { unzipSync } from "fflate";
import { afterAll, describe, expect, it } from "vitest";
import { shapeOf } from "../../src/data/dataset.ts";
import { FormatError, ShapeError } from "../../src/errors.ts";
import { guessAxes } from "../../src/formats/guess_axes.ts";
import { encodeNpy, encodeNpz, type NumericArray } from "../../src/formats/npy_write.ts";
import { allFormats, openFile, readDataset } from "../../src/formats/registry.ts";
import { type ByteSource, sourceFromBytes } from "../../src/formats/source.ts";

const FIXTURES = join(import.meta.dirname, "../fixtures/general");
const folder = mkdtempSync(join(tmpdir(), "shift-vae-formats-"));
afterAll(() => rmSync(folder, { recursive: true }));

const ramp = (count: number) => Float32Array.from({ length: count }, (_, i) => i);
const text = (content: string) => sourceFromBytes("table.txt", new TextEncoder().encode(content));

/** A source that counts the bytes taken from it. */
function counting(bytes: Uint8Array): ByteSource & { taken(): number } {
  const source = sourceFromBytes("counted", bytes);
  let total = 0;
  return {
    ...source,
    async read(offset, length) {
      total += length;
      return source.read(offset, length);
    },
    taken: () => total,
  };
}

describe("registry", () => {
  it("names a missing file, an empty file, a strange file and a folder without Zarr", async () => {
    await expect(readDataset(join(folder, "missing.tif"))).rejects.toThrow(
      /missing\.tif: cannot be opened: no such file or directory/,
    );
    await expect(openFile(sourceFromBytes("none.tif", new Uint8Array(0)))).rejects.toThrow(
      "none.tif: the file is empty",
    );
    const strange = openFile(sourceFromBytes("strange.bin", new Uint8Array([1, 2, 0, 65])));
    await expect(strange).rejects.toThrow(FormatError);
    await expect(strange).rejects.toThrow(/strange\.bin: not a known format: first bytes 01 02 00 41 .*known: .*TIFF/);
    await expect(readDataset(FIXTURES)).rejects.toThrow(/expected a file or a Zarr folder/);
  });

  it("gives every format a name and detects nothing in a prose text", async () => {
    const names = (await allFormats()).map((format) => format.name);
    expect(new Set(names).size).toBe(names.length);
    await expect(openFile(text("One day in 2023\nthe sun rose 4 times\n"))).rejects.toThrow(/not a known format/);
  });

  it("finds datasets by index, name and name in another case; lists them otherwise", async () => {
    const bytes = await encodeNpz({
      Height: { data: ramp(400), shape: [20, 20] },
      phase: { data: ramp(500), shape: [20, 25] },
    });
    const source = sourceFromBytes("two.npz", bytes);
    expect((await readDataset(source)).name).toBe("Height");
    expect((await readDataset(source, { dataset: 1 })).name).toBe("phase");
    expect((await readDataset(source, { dataset: "1" })).name).toBe("phase");
    expect((await readDataset(source, { dataset: "height" })).name).toBe("Height");
    await expect(readDataset(source, { dataset: "bias" })).rejects.toThrow(
      /two\.npz: no dataset "bias"; there are 0: Height, 1: phase/,
    );
    await expect(readDataset(source, { dataset: 2 })).rejects.toThrow(ShapeError);
  });

  it("refuses frames and regions that are not there", async () => {
    const source = sourceFromBytes("stack.npy", encodeNpy(ramp(3 * 70 * 80), [3, 70, 80]));
    await expect(readDataset(source, { frame: 3 })).rejects.toThrow(/frame 3 to 4 asked for, there are 0 to 3/);
    await expect(readDataset(source, { roi: [0, 78, 5, 5] })).rejects.toThrow(
      /columns 78 to 83 asked for, there are 0 to 80/,
    );
    await expect(readDataset(source, { roi: [0, 0, 0, 5] })).rejects.toThrow(ShapeError);
  });

  it("takes one frame of a stack without reading the others", async () => {
    const frames = 50;
    const source = counting(encodeNpy(ramp(frames * 64 * 64), [frames, 64, 64]));
    const frame = await readDataset(source, { frame: 49 });
    expect(frame.data[0]).toBe(49 * 64 * 64);
    expect(source.taken()).toBeLessThan(64 * 64 * 4 + 10_000);
  });

  it("shifts the offset of an axis with the region", async () => {
    const part = await readDataset(join(FIXTURES, "imagej_nm.tif"), { frame: 0, roi: [4, 10, 5, 6] });
    expect(part.axes.map((axis) => axis.offset)).toEqual([
      expect.closeTo(4 * 0.025, 12),
      expect.closeTo(10 * 0.02, 12),
    ]);
  });

  // Two of them: the second was a rejection that nobody handled, which ends the process.
  it("refuses Zarr codecs that it does not know, by name", async () => {
    const zarrFolder = join(folder, "strange.zarr");
    mkdirSync(join(zarrFolder, "c/0"), { recursive: true });
    const grid = { name: "regular", configuration: { chunk_shape: [2, 2] } };
    const codecs = [{ name: "bytgs" }, { name: "nothing" }];
    const kind = { zarr_format: 3, node_type: "array", shape: [2, 2], data_type: "uint8", fill_value: 0 };
    const keys = { chunk_grid: grid, chunk_key_encoding: { name: "default" }, codecs, attributes: {} };
    writeFileSync(join(zarrFolder, "zarr.json"), JSON.stringify({ ...kind, ...keys }));
    writeFileSync(join(zarrFolder, "c/0/0"), new Uint8Array(4));
    await expect(readDataset(zarrFolder)).rejects.toThrow(/strange\.zarr: .*"bytgs", which is not known here/);
    await expect(readDataset(zarrFolder)).rejects.toThrow(FormatError);
  });

  it("reads a Zarr folder as it reads the archive of it", async () => {
    const archive = join(FIXTURES, "v3_zstd.zarr.zip");
    const zarrFolder = join(folder, "stack.zarr");
    const { mkdirSync } = await import("node:fs");
    for (const [name, bytes] of Object.entries(unzipSync(new Uint8Array(readFileSync(archive))))) {
      mkdirSync(dirname(join(zarrFolder, name)), { recursive: true });
      writeFileSync(join(zarrFolder, name), bytes);
    }
    const [fromFolder, fromArchive] = [await readDataset(zarrFolder), await readDataset(archive)];
    expect(fromFolder).toEqual(fromArchive);
    expect(shapeOf(fromFolder)).toEqual([5, 40, 50]);
  });
});

describe("hostile TIFF", () => {
  /** Little endian, one directory at 8 with the entries (tag, type, count, value), then where the next one stands. */
  function tiffOf(entries: readonly (readonly number[])[], next: number, tail = 0): Uint8Array {
    const out = new Uint8Array(8 + 2 + entries.length * 12 + 4 + tail);
    const view = new DataView(out.buffer);
    out.set([0x49, 0x49, 42, 0, 8]);
    view.setUint16(8, entries.length, true);
    entries.forEach(([tag, type, count, value], i) => {
      const at = 10 + i * 12;
      view.setUint16(at, tag, true);
      view.setUint16(at + 2, type, true);
      view.setUint32(at + 4, count, true);
      view.setUint32(at + 8, value, true);
    });
    view.setUint32(10 + entries.length * 12, next, true);
    return out;
  }
  const page = (width: number, height: number, compression: number, bytes: number) => [
    [256, 4, 1, width],
    [257, 4, 1, height],
    [258, 3, 1, 8],
    [259, 3, 1, compression],
    [273, 4, 1, 8],
    [279, 4, 1, bytes],
  ];

  const files: readonly (readonly [string, Uint8Array, RegExp])[] = [
    ["directories in a circle", tiffOf(page(2, 2, 1, 4), 8), /circle/],
    ["an image larger than its data", tiffOf(page(20000, 20000, 1, 40), 0), /cannot hold an image/],
    ["a compressed image larger than its data can be", tiffOf(page(20000, 20000, 8, 40), 0), /cannot hold an image/],
    ["strips beyond the end", tiffOf(page(100, 100, 1, 10000), 0), /truncated/],
    ["a tag of 4 billion values", tiffOf([...page(2, 2, 1, 4).slice(0, 2), [258, 3, 0xffffffff, 8]], 0), /truncated/],
    ["no size", tiffOf([[258, 3, 1, 8]], 0), /sizes of at least 1/],
    ["JPEG inside", tiffOf(page(2, 2, 7, 4), 0), /compression 7 \(JPEG\) is not read/],
  ];
  it.each(files)("%s", async (_, bytes, message) => {
    const read = readDataset(sourceFromBytes("hostile.tif", bytes));
    await expect(read).rejects.toThrow(FormatError);
    await expect(read).rejects.toThrow(message);
    await expect(read).rejects.toThrow(/hostile\.tif/);
  });
});

describe("NPY and NPZ writing", () => {
  const arrays: readonly NumericArray[] = [
    Float32Array.of(1.5, -2, 3, 4e30),
    Float64Array.of(1.5, -2, 3, 4),
    Int8Array.of(-128, 127, 0, 1),
    Int16Array.of(-32768, 32767, 0, 1),
    Int32Array.of(-2147483648, 5, 0, 1),
    Uint8Array.of(0, 255, 3, 4),
    Uint16Array.of(0, 65535, 3, 4),
    Uint32Array.of(0, 4294967295, 3, 4),
    BigInt64Array.of(-5n, 5n, 0n, 1n),
    BigUint64Array.of(0n, 2n ** 40n, 0n, 1n),
  ];
  it.each(arrays.map((array): [string, NumericArray] => [array.constructor.name, array]))("%s", async (_, array) => {
    const bytes = encodeNpy(array, [2, 2]);
    expect((bytes.length - array.byteLength) % 64).toBe(0);
    const read = await readDataset(sourceFromBytes("a.npy", bytes));
    expect(Array.from(read.data)).toEqual(
      Array.from<number | bigint, number>(array as ArrayLike<number | bigint>, (value) => Math.fround(Number(value))),
    );
  });

  it("refuses a shape that does not fit, and writes the same archive twice", async () => {
    expect(() => encodeNpy(ramp(5), [2, 3])).toThrow(/2×3 holds 6 values, 5 came/);
    const content = { a: { data: ramp(6), shape: [2, 3] } };
    expect(await encodeNpz(content)).toEqual(await encodeNpz(content));
  });
});

describe("kind of a bare array", () => {
  it.each([
    [[512, 512], "float64", "image", [512, 512]],
    [[5000, 100], "float64", "spectra", [5000, 100]],
    [[1, 300], "float64", "spectra", [1, 300]],
    [[300], "float64", "spectra", [1, 300]],
    [[32, 32, 102], "float64", "spectral-map", [32, 32, 102]],
    [[3, 256, 256], "float64", "stack", [3, 256, 256]],
    [[100, 24, 22], "float64", "stack", [100, 24, 22]],
    [[256, 256, 3], "uint8", "image", [256, 256]],
    [[256, 256, 10], "float32", "spectral-map", [256, 256, 10]],
    [[1, 7, 64, 64, 1], "float32", "stack", [7, 64, 64]],
    [[10, 10, 2, 64, 5], "float32", "spectral-map", [10, 10, 640]],
    [[4, 5, 32, 32], "float32", "stack", [20, 32, 32]],
  ])("%j %s: %s %j", (shape, dtype, kind, expected) => {
    const guessed = guessAxes(shape, dtype);
    expect(guessed.kind).toBe(kind);
    expect(guessed.axes.map((axis) => axis.size)).toEqual(expected);
  });
});

describe("text tables", () => {
  it("takes a first column as the axis of the spectra beside it", async () => {
    const lines = Array.from({ length: 40 }, (_, i) => `${(-1 + i * 0.05).toFixed(2)}\t${i}\t${i * i}`);
    const read = await readDataset(text(`Bias (mV)\ttop\tbridge\n${lines.join("\n")}\n`));
    expect(read.kind).toBe("spectra");
    expect(shapeOf(read)).toEqual([2, 40]);
    expect(read.axes[1]).toMatchObject({ unit: "mV", scale: expect.closeTo(0.05, 9), offset: -1 });
    expect(read.data[40 + 3]).toBe(9);
    expect(read.metadata.columns).toBe("top, bridge");
  });

  it("reads gaps, NaN and infinities, Fortran exponents and a trailing delimiter", async () => {
    const read = await readDataset(text("1,2,3,\n4,,inf,\nnan,-Inf,1.5D2,\n"));
    expect(Array.from(read.data)).toEqual([1, 2, 3, 4, Number.NaN, Infinity, Number.NaN, -Infinity, 150]);
  });

  it("names the line that is not like the others", async () => {
    const lines = Array.from({ length: 100 }, () => "1 2 3");
    lines[80] = "1 2";
    await expect(readDataset(text(lines.join("\n")))).rejects.toThrow(
      /table\.txt: line 81: expected 3 numbers, found 2/,
    );
  });
});
