/**
 * Damaged files must give a result or a FormatError, never another error, a hang or memory beyond the file's own need.
 * FUZZ_MUTATIONS sets how many damaged versions of each seed are tried (40 by default), FUZZ_ONLY a part of the seed's name
 * or the reader's. `npm run fuzz` is for large numbers.
 */
import { describe, expect, it } from "vitest";
import { allFormats } from "../../src/formats/registry.ts";
import { attempt, damaged } from "./attempt.ts";
import { FOLDER_READER, samplesByReader, specimenOf } from "./samples.ts";

const MUTATIONS = Number(process.env.FUZZ_MUTATIONS ?? 40);
const SEED = 1;
const ONLY = process.env.FUZZ_ONLY;
const readers = await samplesByReader(ONLY);

describe("damaged files", () => {
  it.skipIf(ONLY)("there is a seed for every reader", async () => {
    const formats = (await allFormats()).map((format) => format.name);
    expect([...readers.keys()].sort()).toEqual([...formats, FOLDER_READER].sort());
  });

  it.each([...readers.values()].flat())(
    "%s",
    async (name) => {
      const specimen = await specimenOf(name);
      // Loading a reader and its library is no file's own cost.
      await attempt(specimen).catch(() => undefined);
      for (let i = 0; i < MUTATIONS; i++) {
        await attempt(damaged(specimen, SEED, name, i)).catch((cause: unknown) => {
          throw new Error(`damaged version ${i} of ${name}`, { cause });
        });
      }
    },
    600_000,
  );
});
