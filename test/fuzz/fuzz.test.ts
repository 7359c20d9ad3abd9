/**
 * Damaged files must give a result or a FormatError, never another error, a hang or memory beyond the file's own need.
 * FUZZ_MUTATIONS sets how many mutations of each seed are tried (40 by default), FUZZ_SEED where the random numbers start,
 * FUZZ_ONLY a part of the seed's name; with FUZZ_VERBOSE the slowest mutation of each seed is printed:
 *
 *     FUZZ_MUTATIONS=5000 FUZZ_VERBOSE=1 npx vitest run test/fuzz
 */
import { describe, expect, it } from "vitest";
import { shapeOf } from "../../src/data/dataset.ts";
import { FormatError } from "../../src/errors.ts";
import { openFile } from "../../src/formats/registry.ts";
import { sourceFromBytes } from "../../src/formats/source.ts";
import { mutate, seededRandom } from "./mutate.ts";
import { samples } from "./samples.ts";

const MUTATIONS = Number(process.env.FUZZ_MUTATIONS ?? 40);
const SEED = Number(process.env.FUZZ_SEED ?? 1);
const ONLY = process.env.FUZZ_ONLY ?? "";
/** The best compression read (LZW: 2731 bytes out of one) of samples of one bit. */
const MAX_SAMPLES_PER_BYTE = 8 * 2731;
const FEW_DATASETS = 8;

/** Opens a file and reads its first datasets; the error where there is one. */
async function readAll(bytes: Uint8Array): Promise<unknown> {
  try {
    const file = await openFile(sourceFromBytes("fuzzed-file", bytes));
    for (const handle of file.datasets.slice(0, FEW_DATASETS)) {
      const { data, ...info } = await handle.read();
      expect(data.length).toBe(shapeOf(info).reduce((product, size) => product * size, 1));
      expect(data.length).toBeLessThanOrEqual(MAX_SAMPLES_PER_BYTE * bytes.length);
    }
    return undefined;
  } catch (error) {
    return error;
  }
}

describe("damaged files", () => {
  const names = Object.keys(samples).filter((name) => name.includes(ONLY));

  it.each(names)(
    "%s",
    async (name) => {
      const original = await samples[name]();
      const random = seededRandom(SEED);
      let refused = 0;
      let slowest = 0;
      for (let i = 0; i < MUTATIONS; i++) {
        const started = performance.now();
        const error = await readAll(mutate(original, random));
        slowest = Math.max(slowest, performance.now() - started);
        if (error === undefined) continue;
        refused++;
        if (!(error instanceof FormatError)) throw new Error(`mutation ${i} of ${name}`, { cause: error });
        expect(error.message).toContain("fuzzed-file");
      }
      if (process.env.FUZZ_VERBOSE)
        console.log(`${name}: ${refused} of ${MUTATIONS} refused, slowest ${slowest.toFixed(0)} ms`);
    },
    600_000,
  );
});
