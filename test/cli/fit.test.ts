import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readDataset } from "../../src/formats/registry.ts";
import { Model } from "../../src/model.ts";
import { type Outcome, scratchFolder, shiftVae, snapshot } from "./harness.ts";

/** Small and quick; the results' quality is tested elsewhere. */
const QUICK = ["--samples", "600", "--epochs", "1", "--restarts", "2"];
const SIDE = 128;

let folder: Awaited<ReturnType<typeof scratchFolder>>;
let image: string;
let first: Outcome;

beforeAll(async () => {
  folder = await scratchFolder();
  image = join(folder.path, "crystal.npy");
  const made = await shiftVae(["simulate", "ferroelectric", "--size", String(SIDE), "--seed", "5", "--out", image]);
  expect(made).toMatchObject({ code: 0, stderr: "" });
  first = await shiftVae(["fit", image, ...QUICK], { cwd: folder.path });
});
afterAll(() => folder.clean());

const out = () => join(folder.path, "crystal-svae");
const table = async (dir: string) => {
  const lines = (await readFile(join(dir, "motifs.csv"), "utf8")).trimEnd().split("\n");
  return { header: lines[0], rows: lines.slice(1).map((line) => line.split(",").map(Number)) };
};

describe("shift-vae fit", () => {
  it("names the folder after the input and says what was found", () => {
    expect(first.code).toBe(0);
    expect(first.stdout).toMatch(/^Motifs found +\d+/);
    for (const fact of ["Coverage", "Lattice a", "Angle", "Median position σ", "Latents in use"]) {
      expect(first.stdout).toContain(fact);
    }
    expect(first.stdout).toContain(join("crystal-svae", "report.html"));
    for (const stage of ["align", "train", "encode"]) expect(first.stderr).toMatch(new RegExp(`^${stage}: `, "m"));
    expect(first.stderr).not.toContain("\x1b");
  });

  it("writes the files of the contract and nothing half-written", async () => {
    const names = await readdir(out());
    const contract = ["maps.npz", "maps.png", "manifold.png", "model.svae", "motifs.csv", "report.html", "result.json"];
    expect(names.sort()).toEqual(["figures", ...contract, "template.png", "windows.npz"].sort());
    for (const png of ["maps.png", "manifold.png", "template.png"]) {
      expect((await readFile(join(out(), png))).subarray(1, 4).toString()).toBe("PNG");
    }
    expect(await readFile(join(out(), "report.html"), "utf8")).toMatch(/^<!doctype html>[\s\S]*<\/html>\s*$/);
  });

  it("result.json tells input, configuration, metrics, versions and files", async () => {
    const result = JSON.parse(await readFile(join(out(), "result.json"), "utf8"));
    expect(result.schema).toBe("shift-vae/result/1");
    expect(result.input).toMatchObject({ path: image, format: "NPY", dtype: "float32" });
    expect(result.input.axes.map((axis: { size: number }) => axis.size)).toEqual([SIDE, SIDE]);
    expect(result.config).toMatchObject({
      samples: 600,
      epochs: 1,
      seed: 1,
      latentDim: 2,
      beta: 1,
      batch: expect.any(Number),
    });
    for (const metric of ["elbo", "reconstruction", "kl", "sigma"])
      expect(result.metrics[metric]).toEqual(expect.any(Number));
    for (const stage of ["read", "normalise", "align", "train", "encode", "motifs"]) {
      expect(result.metrics.seconds[stage]).toBeGreaterThan(0);
    }
    expect(result.versions).toMatchObject({
      "shift-vae": "0.1.0",
      runtime: `Node.js ${process.versions.node}`,
      variant: expect.any(String),
    });
    const present = await readdir(out());
    for (const { name } of result.files) expect(present).toContain(name.replace(/\/$/, ""));
  });

  it("motifs.csv, windows.npz and maps.npz agree with one another and lie in the image", async () => {
    const { header, rows } = await table(out());
    expect(header).toBe("row,col,row_sd,col_sd,z1,z2,z1_sd,z2_sd,windows");
    const result = JSON.parse(await readFile(join(out(), "result.json"), "utf8"));
    expect(rows).toHaveLength(result.motifs);
    expect(rows.length).toBeGreaterThan(20);
    for (const [row, col, rowSd, colSd, , , , , windows] of rows) {
      for (const position of [row, col]) expect(position).toSatisfy((v: number) => v > -0.5 && v < SIDE - 0.5);
      for (const sd of [rowSd, colSd]) expect(sd).toBeGreaterThan(0);
      expect(windows).toBeGreaterThanOrEqual(1);
    }
    const read = (file: string, dataset: string) => readDataset(join(out(), file), { dataset });
    const centre = await read("windows.npz", "centre");
    expect(centre.axes.map((axis) => axis.size)).toEqual([600, 2]);
    for (const name of ["shift", "shift_sd", "z", "z_sd"]) {
      expect((await read("windows.npz", name)).axes.map((axis) => axis.size)).toEqual([600, 2]);
    }
    // Most windows point at a motif of the table.
    const shift = await read("windows.npz", "shift");
    let near = 0;
    for (let i = 0; i < 600; i++) {
      const [r, c] = [centre.data[2 * i] + shift.data[2 * i], centre.data[2 * i + 1] + shift.data[2 * i + 1]];
      if (rows.some(([row, col]) => Math.hypot(row - r, col - c) < 3)) near++;
    }
    expect(near).toBeGreaterThan(400);
    const [z, row, col] = await Promise.all(["z", "row", "col"].map((name) => read("maps.npz", name)));
    expect(z.axes.map((axis) => axis.size)).toEqual([2, row.data.length, col.data.length]);
    expect(Math.max(...row.data)).toBeLessThan(SIDE);
    expect(z.data.some(Number.isFinite)).toBe(true);
  });

  it("model.svae loads, and encode finds the motifs with it", async () => {
    const model = await Model.load(join(out(), "model.svae"));
    expect(model.latentDim).toBe(2);
    const dir = join(folder.path, "encoded");
    const args = ["encode", join(out(), "model.svae"), image, "--out", dir, "--samples", "600"];
    expect(await shiftVae([...args, "--quiet"])).toEqual({ code: 0, signal: null, stdout: "", stderr: "" });
    const asFit = (await readdir(out())).filter((name) => name !== "model.svae");
    expect((await readdir(dir)).sort()).toEqual(asFit.sort());
    const [fitted, encoded] = [await table(out()), await table(dir)];
    expect(encoded.header).toBe(fitted.header);
    const same = fitted.rows.filter(([row, col]) => encoded.rows.some(([r, c]) => Math.hypot(r - row, c - col) < 0.1));
    expect(same.length).toBeGreaterThan(0.9 * fitted.rows.length);
    const json = await shiftVae([...args, "--json"]);
    expect(JSON.parse(json.stdout)).toMatchObject({ schema: "shift-vae/encoding/1", motifs: encoded.rows.length });
  });

  it("encode takes a pixel size and a material, warns of a scale that does not fit, and exports", async () => {
    const dir = join(folder.path, "scaled");
    const scale = ["--pixel-size", "0.05", "--material", "a=0.75", "--export", "csv,tiff", "--export", "zarr"];
    const args = ["encode", join(out(), "model.svae"), image, "--out", dir, "--samples", "600", ...scale];
    const { code, stdout, stderr } = await shiftVae(args);
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^warning: the lattice of the motifs does not fit a=0\.75 .*--pixel-size 0\.0\d+ is right\n$/,
    );
    expect(stdout).toMatch(/^Lattice \/ material +\d/m);
    const result = JSON.parse(await readFile(join(dir, "result.json"), "utf8"));
    expect(result.input).toMatchObject({ scaleFrom: "--pixel-size" });
    expect(result.input.axes[0]).toMatchObject({ scale: 0.05, unit: "nm" });
    expect(result.lattice.scaled.lengthA).toBeCloseTo(0.05 * result.lattice.lengthA, 9);
    expect(result.warnings).toEqual([result.scaleCheck.warning]);
    expect(result.scaleCheck.factor * 0.75).toBeCloseTo(result.lattice.scaled.lengthA, 1);
    expect(await readFile(join(dir, "report.html"), "utf8")).toContain("Check the scale.");
    const names = await readdir(dir);
    for (const name of ["motif_table.csv", "map_table.csv", "maps.tif", "result.zarr"]) expect(names).toContain(name);
    expect(names).not.toContain("result.hspy");
    const noted = result.files.map((file: { name: string }) => file.name);
    for (const name of ["motif_table.csv", "maps.tif", "result.zarr/"]) expect(noted).toContain(name);
  });

  it.each([
    ["--pixel-size", "0"],
    ["--pixel-size", "small"],
    ["--material", "unobtainium"],
    ["--export", "hspy,xls"],
  ])("refuses %s %s before any work", async (flag, value) => {
    const dir = join(folder.path, "refused");
    const { code, stderr } = await shiftVae(["fit", image, "--out", dir, flag, value]);
    expect(code).toBe(2);
    expect(stderr).toMatch(new RegExp(`^shift-vae: .*${flag}: .*expected`));
    await expect(readdir(dir)).rejects.toThrow();
  });

  it("--json prints result.json and nothing else; the same seed gives the same bits", async () => {
    const dir = join(folder.path, "again");
    const { code, stdout } = await shiftVae(["fit", image, ...QUICK, "--out", dir, "--json", "--threads", "1"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(JSON.parse(await readFile(join(dir, "result.json"), "utf8")));
    for (const name of ["motifs.csv", "windows.npz", "maps.npz"]) {
      expect((await readFile(join(dir, name))).equals(await readFile(join(out(), name)))).toBe(true);
    }
  });

  it("--quiet is silent, and the part of the image that --roi asks for is the one that is fitted", async () => {
    const dir = join(folder.path, "part");
    const args = ["fit", image, ...QUICK, "--out", dir, "--quiet", "--roi", "10,20,100,96"];
    expect(await shiftVae(args)).toEqual({ code: 0, signal: null, stdout: "", stderr: "" });
    const result = JSON.parse(await readFile(join(dir, "result.json"), "utf8"));
    expect(result.input.axes).toMatchObject([
      { size: 100, offset: 10 },
      { size: 96, offset: 20 },
    ]);
    expect(Math.max(...(await table(dir)).rows.map(([row]) => row))).toBeLessThan(100);
  });
});

describe("options in pixels", () => {
  it("are those of the input, whatever the binning", async () => {
    const dir = join(folder.path, "binned");
    const sizes = ["--binning", "2", "--window", "40", "--max-shift", "12", "--background", "30", "--contrast", "50"];
    const run = await shiftVae(["fit", image, ...QUICK, ...sizes, "--no-plane", "--out", dir, "--json"]);
    expect(run.code).toBe(0);
    const { config } = JSON.parse(run.stdout);
    expect(config).toMatchObject({ binning: 2, window: 40, maxShift: 12 });
    const normalisation = { plane: false, background: 15, contrast: 25 };
    expect(config.plan).toMatchObject({ binning: 2, windowSize: 20, maxShift: 6, normalisation });
  });
});

describe("Ctrl-C", () => {
  it("leaves a checkpoint and the earlier output, from which --resume goes on to the same bits", async () => {
    const [whole, broken] = [join(folder.path, "whole"), join(folder.path, "broken")];
    const args = [
      "fit",
      image,
      "--samples",
      "1500",
      "--epochs",
      "8",
      "--restarts",
      "2",
      "--seed",
      "9",
      "--batch",
      "16",
    ];
    expect((await shiftVae([...args, "--out", whole, "--quiet"])).code).toBe(0);
    expect((await shiftVae(["fit", image, ...QUICK, "--out", broken, "--quiet"])).code).toBe(0);
    const before = await snapshot(broken);
    const stopped = await shiftVae([...args, "--out", broken], { interruptAt: /^train: /m });
    expect(stopped.code).toBe(130);
    expect(stopped.stdout).toBe("");
    expect(stopped.stderr).toContain(`shift-vae fit --resume ${broken}`);
    expect(stopped.stderr).not.toContain("encode: ");
    const after = await snapshot(broken);
    for (const name of ["checkpoint.json", "checkpoint.svae"]) {
      expect(after[join(broken, name)]).toBeDefined();
      delete after[join(broken, name)];
    }
    expect(after).toEqual(before);
    const resumed = await shiftVae(["fit", "--resume", broken]);
    expect(resumed.code).toBe(0);
    expect(resumed.stderr).not.toContain("align: ");
    for (const name of ["model.svae", "motifs.csv", "windows.npz", "maps.npz"]) {
      expect((await readFile(join(broken, name))).equals(await readFile(join(whole, name)))).toBe(true);
    }
    expect(await readdir(broken)).not.toContain("checkpoint.json");
    expect(await readdir(broken)).not.toContain("checkpoint.svae");
  });

  it("after training leaves the trained model, and the windows are encoded anew", async () => {
    const [whole, broken] = [join(folder.path, "whole-late"), join(folder.path, "broken-late")];
    const args = ["fit", image, "--samples", "8000", "--epochs", "0.1", "--restarts", "1"];
    expect((await shiftVae([...args, "--out", whole, "--quiet"])).code).toBe(0);
    expect((await shiftVae([...args, "--out", broken], { interruptAt: /^encode: /m })).code).toBe(130);
    expect((await readdir(broken)).sort()).toEqual(["checkpoint.json", "checkpoint.svae"]);
    expect((await shiftVae(["fit", "--resume", broken, "--quiet"])).code).toBe(0);
    for (const name of ["model.svae", "motifs.csv", "windows.npz"]) {
      expect((await readFile(join(broken, name))).equals(await readFile(join(whole, name)))).toBe(true);
    }
  });

  it("before training leaves what it takes to start again", async () => {
    const dir = join(folder.path, "early");
    const stopped = await shiftVae(["fit", image, ...QUICK, "--restarts", "40", "--out", dir], {
      interruptAt: /^align: /m,
    });
    expect(stopped.code).toBe(130);
    expect(await readdir(dir)).toEqual(["checkpoint.json"]);
    const refused = await shiftVae(["fit", "--resume", dir, "--beta", "3"]);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/^shift-vae: --beta: expected no options of the fit with --resume.*\n$/);
    expect((await shiftVae(["fit", "--resume", dir, "--quiet"])).code).toBe(0);
    expect(JSON.parse(await readFile(join(dir, "result.json"), "utf8")).config.restarts).toBe(40);
  });
});
