import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeNpy } from "../../src/formats/npy_write.ts";
import { readDataset } from "../../src/formats/registry.ts";
import { scratchFolder, shiftVae } from "./harness.ts";

/*
 * The command `encode` with each kind of model and data. The quality of what it finds is tested elsewhere.
 */
const QUICK = ["--samples", "500", "--epochs", "1", "--restarts", "1", "--threads", "1"];

let folder: Awaited<ReturnType<typeof scratchFolder>>;
const run = async (...args: string[]) => {
  const outcome = await shiftVae(args, { cwd: folder.path });
  expect(outcome.code, `${args.join(" ")}: ${outcome.stderr}`).toBe(0);
  return outcome;
};
const text = (...path: string[]) => readFile(join(folder.path, ...path), "utf8");

beforeAll(async () => {
  folder = await scratchFolder();
  await run("simulate", "ferroelectric", "--size", "96", "--seed", "5", "--out", "image.npy");
  await run("simulate", "peaks1d", "--set", "samples=200", "--seed", "5", "--out", "peaks.npy");
  const peaks = await readDataset(join(folder.path, "peaks.npy"));
  await writeFile(join(folder.path, "map.npy"), await encodeNpy(peaks.data, [10, 20, 100]));
  await writeFile(join(folder.path, "signals.npy"), await encodeNpy(peaks.data.subarray(0, 900), [90, 10]));
  const { data } = await readDataset(join(folder.path, "image.npy"));
  await writeFile(join(folder.path, "stack.npy"), await encodeNpy(Float32Array.of(...data, ...data), [2, 96, 96]));
}, 60_000);
afterAll(() => folder.clean());

describe("shift-vae encode", () => {
  it.each([
    ["signals", "fitted", []],
    ["pyroVED's kind", "pyroved", ["--pose", "amortised", "--invariances", "t"]],
  ])("finds the shifts of signals with a model of %s, to the bits of the fit", async (_, out, extra) => {
    const also = ["--threads", "1", "--pixel-size", "0.5", "--export", "csv,tiff"];
    await run("fit", "map.npy", "--out", out, "--epochs", "1", "--quiet", ...also, ...extra);
    await run("encode", `${out}/model.svae`, "map.npy", "--out", `${out}-encoded`, ...also);
    for (const table of ["samples.csv", "sample_table.csv"]) {
      expect(await text(`${out}-encoded`, table)).toBe(await text(out, table));
    }
    expect(await text(out, "sample_table.csv")).toMatch(/^sample,row,col,row_nm,col_nm,z1.*\n0,0,0,0,0,/);
    expect((await readDataset(join(folder.path, out, "maps.tif"))).axes[1]).toMatchObject({ unit: "nm" });
    const result = JSON.parse(await text(`${out}-encoded`, "result.json"));
    expect(result).toMatchObject({ schema: "shift-vae/samples-encoding/1", model: `${out}/model.svae`, samples: 200 });
    expect(result.metrics.history).toBeUndefined();
    expect(result.input).toMatchObject({ scaleFrom: "--pixel-size" });
    expect(result.files.map(({ name }: { name: string }) => name)).toContain("maps.tif");
    await expect(text(`${out}-encoded`, "model.svae")).rejects.toThrow();
  });

  it("finds the motifs of every frame of a stack, and what belongs together", async () => {
    await run("fit", "image.npy", "--out", "single", ...QUICK, "--quiet");
    const extra = ["--pixel-size", "0.025", "--material", "a=0.4", "--export", "csv"];
    const args = ["encode", "single/model.svae", "stack.npy", "--out", "both", "--samples", "500", "--threads", "1"];
    const { stderr } = await run(...args, ...extra);
    const frames = (await text("both", "frames.csv")).trimEnd().split("\n");
    expect(frames).toHaveLength(3);
    expect(frames[0]).toMatch(/drift_row_nm.*scale_factor,scale_factor_sd$/);
    const result = JSON.parse(await text("both", "result.json"));
    expect(result).toMatchObject({ schema: "shift-vae/series-encoding/1", kind: "stack", model: "single/model.svae" });
    expect(result.frames[0].motifs).toBe(result.frames[1].motifs);
    expect(Math.abs(result.drift.rate.row)).toBeLessThan(1e-6);
    expect(stderr).not.toContain("not compared");
    expect((await text("both", "motif_table.csv")).startsWith("frame,track,motif,")).toBe(true);
    const one = await run(
      "encode",
      "single/model.svae",
      "stack.npy",
      "--frame",
      "1",
      "--out",
      "one",
      "--samples",
      "500",
    );
    expect(one.stdout).toContain("Motifs found");
  });

  it.each([
    [
      ["fitted/model.svae", "image.npy"],
      /image\.npy: expected spectra, a spectral map or a stack of windows, got one image/,
    ],
    [["single/model.svae", "map.npy"], /map\.npy: expected one image, got a spectral map/],
    [["single/model.svae", "image.npy", "--frames", "0:1"], /--frames: expected a stack/],
    [
      ["fitted/model.svae", "map.npy", "--material", "Si"],
      /--material: expected images or a stack of them, got a spectral map/,
    ],
    [["fitted/model.svae", "signals.npy", "--export", "tiff"], /--export tiff: expected what has maps .*, got signals/],
    [["fitted/model.svae", "signals.npy", "--pixel-size", "1"], /--pixel-size: expected .*, got signals/],
    [
      ["fitted/model.svae", "stack.npy", "--export", "csv,tiff"],
      /--export tiff: expected what has maps .*, got cut-outs/,
    ],
  ])("refuses %j", async (args, message) => {
    const { code, stderr } = await shiftVae(["encode", ...args, "--out", "refused"], { cwd: folder.path });
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
    await expect(text("refused", "result.json")).rejects.toThrow();
  });
});
