import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { shapeOf } from "../../src/data/dataset.ts";
import { openFile } from "../../src/formats/registry.ts";
import { sourceFromBytes, sourceFromFile } from "../../src/formats/source.ts";

/** What an independent reader or writer says of one dataset (test/oracles/make_em.py); "*": nothing to compare with. */
interface Expected {
  readonly kind: string;
  readonly dataset: number;
  /** (scale, unit, offset) of each axis. */
  readonly axes: readonly (readonly [number | "*", string, number | "*"])[];
  readonly shape: readonly number[];
  readonly mean: number;
  readonly values: readonly (readonly [number, number])[];
  readonly dtype?: string;
}

const FIXTURES = join(import.meta.dirname, "../fixtures/em");
const REAL = process.env.SHIFT_VAE_REAL_DATA ?? join(import.meta.dirname, "../../../shared/real");

function oracle<T>(name: string): T {
  return JSON.parse(readFileSync(join(import.meta.dirname, "../oracles", name), "utf8")) as T;
}

/** Values and axes come from float32 or float64 in other hands: they agree to the precision of float32. */
const RELATIVE = 2 ** -22;

function near(actual: number, expected: number, what: string): void {
  expect(Math.abs(actual - expected), `${what}: ${actual} for ${expected}`).toBeLessThanOrEqual(
    RELATIVE * Math.max(Math.abs(expected), 1e-9),
  );
}

async function compare(path: string, expected: Expected): Promise<void> {
  const source = await sourceFromFile(path);
  try {
    const file = await openFile(source);
    const { info, ...handle } = file.datasets[expected.dataset];
    const dataset = await handle.read();
    expect(info.kind).toBe(expected.kind);
    expect(shapeOf(info)).toEqual(expected.shape);
    expect(dataset.data.length).toBe(expected.shape.reduce((total, size) => total * size, 1));
    if (expected.dtype) expect(info.dtype).toBe(expected.dtype);
    expected.axes.forEach(([scale, unit, offset], k) => {
      const axis = info.axes[k];
      if (scale !== "*") {
        expect(axis.unit, axis.name).toBe(unit);
        near(axis.scale, scale, `scale of ${axis.name}`);
      }
      // The offset is a coordinate: precise to the extent of its axis.
      if (offset !== "*") {
        expect(Math.abs(axis.offset - offset)).toBeLessThanOrEqual(
          RELATIVE * axis.size * Math.abs(axis.scale) + RELATIVE * Math.abs(offset),
        );
      }
    });
    for (const [index, value] of expected.values) near(dataset.data[index], value, `value ${index}`);
    const magnitude = dataset.data.reduce((sum, value) => sum + Math.abs(value), 0) / dataset.data.length;
    const mean = dataset.data.reduce((sum, value) => sum + value, 0) / dataset.data.length;
    expect(Math.abs(mean - expected.mean)).toBeLessThanOrEqual(RELATIVE * magnitude);
  } finally {
    await source.close();
  }
}

describe("files of the field's own writers", () => {
  for (const [file, datasets] of Object.entries(oracle<Record<string, Expected[]>>("em.json"))) {
    for (const expected of datasets) {
      it(`${file} #${expected.dataset}: ${expected.kind} ${expected.shape.join("×")}`, () =>
        compare(join(FIXTURES, file), expected));
    }
  }

  it("reads the same from bytes in memory as from a file", async () => {
    for (const name of ["nsid.hf5", "mode12.mrc"]) {
      const bytes = sourceFromBytes(name, readFileSync(join(FIXTURES, name)));
      const path = await sourceFromFile(join(FIXTURES, name));
      const [a, b] = [await openFile(bytes), await openFile(path)];
      expect((await a.datasets[0].read()).data).toEqual((await b.datasets[0].read()).data);
      expect(a.format).toBe(b.format);
      await path.close();
    }
  });
});

describe("files of instruments", () => {
  for (const [key, expected] of Object.entries(oracle<Record<string, Expected>>("em_real.json"))) {
    const path = join(REAL, key.replace(/#.*/, ""));
    it.skipIf(!existsSync(path))(`${key}: ${expected.kind} ${expected.shape.join("×")}`, () => compare(path, expected));
  }
});

describe("parts of a dataset", () => {
  it.each([
    ["plain.h5", 7],
    ["berkeley.emd", 0],
    ["mode6_stack.mrc", 0],
    ["mode2_volume.mrc", 0],
  ])("%s #%i: a frame and a region are those of the whole", async (name, index) => {
    const source = await sourceFromFile(join(FIXTURES, name));
    const handle = (await openFile(source)).datasets[index];
    const whole = await handle.read();
    const [, rows, columns] = shapeOf(whole);
    const frame = await handle.read({ frame: 1 });
    expect(frame.kind).toBe("image");
    expect(frame.data).toEqual(whole.data.subarray(rows * columns, 2 * rows * columns));
    const part = await handle.read({ frame: 1, roi: [1, 2, 3, 4] });
    expect(shapeOf(part)).toEqual([3, 4]);
    const expected = Array.from({ length: 12 }, (_, i) => frame.data[(1 + Math.floor(i / 4)) * columns + 2 + (i % 4)]);
    expect(Array.from(part.data)).toEqual(expected);
    expect(part.axes[1].offset).toBeCloseTo(whole.axes[2].offset + 2 * whole.axes[2].scale, 12);
    await source.close();
  });

  it("cuts a region out of a transposed spectral map", async () => {
    const source = await sourceFromFile(join(FIXTURES, "nsid.hf5"));
    const handle = (await openFile(source)).datasets[0];
    const whole = await handle.read();
    const part = await handle.read({ roi: [2, 1, 2, 3] });
    const [, columns, energies] = shapeOf(whole);
    expect(shapeOf(part)).toEqual([2, 3, energies]);
    part.data.forEach((value, i) => {
      const [row, column, energy] = [Math.floor(i / energies / 3), Math.floor(i / energies) % 3, i % energies];
      expect(value).toBe(whole.data[((row + 2) * columns + column + 1) * energies + energy]);
    });
    await source.close();
  });
});
