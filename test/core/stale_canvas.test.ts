import { expect, test } from "vitest";
import type { CoreConfig } from "../../src/core/core.ts";
import { openSession } from "../../src/core/session.ts";
import { simulate } from "../../src/data/simulate.ts";

/*
 * Decoders paint only what each window reads of its canvas; beside it lies what other windows left. A window that read a row too many would
 * see that: encoded after others it would have other bits.
 */
const SIDE = 96;
const WINDOWS = 60;
const FEW = 8;
const common: CoreConfig = {
  ...{ ROWS: SIDE, COLS: SIDE, WINDOW_ROWS: 15, WINDOW_COLS: 18, SHIFT_ROWS: 6, SHIFT_COLS: 7, LATENT_DIM: 2 },
  ...{ WINDOWS, BATCH: 26, CHUNK: FEW, STEPS: 10, SEED: 5, ENCODER_HIDDEN_1: 24, REFINE_TRAIN: 2 },
};
const image = simulate("lattice12", { rows: SIDE, cols: SIDE, seed: 2 }).dataset.data;

const configs: [name: string, config: CoreConfig][] = [
  ["images", common],
  ["turned windows", { ...common, ANGLES: 4, ANGLE_STEP: 0.2 }],
  ["convolutional networks", { ...common, ENCODER: 1, DECODER: 1 }],
  [
    "1D signals",
    { ...common, ROWS: 1, COLS: SIDE * 40, WINDOW_ROWS: 1, WINDOW_COLS: 50, SHIFT_ROWS: 0, SHIFT_COLS: 9 },
  ],
];

test.each(configs)("%s: windows have the same bits before and after others", async (_, config) => {
  const session = await openSession({ threads: 1, reproducible: true });
  const { core } = session;
  core.create(config);
  const [rows, cols] = [config.ROWS as number, config.COLS as number];
  core.floats("DATA", rows * cols).set(image.subarray(0, rows * cols).map((v) => (v - 0.5) * 4));
  core.exports.sv_sample(core.arena);
  core.exports.sv_initialise(core.arena);
  core.exports.sv_start(core.arena, 0, 0, Math.floor(rows / 2), 44);
  // Large enough weights that canvases differ everywhere.
  const parameters = core.parameterBlock("PARAMETERS");
  parameters.set(parameters.map((v) => 3 * v));
  const encode = async (first: number, count: number) => {
    await session.run({ name: "encode", first, count });
    const stride = core.exports.sv_result_stride(core.arena);
    return core.floats("RESULTS", WINDOWS * stride).slice(0, FEW * stride);
  };
  const before = await encode(0, FEW);
  await encode(FEW, WINDOWS - FEW);
  const after = await encode(0, FEW);
  await session.close();
  expect(before.every(Number.isFinite)).toBe(true);
  expect(after).toEqual(before);
});
