import { describe, expect, it } from "vitest";
import { openFile, readDataset } from "../../src/formats/registry.ts";
import { sourceFromBytes } from "../../src/formats/source.ts";
import {
  gwyField,
  gwyObject,
  writeCreatec,
  writeGwy,
  writeIbw,
  writeIso,
  writeNanoscope,
  writeWsxm,
} from "../writers/spm.ts";
import { ByteWriter } from "../writers/spm_bytes.ts";

const source = (bytes: Uint8Array, name = "file") => sourceFromBytes(name, bytes);
const read = (bytes: Uint8Array, dataset?: string) => readDataset(source(bytes), { dataset });
const namesOf = async (bytes: Uint8Array) => (await openFile(source(bytes))).datasets.map((d) => d.info.name);
const text = (content: string) => new ByteWriter().text(content).done();
const sizesOf = (dataset: { axes: readonly { size: number }[] }) => dataset.axes.map((axis) => axis.size);

describe("GWY", () => {
  it("lists fields by number, without masks, and falls back to the key for a title", async () => {
    const field = gwyField(1, 2, [1e-9, 2e-9]);
    const bytes = writeGwy([
      ["/10/data", "o", field],
      ["/2/data", "o", field],
      ["/2/data/title", "s", "Topography"],
      ["/2/mask", "o", field],
      ["/2/show", "o", field],
      ["/filename", "s", "x.gwy"],
    ]);
    expect(await namesOf(bytes)).toEqual(["Topography", "10/data"]);
    const dataset = await read(bytes);
    expect(Array.from(dataset.data)).toEqual([1, 2]);
    expect(dataset.axes.map((axis) => axis.scale)).toEqual([expect.closeTo(2, 9), expect.closeTo(1, 9)]);
  });

  it("gives a brick as (rows, columns, z)", async () => {
    const unit = (text: string) => gwyObject("GwySIUnit", [["unitstr", "s", text]]);
    const brick = gwyObject("GwyBrick", [
      ["xres", "i", 2],
      ["yres", "i", 1],
      ["zres", "i", 3],
      ["xreal", "d", 2e-9],
      ["yreal", "d", 1e-9],
      ["zreal", "d", 0.3],
      ["zoff", "d", -0.1],
      ["si_unit_x", "o", unit("m")],
      ["si_unit_z", "o", unit("V")],
      ["si_unit_w", "o", unit("A")],
      ["data", "D", [1, 2, 3, 4, 5, 6]],
    ]);
    const map = await read(writeGwy([["/brick/0", "o", brick]]));
    expect(sizesOf(map)).toEqual([1, 2, 3]);
    expect(Array.from(map.data)).toEqual([1, 3, 5, 2, 4, 6]);
    expect(map.axes[2]).toMatchObject({ scale: expect.closeTo(0.1, 9), offset: -0.1, unit: "V" });
  });

  it("refuses sizes that lie, and trees without end", async () => {
    const lies = writeGwy([["/0/data", "o", gwyField(2, 2, [1, 2, 3])]]);
    await expect(openFile(source(lies))).rejects.toThrow(/expected 2×2 float64 values, found 3 float64/);
    let nested = gwyObject("GwyContainer", []);
    for (let depth = 0; depth < 5000; depth++) nested = gwyObject("A", [["a", "o", nested]]);
    await expect(openFile(source(writeGwy([["a", "o", nested]])))).rejects.toThrow(/nested more than 32 deep/);
    const many = new ByteWriter();
    for (let i = 0; i < 100_001; i++) many.text(`${i}\0b\x01`);
    const crowd = new ByteWriter().text("GWYPA\0").i32(many.length).bytes(many.done()).done();
    await expect(openFile(source(crowd))).rejects.toThrow(/more than 100000 components/);
    const huge = new ByteWriter().text("GWYPA\0").i32(12).text("data\0D").i32(0x7fffffff).zeros(2).done();
    await expect(openFile(source(huge))).rejects.toThrow(/truncated/);
    await expect(openFile(source(writeGwy([["x", "s", "y"]])))).rejects.toThrow(/no data field/);
  });
});

describe("IBW", () => {
  it("turns only images whose rows are lengths, in either byte order", async () => {
    for (const littleEndian of [true, false]) {
      const data = [1, 2, 3, 4, 5, 6];
      const plain = await read(writeIbw({ sizes: [3, 2], data, littleEndian }));
      expect(Array.from(plain.data)).toEqual(data);
      expect(plain.axes.map((axis) => axis.unit)).toEqual(["px", "px"]);
      const metres = { sizes: [3, 2], data, units: ["m", "m"], steps: [1e-9, 2e-9], dataUnit: "V", littleEndian };
      const scan = await read(writeIbw(metres));
      expect(Array.from(scan.data)).toEqual([4, 5, 6, 1, 2, 3]);
      expect(scan.axes.map((axis) => axis.scale)).toEqual([expect.closeTo(2, 9), expect.closeTo(1, 9)]);
      expect(scan.quantity?.unit).toBe("V");
    }
  });

  it("gives a wave of three dimensions without names as a stack, of one as a spectrum", async () => {
    const stack = await read(writeIbw({ sizes: [2, 1, 2], data: [1, 2, 3, 4], type: 16 }));
    expect([stack.kind, stack.dtype, sizesOf(stack)]).toEqual(["stack", "int16", [2, 1, 2]]);
    expect(Array.from(stack.data)).toEqual([1, 2, 3, 4]);
    const curve = await read(writeIbw({ sizes: [3], data: [1, 2, 3], type: 4, units: ["V"], steps: [0.5] }));
    expect([curve.kind, sizesOf(curve), curve.axes[1].scale]).toEqual(["spectra", [1, 3], 0.5]);
  });

  it("refuses text, complex numbers, sizes that lie, and is not fooled by a wrong checksum", async () => {
    const wave = { sizes: [2], data: [1, 2] };
    await expect(openFile(source(writeIbw({ ...wave, type: 3 })))).rejects.toThrow(/complex numbers cannot be read/);
    await expect(openFile(source(writeIbw({ ...wave, type: 0 })))).rejects.toThrow(/a text wave/);
    await expect(openFile(source(writeIbw({ sizes: [2, 1000], data: [1, 2] })))).rejects.toThrow(
      /truncated: the wave 2×1000/,
    );
    await expect(openFile(source(writeIbw({ sizes: [-2], data: [1, 2] })))).rejects.toThrow(/sizes of at least 1/);
    const bytes = writeIbw(wave);
    bytes[70] ^= 1;
    await expect(openFile(source(bytes))).rejects.toThrow(/not a known format/);
  });
});

describe("WSxM", () => {
  it("reads binary images of each type, which start at the bottom right", async () => {
    for (const type of ["float", "double"] as const) {
      const image = await read(writeWsxm(type, 2, 3, [6, 5, 4, 3, 2, 1], "5 \xc5"));
      expect(image.name).toBe("Topography");
      expect(Array.from(image.data, (v) => Math.round(v * 1e6) / 1e6)).toEqual([0.1, 0.2, 0.3, 0.4, 0.5, 0.6]);
      expect(image.axes.map((axis) => axis.scale * axis.size)).toEqual([expect.closeTo(10, 9), expect.closeTo(20, 9)]);
      expect(image.metadata).toMatchObject({ bias: "500 mV", setpoint: "1 nA" });
    }
    const short = await read(writeWsxm("short", 1, 3, [100, 0, -100], "10 nm"));
    expect(Array.from(short.data)).toEqual([-5, 0, 5]);
    expect(short.quantity?.unit).toBe("nm");
    await expect(openFile(source(writeWsxm("double", 2, 2, [1, 2, 3])))).rejects.toThrow(
      /truncated: 2×2 samples of float64/,
    );
  });

  const header = (rows: number, columns: number) =>
    `# File Format = ASCII\r\n# x-pixels = ${columns}\r\n# y-pixels = ${rows}\r\n# x-length = 4,5\r\n# y-length = 2\r\n# z-unit = nm\r\n\r\n# Start of Data:\r\n`;

  it("reads ASCII matrices, decimal commas too", async () => {
    const image = await read(text(`${header(2, 3)}1,5\t2\t-3\r\n4\t5\t6e-1\r\n`));
    expect(Array.from(image.data, (v) => Math.round(v * 1e6) / 1e6)).toEqual([1.5, 2, -3, 4, 5, 0.6]);
    expect(image.axes.map((axis) => axis.scale)).toEqual([1, 1.5]);
    await expect(read(text(`${header(2, 3)}1 2 3 4     5`))).rejects.toThrow(/truncated: 6 numbers expected, found 5/);
    await expect(openFile(source(text(`${header(9999, 9999)}1 2 3`)))).rejects.toThrow(/9999×9999 numbers as text/);
  });

  it("reads WSxM's own ASCII matrix, whose size is that of its rows", async () => {
    const start =
      "WSxM file copyright UAM\r\nWSxM ASCII Matrix file\r\nX Amplitude: 3 nm\r\nY Amplitude: 20 \xc5\r\nZ Amplitude: 1 nA\r\n\r\n";
    const image = await read(text(`${start}1\t2\t3\r\n4\t5\t6\r\n`));
    expect([sizesOf(image), Array.from(image.data), image.quantity?.unit]).toEqual([[2, 3], [1, 2, 3, 4, 5, 6], "nA"]);
    expect(image.axes.map((axis) => axis.scale)).toEqual([expect.closeTo(1, 9), expect.closeTo(1, 9)]);
  });

  const xyz = (points: readonly (readonly number[])[]) =>
    text(
      `WSxM file copyright UAM\r\nWSxM ASCII XYZ file\r\nX[\xc5]\tY[\xc5]\tZ[\xc5]\r\n\r\n${points.map((p) => p.join("\t")).join("\r\n")}\r\n`,
    );

  it("lays XYZ lists out as images whichever coordinate runs fast, with the largest y on top", async () => {
    const byRows = [0, 10, 20].flatMap((y) => [0, 5].map((x) => [x, y, x + y]));
    const byColumns = [0, 5].flatMap((x) => [0, 10, 20].map((y) => [x, y, x + y]));
    for (const points of [byRows, byColumns]) {
      const image = await read(xyz(points));
      expect(sizesOf(image)).toEqual([3, 2]);
      expect(Array.from(image.data)).toEqual(
        [20, 25, 10, 15, 0, 5].map((z) => Math.fround(z * Math.fround(0.1))).map((v) => expect.closeTo(v, 5)),
      );
      expect(image.axes.map((axis) => axis.scale)).toEqual([expect.closeTo(1, 9), expect.closeTo(0.5, 9)]);
    }
    await expect(openFile(source(xyz([...byRows.slice(0, 5), [7, 20, 1]])))).rejects.toThrow(/regular grid/);
    await expect(openFile(source(xyz([[1, 2]])))).rejects.toThrow(/no triples/);
  });
});

describe("ISO 28600", () => {
  const channels = [["Z", "nm"] as const, ["Current", "pA"] as const];
  const values = [
    [1, 10],
    [2, 20],
    [3, 30],
    [4, 40],
  ];

  it("reads several channels, whichever way the scan went", async () => {
    const file = { mode: "MAP_MC", rows: 2, columns: 2, channels, values };
    const down = await read(writeIso(file), "Current");
    expect([Array.from(down.data), down.quantity]).toEqual([[10, 20, 30, 40], { name: "Current", unit: "pA" }]);
    expect(down.axes.map((axis) => axis.scale)).toEqual([expect.closeTo(2, 9), expect.closeTo(4, 9)]);
    const up = await read(writeIso({ ...file, slow: "bottom to top", lines: { 21: "right to left" } }), "Z");
    expect(Array.from(up.data)).toEqual([4, 3, 2, 1]);
  });

  it("reads a spectrum with its abscissa", async () => {
    const lines = {
      74: "REGULAR",
      75: "Bias",
      76: "V",
      77: "-1",
      79: "0.5",
      81: "4",
      82: "2",
      83: "I, dI/dV",
      84: "A, n",
    };
    const bytes = writeIso({ mode: "SPEC_MC", rows: 1, columns: 1, channels, values, lines });
    expect(await namesOf(bytes)).toEqual(["I", "dI/dV"]);
    const spectrum = await read(bytes, "dI/dV");
    expect(Array.from(spectrum.data)).toEqual([10, 20, 30, 40]);
    expect(spectrum.axes[1]).toMatchObject({ size: 4, scale: 0.5, offset: -1, unit: "V" });
  });

  it("refuses what it does not hold", async () => {
    const file = { mode: "MAP_SC", rows: 2, columns: 2, channels, values: [[1], [2], [3]] };
    await expect(read(writeIso(file))).rejects.toThrow(/expected a number/);
    await expect(openFile(source(writeIso({ ...file, rows: 9000 })))).rejects.toThrow(/truncated/);
    await expect(openFile(source(writeIso({ ...file, mode: "MAP" })))).rejects.toThrow(/line 8: expected MAP_SC/);
    await expect(openFile(source(writeIso(file).subarray(0, 150)))).rejects.toThrow(
      /line 128: expected "end of header"/,
    );
  });
});

describe("Createc", () => {
  const entries = {
    "Num.X / Num.X": 2,
    "Num.Y / Num.Y": 2,
    "Channels / Channels": 2,
    "Channelselectval / Channelselectval": 3,
    "Dacto[A]z": 0.5,
    "Gainpreamp / GainPre 10^": 9,
    "DAC-Type": "20bit",
    "Length x[A]": 40,
    "Length y[A]": 20,
  };

  it.each(["[Parameter]", "[Paramet32]", "[Paramco32]"])("reads version %s", async (version) => {
    const bytes = writeCreatec(version, entries, [10, 20, 30, 40, 1, 2, 3, 4]);
    expect(await namesOf(bytes)).toEqual(["Z (forward)", "Current (forward)"]);
    const height = await read(bytes);
    expect(Array.from(height.data)).toEqual([10, 20, 30, 40].map((z) => expect.closeTo(z * 0.05, 5)));
    expect(height.axes.map((axis) => axis.scale)).toEqual([1, 2]);
    const current = await read(bytes, "Current (forward)");
    expect(current.data[3] / ((4 * 20) / 2 ** 20 / 1e9)).toBeCloseTo(1, 6);
    expect(current.quantity?.unit).toBe("A");
  });

  it("has one channel there and back, and the rows that were measured", async () => {
    const one = { ...entries, "Channelselectval / Channelselectval": 1, ImageYPosMax: 2 };
    const bytes = writeCreatec("[Paramco32]", one, [10, 20, 0, 0, 11, 21, 0, 0]);
    expect(await namesOf(bytes)).toEqual(["Z (forward)", "Z (backward)"]);
    const back = await read(bytes, "Z (backward)");
    expect(sizesOf(back)).toEqual([1, 2]);
    expect(back.axes[0].scale).toBe(1);
    expect(Array.from(back.data)).toEqual([expect.closeTo(0.55, 5), expect.closeTo(1.05, 5)]);
  });

  it("refuses planes that are not there, compressed or not, before it allocates them", async () => {
    const short = writeCreatec("[Paramet32]", entries, [1, 2, 3]);
    await expect(openFile(source(short))).rejects.toThrow(/truncated: 2 planes of 2×2/);
    await expect(read(writeCreatec("[Paramco32]", entries, [1, 2, 3]))).rejects.toThrow(/ends after 16 of 20 bytes/);
    const huge = { ...entries, "Num.X / Num.X": 10_000, "Num.Y / Num.Y": 10_000 };
    await expect(openFile(source(writeCreatec("[Paramco32]", huge, [1])))).rejects.toThrow(/cannot hold/);
    const damaged = writeCreatec("[Paramco32]", entries, [10, 20, 30, 40, 1, 2, 3, 4]);
    damaged.fill(0xff, 16_386);
    await expect(read(damaged)).rejects.toThrow(/damaged compressed data|ends after/);
  });
});

describe("Nanoscope", () => {
  const scale = "V [Sens. Zsens] (0.006 V/LSB) 400 V";
  const samples = [1, 2, 3, 4, 5, 6];

  it("turns rows, scales counts by the sensitivity, and knows ~m", async () => {
    const image = await read(writeNanoscope("0x05120000", 2, 3, false, [{ scale, samples }], "3 1 ~m"));
    expect(Array.from(image.data)).toEqual([4, 5, 6, 1, 2, 3].map((v) => expect.closeTo((v * 4000) / 65_536, 5)));
    expect(image.quantity).toEqual({ name: "Channel 0", unit: "nm" });
    expect(image.axes.map((axis) => axis.scale)).toEqual([500, 1000]);
    expect(image.metadata).toMatchObject({ "scan angle (deg)": 30 });
  });

  it("reads 32 bits from version 9.2 on, scaled by the bytes a pixel that the header has", async () => {
    const wide = await read(writeNanoscope("0x09200000", 2, 3, true, [{ scale, samples }]));
    expect([wide.dtype, wide.data[0]]).toEqual(["int32", expect.closeTo((4 * 4000) / 65_536, 5)]);
    const four = await read(
      writeNanoscope("0x09400000", 2, 3, true, [{ scale, samples: [2 ** 30, 0, 0, 0, 0, 0], bytesPerPixel: 4 }]),
    );
    expect(four.data[3]).toBeCloseTo(1000, 3);
  });

  it("takes millivolts and values without a sensitivity, or counts where there is no scale", async () => {
    const images = [
      { scale: "V [Sens. Zsens] (0.006 V/LSB) 400000 mV", samples },
      { scale: "V (0.1 V/LSB) 65536 V", samples },
      { scale: "", samples },
    ];
    const bytes = writeNanoscope("0x05120000", 2, 3, false, images);
    const [first, second, third] = await Promise.all([0, 1, 2].map((i) => read(bytes, `Channel ${i} (forward)`)));
    expect(first.data[5]).toBeCloseTo((3 * 4000) / 65_536, 5);
    expect([second.data[5], second.quantity?.unit]).toEqual([3, "V"]);
    expect([third.data[5], third.quantity?.unit]).toEqual([3, "counts"]);
  });

  it("refuses images that are not there", async () => {
    const bytes = writeNanoscope("0x05120000", 2, 3, false, [{ scale, samples: samples.slice(1) }]);
    await expect(openFile(source(bytes))).rejects.toThrow(/truncated: Channel 0/);
    await expect(openFile(source(writeNanoscope("0x05120000", 1, 1, false, [])))).rejects.toThrow(/no image list/);
  });
});
