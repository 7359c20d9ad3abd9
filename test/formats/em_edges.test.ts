import { describe, expect, it } from "vitest";
import { type Dataset, shapeOf } from "../../src/data/dataset.ts";
import { FormatError } from "../../src/errors.ts";
import type { OpenedFile } from "../../src/formats/format.ts";
import { openFile } from "../../src/formats/registry.ts";
import { type ByteSource, sourceFromBytes } from "../../src/formats/source.ts";
import type { SampleKind } from "../writers/byte_writer.ts";
import { type DmImage, type Tag, writeDm, writeTags } from "../writers/dm_writer.ts";
import { type MrcFile, writeMrc } from "../writers/mrc_writer.ts";
import { type SerFile, writeSer } from "../writers/ser_writer.ts";

const open = (bytes: Uint8Array, name = "made") => openFile(sourceFromBytes(name, bytes));
const count = (size: number) => Array.from({ length: size }, (_, i) => i);
const axesOf = (dataset: Dataset) => dataset.axes.map(({ unit, scale, offset }) => [unit, scale, offset]);

async function first(file: Promise<OpenedFile>): Promise<Dataset> {
  return (await file).datasets[0].read();
}

/** A file of a huge size of which only the head exists; the rest reads as zeros. Counts the bytes that are asked for. */
function hugeSource(name: string, head: Uint8Array, size: number): ByteSource & { readonly asked: () => number } {
  let asked = 0;
  return {
    name,
    size,
    async read(offset, length) {
      asked += length;
      if (length > 2 ** 26) throw new Error(`${length} bytes at once`);
      const out = new Uint8Array(length);
      if (offset < head.length) out.set(head.subarray(offset, offset + length));
      return out;
    },
    async close() {},
    asked: () => asked,
  };
}

describe("DM3 and DM4", () => {
  const options = ([3, 4] as const).flatMap((version) =>
    [true, false].map((littleEndian) => ({ version, littleEndian })),
  );
  const image: DmImage = {
    name: "HAADF",
    dimensions: [4, 3],
    values: count(12).map((i) => i - 5),
    kind: "int16",
    calibrations: [
      [2, 0.5, "µm"],
      [0, 30, "pm"],
    ],
    tags: [["Microscope Info", { group: [["Voltage", { float: 200000 }]] }]],
  };

  it.each(options)("reads a calibrated image: $version, little endian $littleEndian", async (option) => {
    const dataset = await first(open(writeDm([image], option)));
    expect(dataset.kind).toBe("image");
    expect(shapeOf(dataset)).toEqual([3, 4]);
    expect(Array.from(dataset.data)).toEqual(image.values);
    expect(dataset.axes.map((axis) => axis.unit)).toEqual(["nm", "nm"]);
    expect(dataset.axes[0].scale).toBeCloseTo(0.03, 12);
    expect(dataset.axes[1].scale).toBeCloseTo(500, 9);
    expect(dataset.axes[1].offset).toBeCloseTo(-1000, 9);
    expect(dataset.name).toBe("HAADF");
    expect(dataset.dtype).toBe("int16");
    expect(dataset.metadata["voltage (V)"]).toBe(200000);
  });

  it.each(options)("passes over the thumbnail and reads every type: $version, $littleEndian", async (option) => {
    const thumbnail: DmImage = { name: "thumbnail", dimensions: [2, 2], values: [0, 0, 0, 0], kind: "uint8" };
    const kinds: SampleKind[] = ["uint8", "int8", "int16", "uint16", "int32", "uint32", "float32", "float64"];
    const images = kinds.map(
      (kind): DmImage => ({ name: kind, dimensions: [3, 2], values: [1, 2, 3, 4, 5, 100], kind }),
    );
    const file = await open(writeDm([thumbnail, ...images], option));
    expect(file.datasets.map((handle) => handle.info.dtype)).toEqual(kinds);
    for (const handle of file.datasets) expect(Array.from((await handle.read()).data)).toEqual([1, 2, 3, 4, 5, 100]);
  });

  it("gives a spectrum image as (rows, columns, energies)", async () => {
    // In the file x is fastest, then y, then the energy.
    const [columns, rows, energies] = [4, 3, 5];
    const si: DmImage = {
      name: "SI",
      dimensions: [columns, rows, energies],
      values: count(columns * rows * energies),
      kind: "float32",
      calibrations: [
        [0, 2, "nm"],
        [0, 3, "nm"],
        [-100, 0.5, "eV"],
      ],
    };
    const file = await open(writeDm([si], { version: 4, littleEndian: true }));
    const dataset = await file.datasets[0].read();
    expect(dataset.kind).toBe("spectral-map");
    expect(axesOf(dataset)).toEqual([
      ["nm", 3, 0],
      ["nm", 2, 0],
      ["eV", 0.5, 50],
    ]);
    const value = (row: number, column: number, energy: number) => energy * rows * columns + row * columns + column;
    dataset.data.forEach((actual, i) => {
      expect(actual).toBe(value(Math.floor(i / energies / columns), Math.floor(i / energies) % columns, i % energies));
    });
    const part = await file.datasets[0].read({ roi: [1, 2, 1, 2] });
    expect(Array.from(part.data.subarray(0, energies))).toEqual(count(energies).map((energy) => value(1, 2, energy)));
  });

  it("gives one spectrum, and the frames of a stack one by one", async () => {
    const spectrum: DmImage = {
      name: "EELS",
      dimensions: [6],
      values: count(6),
      kind: "uint16",
      calibrations: [[0, 0.1, "keV"]],
    };
    const dataset = await first(open(writeDm([spectrum], { version: 3, littleEndian: true })));
    expect([dataset.kind, ...shapeOf(dataset)]).toEqual(["spectra", 1, 6]);
    expect(axesOf(dataset)[1]).toEqual(["keV", 0.1, 0]);
    const stack: DmImage = { name: "stack", dimensions: [3, 2, 4], values: count(24), kind: "uint16" };
    const file = await open(writeDm([stack], { version: 3, littleEndian: false }));
    expect(file.datasets[0].info.kind).toBe("stack");
    const frame = await file.datasets[0].read({ frame: 2 });
    expect(Array.from(frame.data)).toEqual([12, 13, 14, 15, 16, 17]);
  });

  it("reads complex numbers as their modulus and packed colours as their luma", async () => {
    const make = (dataType: number, array: Uint8Array, elementBytes: number) => {
      const data: [string, Tag][] = [
        ["Data", { array, type: elementBytes === 8 ? 6 : 5, elementBytes: 4 }],
        ["DataType", { uint: dataType }],
        [
          "Dimensions",
          {
            group: [
              ["", { uint: 2 }],
              ["", { uint: 2 }],
            ],
          },
        ],
      ];
      const entry: Tag = { group: [["ImageData", { group: data }]] };
      return open(writeTags([["ImageList", { group: [["", entry]] }]], { version: 3, littleEndian: true }));
    };
    const complex = new Uint8Array(new Float32Array([3, 4, 0, -2, 5, 12, 8, 15]).buffer);
    expect(Array.from((await first(make(3, complex, 8))).data)).toEqual([5, 2, 13, 17]);
    const colours = Uint8Array.from([0, 0, 255, 0, 0, 255, 0, 0, 255, 0, 0, 0, 9, 9, 9, 0]);
    const luma = (await first(make(23, colours, 4))).data;
    [0.299 * 255, 0.587 * 255, 0.114 * 255, 9].forEach((value, i) => {
      expect(luma[i]).toBeCloseTo(value, 4);
    });
    await expect(make(5, colours, 4)).rejects.toThrow(/unsupported data type 5/);
  });

  it("says what is wrong with a directory that lies", async () => {
    const nest = (depth: number): Tag => (depth === 0 ? { uint: 1 } : { group: [["deeper", nest(depth - 1)]] });
    for (const version of [3, 4] as const) {
      const deep = writeTags([["a", nest(100)]], { version, littleEndian: true });
      await expect(open(deep)).rejects.toThrow(/nest deeper/);
      const good = writeDm([image], { version, littleEndian: true });
      for (let length = 20; length < good.length - 8; length += 7) {
        await expect(open(good.subarray(0, length)), `${length} bytes`).rejects.toThrow(FormatError);
      }
      const crowded = good.slice();
      crowded.set([0x7f, 0xff, 0xff, 0xff], version === 3 ? 14 : 22);
      await expect(open(crowded)).rejects.toThrow(/a group of \d+ tags in/);
    }
    const short = { ...image, dimensions: [400, 300] };
    await expect(open(writeDm([short], { version: 3, littleEndian: true }))).rejects.toThrow(/400/);
  });
});

describe("TIA SER", () => {
  const spectra: SerFile = {
    version: 0x210,
    elements: count(6).map((k) => [k, k + 10, k + 20, k + 30]),
    shape: [4],
    kind: "int32",
    calibrations: [[100, 0.5, 2]],
    scan: [
      [3, 2e-9, "meters"],
      [2, 4e-9, "meters"],
    ],
  };
  const images: SerFile = {
    version: 0x220,
    elements: [count(6), count(6).map((i) => i + 100)],
    shape: [2, 3],
    kind: "uint16",
    calibrations: [
      [0, 2e-11, 0],
      [0, 3e-11, 0],
    ],
    scan: [[2, 1, "Number"]],
  };

  it("reads a scan of spectra as a map", async () => {
    const dataset = await first(open(writeSer(spectra)));
    expect([dataset.kind, ...shapeOf(dataset)]).toEqual(["spectral-map", 2, 3, 4]);
    expect(Array.from(dataset.data)).toEqual(spectra.elements.flat());
    // The coordinate 100 eV is that of channel 2.
    expect(axesOf(dataset)[2]).toEqual(["eV", 0.5, 99]);
    expect(dataset.axes.map((axis) => Math.round(axis.scale * 1e6) / 1e6)).toEqual([4, 2, 0.5]);
  });

  it("lists the spectra of a scan that broke off", async () => {
    const dataset = await first(open(writeSer({ ...spectra, elements: spectra.elements.slice(0, 4), planned: 6 })));
    expect([dataset.kind, ...shapeOf(dataset)]).toEqual(["spectra", 4, 4]);
  });

  it("reads images top row first, although they lie bottom up", async () => {
    const file = await open(writeSer(images));
    const stack = await file.datasets[0].read();
    expect([stack.kind, ...shapeOf(stack)]).toEqual(["stack", 2, 2, 3]);
    expect(Array.from(stack.data)).toEqual([3, 4, 5, 0, 1, 2, 103, 104, 105, 100, 101, 102]);
    expect(stack.axes[1].scale).toBeCloseTo(0.03, 12);
    expect(stack.axes[2].scale).toBeCloseTo(0.02, 12);
    const part = await file.datasets[0].read({ frame: 1, roi: [1, 1, 1, 2] });
    expect(Array.from(part.data)).toEqual([101, 102]);
  });

  it.each([spectra, images])("throws FormatError wherever the file ends", async (sample) => {
    const good = writeSer(sample);
    for (let length = 8; length < good.length; length += 3) {
      const attempt = open(good.subarray(0, length)).then((file) => file.datasets[0].read());
      await expect(attempt, `${length} bytes`).rejects.toThrow(FormatError);
    }
  });
});

describe("MRC", () => {
  const volume: MrcFile = {
    shape: [2, 3, 4],
    values: count(24),
    kind: "float32",
    mode: 2,
    littleEndian: true,
    voxel: [1.5, 2, 4],
    spaceGroup: 1,
    extended: 64,
  };

  it.each([true, false])("reads either byte order: little endian %s", async (littleEndian) => {
    for (const signed of [true, false]) {
      const dataset = await first(open(writeMrc({ ...volume, littleEndian, signed })));
      expect(shapeOf(dataset)).toEqual([2, 3, 4]);
      expect(Array.from(dataset.data)).toEqual(volume.values);
      expect(dataset.axes.map((axis) => [axis.unit, Math.round(axis.scale * 1e6) / 1e6])).toEqual([
        ["nm", 0.4],
        ["nm", 0.2],
        ["nm", 0.15],
      ]);
    }
  });

  it("takes bytes of mode 0 as signed, but as unsigned where IMOD says so", async () => {
    const bytes: MrcFile = { shape: [1, 1, 4], values: [0, 1, 128, 255], kind: "uint8", mode: 0, littleEndian: true };
    const read = async (imodFlags?: number) => Array.from((await first(open(writeMrc({ ...bytes, imodFlags })))).data);
    expect(await read()).toEqual([0, 1, -128, -1]);
    expect(await read(1)).toEqual([0, 1, -128, -1]);
    expect(await read(0)).toEqual([0, 1, 128, 255]);
  });

  it("refuses what the header promises and the file has not", async () => {
    const good = writeMrc(volume);
    for (const length of [1024, 1030, 1100, good.length - 1]) {
      await expect(open(good.subarray(0, length))).rejects.toThrow(/truncated/);
    }
    await expect(open(writeMrc({ ...volume, mode: 101 }))).rejects.toThrow(/unsupported MRC mode 101/);
    await expect(open(writeMrc({ ...volume, shape: [2, 3, -4] }))).rejects.toThrow(FormatError);
    await expect(open(writeMrc({ ...volume, shape: [2 ** 30, 2 ** 30, 2 ** 30] }))).rejects.toThrow(/truncated/);
  });

  it("reads one frame of a stack of 4 GB without the rest", async () => {
    const [frames, rows, columns] = [1024, 1024, 1024];
    const head = writeMrc({ ...volume, shape: [frames, rows, columns], values: [], extended: 0, spaceGroup: 0 });
    const source = hugeSource("huge.mrc", head, 1024 + frames * rows * columns * 4);
    const file = await openFile(source);
    expect(file.datasets[0].info.axes[0].size).toBe(frames);
    const frame = await file.datasets[0].read({ frame: 700, roi: [10, 20, 100, 100] });
    expect(shapeOf(frame)).toEqual([100, 100]);
    expect(source.asked()).toBeLessThan(2 ** 20);
    await expect(file.datasets[0].read()).rejects.toThrow(/more than one read can hold/);
  });
});
