import { describe, expect, test } from "vitest";
import type { CoreConfig } from "../../src/core/core.ts";
import { randomNormals } from "../kernels/harness.ts";
import { coreVariants, createCore } from "./variants.ts";

/** Canvases of 9 + 2·2 + 4 rows and 11 + 2·3 + 4 columns: pictures have three fewer of each. */
const config: CoreConfig = {
  ...{ FRAMES: 1, ROWS: 24, COLS: 24, WINDOW_ROWS: 9, WINDOW_COLS: 11, SHIFT_ROWS: 2, SHIFT_COLS: 3 },
  ...{ LATENT_DIM: 3, WINDOWS: 20, BATCH: 10, CHUNK: 5, DECODER_HIDDEN_1: 12, DECODER_HIDDEN_2: 20 },
};
const [ROWS, COLS] = [14, 18];

describe.each(coreVariants)("decoding (%s)", (variant) => {
  function decoder(count: number) {
    const core = createCore(variant, config);
    const parameters = core.parameterBlock("PARAMETERS");
    parameters.set(randomNormals(parameters.length, 1, 0.3));
    return { core, z: randomNormals(3 * count, 2) };
  }

  test.each([1, 4, 5, 13])("%i contents together give the bits that each gives alone", (count) => {
    const { core, z } = decoder(count);
    const pictures = core.decodeAll(z, count);
    const alone = Array.from({ length: count }, (_, i) => core.decode(z.subarray(3 * i, 3 * i + 3)));
    expect(pictures).toEqual(alone);
    expect(pictures.map(({ rows, cols, data }) => [rows, cols, data.length])).toEqual(
      Array(count).fill([ROWS, COLS, ROWS * COLS]),
    );
    expect(new Set(pictures.map(({ data }) => data[40])).size).toBe(count);
  });

  test("more contents than a chunk, or none, are refused by the core itself", () => {
    const { core } = decoder(1);
    expect([0, 5, 6].map((count) => core.exports.sv_decode(core.arena, 1088, count) > 0)).toEqual([false, true, false]);
  });
});
