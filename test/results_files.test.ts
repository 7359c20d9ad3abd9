import { describe, expect, it } from "vitest";
import { readDataset } from "../src/formats/registry.ts";
import { sourceFromBytes } from "../src/formats/source.ts";
import { mapsNpz, motifsCsv, prettyJson, resultJson, windowsNpz } from "../src/results/files.ts";
import type { LatentMaps, Motifs, Windows } from "../src/results/types.ts";
import { sampleReport } from "./report_sample.ts";

/** Numbers that are all different, so that any mix-up of order shows. */
function numbers(count: number, from: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => from + i * Math.SQRT2);
}

const motifs: Motifs = {
  count: 4,
  latentDim: 3,
  position: numbers(8, 10),
  positionSd: numbers(8, 0.01),
  z: numbers(12, -3),
  zSd: numbers(12, 0.2),
  windows: Int32Array.of(5, 9, 1, 700),
};

const windows: Windows = {
  count: 5,
  latentDim: 3,
  centre: numbers(10, 100),
  shift: numbers(10, -4),
  shiftSd: numbers(10, 0.03),
  z: numbers(15, 1),
  zSd: numbers(15, 7),
};

describe("motifs.csv", () => {
  it("has the columns of the contract, one row a motif, every number to 8 digits", () => {
    const [header, ...rows] = motifsCsv(motifs).trimEnd().split("\n");
    expect(header).toBe("row,col,row_sd,col_sd,z1,z2,z3,z1_sd,z2_sd,z3_sd,windows");
    expect(rows).toHaveLength(4);
    rows.forEach((line, i) => {
      const expected = [
        ...motifs.position.slice(2 * i, 2 * i + 2),
        ...motifs.positionSd.slice(2 * i, 2 * i + 2),
        ...motifs.z.slice(3 * i, 3 * i + 3),
        ...motifs.zSd.slice(3 * i, 3 * i + 3),
        motifs.windows[i],
      ];
      const got = line.split(",").map(Number);
      expect(got).toHaveLength(11);
      got.forEach((value, k) => {
        expect(Math.abs(value - expected[k])).toBeLessThanOrEqual(5e-8 * Math.abs(expected[k]));
      });
    });
  });

  it("has angle and scale after the rest, where they were asked for", () => {
    const turn = { angle: numbers(4, -20), angleSd: numbers(4, 0.1) };
    const [header, first] = motifsCsv({ ...motifs, ...turn }).split("\n");
    expect(header).toBe("row,col,row_sd,col_sd,z1,z2,z3,z1_sd,z2_sd,z3_sd,windows,angle,angle_sd");
    expect(first.split(",").slice(-3).map(Number)).toEqual([5, -20, 0.1]);
    const all = motifsCsv({ ...motifs, ...turn, scale: numbers(4, 1), scaleSd: numbers(4, 0.02) });
    expect(all.split("\n")[0]).toMatch(/,windows,angle,angle_sd,scale,scale_sd$/);
  });

  it("writes what is not a number as nan, and a header alone for no motifs", () => {
    const broken = { ...motifs, positionSd: motifs.positionSd.with(1, Number.NaN) };
    expect(motifsCsv(broken).split("\n")[1].split(",")[3]).toBe("nan");
    const none = new Float64Array(0);
    const empty = { count: 0, latentDim: 1, position: none, positionSd: none, z: none, zSd: none };
    expect(motifsCsv({ ...empty, windows: new Int32Array(0) })).toBe("row,col,row_sd,col_sd,z1,z1_sd,windows\n");
  });
});

describe("windows.npz and maps.npz", () => {
  it("give the windows back, name by name", async () => {
    const bytes = await windowsNpz(windows);
    const read = async (name: string) => readDataset(sourceFromBytes("windows.npz", bytes), { dataset: name });
    const expected = {
      centre: windows.centre,
      shift: windows.shift,
      shift_sd: windows.shiftSd,
      z: windows.z,
      z_sd: windows.zSd,
    };
    for (const [name, values] of Object.entries(expected)) {
      const dataset = await read(name);
      expect(dataset.axes.map((axis) => axis.size)).toEqual([5, name.startsWith("z") ? 3 : 2]);
      expect(dataset.dtype).toBe("float64");
      expect(Array.from(dataset.data)).toEqual(Array.from(Float32Array.from(values)));
    }
  });

  it("give angle and scale back", async () => {
    const turn = { angle: numbers(5, -20), angleSd: numbers(5, 0.1), scale: numbers(5, 1), scaleSd: numbers(5, 0.02) };
    const bytes = await windowsNpz({ ...windows, ...turn });
    for (const [name, values] of Object.entries({ angle: turn.angle, scale_sd: turn.scaleSd })) {
      const { data } = await readDataset(sourceFromBytes("windows.npz", bytes), { dataset: name });
      expect(Array.from(data)).toEqual(Array.from(Float32Array.from(values)));
    }
  });

  it("give the maps back with their axes, NaN and all", async () => {
    const maps: LatentMaps = {
      rowAxis: Float64Array.of(0, 3, 6),
      colAxis: Float64Array.of(0, 2),
      z: [Float32Array.of(1, 2, 3, Number.NaN, 5, 6), Float32Array.of(-1, -2, -3, -4, -5, -6)],
    };
    const bytes = await mapsNpz(maps);
    const read = async (name: string) => readDataset(sourceFromBytes("maps.npz", bytes), { dataset: name });
    const z = await read("z");
    expect(z.axes.map((axis) => axis.size)).toEqual([2, 3, 2]);
    expect(Array.from(z.data)).toEqual([1, 2, 3, Number.NaN, 5, 6, -1, -2, -3, -4, -5, -6]);
    expect(Array.from((await read("row")).data)).toEqual([0, 3, 6]);
    expect(Array.from((await read("col")).data)).toEqual([0, 2]);
  });
});

describe("result.json", () => {
  it("carries schema, input, configuration, metrics, versions and files", () => {
    const report = sampleReport();
    const files = [{ name: "motifs.csv", what: "motifs" }];
    const result = JSON.parse(resultJson(report, { path: "a.png" }, files));
    expect(result.schema).toBe("shift-vae/result/1");
    expect(result.input).toEqual({ path: "a.png" });
    expect(result.config).toEqual(report.config);
    expect(result.metrics.elbo).toBe(report.metrics.elbo);
    expect(result.metrics.seconds).toEqual(report.metrics.seconds);
    expect(result.metrics.history.elbo).toEqual(report.metrics.history.map((entry) => entry.elbo));
    expect(result.versions).toEqual(report.versions);
    expect(result.motifs).toBe(report.motifs.count);
    expect(result.files).toEqual(files);
  });

  it("puts arrays of numbers on one line without changing what is read", () => {
    const value = { a: [1, -2.5e-7, null], b: { c: [[1, 2], [3]], d: ["x", 1], e: [], f: "[\n 1,\n 2\n]" } };
    const text = prettyJson(value);
    expect(JSON.parse(text)).toEqual(value);
    expect(text).toContain("[1, -2.5e-7, null]");
  });
});
