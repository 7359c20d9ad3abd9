import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { globalHeapIsSound } from "../../src/formats/hdf5_heap.ts";
import { openFile } from "../../src/formats/registry.ts";
import { sourceFromBytes } from "../../src/formats/source.ts";
import { fileAxis, isEnergyUnit, normaliseUnit } from "../../src/formats/units.ts";

describe("units", () => {
  it.each([
    ["m", "nm", 1e9],
    ["meters", "nm", 1e9],
    ["\u03bcm", "nm", 1e3],
    ["µm", "nm", 1e3],
    ["um", "nm", 1e3],
    ["[u_m]", "nm", 1e3],
    ["[n_m]", "nm", 1],
    ["\u212b", "nm", 0.1],
    ["Å", "nm", 0.1],
    ["pm", "nm", 1e-3],
    ["1/m", "1/nm", 1e-9],
    ["1/nm", "1/nm", 1],
    ["1 / Å", "1/nm", 10],
    ["nm^-1", "1/nm", 1],
    ["eV", "eV", 1],
    ["keV", "keV", 1],
    ["", "px", 1],
    ["pixels", "px", 1],
    ["constructor", "constructor", 1],
  ])("takes %j for %s times %d", (written, unit, factor) => {
    const known = normaliseUnit(written);
    expect(known.unit).toBe(unit);
    expect(known.factor / factor).toBeCloseTo(1, 12);
  });

  it("counts pixels where the scale is missing or useless", () => {
    for (const scale of [0, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect(fileAxis("row", 5, scale, "nm", 7)).toEqual({ name: "row", size: 5, scale: 1, offset: 0, unit: "px" });
    }
    expect(fileAxis("row", 5, 2, "µm", 3)).toEqual({ name: "row", size: 5, scale: 2000, offset: 3000, unit: "nm" });
  });

  it("knows energies", () => {
    expect(["eV", "keV", " eV\0", "nm", "V", ""].map(isEnergyUnit)).toEqual([true, true, true, false, false, false]);
  });
});

describe("HDF5 global heaps", () => {
  const bytes = readFileSync(join(import.meta.dirname, "../fixtures/em/nsid.hf5"));
  const start = bytes.indexOf("GCOL");
  const size = Number(bytes.readBigUInt64LE(start + 8));
  /** The file with the size of the heap's first object replaced. */
  const withObjectSize = (value: bigint) => {
    const damaged = Buffer.from(bytes);
    damaged.writeBigUInt64LE(value, start + 24);
    return damaged;
  };
  const heapOf = (file: Uint8Array) => file.subarray(start, start + size);

  it("pass as a writer leaves them, and where they are something else", () => {
    expect(start).toBeGreaterThan(0);
    expect(globalHeapIsSound(heapOf(bytes))).toBe(true);
    expect(globalHeapIsSound(bytes.subarray(0, 512))).toBe(true);
    expect(globalHeapIsSound(new Uint8Array(3))).toBe(true);
  });

  it("are refused where a walk over them would not end", async () => {
    for (const value of [2n ** 64n - 16n, 2n ** 64n - 1n, 2n ** 63n, BigInt(size)]) {
      const damaged = withObjectSize(value);
      expect(globalHeapIsSound(heapOf(damaged)), String(value)).toBe(false);
      // The array itself is whole: only the calibration, whose references lie in the heap, is lost.
      const file = await openFile(sourceFromBytes("damaged", damaged));
      expect(file.datasets[0].info.axes.map((axis) => axis.unit)).toEqual(["px", "px", "px"]);
    }
    // A collection that says it is longer runs into what follows, where the walk stands still.
    const longer = Buffer.from(bytes);
    longer.writeBigUInt64LE(BigInt(size + 512), start + 8);
    expect(globalHeapIsSound(longer.subarray(start, start + size + 512))).toBe(false);
    const opened = await openFile(sourceFromBytes("damaged", longer));
    expect(opened.datasets[0].info.axes.map((axis) => axis.unit)).toEqual(["px", "px", "px"]);
    const free = Buffer.from(bytes);
    free.writeUInt16LE(0, start + 16);
    free.writeBigUInt64LE(0n, start + 24);
    expect(globalHeapIsSound(heapOf(free))).toBe(false);
  });
});
