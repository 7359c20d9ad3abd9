import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { unzlibSync } from "fflate";
import { describe, expect, it } from "vitest";
import type { Dataset } from "../../src/data/dataset.ts";
import { openFile, readDataset } from "../../src/formats/registry.ts";
import { type ByteSource, sourceFromBytes } from "../../src/formats/source.ts";

/** What other people's readers found: see oracles/make_spm.py. */
interface Expected {
  readonly channels: Readonly<Record<string, ExpectedChannel>>;
  /** Width and height in metres. */
  readonly size?: readonly [number, number];
  /** Offset and step of the last axis. */
  readonly axis?: readonly [number, number];
}

interface ExpectedChannel {
  readonly shape: readonly number[];
  readonly values: readonly (number | null)[];
  readonly unit: string;
  readonly size?: readonly [number, number];
}

interface Sample {
  readonly name: string;
  readonly bytes: string;
  readonly siblings: Readonly<Record<string, string>>;
  readonly expected: Expected;
}

interface RealChannel {
  readonly shape: readonly number[];
  readonly mean: number;
  readonly corners: readonly (number | null)[];
  readonly unit: string;
  readonly size?: readonly [number, number];
}

const oracle = JSON.parse(readFileSync(new URL("../oracles/spm.json", import.meta.url), "utf8")) as {
  samples: Record<string, Sample>;
  real: Record<string, Record<string, RealChannel>>;
};

const unpack = (text: string) => unzlibSync(Buffer.from(text, "base64"));

function sourceOf(sample: Sample): ByteSource {
  const source = sourceFromBytes(sample.name, unpack(sample.bytes));
  return {
    ...source,
    async sibling(name) {
      return Object.hasOwn(sample.siblings, name) ? sourceFromBytes(name, unpack(sample.siblings[name])) : undefined;
    },
  };
}

/** Lengths are in nm here and in metres in the oracle. */
const factorOf = (unit: string) => (unit === "m" ? 1e9 : 1);
const unitOf = (unit: string) => (unit === "m" ? "nm" : unit);

function expectClose(found: number, wanted: number | null, factor: number): void {
  if (wanted === null) expect(found).toBeNaN();
  else expect(Math.abs(found - wanted * factor)).toBeLessThanOrEqual(2e-6 * Math.abs(wanted * factor));
}

function expectSize(dataset: Dataset, [width, height]: readonly [number, number]): void {
  const [row, column] = dataset.axes;
  expect([row.unit, column.unit]).toEqual(["nm", "nm"]);
  expect(column.scale * column.size).toBeCloseTo(width * 1e9, 6);
  expect(row.scale * row.size).toBeCloseTo(height * 1e9, 6);
}

/** The same of binary WSxM images, ISO 28600 maps and Park's TIFFs: see oracles/make_spm_images.py. */
const images = JSON.parse(readFileSync(new URL("../oracles/spm_images.json", import.meta.url), "utf8")) as {
  samples: Record<string, Sample>;
};

describe("files that other readers agreed on", () => {
  for (const [key, sample] of Object.entries({ ...oracle.samples, ...images.samples })) {
    it(`${key}: the same channels, units, scales and values`, async () => {
      const file = await openFile(sourceOf(sample));
      expect(file.datasets.map((handle) => handle.info.name).sort()).toEqual(
        Object.keys(sample.expected.channels).sort(),
      );
      for (const handle of file.datasets) {
        const wanted = sample.expected.channels[handle.info.name];
        const dataset = await handle.read();
        expect(dataset.axes.map((axis) => axis.size)).toEqual(wanted.shape);
        expect(dataset.quantity?.unit).toBe(unitOf(wanted.unit));
        expect(dataset.data).toHaveLength(wanted.values.length);
        for (const [i, value] of wanted.values.entries()) expectClose(dataset.data[i], value, factorOf(wanted.unit));
        const size = wanted.size ?? sample.expected.size;
        if (size && dataset.kind !== "spectra" && key !== "gwy") expectSize(dataset, size);
        const axis = dataset.axes.at(-1)!;
        if (sample.expected.axis && dataset.kind !== "image") {
          expect(axis.offset).toBeCloseTo(sample.expected.axis[0], 6);
          expect(axis.scale).toBeCloseTo(sample.expected.axis[1], 6);
        }
      }
    });
  }

  it("gwy: width and height of a field that is not square", async () => {
    const dataset = await readDataset(sourceOf(oracle.samples.gwy), { dataset: "Field 0" });
    expectSize(dataset, oracle.samples.gwy.expected.size!);
  });

  it("a region is cut from the turned image", async () => {
    const sample = oracle.samples.sxm_up;
    const whole = await readDataset(sourceOf(sample), { dataset: "Z (backward)" });
    const part = await readDataset(sourceOf(sample), { dataset: "Z (backward)", roi: [1, 2, 2, 1] });
    expect(Array.from(part.data)).toEqual([whole.data[6], whole.data[10]]);
    expect(part.axes[1].offset).toBeCloseTo(2 * part.axes[1].scale, 12);
  });

  it("metadata worth showing", async () => {
    const { metadata: scan } = await openFile(sourceOf(oracle.samples.sxm_up));
    expect(scan).toMatchObject({ "bias (V)": -0.15, setpoint: "1.000E-10 A", "temperature (K)": 4.2 });
    expect(scan).toMatchObject({ date: "02.03.2021 10:11:12", "scan angle (deg)": 15, "scan direction": "up" });
    const { metadata: omicron } = await openFile(sourceOf(oracle.samples.matrix));
    expect(omicron).toMatchObject({ "bias (V)": 0.5, "scan angle (deg)": 45, date: "2020-01-01 00:00:00" });
    const { metadata: createc } = await openFile(sourceOf(oracle.samples.createc));
    expect(createc).toMatchObject({ "bias (V)": -0.15, title: "test", "scan angle (deg)": 5 });
    const { metadata: afm } = await openFile(sourceOf(oracle.samples.ibw5_be));
    expect(afm).toEqual({ ScanAngle: 30, ImagingMode: "AC Mode" });
  });
});

const folder = process.env.SHIFT_VAE_REAL_DATA ?? new URL("../../../shared/real", import.meta.url).pathname;
const present = existsSync(folder);
if (!present) console.warn(`instrument files not tested: no folder ${folder} (set SHIFT_VAE_REAL_DATA)`);

describe.runIf(present)("files written by instruments", () => {
  for (const [path, channels] of Object.entries(oracle.real)) {
    it.runIf(existsSync(join(folder, path)))(`${path}: shape, scale, unit, mean and corners`, async () => {
      for (const [name, wanted] of Object.entries(channels)) {
        const dataset = await readDataset(join(folder, path), { dataset: name });
        const factor = factorOf(wanted.unit);
        expect(dataset.axes.map((axis) => axis.size)).toEqual(wanted.shape);
        expect(dataset.quantity?.unit).toBe(unitOf(wanted.unit));
        if (wanted.size) expectSize(dataset, wanted.size);
        const [rows, columns] = wanted.shape;
        const corners = [0, columns - 1, (rows - 1) * columns, rows * columns - 1];
        for (const [i, at] of corners.entries()) expectClose(dataset.data[at], wanted.corners[i], factor);
        const finite = dataset.data.filter(Number.isFinite);
        const mean = finite.reduce((sum, value) => sum + value, 0) / finite.length;
        const spread = Math.max(...finite.subarray(0, 65_536).map(Math.abs));
        expect(Math.abs(mean - wanted.mean * factor)).toBeLessThan(1e-6 * spread);
      }
    });
  }
});
