import { describe, expect, it } from "vitest";
import { shapeOf } from "../../src/data/dataset.ts";
import { FormatError } from "../../src/errors.ts";
import type { Format } from "../../src/formats/format.ts";
import { ibw } from "../../src/formats/ibw.ts";
import { matrix } from "../../src/formats/matrix.ts";
import { type ByteSource, sourceFromBytes } from "../../src/formats/source.ts";
import { sxm } from "../../src/formats/sxm.ts";
import { mutate, seededRandom } from "../fuzz/mutate.ts";
import { oracleFile } from "../fuzz/spm_samples.ts";
import { ByteWriter } from "../writers/spm_bytes.ts";

/** Opens and reads everything. Returns the error, if any. */
async function readAll(format: Format, source: ByteSource): Promise<unknown> {
  try {
    const file = await format.open(source);
    for (const handle of file.datasets) {
      const { data, ...info } = await handle.read();
      expect(data.length).toBe(shapeOf(info).reduce((product, size) => product * size, 1));
      expect(data.length).toBeLessThanOrEqual(source.size);
    }
    return undefined;
  } catch (error) {
    return error;
  }
}

async function refusedOf(
  count: number,
  seed: number,
  attempt: (random: (below: number) => number) => Promise<unknown>,
) {
  const random = seededRandom(seed);
  let refused = 0;
  for (let i = 0; i < count; i++) {
    const error = await attempt(random);
    if (error === undefined) continue;
    refused++;
    if (!(error instanceof FormatError)) throw new Error(`mutation ${i}`, { cause: error });
  }
  return refused;
}

/** What the fuzzer over all formats cannot reach: it asks for a file's format first, and has one file only. */
describe("damage behind the detection", () => {
  it.each(["ibw5_le", "ibw5_be", "ibw2_le"])("headers of %s whose checksum fails", async (key) => {
    const { bytes } = oracleFile(key);
    const refused = await refusedOf(600, 3, (random) => readAll(ibw, sourceFromBytes("a", mutate(bytes, random))));
    expect(refused).toBeGreaterThan(100);
  });

  it.each(["matrix", "matrix_stopped"])("parameter files beside %s", async (key) => {
    const { name, bytes, siblings } = oracleFile(key);
    const [file] = Object.keys(siblings);
    const refused = await refusedOf(600, 4, (random) => {
      const beside = mutate(siblings[file], random);
      const sibling = async (wanted: string) => (wanted === file ? sourceFromBytes(file, beside) : undefined);
      return readAll(matrix, { ...sourceFromBytes(name, bytes), sibling });
    });
    expect(refused).toBeGreaterThan(100);
  });

  it("headers of thousands of channels", async () => {
    const table = "\t0\tZ\tm\tboth\t1\t0\n".repeat(2000);
    const start = ":NANONIS_VERSION:\n2\n:SCANIT_TYPE:\n FLOAT MSBFIRST\n:SCAN_PIXELS:\n 1 1\n:SCAN_RANGE:\n 1 1\n";
    const header = `${start}:DATA_INFO:\n\tChannel\tName\tUnit\tDirection\n${table}\x1a\x04`;
    const bytes = new ByteWriter().text(header).zeros(16_000).done();
    await expect(sxm.open(sourceFromBytes("a", bytes))).rejects.toThrow(/4000 channels, at most 1024/);
  });
});
