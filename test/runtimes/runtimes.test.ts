import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Outcome, scratchFolder, shiftVae } from "../cli/harness.ts";

/*
 * The whole program on other runtimes: the same bits in plain SIMD as under the Node.js that runs the tests, and a fit in whatever build
 * the runtime takes by itself. `npm install --prefix test/runtimes --no-package-lock` brings them; a runtime that is not there is skipped.
 */
const installed = (...path: string[]) => join(import.meta.dirname, "node_modules", ...path);
const runtimes = [
  { name: /^Node\.js 22\./, command: [installed("node22", "bin", "node")] },
  { name: /^Node\.js 24\./, command: [installed("node24", "bin", "node")] },
  { name: /^Node\.js 26\./, command: [installed("node26", "bin", "node")] },
  { name: /^Deno 2\./, command: [installed("@deno", "linux-x64-glibc", "deno"), "run", "--allow-all", "--no-lock"] },
  { name: /^Bun 1\./, command: [installed("@oven", "bun-linux-x64", "bin", "bun")] },
];
const FIT = ["--window", "16", "--samples", "600", "--epochs", "2", "--restarts", "2", "--quiet"];

let scratch: Awaited<ReturnType<typeof scratchFolder>>;
let image: string;

async function fitWith(
  command: readonly string[] | undefined,
  out: string,
  extra: readonly string[],
): Promise<Outcome> {
  return shiftVae(["fit", image, "--out", join(scratch.path, out), ...FIT, ...extra], { command });
}

const motifsOf = (out: string) => readFile(join(scratch.path, out, "motifs.csv"), "utf8");

beforeAll(async () => {
  scratch = await scratchFolder();
  image = join(scratch.path, "lattice.npy");
  await shiftVae(["simulate", "lattice12", "--size", "128", "--out", image]);
  await fitWith(undefined, "here", ["--reproducible", "--threads", "1"]);
});
afterAll(() => scratch.clean());

describe.each(runtimes)("under $name", ({ name, command }) => {
  it.skipIf(!existsSync(command[0]))(
    "fits with one and two threads to the bits of this runtime in plain SIMD",
    async () => {
      for (const threads of ["1", "2"]) {
        const outcome = await fitWith(command, `plain${threads}`, ["--reproducible", "--threads", threads]);
        expect(outcome).toMatchObject({ code: 0, stderr: "" });
        expect(await motifsOf(`plain${threads}`)).toEqual(await motifsOf("here"));
      }
    },
  );

  it.skipIf(!existsSync(command[0]))(
    "fits in the build that it takes by itself, and is named in the result",
    async () => {
      expect(await fitWith(command, "own", [])).toMatchObject({ code: 0, stderr: "" });
      const { versions, motifs } = JSON.parse(await readFile(join(scratch.path, "own", "result.json"), "utf8"));
      expect(versions.runtime).toMatch(name);
      expect(motifs).toBeGreaterThan(50);
    },
  );
});
