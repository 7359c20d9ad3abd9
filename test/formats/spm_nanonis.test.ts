import { describe, expect, it } from "vitest";
import { FormatError } from "../../src/errors.ts";
import { openFile, readDataset } from "../../src/formats/registry.ts";
import { sourceFromBytes } from "../../src/formats/source.ts";
import { write3ds, writeNanonisDat, writeSxm } from "../writers/spm_nanonis.ts";

const source = (bytes: Uint8Array, name = "file") => sourceFromBytes(name, bytes);
const read = (bytes: Uint8Array, dataset?: string) => readDataset(source(bytes), { dataset });
const namesOf = async (bytes: Uint8Array) => (await openFile(source(bytes))).datasets.map((d) => d.info.name);

describe("SXM", () => {
  const one = { rows: 2, columns: 2, channels: [["Current", "A", "both"]] as const };

  it("turns the scan upwards and the way back, so that all images align", async () => {
    const images = [
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ];
    const down = writeSxm({ ...one, images });
    expect(Array.from((await read(down, "Current (forward)")).data)).toEqual([1, 2, 3, 4]);
    expect(Array.from((await read(down, "Current (backward)")).data)).toEqual([6, 5, 8, 7]);
    const up = writeSxm({ ...one, images, up: true });
    expect(Array.from((await read(up, "Current (forward)")).data)).toEqual([3, 4, 1, 2]);
    expect(Array.from((await read(up, "Current (backward)")).data)).toEqual([8, 7, 6, 5]);
  });

  it("reads channels of one direction, either byte order, and the middle row of three as it is", async () => {
    const channels = [["Z", "m", "forward"] as const, ["Current", "A", "backward"] as const];
    const images = [
      [1, 2, 3],
      [4, 5, 6],
    ].map((image) => image.map((value) => value * 1e-9));
    for (const littleEndian of [false, true]) {
      const bytes = writeSxm({ rows: 3, columns: 1, channels, images, littleEndian, up: true });
      expect(await namesOf(bytes)).toEqual(["Z (forward)", "Current (backward)"]);
      const height = await read(bytes);
      expect(height.quantity).toEqual({ name: "Z", unit: "nm" });
      expect(Array.from(height.data, Math.fround)).toEqual(
        [3, 2, 1].map((v) => Math.fround(Math.fround(v * 1e-9) * 1e9)),
      );
      expect(height.axes.map((axis) => axis.scale)).toEqual([expect.closeTo(4 / 3, 12), expect.closeTo(8, 12)]);
    }
  });

  it("keeps what was never scanned as NaN", async () => {
    const image = [1, 2, Number.NaN, Number.NaN];
    const { data } = await read(writeSxm({ ...one, images: [image, image], up: true }));
    expect(Array.from(data)).toEqual([Number.NaN, Number.NaN, 1, 2]);
  });

  it("refuses a file that ends early, and other sample types", async () => {
    const images = [
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ];
    const bytes = writeSxm({ ...one, images });
    await expect(openFile(source(bytes.subarray(0, -1)))).rejects.toThrow(/truncated: 2 images of 2×2 need \d+ bytes/);
    await expect(openFile(source(bytes.subarray(0, 200)))).rejects.toThrow(/the header's end/);
    const integers = writeSxm({ ...one, images, sampleType: "INT" });
    await expect(openFile(source(integers))).rejects.toThrow(/SCANIT_TYPE: expected FLOAT MSBFIRST, found INT/);
    await expect(openFile(source(writeSxm({ ...one, channels: [], images })))).rejects.toThrow(/lists no channel/);
  });
});

describe("3DS", () => {
  const square = [
    [0, 0],
    [1, 0],
    [0, 1],
    [1, 1],
  ] as const;
  const spectra = [
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
    [10, 11, 12],
  ];
  const grid = { columns: 2, rows: 2, points: 3, positions: square, spectra };
  const turned = (degrees: number, flip = 1) =>
    square.map(([x, y]) => {
      const angle = (degrees / 180) * Math.PI;
      return [
        x * Math.cos(angle) - flip * y * Math.sin(angle),
        x * Math.sin(angle) + flip * y * Math.cos(angle),
      ] as const;
    });

  it("is a map of (rows, columns, sweep) with the sweep's axis", async () => {
    const map = await read(write3ds(grid));
    expect(map.kind).toBe("spectral-map");
    expect(map.axes.map((axis) => axis.size)).toEqual([2, 2, 3]);
    expect(map.axes[2]).toEqual({ name: "energy", size: 3, scale: 1, offset: -1, unit: "V" });
    expect(Array.from(map.data)).toEqual([7, 8, 9, 10, 11, 12, 1, 2, 3, 4, 5, 6]);
  });

  it.each([0, 30, 90, 200, -45])("has the row that was measured last on top, at any angle (%i°)", async (degrees) => {
    const upwards = await read(write3ds({ ...grid, positions: turned(degrees) }));
    expect(upwards.data[0]).toBe(7);
    const downwards = await read(write3ds({ ...grid, positions: turned(degrees, -1) }));
    expect(downwards.data[0]).toBe(1);
  });

  it("gives the rows that an interrupted grid has begun, NaN where nothing was measured", async () => {
    const positions = [...square, [0, 2] as const, [1, 2] as const, [0, 3] as const, [1, 3] as const];
    const map = await read(write3ds({ ...grid, rows: 4, positions, spectra: spectra.slice(0, 3) }));
    expect(map.axes.map((axis) => axis.size)).toEqual([2, 2, 3]);
    expect(map.axes[0].scale).toBeCloseTo(1, 6);
    expect(Array.from(map.data)).toEqual([7, 8, 9, Number.NaN, Number.NaN, Number.NaN, 1, 2, 3, 4, 5, 6]);
    expect(map.metadata).toMatchObject({ "points measured": 3, "points planned": 8 });
  });

  it("refuses a grid without one whole row, and sizes that the file cannot hold", async () => {
    const short = write3ds({ ...grid, spectra: spectra.slice(0, 1) });
    await expect(openFile(source(short))).rejects.toThrow(/truncated: not one whole row of 2 points, only 1/);
    await expect(openFile(source(write3ds({ ...grid, declaredPoints: 1e8 })))).rejects.toThrow(FormatError);
    await expect(openFile(source(write3ds({ ...grid, declaredPoints: -3 })))).rejects.toThrow(/Points: expected/);
  });
});

describe("Nanonis DAT", () => {
  it("takes repetitions as samples and other tags as datasets", async () => {
    const titles = [
      "Bias (V)",
      "Current [AVG] (A)",
      "Current [00001] (A)",
      "Current [00002] (A)",
      "Current [AVG] [bwd] (A)",
    ];
    const rows = [
      [0, 1, 2, 3, 4],
      [1, 5, 6, 7, 8],
    ];
    const bytes = writeNanonisDat(titles, rows);
    expect(await namesOf(bytes)).toEqual(["Current (average)", "Current", "Current (average) (backward)"]);
    const sweeps = await read(bytes, "Current");
    expect(sweeps.axes.map((axis) => axis.size)).toEqual([2, 2]);
    expect(Array.from(sweeps.data)).toEqual([2, 6, 3, 7]);
    expect(sweeps.axes[1]).toMatchObject({ scale: 1, offset: 0, unit: "V" });
  });

  it("reads decimal commas and NaN", async () => {
    const bytes = writeNanonisDat(
      ["Z (m)", "Frequency Shift (Hz)"],
      [
        ["-1,0E-9", "2,5"],
        ["1,0E-9", "NaN"],
      ],
    );
    const { data, axes, quantity } = await read(bytes);
    expect(Array.from(data)).toEqual([2.5, Number.NaN]);
    expect(axes[1]).toMatchObject({ offset: expect.closeTo(-1, 9), scale: expect.closeTo(2, 9), unit: "nm" });
    expect(quantity).toEqual({ name: "Frequency Shift", unit: "Hz" });
  });

  it("refuses a table that does not fit its titles", async () => {
    const titles = ["Bias (V)", "Current (A)"];
    await expect(openFile(source(writeNanonisDat(titles, [[1, 2], [3]])))).rejects.toThrow(
      /3 numbers, expected rows of 2/,
    );
    await expect(openFile(source(writeNanonisDat(titles, [[1, 2, 3]])))).rejects.toThrow(FormatError);
    await expect(openFile(source(writeNanonisDat(titles, [[1, "x"]])))).rejects.toThrow(/expected a number/);
    await expect(openFile(source(writeNanonisDat(titles, [])))).rejects.toThrow(FormatError);
  });
});
