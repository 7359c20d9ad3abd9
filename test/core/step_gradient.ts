import { expect } from "vitest";
import type { Core, CoreConfig } from "../../src/core/core.ts";
import { dot, randomNormals, randomUniforms } from "../kernels/harness.ts";
import { type LayerBlock, networkLayout, parametersOf } from "./network_layout.ts";
import { createCore } from "./variants.ts";

/*
 * The gradient of a whole training step against differences of the loss that the same step reports. The largest shift is 0, so
 * the pose does not move; gain and offset are at their optimum, so they add nothing to the gradient (envelope theorem); the
 * noise is keyed by (seed, step, sample, dimension), so that the loss is a function of the parameters alone. Recentred windows
 * are divided by their gain to a template, and there is none: it is 1 whatever the parameters.
 */
export const base = {
  ...{ FRAMES: 2, ROWS: 31, COLS: 37, WINDOW_ROWS: 11, WINDOW_COLS: 13, SHIFT_ROWS: 0, SHIFT_COLS: 0, LATENT_DIM: 2 },
  ...{ WINDOWS: 40, BATCH: 12, CHUNK: 5, ENCODER: 0, DECODER: 0, ENCODER_HIDDEN_1: 19, ENCODER_HIDDEN_2: 11 },
  ...{ DECODER_HIDDEN_1: 9, DECODER_HIDDEN_2: 14, ENCODER_CHANNELS: 8, DECODER_CHANNELS: 8 },
  ...{ BETA: 1.7, GAIN_PRIOR: 0.3, OFFSET_PRIOR: 0.2, REFINE_TRAIN: 0, SEED: 3, LIKELIHOOD: 0 },
  ...{ DATA_MEAN: 0, DATA_SD: 1 },
};
export type StepConfig = typeof base & CoreConfig;

export type Fit = { core: Core; layers: LayerBlock[]; parameters: Float32Array; judge?: () => void };

function dataOf(likelihood: number, size: number): Float32Array {
  if (likelihood === 0) return randomNormals(size, 1);
  const uniform = randomUniforms(size, 1, 0, likelihood === 3 ? 6 : 1);
  return likelihood === 3 ? uniform.map(Math.floor) : uniform;
}

/** A model with data, every parameter away from zero and the padding at zero. */
export function prepare(variant: string, config: StepConfig, judge?: (core: Core) => void): Fit {
  const core = createCore(variant, config);
  const size = config.FRAMES * config.ROWS * config.COLS;
  core.floats("DATA", size).set(dataOf(config.LIKELIHOOD, size));
  core.exports.sv_sample(core.arena);
  core.exports.sv_initialise(core.arena);
  const layers = networkLayout(config);
  const parameters = core.parameterBlock("PARAMETERS").slice();
  const noise = randomNormals(parameters.length, 2, 0.1);
  for (const layer of layers) for (const i of parametersOf(layer)) parameters[i] += noise[i];
  return { core, layers, parameters, judge: judge && (() => judge(core)) };
}

/** Mean loss of the first batch at these parameters, all conditions included: one training step from scratch. */
function loss({ core, judge }: Fit, parameters: Float32Array, beta: number): number {
  core.parameterBlock("PARAMETERS").set(parameters);
  core.parameterBlock("MOMENT1").fill(0);
  core.parameterBlock("MOMENT2").fill(0);
  core.progressBlock().fill(0);
  core.setProgress("VARIANCE", 0.6);
  if (judge) expect(core.run({ name: "latents" }, 0)).toBe(0);
  judge?.();
  expect(core.run({ name: "train", steps: 1 }, 0)).toBe(1);
  expect(core.progress("NONFINITE")).toBe(0);
  return core.progress("RECONSTRUCTION") + beta * core.progress("KL") + core.progress("PENALTY");
}

/** The step's gradient: the sum over chunks is left in the first block. */
export function gradient(fit: Fit, beta: number): Float64Array {
  loss(fit, fit.parameters, beta);
  return Float64Array.from(fit.core.floats("GRADIENTS", fit.parameters.length));
}

/** Length of a displacement: far enough for the loss's rounding, near enough for differences of fourth order. */
const LENGTH = 0.03;
/** A loss of about 200 nats from float32 sums over pixels, meant over 12 windows: its differences are good to about 3e-7. */
const ROUNDING = 2e-6;
const RELATIVE = 1e-4;

/** The change of the loss along `direction` as the gradient has it, for the displacements that float32 parameters really make. */
export function expectDirection(
  fit: Fit,
  g: Float64Array,
  direction: Float64Array,
  beta: number,
  what: string,
  length = LENGTH,
  rounding = ROUNDING,
) {
  const unit = length / Math.sqrt(dot(direction, direction));
  const pair = (scale: number) => {
    const [above, below] = [1, -1].map((sign) => fit.parameters.map((p, i) => p + sign * scale * unit * direction[i]));
    const displacement = above.map((p, i) => p - below[i]);
    return { change: loss(fit, above, beta) - loss(fit, below, beta), predicted: dot(g, displacement) };
  };
  const [near, far] = [pair(1), pair(2)];
  const change = (8 * near.change - far.change) / 6;
  const predicted = (8 * near.predicted - far.predicted) / 6;
  const error = Math.abs(change - predicted);
  expect(error, `${what}: loss changes by ${change}, gradient says ${predicted}`).toBeLessThan(
    rounding + RELATIVE * Math.abs(predicted),
  );
}
