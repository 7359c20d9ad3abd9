import { setFlagsFromString } from "node:v8";
import { Core, type CoreConfig } from "./core.ts";
import { loadModule } from "./module.ts";
import { defaultTiles, useTiles } from "./tiles.ts";

/*
 * V8's revectorizer turns pairs of 128-bit operations into 256-bit ones. It is experimental: before it is used, all kinds of networks are
 * trained a little without it and with it, and parameters and encodings must agree to the last bit.
 */

const SIDE = 64;
const BATCH = 16;
const common: CoreConfig = {
  ...{ ROWS: SIDE, COLS: SIDE, WINDOW_ROWS: 16, WINDOW_COLS: 16, SHIFT_ROWS: 4, SHIFT_COLS: 4 },
  ...{ WINDOWS: 64, BATCH, CHUNK: BATCH, SEED: 1 },
};
/** Networks, and training steps: enough for the engine to get to its optimising compiler, which is the one that revectorizes. */
const trials: readonly CoreConfig[] = [
  { ...common, STEPS: 120 },
  { ...common, ENCODER: 1, DECODER: 1, ENCODER_CHANNELS: 8, DECODER_CHANNELS: 8, STEPS: 10 },
  // The spatial generator, on the image's pixels as 16 samples.
  { ...common, POSE: 1, INVARIANCES: 3, FRAMES: BATCH, ROWS: 16, COLS: 16, WINDOWS: BATCH, STEPS: 10 },
];

export interface SelfTest {
  readonly sameBits: boolean;
  /** Time of the fastest training step of the MLPs without over the one with. */
  readonly gain: number;
}

/** Leaves the engine's flag on where the bits agree, else off. */
export async function selfTest(): Promise<SelfTest> {
  const without = await run("relaxed");
  setFlagsFromString("--experimental-wasm-revectorize");
  const wide = await run("wide");
  const sameBits = without.bits.every((block, i) => block.every((value, k) => value === wide.bits[i][k]));
  if (!sameBits) setFlagsFromString("--no-experimental-wasm-revectorize");
  return { sameBits, gain: without.milliseconds / wide.milliseconds };
}

/** A lattice with noise of a fixed sequence. */
function image(): Float32Array {
  return Float32Array.from({ length: SIDE * SIDE }, (_, i) => {
    const [row, col] = [Math.floor(i / SIDE), i % SIDE];
    const noise = ((i * 7919) % 1000) / 1000 - 0.5;
    return Math.fround(((row % 9) * (9 - (row % 9)) + (col % 9) * (9 - (col % 9))) / 20 - 1 + noise);
  });
}

/** Parameters and encodings after each trial, and the time of the fastest training step of the MLPs. */
async function run(variant: "relaxed" | "wide"): Promise<{ bits: Uint32Array[]; milliseconds: number }> {
  const core = new Core(await loadModule(variant));
  useTiles(core, defaultTiles(variant));
  const bits: Uint32Array[] = [];
  let milliseconds = Infinity;
  for (const config of trials) {
    core.create(config);
    core.floats("DATA", SIDE * SIDE).set(image());
    core.exports.sv_sample(core.arena);
    core.exports.sv_initialise(core.arena);
    if (!config.POSE) core.exports.sv_start(core.arena, 0, 0, SIDE / 2, SIDE / 2);
    for (let step = 0; step < (config.STEPS ?? 0); step++) {
      const began = performance.now();
      core.run({ name: "train", steps: 1 }, 0);
      if (!config.ENCODER && !config.POSE) milliseconds = Math.min(milliseconds, performance.now() - began);
    }
    core.run({ name: "encode", first: 0, count: BATCH }, 0);
    const results = core.floats("RESULTS", BATCH * core.exports.sv_result_stride(core.arena));
    bits.push(...[core.parameterBlock("PARAMETERS"), results].map((values) => new Uint32Array(values.slice().buffer)));
  }
  return { bits, milliseconds };
}
