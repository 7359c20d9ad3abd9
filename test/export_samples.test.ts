/** What signals, spectral maps and cut-outs become in the formats of other programs: read back by our own readers, equal to the report. */
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { shapeOf } from "../src/data/dataset.ts";
import { type ExportKind, exportKinds } from "../src/export/index.ts";
import { exportSamples } from "../src/export/samples.ts";
import { readDataset, withFile } from "../src/formats/registry.ts";
import type { SamplesReport } from "../src/results/samples.ts";
import { cutOutsReport, signalsReport, spectralMapReport } from "./report_samples.ts";

const folder = await mkdtemp(join(tmpdir(), "shift-vae-export-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const WITHOUT_MAPS = exportKinds.filter((kind) => kind !== "tiff");

/** Writes what a report exports; gives the folder and the lines of its table. */
async function written(name: string, samples: SamplesReport, kinds: readonly ExportKind[]) {
  const { files, notes } = await exportSamples(samples, kinds);
  for (const [path, content] of files) {
    await mkdir(dirname(join(folder, name, path)), { recursive: true });
    await writeFile(join(folder, name, path), content);
  }
  const [head, ...rows] = String(files.get("sample_table.csv"))
    .trimEnd()
    .split("\n")
    .map((line) => line.split(","));
  const column = (title: string) => rows.map((row) => Number(row[head.indexOf(title)]));
  return { at: join(folder, name), files, notes, head, column };
}

function same(got: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(Array.from(got)).toEqual(Array.from(expected));
}

const map = spectralMapReport();
const [maps, scan] = [map.maps!, map.scan!];
const mapped = await written("map", map, exportKinds);

describe("a spectral map", () => {
  it("is maps over its scan and curves along the signal, with the axes' units", async () => {
    for (const store of ["result.hspy", "result.zarr"]) {
      const read = (dataset: string) => readDataset(join(mapped.at, store), { dataset });
      const z = await read("z");
      same(z.data, [...maps.z[0].data, ...maps.z[1].data]);
      expect(shapeOf(z)).toEqual([2, 9, 14]);
      same((await read("mean")).data, maps.mean.data);
      const shift = await read("shift");
      maps.shift.data.forEach((px, i) => {
        expect(shift.data[i]).toBeCloseTo(-0.05 * px, 6);
      });
      // A standard deviation has no direction, whichever way the energies run.
      expect(Math.min(...(await read("shift_sd")).data)).toBeGreaterThan(0.2 * 0.05 - 1e-9);
      if (store === "result.hspy") {
        expect(shift.quantity?.unit).toBe("eV");
        expect(shift.axes.map(({ scale, offset, unit }) => [scale, offset, unit])).toEqual([
          [0.5, 0, "nm"],
          [0.25, 3, "nm"],
        ]);
      }
    }
  });

  it("has its motif in the data's unit where it lies along the signal", async () => {
    const template = await readDataset(join(mapped.at, "result.hspy"), { dataset: "template" });
    same(
      template.data,
      map.template.data.map((v) => 40 + 8 * v),
    );
    const axis = template.axes[1];
    expect(axis).toMatchObject({ size: 72, scale: -0.05, unit: "eV" });
    // The peak is over the middle of the sample: energies of samples 29 and 30 enclose it.
    const peak = template.data.indexOf(Math.max(...template.data));
    expect(axis.offset + axis.scale * peak).toBeCloseTo(1.5 - 0.05 * 29.5, 9);
  });

  it("is a table with one row a point", () => {
    const { head, column } = mapped;
    const places = ["sample", "row", "col", "row_nm", "col_nm"];
    expect(head).toEqual([...places, ...["z1", "z2", "z1_sd", "z2_sd", "shift_eV", "shift_sd_eV", "mean"]]);
    expect(column("sample")).toEqual(Array.from({ length: 126 }, (_, i) => i));
    expect(column("row")[15]).toBe(1);
    expect(column("col_nm").slice(13, 16)).toEqual([3 + 13 * 0.25, 3, 3.25]);
    expect(column("row_nm")[125]).toBe(4);
    column("z2_sd").forEach((v) => {
      expect(v).toBeCloseTo(0.3, 8);
    });
    column("shift_eV").forEach((v, i) => {
      expect(v).toBeCloseTo(-0.05 * map.windows.shift[2 * i + 1], 8);
    });
  });

  it("is an ImageJ stack with the scan's scale; without one where its axes have no common unit", async () => {
    const tiff = await readDataset(join(mapped.at, "maps.tif"));
    expect(shapeOf(tiff)).toEqual([7, 9, 14]);
    expect(tiff.axes.slice(1).map(({ scale, unit }) => [Number(scale.toFixed(9)), unit])).toEqual([
      [0.5, "nm"],
      [0.25, "nm"],
    ]);
    same(tiff.data.subarray(0, 126), maps.z[0].data);
    same(tiff.data.subarray(6 * 126), maps.mean.data);
    const mixed = await written("mixed", { ...map, scan: [{ ...scan[0], unit: "s" }, scan[1]] }, ["tiff"]);
    expect((await readDataset(join(mixed.at, "maps.tif"))).axes.at(-1)).toMatchObject({ scale: 1, unit: "px" });
  });

  it("names what it wrote", () => {
    expect(mapped.notes).toHaveLength(4);
    for (const { name } of mapped.notes)
      expect([...mapped.files.keys()].some((path) => path.startsWith(name))).toBe(true);
  });
});

describe("signals alone", () => {
  it("have their results along the samples", async () => {
    const signals = signalsReport();
    const { at, head } = await written("signals", signals, WITHOUT_MAPS);
    expect(head.slice(0, 2)).toEqual(["sample", "z1"]);
    const z = await readDataset(join(at, "result.hspy"), { dataset: "z" });
    expect(shapeOf(z)).toEqual([2, 126]);
    same(z.data.subarray(126), Float32Array.from(signals.windows.z.filter((_, k) => k % 2 === 1)));
    const names = await withFile(join(at, "result.hspy"), async (file) => file.datasets.map(({ info }) => info.name));
    expect(names.sort()).toEqual(["manifold", "shift", "shift_sd", "template", "z", "z_sd"]);
  });

  it("are no stack of maps", async () => {
    await expect(exportSamples(signalsReport(), ["csv", "tiff"])).rejects.toThrow(
      /--export tiff: expected what has maps .*, got signals/,
    );
    await expect(exportSamples(cutOutsReport(), ["tiff"])).rejects.toThrow(/got cut-outs/);
  });
});

describe("cut-outs", () => {
  it("have shifts along rows and columns in the pixels' unit, and angles", async () => {
    const cutOuts = cutOutsReport();
    const { at, head, column } = await written("cutouts", cutOuts, WITHOUT_MAPS);
    const shifts = ["shift_row_nm", "shift_col_nm", "shift_row_sd_nm", "shift_col_sd_nm"];
    expect(head).toEqual(["sample", "z1", "z2", "z1_sd", "z2_sd", ...shifts, "angle", "angle_sd"]);
    expect(column("angle")[1]).toBe(-72);
    column("shift_row_nm").forEach((v, i) => {
      expect(v).toBeCloseTo(0.025 * cutOuts.windows.shift[2 * i], 8);
    });
    const template = await readDataset(join(at, "result.hspy"), { dataset: "template" });
    expect(shapeOf(template)).toEqual([32, 32]);
    expect(template.axes[1]).toMatchObject({ scale: 0.025, unit: "nm" });
    same((await readDataset(join(at, "result.zarr"), { dataset: "angle" })).data, cutOuts.windows.angle ?? []);
  });
});
