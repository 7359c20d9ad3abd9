import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { type LabelledArray, resultArrays } from "../src/export/arrays.ts";
import { exportFiles, exportKinds } from "../src/export/index.ts";
import { quantityMaps } from "../src/export/quantities.ts";
import { sampleArrays } from "../src/export/sample_arrays.ts";
import { sampleColumns } from "../src/export/sample_quantities.ts";
import { exportSamples } from "../src/export/samples.ts";
import { type Column, mapColumns, motifColumns, csv as table } from "../src/export/tables.ts";
import { sampleReport } from "./report_sample.ts";
import { spectralMapReport } from "./report_samples.ts";

const SCRIPT = join(import.meta.dirname, "oracles/read_export.py");
/** A Python with those packages: `python -m venv .peers/venv; .peers/venv/bin/pip install hyperspy xarray zarr pandas tifffile`. */
const PYTHON = process.env.SHIFT_VAE_PEERS_PYTHON ?? join(import.meta.dirname, "../.peers/venv/bin/python");

/** What was to be written, and what HyperSpy 2.5, xarray 2026.9 with zarr 3.1, pandas 3.1 and tifffile 2026.3 read of it. */
interface Case {
  /** In oracles/; oracles/read_export.py made it. */
  readonly stored: string;
  readonly files: () => Promise<ReadonlyMap<string, Uint8Array | string>>;
  readonly arrays: readonly LabelledArray[];
  readonly tables: Readonly<Record<string, readonly Column[]>>;
  readonly slices: readonly { readonly label: string; readonly values: ArrayLike<number> }[];
  /** Rows and columns of a slice, and pixels a nm along columns and rows. */
  readonly plane: readonly [number, number];
  readonly pixelsANm: readonly [number, number];
}

function imageCase(): Case {
  const report = sampleReport({ rows: 96, cols: 128 });
  const { rowAxis, colAxis } = report.maps;
  return {
    stored: "export.json",
    files: () => exportFiles(report, exportKinds),
    arrays: resultArrays(report),
    tables: { motif_table: motifColumns(report), map_table: mapColumns(report) },
    slices: quantityMaps(report).map(({ title, unit, values }) => ({
      label: unit ? `${title} (${unit})` : title,
      values,
    })),
    plane: [rowAxis.length, colAxis.length],
    pixelsANm: [10, 10],
  };
}

function spectralMapCase(): Case {
  const report = spectralMapReport();
  const { z, shift, shiftSd, mean } = report.maps!;
  const sd = [0, 1].map((l) => report.windows.zSd.filter((_, k) => k % 2 === l));
  return {
    stored: "export_samples.json",
    files: async () => (await exportSamples(report, exportKinds)).files,
    arrays: sampleArrays(report),
    tables: { sample_table: sampleColumns(report) },
    slices: [
      { label: "Latent z1", values: z[0].data },
      { label: "Latent z2", values: z[1].data },
      { label: "Standard deviation of z1", values: sd[0] },
      { label: "Standard deviation of z2", values: sd[1] },
      { label: "Shift (eV)", values: shift.data.map((v) => -0.05 * v) },
      { label: "Standard deviation of shift (eV)", values: shiftSd.data.map((v) => 0.05 * v) },
      { label: "Mean of the signal", values: mean.data },
    ],
    plane: [9, 14],
    pixelsANm: [4, 2],
  };
}

interface Digest {
  readonly shape: readonly number[];
  readonly nan: number;
  readonly sum: number;
  readonly weighted: number;
}

type Peers = {
  readonly hspy: Record<
    string,
    Digest & { readonly axes: readonly (readonly [string, number, number, string, boolean])[] }
  >;
  readonly zarr: {
    readonly arrays: Record<string, Digest & { readonly dims: readonly string[] }>;
    readonly coordinates: Record<string, Digest>;
  };
  readonly csv: Record<string, Record<string, Digest>>;
  readonly tiff: Digest & {
    readonly dtype: string;
    readonly labels: readonly string[];
    readonly unit: string;
    readonly pixels_a_unit: readonly number[];
  };
};

/** The same numbers as read_export.py's, of what was to be written. */
function expectDigest(got: Digest, values: ArrayLike<number>, shape: readonly number[]): void {
  let [nan, sum, weighted, size] = [0, 0, 0, 0];
  for (let i = 0; i < values.length; i++) {
    if (Number.isNaN(values[i])) nan++;
    else {
      sum += values[i];
      weighted += values[i] * ((i % 7) + 1);
      size += Math.abs(values[i]);
    }
  }
  expect(got.shape).toEqual(shape);
  expect(got.nan).toBe(nan);
  // Sums in another order, and tables with nine digits.
  expect(Math.abs(got.sum - sum)).toBeLessThanOrEqual(1e-8 * size);
  expect(Math.abs(got.weighted - weighted)).toBeLessThanOrEqual(7e-8 * size);
}

const shapeOf = ({ dimensions }: LabelledArray) => dimensions.map(({ size }) => size);

function checkHspy(hspy: Peers["hspy"], { arrays }: Case): void {
  const pictures = arrays.filter(({ shown }) => shown > 0);
  expect(Object.keys(hspy).sort()).toEqual(pictures.map(({ title }) => title).sort());
  for (const array of pictures) {
    const got = hspy[array.title];
    expectDigest(got, array.data, shapeOf(array));
    got.axes.forEach(([name, scale, offset, unit, navigate], k) => {
      const dimension = array.dimensions[k];
      expect(name).toBe(dimension.name);
      expect(scale).toBeCloseTo(dimension.scale ?? 1, 12);
      expect(offset).toBeCloseTo(dimension.offset ?? 0, 12);
      expect(unit).toBe(dimension.unit || "<undefined>");
      expect(navigate).toBe(k < array.dimensions.length - array.shown);
    });
  }
}

function checkZarr({ arrays: got, coordinates }: Peers["zarr"], { arrays }: Case): void {
  expect(Object.keys(got).sort()).toEqual(arrays.map(({ name }) => name).sort());
  for (const array of arrays) {
    expectDigest(got[array.name], array.data, shapeOf(array));
    expect(got[array.name].dims).toEqual(array.dimensions.map(({ name }) => name));
    for (const { name, size, scale, offset = 0 } of array.dimensions) {
      if (scale === undefined) continue;
      expectDigest(
        coordinates[name],
        Array.from({ length: size }, (_, i) => offset + scale * i),
        [size],
      );
    }
  }
}

function checkTables(csv: Peers["csv"], { tables }: Case): void {
  expect(Object.keys(csv).sort()).toEqual(Object.keys(tables).sort());
  for (const [name, columns] of Object.entries(tables)) {
    const [head, ...rows] = table(columns)
      .trimEnd()
      .split("\n")
      .map((line) => line.split(","));
    expect(Object.keys(csv[name])).toEqual(head);
    head.forEach((column, k) => {
      const values = rows.map((row) => (row[k] === "" ? Number.NaN : Number(row[k])));
      expectDigest(csv[name][column], values, [rows.length]);
    });
  }
}

function checkTiff(tiff: Peers["tiff"], { slices, plane, pixelsANm }: Case): void {
  const values = slices.flatMap((slice) => Array.from(slice.values));
  expectDigest(tiff, values, [slices.length, ...plane]);
  expect(tiff.dtype).toBe("float32");
  expect(tiff.unit).toBe("nm");
  expect(tiff.labels).toEqual(slices.map(({ label }) => label));
  tiff.pixels_a_unit.forEach((pixels, k) => {
    expect(pixels).toBeCloseTo(pixelsANm[k], 7);
  });
}

function check(peers: Partial<Peers>, expected: Case): void {
  if (peers.hspy) checkHspy(peers.hspy, expected);
  if (peers.zarr) checkZarr(peers.zarr, expected);
  if (peers.csv) checkTables(peers.csv, expected);
  if (peers.tiff) checkTiff(peers.tiff, expected);
}

describe.each([
  ["an image", imageCase()],
  ["a spectral map", spectralMapCase()],
])("what other programs read in an export of %s", (_, expected) => {
  const made: string[] = [];
  afterAll(() => Promise.all(made.map((folder) => rm(folder, { recursive: true, force: true }))));

  it("was the values that were written, when it was stored", async () => {
    const stored = JSON.parse(await readFile(join(import.meta.dirname, "oracles", expected.stored), "utf8")) as Peers;
    expect(Object.keys(stored).sort()).toEqual(["csv", "hspy", "tiff", "zarr"]);
    check(stored, expected);
  });

  if (!existsSync(PYTHON))
    console.warn(`exports not read by other programs: no ${PYTHON} (set SHIFT_VAE_PEERS_PYTHON)`);
  it.runIf(existsSync(PYTHON))(
    "is the values that are written now (HyperSpy, xarray, pandas, tifffile)",
    async () => {
      const folder = await mkdtemp(join(tmpdir(), "shift-vae-peers-"));
      made.push(folder);
      for (const [path, content] of await expected.files()) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), content);
      }
      const { stdout } = await promisify(execFile)(PYTHON, [SCRIPT, folder], { maxBuffer: 1 << 26 });
      check(JSON.parse(stdout), expected);
    },
    120_000,
  );
});
