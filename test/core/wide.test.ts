import { describe, expect, test } from "vitest";
import type { CoreConfig } from "../../src/core/core.ts";
import { chooseVariant } from "../../src/core/engine.ts";
import { settleOptions } from "../../src/fit/options.ts";
import { randomNormals } from "../kernels/harness.ts";
import { coreVariants, createCore } from "./variants.ts";

/** Sizes that leave a single panel over, and rows that four do not divide. */
const config: CoreConfig = {
  ...{ FRAMES: 1, ROWS: 40, COLS: 40, WINDOW_ROWS: 13, WINDOW_COLS: 13, SHIFT_ROWS: 3, SHIFT_COLS: 3 },
  ...{ WINDOWS: 30, BATCH: 10, CHUNK: 5, STEPS: 12, ENCODER_HIDDEN_1: 20, DECODER_HIDDEN_2: 24 },
};

/** The spatial generator on nine samples of 169 pixels: two tiles, of an odd and an even number of panels. */
const generator: CoreConfig = {
  ...{ POSE: 1, INVARIANCES: 3, FRAMES: 9, ROWS: 13, COLS: 13, WINDOWS: 9, BATCH: 9, DECODER_HIDDEN_1: 20 },
};

function trained(variant: string, other: CoreConfig): Uint32Array {
  const core = createCore(variant, { ...config, ...other });
  core.floats("DATA", 1600).set(randomNormals(1600, 1));
  core.exports.sv_sample(core.arena);
  core.exports.sv_initialise(core.arena);
  if (!other.POSE) core.exports.sv_start(core.arena, 0, 0, 20, 20);
  core.run({ name: "train", steps: 12 }, 0);
  return new Uint32Array(core.parameterBlock("PARAMETERS").slice().buffer);
}

describe.skipIf(!coreVariants.includes("relaxed"))("the build with wide tiles", () => {
  test.each([
    ["MLPs", {}],
    ["convolutional networks", { ENCODER: 1, DECODER: 1 }],
    ["the spatial generator", generator],
    ["the spatial generator by quarters", { ...generator, DECODER_HIDDEN_1: 48, DECODER_HIDDEN_2: 32 }],
  ] as [string, CoreConfig][])("trains %s to the bits of relaxed SIMD", (_, other) => {
    const parameters = trained("wide", other);
    expect(new Float32Array(parameters.buffer).every(Number.isFinite)).toBe(true);
    expect(parameters).toEqual(trained("relaxed", other));
  });
});

test("engine flags give the wide build, or say why not", async () => {
  const { simd, reason } = await chooseVariant({ engineFlags: true });
  if (simd === "wide") expect(reason).toMatch(/revectorizer: .* times as fast/);
  else expect(reason).toMatch(/engine flags not used: /);
});

test("engine flags and reproducible bits exclude each other", () => {
  expect(() => settleOptions({ engineFlags: true, reproducible: true })).toThrow(
    "engineFlags: expected false where reproducible is set, got true",
  );
});
