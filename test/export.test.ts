import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { Dataset } from "../src/data/dataset.ts";
import { exportFiles, exportKinds } from "../src/export/index.ts";
import { quantityMaps } from "../src/export/quantities.ts";
import { readDataset, withFile } from "../src/formats/registry.ts";
import { latentMaps, motifMap } from "../src/results/maps.ts";
import { strainField } from "../src/results/strain.ts";
import type { FitReport } from "../src/results/types.ts";
import { sampleReport } from "./report_sample.ts";

const report: FitReport = sampleReport({ rows: 96, cols: 128 });
const folder = await mkdtemp(join(tmpdir(), "shift-vae-export-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Writes an export of a report, and gives its folder. */
async function written(name: string, of: FitReport = report): Promise<string> {
  for (const [path, content] of await exportFiles(of, exportKinds)) {
    const to = join(folder, name, path);
    await mkdir(dirname(to), { recursive: true });
    await writeFile(to, content);
  }
  return join(folder, name);
}
const plain = await written("plain");

function dataset(path: string, name: string): Promise<Dataset> {
  return readDataset(path, { dataset: name });
}

/** Float32 values as they are, NaN too. */
function same(got: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(got.length).toBe(expected.length);
  expect(Array.from(got)).toEqual(Array.from(expected));
}

const maps = quantityMaps(report);
const byName = new Map(maps.map((map) => [map.name, map]));
const NAMES = [
  "z1",
  "z2",
  "position_sd",
  "displacement_row",
  "displacement_col",
  "strain_xx",
  "strain_yy",
  "strain_xy",
];

describe("maps of quantities", () => {
  it("are those of the report for the latents, and means of the motifs' values for the others", () => {
    expect(maps.map((map) => map.name)).toEqual([...NAMES, "rotation"]);
    same(byName.get("z2")?.values ?? [], report.maps.z[1]);
    const field = strainField(report.motifs, report.lattice!);
    same(byName.get("strain_xy")?.values ?? [], motifMap(report.maps, report.motifs.position, field.xy, 15.8));
    expect(byName.get("displacement_row")?.unit).toBe("nm");
  });

  it("of one value everywhere are that value, whatever is missing", () => {
    const { rowAxis, colAxis } = latentMaps(report.motifs, 96, 128, 15.8);
    const values = new Float64Array(report.motifs.count).fill(2.5).with(3, Number.NaN);
    const map = motifMap({ rowAxis, colAxis }, report.motifs.position, values, 15.8);
    expect(map.filter((v) => !Number.isNaN(v)).every((v) => Math.abs(v - 2.5) < 1e-6)).toBe(true);
    expect(map.some((v) => v === 2.5)).toBe(true);
  });
});

describe("result.hspy", () => {
  it("has image, template, manifold and maps with their axes, as this package's own reader sees it", async () => {
    const path = join(plain, "result.hspy");
    const names = await withFile(path, async (file) => file.datasets.map(({ info }) => info.name));
    expect(names.sort()).toEqual(["image", "manifold", "template", "z", ...NAMES.slice(2), "rotation"].sort());
    const image = await dataset(path, "image");
    same(image.data, report.image.data);
    expect(image.axes.map(({ size, scale, unit }) => [size, scale, unit])).toEqual([
      [96, 0.025, "nm"],
      [128, 0.025, "nm"],
    ]);
    const strain = await dataset(path, "strain_xx");
    same(strain.data, byName.get("strain_xx")?.values ?? []);
    expect(strain.axes.map((axis) => axis.offset)).toEqual([16 * 0.025, 16 * 0.025]);
    expect((await dataset(path, "displacement_col")).quantity?.unit).toBe("nm");
  });
});

describe("result.zarr", () => {
  it("gives back every array, of whatever chunks", async () => {
    const path = join(plain, "result.zarr");
    same((await dataset(path, "image")).data, report.image.data);
    same((await dataset(path, "strain_yy")).data, byName.get("strain_yy")?.values ?? []);
    const [rows, cols] = [1100, 1000];
    const image = { rows, cols, data: Float32Array.from({ length: rows * cols }, (_, i) => Math.sin(i)) };
    const chunked = await written("big", { ...report, image });
    same((await dataset(join(chunked, "result.zarr"), "image")).data, image.data);
  });
});

describe("maps.tif", () => {
  it("is a stack of labelled 32-bit slices with the scale of the maps", async () => {
    const tiff = await readDataset(join(plain, "maps.tif"));
    const { rowAxis, colAxis } = report.maps;
    expect(tiff.kind).toBe("stack");
    expect(tiff.dtype).toBe("float32");
    expect(tiff.axes.map((axis) => axis.size)).toEqual([maps.length, rowAxis.length, colAxis.length]);
    expect(tiff.axes.slice(1).map(({ scale, unit }) => [Number(scale.toFixed(9)), unit])).toEqual([
      [0.1, "nm"],
      [0.1, "nm"],
    ]);
    same(
      tiff.data,
      maps.flatMap((map) => Array.from(map.values)),
    );
  });

  it("keeps the scale of pixels of any size", async () => {
    for (const value of [3e-4, 0.7, 12_345.678]) {
      const at = await written(`side-${value}`, { ...report, pixelSize: { value, unit: "nm", rowValue: 2 * value } });
      const { axes } = await readDataset(join(at, "maps.tif"));
      expect(axes[2].scale / (4 * value)).toBeCloseTo(1, 7);
      expect(axes[1].scale / (8 * value)).toBeCloseTo(1, 7);
    }
  });
});

describe("tables", () => {
  const lines = async (name: string) => {
    const { readFile } = await import("node:fs/promises");
    const [head, ...rows] = (await readFile(join(plain, name), "utf8")).trimEnd().split("\n");
    return { head: head.split(","), rows: rows.map((row) => row.split(",")) };
  };

  it("have one row a motif and one column a quantity, units in the names", async () => {
    const { head, rows } = await lines("motif_table.csv");
    const quantities = ["z1", "z2", "position_sd_nm", "displacement_row_nm", "displacement_col_nm"];
    const strains = ["strain_xx", "strain_yy", "strain_xy", "rotation_rad"];
    const places = ["motif", "row", "col", "row_nm", "col_nm"];
    expect(head).toEqual([...places, ...quantities, ...strains, "z1_sd", "z2_sd", "windows"]);
    expect(rows).toHaveLength(report.motifs.count);
    const { position, z } = report.motifs;
    rows.forEach((row, n) => {
      expect(Number(row[1])).toBeCloseTo(position[2 * n], 6);
      expect(Number(row[4])).toBeCloseTo(position[2 * n + 1] * 0.025, 6);
      expect(Number(row[6])).toBeCloseTo(z[2 * n + 1], 6);
    });
  });

  it("have one row a point of the maps, empty where there is nothing", async () => {
    const { head, rows } = await lines("map_table.csv");
    const { rowAxis, colAxis, z } = report.maps;
    expect(rows).toHaveLength(rowAxis.length * colAxis.length);
    const column = head.indexOf("z1");
    rows.forEach((row, i) => {
      expect(row[0]).toBe(String(rowAxis[Math.floor(i / colAxis.length)]));
      if (Number.isNaN(z[0][i])) expect(row[column]).toBe("");
      else expect(Math.fround(Number(row[column]))).toBe(z[0][i]);
    });
    expect(rows.some((row) => row[column] === "")).toBe(true);
  });
});

describe("an export", () => {
  it("is written without motifs, lattice or scale too", async () => {
    const bare = sampleReport({ rows: 96, cols: 96, motifs: false, latentDim: 1 });
    const at = await written("bare", { ...bare, pixelSize: undefined });
    expect((await dataset(join(at, "result.hspy"), "image")).axes[0].unit).toBe("px");
    expect((await readDataset(join(at, "maps.tif"))).axes.at(-1)?.unit).toBe("px");
  });
});
