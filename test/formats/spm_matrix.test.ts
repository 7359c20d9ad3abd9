import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openFile, readDataset } from "../../src/formats/registry.ts";
import { type ByteSource, sourceFromBytes } from "../../src/formats/source.ts";
import { type MatrixValue, writeMatrixData, writeMatrixParameters } from "../writers/spm_matrix.ts";

const STEM = "default_2020Jan01-000000_STM-STM_Spectroscopy";
type Values = Readonly<Record<string, readonly [MatrixValue, string]>>;

function sourceOf(dataName: string, data: Uint8Array, beside: Readonly<Record<string, Uint8Array>>): ByteSource {
  return {
    ...sourceFromBytes(dataName, data),
    sibling: async (name) => (Object.hasOwn(beside, name) ? sourceFromBytes(name, beside[name]) : undefined),
  };
}

function sourceWith(channel: string, unit: string, samples: readonly number[], values: Values): ByteSource {
  const dataName = `${STEM}--3_2.${channel}_mtrx`;
  const parameters = writeMatrixParameters(dataName, [channel, unit], values);
  return sourceOf(dataName, writeMatrixData(samples), { [`${STEM}_0001.mtrx`]: parameters });
}

/** The writer's transfer function. */
const physical = (raw: number) => (raw - 0.5) / (4e9 + 0.5);

const scan = (retrace: boolean, again: boolean): Values => ({
  "XYScanner.Points": [2, "--"],
  "XYScanner.Lines": [2, "--"],
  "XYScanner.Width": [4.5e-9, "Meter"],
  "XYScanner.Height": [2.5e-9, "Meter"],
  "XYScanner.X_Retrace": [retrace, "--"],
  "XYScanner.Y_Retrace": [again, "--"],
});

describe("MATRIX", () => {
  it("turns scans upwards, downwards and back", async () => {
    const raw = Array.from({ length: 16 }, (_, i) => i * 1e8);
    const source = sourceWith("I", "Ampere", raw, scan(true, true));
    const file = await openFile(source);
    expect(file.datasets.map((handle) => handle.info.name)).toEqual([
      "I (forward, up)",
      "I (backward, up)",
      "I (forward, down)",
      "I (backward, down)",
    ]);
    const order = [
      [4, 5, 0, 1],
      [7, 6, 3, 2],
      [8, 9, 12, 13],
      [11, 10, 15, 14],
    ];
    for (const [i, wanted] of order.entries()) {
      const dataset = await file.datasets[i].read();
      expect(dataset.quantity).toEqual({ name: "I", unit: "A" });
      expect(Array.from(dataset.data)).toEqual(wanted.map((at) => Math.fround(physical(raw[at]))));
      expect(dataset.axes.map((axis) => axis.scale)).toEqual([expect.closeTo(1.25, 9), expect.closeTo(2.25, 9)]);
    }
  });

  it("keeps the pixel size of a scan that was stopped", async () => {
    const dataset = await readDataset(sourceWith("Z", "Meter", [1, 2, 3], scan(false, true)));
    expect(dataset.name).toBe("Z (forward, up)");
    expect(dataset.axes.map((axis) => [axis.size, axis.scale])).toEqual([
      [1, expect.closeTo(1.25, 9)],
      [2, expect.closeTo(2.25, 9)],
    ]);
    expect(dataset.quantity?.unit).toBe("nm");
    await expect(openFile(sourceWith("Z", "Meter", [1], scan(false, false)))).rejects.toThrow(
      /not one line of 2 points/,
    );
  });

  it("gives curves forth and back as samples over the ramp", async () => {
    const values: Values = {
      "Spectroscopy.Device_1_Start": [-1.5, "Volt"],
      "Spectroscopy.Device_1_End": [1.5, "Volt"],
      "Spectroscopy.Device_1_Points": [3, "--"],
      "Spectroscopy.Enable_Device_1_Ramp_Reversal": [true, "--"],
    };
    const raw = Array.from({ length: 12 }, (_, i) => i * 1e8);
    const file = await openFile(sourceWith("I(V)", "Ampere", raw, values));
    const [forth, back] = await Promise.all(file.datasets.map((handle) => handle.read()));
    const wanted = (order: readonly number[]) => order.map((at) => Math.fround(physical(raw[at])));
    expect(Array.from(forth.data)).toEqual(wanted([0, 1, 2, 6, 7, 8]));
    expect(Array.from(back.data)).toEqual(wanted([5, 4, 3, 11, 10, 9]));
    expect(forth.axes[1]).toMatchObject({ size: 3, scale: 1.5, offset: -1.5, unit: "V" });
  });

  it("gives raw counts, and says so, without the parameter file", async () => {
    const data = writeMatrixData([7, 8, 9]);
    for (const source of [sourceFromBytes("a--1_1.Z_mtrx", data), sourceOf("a--1_1.Z_mtrx", data, {})]) {
      const dataset = await readDataset(source);
      expect([dataset.name, dataset.quantity?.unit, Array.from(dataset.data)]).toEqual(["Z", "counts", [7, 8, 9]]);
      expect(dataset.metadata.note).toMatch(/_0001\.mtrx is not beside/);
    }
  });

  it("says so when only the transfer function is missing", async () => {
    const dataName = `${STEM}--1_1.Aux1_mtrx`;
    const parameters = writeMatrixParameters(dataName, ["Z", "Meter"], scan(false, false));
    const source = sourceOf(dataName, writeMatrixData([1, 2, 3, 4]), { [`${STEM}_0001.mtrx`]: parameters });
    const dataset = await readDataset(source);
    expect([dataset.quantity?.unit, Array.from(dataset.data)]).toEqual(["counts", [3, 4, 1, 2]]);
    expect(dataset.metadata.note).toMatch(/raw counts/);
  });

  it("finds the parameter file on disk", async () => {
    const folder = await mkdtemp(join(tmpdir(), "matrix-"));
    try {
      const dataName = `${STEM}--1_1.Z_mtrx`;
      await writeFile(join(folder, dataName), writeMatrixData([0, 1e9, 2e9, -1e9]));
      const parameters = writeMatrixParameters(dataName, ["Z", "Meter"], scan(false, false));
      await writeFile(join(folder, `${STEM}_0001.mtrx`), parameters);
      const dataset = await readDataset(join(folder, dataName));
      expect(dataset.data[2] / (physical(0) * 1e9)).toBeCloseTo(1, 5);
      await expect(readDataset(join(folder, `${STEM}_0001.mtrx`))).rejects.toThrow(
        /a MATRIX parameter file; open a data file/,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("refuses files that end early or lie", async () => {
    const data = writeMatrixData([1, 2, 3, 4]);
    for (const length of [12, 20, 40, 60, data.length - 2]) {
      await expect(openFile(sourceFromBytes("a--1_1.Z_mtrx", data.subarray(0, length)))).rejects.toThrow(/a--1_1/);
    }
    const dataName = `${STEM}--1_1.Z_mtrx`;
    const parameters = writeMatrixParameters(dataName, ["Z", "Meter"], scan(false, false));
    const cut = sourceOf(dataName, data, { [`${STEM}_0001.mtrx`]: parameters.subarray(0, 200) });
    await expect(openFile(cut)).rejects.toThrow(/truncated/);
  });
});
