/**
 * Stacks of 4 GB are opened without being read: memory stays that of one frame. The files are sparse and take no room where
 * the file system can do that. Fits take half a minute each and run with SHIFT_VAE_LARGE=1 only.
 */
import { statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { simulate } from "../../src/data/simulate.ts";
import { type SparseStack, writeBigTiffStack, writeMrcStack } from "../writers/large_stacks.ts";
import { measured, scratchFolder } from "./harness.ts";

const [FRAMES, ROWS, COLUMNS] = [1024, 1024, 1024];
const { bavail, bsize } = await statfs(tmpdir());
const roomy = bavail * bsize > 2 * 4 * FRAMES * ROWS * COLUMNS;
const MB = 1e6;

describe.skipIf(!roomy)("a stack of 4 GB", () => {
  let folder: Awaited<ReturnType<typeof scratchFolder>>;
  beforeAll(async () => {
    folder = await scratchFolder();
    const first = simulate("hexagonal", { rows: ROWS, cols: COLUMNS, seed: 1 }).dataset.data;
    const stack: SparseStack = { frames: FRAMES, rows: ROWS, columns: COLUMNS, first };
    await writeBigTiffStack(join(folder.path, "stack.tif"), stack);
    await writeMrcStack(join(folder.path, "stack.mrc"), stack);
  });
  afterAll(() => folder.clean());

  it.each([
    ["stack.tif", "BigTIFF", /stack of 1024 frame × 1024 row × 1024 column, float32/],
    ["stack.mrc", "MRC", /stack of 1024 frame × 1024 row of 0\.02 nm × 1024 column of 0\.02 nm, float32/],
  ])("%s: inspect takes less than 200 MB", async (name, format, shape) => {
    const { code, stdout, stderr, resident, cpu } = await measured(["inspect", name], { cwd: folder.path });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(stdout).toContain(`${name}: ${format}, 1 dataset`);
    expect(stdout).toMatch(shape);
    expect(resident).toBeLessThan(200 * MB);
    console.log(`inspect ${name}: ${(resident / MB).toFixed(0)} MB, ${cpu.toFixed(2)} s of CPU time`);
  });

  it.skipIf(!process.env.SHIFT_VAE_LARGE).each(["stack.tif", "stack.mrc"])(
    "%s: fit --frame 0 takes less than 400 MB",
    async (name) => {
      const args = ["fit", name, "--frame", "0", "--quiet", "--out", `${name}-out`];
      const { code, stderr, resident, cpu } = await measured(args, { cwd: folder.path });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      expect(resident).toBeLessThan(400 * MB);
      console.log(`fit ${name}: ${(resident / MB).toFixed(0)} MB, ${cpu.toFixed(0)} s of CPU time`);
    },
    600_000,
  );
});
