import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/errors.ts";
import { openFile } from "../../src/formats/registry.ts";
import { sourceFromBytes } from "../../src/formats/source.ts";
import { hyperstackOrder } from "../../src/formats/tiff_hyperstack.ts";
import { ByteWriter } from "../writers/byte_writer.ts";
import { type ParkFile, writePark } from "../writers/park_writer.ts";

const open = (bytes: Uint8Array) => openFile(sourceFromBytes("made.tiff", bytes));

describe("TIFF of Park microscopes", () => {
  const file: ParkFile = {
    ...{ rows: 2, columns: 3, raw: [1, 2, 3, -4, -5, -6], type: "int16", title: "Z Height", unit: "um" },
    ...{ width: 0.3, height: 0.1, gain: 0.5, scale: 2, offset: 1 },
  };

  it.each(["int16", "int32", "float32"] as const)("gives the measurement of %s, top row first, in nm", async (type) => {
    const { format, datasets } = await open(writePark({ ...file, type }));
    expect(format).toBe("TIFF (Park)");
    expect(datasets).toHaveLength(1);
    const dataset = await datasets[0].read();
    expect(dataset.name).toBe("Z Height");
    expect(dataset.quantity).toEqual({ name: "Z Height", unit: "nm" });
    expect(dataset.axes.map(({ name, size, unit }) => [name, size, unit])).toEqual([
      ["row", 2, "nm"],
      ["column", 3, "nm"],
    ]);
    expect(dataset.axes[0].scale).toBeCloseTo(50, 9);
    expect(dataset.axes[1].scale).toBeCloseTo(100, 9);
    // 1000 nm/µm · 0.5 · (2 raw + 1)
    expect(Array.from(dataset.data)).toEqual([-3500, -4500, -5500, 1500, 2500, 3500]);
    expect(dataset.metadata).toMatchObject({ mode: "NCM", "sample bias (V)": -0.5, "scan angle (deg)": 12 });
  });

  it("takes a scale of 0 for 1, and version 1 for int16", async () => {
    const { datasets } = await open(writePark({ ...file, scale: 0, version: 1 }));
    expect(Array.from((await datasets[0].read()).data)).toEqual([-1500, -2000, -2500, 1000, 1500, 2000]);
  });

  it("refuses spectra, and headers that promise more than there is", async () => {
    await expect(open(writePark({ ...file, imageType: 2 }))).rejects.toThrow(/made\.tiff: .*spectrum of Park/);
    await expect(open(writePark({ ...file, rows: 3 }))).rejects.toThrow(/truncated: 3×3 values in 12 bytes/);
    await expect(open(writePark({ ...file, columns: 0 }))).rejects.toThrow(FormatError);
  });
});

describe("order of the planes of a hyperstack", () => {
  it.each([
    ["CZT", { C: 2, Z: 3, T: 4 }, 24, { channels: 2, channelStep: 1 }],
    ["ZCT", { C: 2, Z: 3, T: 4 }, 24, { channels: 2, channelStep: 3 }],
    ["TZC", { C: 2, Z: 3, T: 4 }, 24, { channels: 2, channelStep: 12 }],
    ["CZT", { C: 1, Z: 3, T: 4 }, 12, undefined],
    ["CZT", { C: 2, Z: 3, T: 4 }, 23, undefined],
    ["XYC", { C: 2 }, 2, undefined],
    ["CZT", { C: Number.NaN }, 2, undefined],
    ["CZT", { C: -1, Z: -2 }, 2, undefined],
  ] as const)("%s of %o in %i planes", (order, sizes, planes, expected) => {
    expect(hyperstackOrder(order, sizes, planes)).toEqual(expected);
  });
});

/** A tiled BigTIFF of float32 whose only tile is a hole. */
function holeTiff(tile: number): Uint8Array {
  const entries: readonly (readonly [tag: number, value: number])[] = [
    [256, 5],
    [257, 3],
    [258, 32],
    [259, 1],
    [262, 1],
    [277, 1],
    [322, tile],
    [323, tile],
    [324, 0],
    [325, 0],
    [339, 3],
  ];
  const out = new ByteWriter().latin1("II").u16(43, true).u16(8, true).u16(0, true).u64(16, true);
  out.u64(entries.length, true);
  for (const [tag, value] of entries) out.u16(tag, true).u16(16, true).u64(1, true).u64(value, true);
  return out.u64(0, true).done();
}

it("gives holes of a sparse TIFF as zeros, without the memory of the tile that they say they are", async () => {
  const { datasets } = await open(holeTiff(16384));
  const before = process.memoryUsage().arrayBuffers;
  expect(await datasets[0].read()).toMatchObject({ data: new Float32Array(15) });
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
});
