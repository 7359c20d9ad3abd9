import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { preview } from "../../src/cli/preview.ts";
import { duration } from "../../src/cli/progress.ts";
import { pixelAxis } from "../../src/data/dataset.ts";
import { encodeNpz } from "../../src/formats/npy_write.ts";
import { scratchFolder, shiftVae } from "./harness.ts";

let folder: Awaited<ReturnType<typeof scratchFolder>>;
beforeAll(async () => {
  folder = await scratchFolder();
  const ramp = { data: Float32Array.from({ length: 20 * 30 }, (_, i) => i % 30), shape: [20, 30] };
  const stack = { data: new Float32Array(3 * 40 * 40).map((_, i) => i), shape: [3, 40, 40] };
  await writeFile(join(folder.path, "two.npz"), await encodeNpz({ ramp, stack }));
});
afterAll(() => folder.clean());

describe("shift-vae inspect", () => {
  it("lists the datasets with their shapes and draws the first", async () => {
    const { code, stdout, stderr } = await shiftVae(["inspect", "two.npz"], { cwd: folder.path });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toBe("two.npz: NPZ, 2 datasets");
    expect(lines[1]).toMatch(/^\* +0 +ramp: image of 20 row × 30 column, float32/);
    expect(lines[2]).toMatch(/^ +1 +stack: stack of 3 frame × 40 row × 40 column/);
    // Half as many lines as rows, each from dark to bright.
    const picture = lines.slice(-10);
    for (const line of picture) expect(line).toMatch(/^ {2} +\.+:+-+=+\++\*+#+%+@+$/);
  });

  it("--json gives the same as data, of the chosen dataset alone where one is chosen", async () => {
    const run = (...more: string[]) => shiftVae(["inspect", "two.npz", "--json", ...more], { cwd: folder.path });
    const all = JSON.parse((await run()).stdout);
    expect(all.format).toBe("NPZ");
    expect(all.datasets.map((d: { name: string }) => d.name)).toEqual(["ramp", "stack"]);
    const one = JSON.parse((await run("--dataset", "stack")).stdout);
    expect(one.datasets).toHaveLength(1);
    expect(one.datasets[0]).toMatchObject({ name: "stack", kind: "stack" });
  });
});

describe("preview", () => {
  const info = { name: "x", kind: "image", dtype: "float32", metadata: {} } as const;

  it("is a curve for one row, and marks what is not finite", () => {
    const data = Float32Array.from({ length: 16 }, (_, i) => (i === 4 ? Number.NaN : i));
    const text = preview({ ...info, axes: [pixelAxis("sample", 1), pixelAxis("energy", 16)], data }, {});
    expect(text.trim()).toMatch(/^▁+▂+\?▃+▄+▅+▆+▇+█+$/u);
  });

  it("uses half blocks in gray on a terminal, two rows of pixels a line", () => {
    const data = Float32Array.of(0, 0, 0, 0, 0, 0, 0, 0, 9, 9, 9, 9, 9, 9, 9, 9);
    const axes = [pixelAxis("row", 2), pixelAxis("column", 8)];
    const lines = preview({ ...info, axes, data }, { isTTY: true, columns: 80 })
      .trimEnd()
      .split("\n");
    expect(lines).toHaveLength(1);
    expect(lines[0].split("\x1b[38;2;0;0;0;48;2;255;255;255m▀")).toHaveLength(9);
  });
});

describe("duration", () => {
  it("is in words of two units at most", () => {
    expect([0.2, 59.4, 61, 3600 + 65, 86400].map(duration)).toEqual([
      "0 s",
      "59 s",
      "1 min 1 s",
      "1 h 1 min",
      "24 h 0 min",
    ]);
  });
});

describe("shift-vae info", () => {
  it("tests itself and lists the formats", async () => {
    const { code, stdout, stderr } = await shiftVae(["info", "--json"]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    const info = JSON.parse(stdout);
    expect(info.selfTest).toMatchObject({ passed: true });
    expect(info.selfTest.motifs[0]).toBeGreaterThan(20);
    expect(info.selfTest.rmsDistance).toBeLessThan(0.1);
    expect(info.selfTest.windowsPerSecond).toBeGreaterThan(0);
    expect(info.reason).toMatch(info.runtime.startsWith("Node.js 20.") ? /switched on in Node 20/ : /relaxed SIMD/);
    expect(info.formats.map((format: { name: string }) => format.name)).toContain("DM3/DM4");
    expect(info.tiles).toMatch(/^layers \d×\d+ \(timed: .*; generator \d×\d+ \(timed: /);
    expect(info.runtime).toBe(`Node.js ${process.versions.node}`);
  });

  it("takes plain SIMD where the same bits on every engine are asked for, and says so", async () => {
    const { code, stdout } = await shiftVae(["info", "--reproducible"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/SIMD +simd {2}\(plain SIMD: the same bits on every engine were asked for\)/);
    expect(stdout).toMatch(/rms distance 0(\.0+)? px/);
  });
});
