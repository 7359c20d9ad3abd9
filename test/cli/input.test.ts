import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readImage } from "../../src/cli/input.ts";
import { encodeNpz } from "../../src/formats/npy_write.ts";
import { scratchFolder } from "./harness.ts";

let folder: Awaited<ReturnType<typeof scratchFolder>>;
let path: string;
beforeAll(async () => {
  folder = await scratchFolder();
  path = join(folder.path, "scan.npz");
  const shape = [20, 30];
  const held = { data: new Float32Array(600).fill(2), shape };
  const spectra = { data: Float32Array.from({ length: 600 }, (_, i) => i), shape: [2, 300] };
  const current = { data: Float32Array.from({ length: 600 }, (_, i) => i % 7), shape };
  await writeFile(path, await encodeNpz({ held, spectra, current }));
});
afterAll(() => folder.clean());

describe("the image of a file", () => {
  it("is the first that varies, where none is asked for", async () => {
    const image = await readImage(path, {});
    expect(image).toMatchObject({ channel: "current", title: "scan.npz, current", frame: undefined });
    expect(image.dataset.data[8]).toBe(1);
    const part = await readImage(path, { roi: [1, 2, 5, 6] });
    expect(part.dataset.axes.map((axis) => axis.size)).toEqual([5, 6]);
  });

  it("is the one asked for, refused where it is the same everywhere", async () => {
    await expect(readImage(path, { dataset: "held" })).rejects.toThrow(/all are 2; other images .*2 \(current\)/);
    expect((await readImage(path, { dataset: "2" })).channel).toBe("current");
  });
});
