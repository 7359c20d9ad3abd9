/** `--as`: numbers whose shape alone would be read as something else. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeNpy } from "../../src/formats/npy_write.ts";
import { readDataset } from "../../src/formats/registry.ts";
import { scratchFolder, shiftVae } from "./harness.ts";

let folder: Awaited<ReturnType<typeof scratchFolder>>;
const run = (...args: string[]) => shiftVae(args, { cwd: folder.path });
const fine = async (...args: string[]) => {
  const outcome = await run(...args);
  expect(outcome.code, `${args.join(" ")}: ${outcome.stderr}`).toBe(0);
  return outcome;
};
const text = (...path: string[]) => readFile(join(folder.path, ...path), "utf8");

beforeAll(async () => {
  folder = await scratchFolder();
  // 200 signals of 100 points: an image by its shape, as a table too.
  await fine("simulate", "peaks1d", "--set", "samples=200", "--out", "signals.npy");
  const { data } = await readDataset(join(folder.path, "signals.npy"));
  const lines = Array.from({ length: 200 }, (_, i) => data.subarray(100 * i, 100 * (i + 1)).join(","));
  await writeFile(join(folder.path, "signals.csv"), `${lines.join("\n")}\n`);
  // 40 windows of 20 × 64 px: a spectral map by its shape.
  await writeFile(join(folder.path, "windows.npy"), await encodeNpy(data.slice(0, 15360), [24, 10, 64]));
}, 60_000);
afterAll(() => folder.clean());

describe("--as", () => {
  it("makes signals of what would be an image, for inspect, fit and encode", async () => {
    expect((await fine("inspect", "signals.npy", "--no-preview")).stdout).toContain("image of 200 row × 100 column");
    const { stdout } = await fine("inspect", "signals.npy", "--as", "spectra", "--no-preview");
    expect(stdout).toContain("spectra of 200 sample × 100 energy");
    const quick = ["--as", "spectra", "--epochs", "1", "--threads", "1", "--quiet"];
    await fine("fit", "signals.npy", "--out", "npy", ...quick);
    const csv = await text("npy", "samples.csv");
    expect(csv.trimEnd().split("\n")).toHaveLength(201);
    const threads = ["--as", "spectra", "--threads", "1", "--quiet"];
    await fine("encode", "npy/model.svae", "signals.csv", "--out", "csv", ...threads);
    expect((await text("csv", "samples.csv")).split("\n")[0]).toBe(csv.split("\n")[0]);
  }, 60_000);

  it("makes cut-outs of what would be a spectral map", async () => {
    const options = ["--as", "stack", "--cut-outs", "--epochs", "1", "--threads", "1", "--quiet"];
    await fine("fit", "windows.npy", "--out", "windows", ...options);
    expect((await text("windows", "samples.csv")).split("\n")[0]).toContain("shift_row,shift_col");
  }, 60_000);

  it.each([
    [
      ["fit", "signals.npy", "--as", "signals"],
      /--as.* is invalid\. Allowed choices are image, stack, spectra, spectral-map/,
    ],
    [["fit", "signals.npy", "--as", "stack"], /signals\.npy: .*image of 200×100 cannot be taken as stack/],
    [["scan", "windows.npy"], /expected one image, got a spectral map .*say so with --as stack/],
    [["inspect", "windows.npy", "--as", "image"], /spectral-map of 24×10×64 cannot be taken as image/],
    [["fit", "signals.npy", "--as", "spectra", "--window", "20"], /--window: expected only with images/],
    [["encode", "npy/model.svae", "signals.npy", "--out", "x"], /got one image \(--as spectra: its rows are signals\)/],
  ])("refuses %j", async (args, message) => {
    const { code, stderr } = await run(...args);
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });
});
