import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { shapeOf } from "../../src/data/dataset.ts";
import { FormatError } from "../../src/errors.ts";
import { readDataset, withFile } from "../../src/formats/registry.ts";

/** What an independent reader finds in one dataset (test/oracles/make_general.py). */
interface Expected {
  readonly shape: readonly number[];
  readonly sum: number;
  /** (flat index, value). */
  readonly values: readonly (readonly [number, number])[];
  /** Step and unit of axes, by name. */
  readonly scale?: Readonly<Record<string, readonly [number, string]>>;
  /** Lossy formats: decoders differ by rounding. */
  readonly tolerance?: number;
}

const FIXTURES = join(import.meta.dirname, "../fixtures/general");
const REAL = process.env.SHIFT_VAE_REAL_DATA ?? join(import.meta.dirname, "../../../shared/real");

function oracle(name: string): Record<string, Expected[]> {
  return JSON.parse(readFileSync(join(import.meta.dirname, "../oracles", name), "utf8"));
}

/** Values are stored as Float32: half a unit in the last place of the value itself. */
const RELATIVE = 2 ** -23;

async function compareFile(path: string, expected: readonly Expected[]): Promise<void> {
  await withFile(path, async (file) => {
    expect(file.datasets.length).toBe(expected.length);
    for (const [i, want] of expected.entries()) {
      const { info, data } = await file.datasets[i].read().then((read) => ({ info: read, data: read.data }));
      const count = want.shape.reduce((product, size) => product * size, 1);
      expect(data.length).toBe(count);
      expect(shapeOf(info).reduce((product, size) => product * size, 1)).toBe(count);
      const plain = want.shape.length === 2 || want.shape.length === 3;
      if (plain && want.shape.every((size) => size > 1)) expect(shapeOf(info)).toEqual(want.shape);
      for (const [at, value] of want.values) {
        const allowed = want.tolerance ?? Math.abs(value) * RELATIVE + 1e-30;
        expect(Math.abs(data[at] - value), `${path} [${at}]: ${data[at]} for ${value}`).toBeLessThanOrEqual(allowed);
      }
      const sum = data.reduce((total, value) => total + value, 0);
      const scale = data.reduce((total, value) => total + Math.abs(value), 0);
      const allowed = want.tolerance ? count * want.tolerance : scale * RELATIVE;
      expect(Math.abs(sum - want.sum), `${path}: sum ${sum} for ${want.sum}`).toBeLessThanOrEqual(allowed);
      for (const [name, [step, unit]] of Object.entries(want.scale ?? {})) {
        const axis = info.axes.find((candidate) => candidate.name === name);
        expect(axis?.unit, `${path}: unit of ${name}`).toBe(unit);
        expect(axis?.scale, `${path}: step of ${name}`).toBeCloseTo(step, 9);
      }
    }
  });
}

describe("files of other writers, against other readers", () => {
  it.each(Object.entries(oracle("general.json")))("%s", async (name, expected) => {
    await compareFile(join(FIXTURES, name), expected);
  });

  it("refuses pickled Python objects", async () => {
    const refused = readDataset(join(FIXTURES, "object.npy"));
    await expect(refused).rejects.toThrow(FormatError);
    await expect(refused).rejects.toThrow(/object\.npy.*Python objects/);
  });

  it("puts single numbers and text of a MAT file into the metadata", async () => {
    for (const name of ["plain.mat", "compressed.mat"]) {
      await withFile(join(FIXTURES, name), async (file) => {
        expect(file.metadata).toEqual({ step_nm: 0.02, note: "Größe" });
        expect(file.datasets.map((handle) => handle.info.name)).toEqual([
          "image",
          "stack",
          "single",
          "amplitude",
          "integers",
        ]);
      });
    }
  });

  it("names the fields of a structured array and the text that an NPZ holds beside numbers", async () => {
    await withFile(join(FIXTURES, "structured_v3.npy"), async (file) => {
      const names = file.datasets.map((handle) => handle.info.name);
      expect(names).toEqual(["höhe", "n", "curve"].map((field) => `structured_v3.npy/${field}`));
    });
    await withFile(join(FIXTURES, "stored.npz"), async (file) => {
      expect(file.metadata.skipped).toMatch(/names\.npy/);
    });
  });
});

describe.skipIf(!existsSync(REAL))("real files (skipped where the folder is absent)", () => {
  it.each(Object.entries(oracle("general_real.json")))("%s", async (name, expected) => {
    await compareFile(join(REAL, name), expected);
  });
});

describe("frames and regions", () => {
  /** Every selection must equal the same cut of the whole. */
  const files: readonly [string, number][] = Object.entries(oracle("general.json")).flatMap(([name, datasets]) =>
    datasets.map((_, i): [string, number] => [name, i]),
  );

  it.each(files)("%s, dataset %i: a part read is a part of the whole", async (name, dataset) => {
    const path = join(FIXTURES, name);
    const whole = await readDataset(path, { dataset });
    const stack = whole.kind === "stack";
    const [rows, columns] = stack ? shapeOf(whole).slice(1) : shapeOf(whole);
    const depth = whole.kind === "spectral-map" ? shapeOf(whole)[2] : 1;
    const frame = stack ? shapeOf(whole)[0] - 1 : undefined;
    const row = Math.floor(rows / 3);
    const column = Math.floor(columns / 4);
    const roi = [row, column, Math.ceil((rows - row) / 2), Math.ceil((columns - column) / 2)] as const;
    const part = await readDataset(path, { dataset, frame, roi });
    expect(part.kind).toBe(stack ? "image" : whole.kind);
    expect(shapeOf(part).slice(0, 2)).toEqual([roi[2], roi[3]]);
    const start = (frame ?? 0) * rows * columns;
    const expected: number[] = [];
    for (let r = roi[0]; r < roi[0] + roi[2]; r++) {
      const from = (start + r * columns + roi[1]) * depth;
      expected.push(...whole.data.subarray(from, from + roi[3] * depth));
    }
    expect(Array.from(part.data)).toEqual(expected);
  });
});
