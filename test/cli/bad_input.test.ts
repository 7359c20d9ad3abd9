import { existsSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeNpy } from "../../src/formats/npy_write.ts";
import { scratchFolder, shiftVae, snapshot } from "./harness.ts";

let folder: Awaited<ReturnType<typeof scratchFolder>>;
const at = (name: string) => join(folder.path, name);

/** A square lattice of Gaussian columns, 10 px apart. */
function lattice(side: number, change: (value: number, index: number) => number = (v) => v): Uint8Array {
  const values = Float32Array.from({ length: side * side }, (_, i) => {
    const [row, col] = [(Math.floor(i / side) % 10) - 5, (i % 10) - 5];
    return change(100 * Math.exp(-(row * row + col * col) / 8), i);
  });
  return encodeNpy(values, [side, side]);
}

beforeAll(async () => {
  folder = await scratchFolder();
  await mkdir(at("earlier"));
  await writeFile(join(at("earlier"), "result.json"), "{}");
  const good = lattice(80);
  const files: Record<string, Uint8Array> = {
    "good.npy": good,
    "empty.npy": new Uint8Array(0),
    "cut.npy": good.subarray(0, good.length - 1000),
    "magic.png": Uint8Array.from({ length: 5000 }, (_, i) => ((i * 167 + 13) % 256) | 0x80),
    "stack.npy": encodeNpy(
      Float32Array.from({ length: 3 * 40 * 40 }, (_, i) => i % 7),
      [3, 40, 40],
    ),
    "flat_frame.npy": encodeNpy(
      Float32Array.from({ length: 3 * 40 * 40 }, (_, i) => (Math.floor(i / 1600) === 1 ? 2 : i % 7)),
      [3, 40, 40],
    ),
    "nan.npy": lattice(80, (v, i) => (i % 1000 === 3 ? Number.NaN : i === 17 ? Number.POSITIVE_INFINITY : v)),
    "all_nan.npy": lattice(80, () => Number.NaN),
    "constant.npy": lattice(80, () => 7.5),
    "tiny.npy": lattice(5, (v, i) => v + i),
    "text.txt": new TextEncoder().encode("a letter, and no numbers at all\n"),
    "model.svae": new TextEncoder().encode("SVAE but cut"),
  };
  for (const [name, bytes] of Object.entries(files)) await writeFile(at(name), bytes);
});
afterAll(() => folder.clean());

/** Runs a command that must be refused: code 2, one line that names `names` and matches, nothing written anywhere. */
async function refused(args: string[], names: string, message: RegExp): Promise<void> {
  const before = await snapshot(folder.path);
  const { code, stdout, stderr } = await shiftVae(args, { cwd: folder.path });
  const lines = stderr.split("\n").filter((line) => !/^(flat-field|align): /.test(line));
  expect(lines, stderr).toHaveLength(2);
  expect(lines[1]).toBe("");
  expect(lines[0]).toMatch(/^shift-vae: /);
  expect(lines[0]).toContain(names);
  expect(lines[0]).toMatch(message);
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(await snapshot(folder.path)).toEqual(before);
}

const QUICK = ["--samples", "200", "--epochs", "1", "--restarts", "1"];

describe("bad input is refused in one line that names the file, and earlier output stays", () => {
  const cases: [what: string, file: string, message: RegExp, ...args: string[]][] = [
    ["missing", "nowhere.npy", /cannot be opened: no such file or directory/],
    ["a folder that is no image", "earlier", /Zarr folder/],
    ["empty", "empty.npy", /the file is empty/],
    ["truncated", "cut.npy", /truncated|expected \d+/],
    ["wrong magic", "magic.png", /not a known format: first bytes/],
    ["text without numbers", "text.txt", /not a known format|expected/],
    [
      "a range with one frame",
      "stack.npy",
      /--frames: expected a range of two or more of the 3 frames.*1:2:1/,
      "--frames",
      "1:2",
    ],
    ["frames of an image", "good.npy", /--frames: expected a stack of frames, got image of 80×80/, "--frames", ":5"],
    ["cut-outs of an image", "good.npy", /--cut-outs: expected a stack of frames, got image/, "--cut-outs"],
    ["an option of images with cut-outs", "stack.npy", /--samples: expected only with images/, "--cut-outs"],
    ["an empty frame of a stack", "flat_frame.npy", /frame 1: expected pixels that differ, all are 2/],
    ["a frame that is not there", "stack.npy", /frame 3 to 4 asked for, there are 0 to 3/, "--frame", "3"],
    ["a dataset that is not there", "good.npy", /no dataset "height"; there are 0: /, "--dataset", "height"],
    ["a region beyond the image", "good.npy", /rows 60 to 100 asked for, there are 0 to 80/, "--roi", "60,0,40,40"],
    ["pixels that are not finite", "nan.npy", /8 of 6400 are NaN or infinite; --fill replaces them/],
    ["no finite pixel at all", "all_nan.npy", /all 6400 are NaN or infinite/, "--fill"],
    ["constant", "constant.npy", /expected pixels that differ, all are 7.5/],
    ["smaller than the default window", "tiny.npy", /expected at most the image's shorter side, 5 px, got \d+/],
    ["smaller than the window", "good.npy", /--window: expected at most .* 80 px, got 90/, "--window", "90"],
  ];
  for (const [what, file, message, ...args] of cases) {
    it(what, async () => {
      await refused(["fit", at(file), "--out", at("earlier"), ...QUICK, ...args], at(file), message);
    });
  }

  it("leaves no folder behind where it made one", async () => {
    await refused(["fit", at("nan.npy"), "--out", at("new/deep"), ...QUICK], at("nan.npy"), /NaN/);
    expect(existsSync(at("new"))).toBe(false);
  });
});

describe("--fill", () => {
  it("fits in spite of pixels that are not finite", async () => {
    const run = await shiftVae(["fit", at("nan.npy"), "--out", at("filled"), ...QUICK, "--fill", "--quiet"]);
    expect(run).toEqual({ code: 0, signal: null, stdout: "", stderr: "" });
  });
});

describe("absurd options are refused in one line that names the option", () => {
  const cases: [option: string, value: string, message: RegExp][] = [
    ["--window", "-5", /expected a whole number from 6 to 4096, got -5/],
    ["--max-shift", "1e9", /expected a number from 0 to 2048/],
    ["--shift-prior", "0", /expected a number from 0.1/],
    ["--latent", "0", /expected a whole number from 1 to 16, got 0/],
    ["--samples", "12.5", /expected a whole number/],
    ["--samples", "many", /expected a number, got "many"/],
    ["--epochs", "NaN", /expected a number, got "NaN"/],
    ["--batch", "1", /expected a whole number from 4/],
    ["--beta", "-1", /expected a number from 0/],
    ["--likelihood", "cauchy", /Allowed choices are gaussian, bernoulli, continuous-bernoulli, poisson/],
    ["--learning-rate", "0", /expected a number from/],
    ["--smooth", "-1", /expected a number from 0 to 1000000, got -1/],
    ["--tv", "lots", /expected a number, got "lots"/],
    ["--threads", "1000", /expected a whole number from 1 to 64/],
    ["--seed", "-1", /expected a whole number from 0/],
    ["--background", "-2", /expected a number from 0/],
    ["--frame", "-1", /expected a whole number from 0/],
    ["--roi", "1,2,3", /expected row,column,rows,columns/],
    ["--frames", "1:2:0", /expected START:STOP:STEP in whole numbers/],
    ["--frames", "7", /expected START:STOP:STEP in whole numbers/],
  ];
  for (const [option, value, message] of cases) {
    it(`${option} ${value}`, () => refused(["fit", at("good.npy"), option, value], option, message));
  }

  it("options that contradict each other, and unknown ones", async () => {
    await refused(["fit", at("good.npy"), "--no-normalise", "--contrast", "9"], "--no-normalise", /got both/);
    await refused(["fit", at("good.npy"), "--dataset", "a", "--channel", "b"], "--channel", /cannot be used with/);
    await refused(["fit", at("good.npy"), "--widnow", "9"], "--widnow", /unknown option.*--window/);
    await refused(["fit"], "fit", /expected an input file/);
    await refused(["fit", at("stack.npy"), "--frame", "1", "--frames", ":2"], "--frames", /expected without --frame/);
    await refused(["fit", at("good.npy"), at("good.npy")], at("good.npy"), /expected different inputs, got .* twice/);
    await refused(
      ["fit", at("good.npy"), at("stack.npy")],
      at("stack.npy"),
      /expected one image, got a stack of 3 frames.*--frame 0 to 2/,
    );
    await refused(["fti", at("good.npy")], "fti", /unknown command/);
  });
});

describe("places that cannot be written", () => {
  it("are refused before anything is computed", async () => {
    const [good, inside] = [at("good.npy"), join(at("good.npy"), "out")];
    await refused(
      ["fit", good, "--out", inside, "--quiet"],
      inside,
      /--out: .*expected a place that can be written, got not a directory \(ENOTDIR\)/,
    );
    await refused(["fit", good, "--out", good, "--quiet"], good, /--out: .*got file already exists \(EEXIST\)/);
    await refused(["simulate", "lattice12", "--out", join(inside, "a.npy")], inside, /got not a directory \(ENOTDIR\)/);
  });
});

describe("other commands", () => {
  it("encode refuses what is no model", async () => {
    const args = (model: string) => ["encode", at(model), at("good.npy"), "--out", at("earlier")];
    await refused(args("good.npy"), at("good.npy"), /expected a shift-vae model/);
    await refused(args("model.svae"), at("model.svae"), /version|truncated|damaged/);
    await refused(args("nowhere.svae"), at("nowhere.svae"), /ENOENT/);
  });

  it("fit --resume refuses a folder without a checkpoint, and other pixels than it began with", async () => {
    await refused(
      ["fit", "--resume", at("earlier")],
      at("earlier"),
      /expected the checkpoint of an interrupted fit, got no such file or directory \(ENOENT\)/,
    );
    await mkdir(at("damaged"));
    await writeFile(join(at("damaged"), "checkpoint.json"), '{"schema": "something"}');
    await refused(["fit", "--resume", at("damaged")], at("damaged"), /interrupted/);
    const args = ["fit", at("good.npy"), "--out", at("stopped"), "--restarts", "200"];
    expect((await shiftVae(args, { interruptAt: /^align: /m })).code).toBe(130);
    await writeFile(
      at("good.npy"),
      lattice(80, (v) => v + 1),
    );
    await refused(
      ["fit", "--resume", at("stopped")],
      at("good.npy"),
      /expected the pixels that the interrupted fit began with/,
    );
  });

  it("inspect names the file", async () => {
    await refused(["inspect", at("cut.npy")], at("cut.npy"), /truncated|expected \d+/);
    await refused(["inspect", at("magic.png")], at("magic.png"), /not a known format/);
  });
});
