import { access, readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { scratchFolder, shiftVae } from "./cli/harness.ts";

/*
 * The commands of the tutorial in their order, in an empty folder, as a reader types them: indented lines that start with shift-vae. And
 * the other pages: every option that they name is one that a command has, every page and picture that they show is there.
 */
const pages = ["tutorial", "choosing", "uncertainty", "from-pyroved", "../README"];
const read = (page: string) => readFile(new URL(`../docs/${page}.md`, import.meta.url), "utf8");

describe("tutorial", { timeout: 600_000 }, () => {
  let folder: Awaited<ReturnType<typeof scratchFolder>>;
  beforeAll(async () => {
    folder = await scratchFolder();
  });
  afterAll(() => folder.clean());

  test("every command does what the page says", async () => {
    const commands = [...(await read("tutorial")).matchAll(/^ {4}shift-vae (.*)$/gm)].map(([, line]) =>
      line.trim().split(/\s+/),
    );
    expect(commands.length).toBeGreaterThan(4);
    for (const args of commands) {
      const { code, stderr } = await shiftVae(args, { cwd: folder.path });
      expect(code, `${args.join(" ")}: ${stderr}`).toBe(0);
    }
    const motifs = (name: string) => readFile(`${folder.path}/${name}/motifs.csv`, "utf8");
    expect(await motifs("again")).toBe(await motifs("first"));
    expect((await motifs("second")).split("\n")[0]).toBe((await motifs("first")).split("\n")[0]);
  });
});

test.each(pages)("%s.md names options that exist", async (page) => {
  const helps = await Promise.all(["fit", "encode", "scan", "simulate", "inspect"].map((c) => shiftVae([c, "--help"])));
  const known = helps.map(({ stdout }) => stdout).join("\n");
  const named = new Set([...(await read(page)).matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([flag]) => flag));
  for (const flag of named) {
    expect(known, flag).toContain(flag);
  }
});

test.each([...pages, "conditions", "architecture", "performance"])(
  "%s.md shows and names files that are there",
  async (page) => {
    const text = await read(page);
    const links = [...text.matchAll(/\]\(([^)#\s]+)[^)]*\)/g)]
      .map(([, link]) => link)
      .filter((link) => !/^https?:/.test(link));
    const from = new URL(`../docs/${page}.md`, import.meta.url);
    for (const link of links) await access(new URL(link, from));
  },
);
