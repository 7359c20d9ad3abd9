import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { claimFolder, writeFiles } from "../../src/cli/write.ts";
import { ConfigError } from "../../src/errors.ts";
import { scratchFolder } from "./harness.ts";

let folder: Awaited<ReturnType<typeof scratchFolder>>;
const at = (...names: string[]) => join(folder.path, ...names);
beforeEach(async () => {
  folder = await scratchFolder();
});
afterEach(() => folder.clean());

describe("writeFiles", () => {
  it("writes bytes and text, makes folders, replaces what was there and leaves nothing else", async () => {
    await writeFile(at("a.txt"), "old and longer than the new");
    const bytes = Uint8Array.of(0, 255, 10);
    await writeFiles(
      new Map<string, Uint8Array | string>([
        [at("a.txt"), "new"],
        [at("sub", "b"), bytes],
      ]),
    );
    expect(await readFile(at("a.txt"), "utf8")).toBe("new");
    expect(new Uint8Array(await readFile(at("sub", "b")))).toEqual(bytes);
    expect((await readdir(folder.path)).sort()).toEqual(["a.txt", "sub"]);
    expect(await readdir(at("sub"))).toEqual(["b"]);
  });

  it("leaves all earlier files as they were where one cannot be written", async () => {
    await writeFile(at("a.txt"), "old");
    await writeFile(at("blocked"), "a file where a folder is wanted");
    const files = new Map([
      [at("a.txt"), "new"],
      [at("c.txt"), "new"],
      [at("blocked", "b"), "new"],
    ]);
    const writing = writeFiles(files);
    await expect(writing).rejects.toThrow(ConfigError);
    await expect(writing).rejects.toThrow(
      `--out: ${at("blocked", "b")}: expected a place that can be written, got file already exists (EEXIST)`,
    );
    expect((await readdir(folder.path)).sort()).toEqual(["a.txt", "blocked"]);
    expect(await readFile(at("a.txt"), "utf8")).toBe("old");
  });
});

describe("writeFiles, of files that are made one after the other", () => {
  it("has one on the disk before the next is made", async () => {
    const there: string[][] = [];
    async function* files() {
      yield [at("a"), "1"] as const;
      there.push(await readdir(folder.path));
      yield [at("b"), "2"] as const;
    }
    await writeFiles(files());
    expect(there).toEqual([[expect.stringMatching(/^\.a\..*\.partial$/)]]);
    expect((await readdir(folder.path)).sort()).toEqual(["a", "b"]);
  });

  it("leaves nothing where one cannot be made, and says what the maker said", async () => {
    async function* files() {
      yield [at("a"), "1"] as const;
      throw new RangeError("no second file");
    }
    await expect(writeFiles(files())).rejects.toThrow(new RangeError("no second file"));
    expect(await readdir(folder.path)).toEqual([]);
  });
});

describe("claimFolder", () => {
  it.skipIf(!existsSync("/proc/self"))("ends where no folder can be made", async () => {
    await expect(claimFolder("/proc/shift-vae/deep")).rejects.toThrow(
      /expected a place that can be written, got no such/,
    );
  });

  it("takes back the folders it made while they are empty, and no others", async () => {
    await mkdir(at("there"));
    const release = await claimFolder(at("there", "new", "deep"));
    expect(existsSync(at("there", "new", "deep"))).toBe(true);
    await release();
    expect(await readdir(at("there"))).toEqual([]);
    await (await claimFolder(at("there")))();
    expect(existsSync(at("there"))).toBe(true);
  });

  it("keeps a folder that something was written into", async () => {
    const release = await claimFolder(at("new", "deep"));
    await writeFile(at("new", "kept"), "");
    await release();
    expect(await readdir(at("new"))).toEqual(["kept"]);
  });
});
