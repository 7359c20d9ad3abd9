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
import { mapColumns, motifColumns, csv as table } from "../src/export/tables.ts";
import { sampleReport } from "./report_sample.ts";

/** What HyperSpy 2.5, xarray 2026.9 with zarr 3.1, pandas 3.1 and tifffile 2026.3 read: oracles/read_export.py made it. */
const STORED = join(import.meta.dirname, "oracles/export.json");
const SCRIPT = join(import.meta.dirname, "oracles/read_export.py");
/** A Python with those packages: `python -m venv .peers/venv; .peers/venv/bin/pip install hyperspy xarray zarr pandas tifffile`. */
const PYTHON = process.env.SHIFT_VAE_PEERS_PYTHON ?? join(import.meta.dirname, "../.peers/venv/bin/python");

const report = sampleReport({ rows: 96, cols: 128 });
const arrays = resultArrays(report);

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
  readonly csv: Record<"motif_table" | "map_table", Record<string, Digest>>;
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

function checkHspy(hspy: Peers["hspy"]): void {
  const pictures = arrays.filter(({ picture }) => picture);
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
      expect(navigate).toBe(k < array.dimensions.length - 2);
    });
  }
}

function checkZarr({ arrays: got, coordinates }: Peers["zarr"]): void {
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

function checkTables(csv: Peers["csv"]): void {
  for (const [name, text] of [
    ["motif_table", table(motifColumns(report))],
    ["map_table", table(mapColumns(report))],
  ] as const) {
    const [head, ...rows] = text
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

function checkTiff(tiff: Peers["tiff"]): void {
  const maps = quantityMaps(report);
  const { rowAxis, colAxis } = report.maps;
  const values = maps.flatMap((map) => Array.from(map.values));
  expectDigest(tiff, values, [maps.length, rowAxis.length, colAxis.length]);
  expect(tiff.dtype).toBe("float32");
  expect(tiff.unit).toBe("nm");
  expect(tiff.labels).toEqual(maps.map(({ title, unit }) => (unit ? `${title} (${unit})` : title)));
  for (const pixels of tiff.pixels_a_unit) expect(pixels).toBeCloseTo(10, 7);
}

function check(peers: Partial<Peers>): void {
  if (peers.hspy) checkHspy(peers.hspy);
  if (peers.zarr) checkZarr(peers.zarr);
  if (peers.csv) checkTables(peers.csv);
  if (peers.tiff) checkTiff(peers.tiff);
}

describe("what other programs read in an export", () => {
  const made: string[] = [];
  afterAll(() => Promise.all(made.map((folder) => rm(folder, { recursive: true, force: true }))));

  it("was the values that were written, when it was stored", async () => {
    const stored = JSON.parse(await readFile(STORED, "utf8")) as Peers;
    expect(Object.keys(stored).sort()).toEqual(["csv", "hspy", "tiff", "zarr"]);
    check(stored);
  });

  if (!existsSync(PYTHON))
    console.warn(`exports not read by other programs: no ${PYTHON} (set SHIFT_VAE_PEERS_PYTHON)`);
  it.runIf(existsSync(PYTHON))(
    "is the values that are written now (HyperSpy, xarray, pandas, tifffile)",
    async () => {
      const folder = await mkdtemp(join(tmpdir(), "shift-vae-peers-"));
      made.push(folder);
      for (const [path, content] of await exportFiles(report, exportKinds)) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), content);
      }
      const { stdout } = await promisify(execFile)(PYTHON, [SCRIPT, folder], { maxBuffer: 1 << 26 });
      check(JSON.parse(stdout));
    },
    120_000,
  );
});
