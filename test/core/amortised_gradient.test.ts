import { describe, expect, test } from "vitest";
import { randomNormals, randomUniforms } from "../kernels/harness.ts";
import { expectDirection, type Fit, gradient } from "./step_gradient.ts";
import { coreVariants, createCore } from "./variants.ts";

/* The whole loss of the amortised mode: pose and content drawn from their posterior, decoder, likelihood and KL. */
const base = {
  ...{ POSE: 1, INVARIANCES: 7, FRAMES: 9, ROWS: 8, COLS: 11, WINDOW_ROWS: 8, WINDOW_COLS: 11, LATENT_DIM: 2 },
  ...{ WINDOWS: 40, BATCH: 12, CHUNK: 5, ENCODER_HIDDEN_1: 19, ENCODER_HIDDEN_2: 11, DECODER_HIDDEN_1: 9 },
  ...{ DECODER_HIDDEN_2: 14, BETA: 1.7, BETA_START: 1.7, SEED: 3, LIKELIHOOD: 0, GAIN_PRIOR: 0, OFFSET_PRIOR: 0 },
  ...{ DX_PRIOR_ROWS: 0.3, DX_PRIOR_COLS: 0.2, SC_PRIOR: 0.15, SIGMA: 0.5 },
};
const cases: [string, typeof base][] = [
  ["shift, rotation and scale, Gaussian", base],
  ["products by quarters", { ...base, DECODER_HIDDEN_1: 16, DECODER_HIDDEN_2: 32 }],
  ["shift, Bernoulli", { ...base, INVARIANCES: 1, LIKELIHOOD: 1 }],
  ["rotation, continuous Bernoulli", { ...base, INVARIANCES: 2, LIKELIHOOD: 2 }],
  ["scale, one latent", { ...base, INVARIANCES: 4, LATENT_DIM: 1 }],
  ["vanilla, Bernoulli, L = 3", { ...base, INVARIANCES: 0, LIKELIHOOD: 1, LATENT_DIM: 3 }],
  ["vanilla, Gaussian", { ...base, INVARIANCES: 0, SIGMA: 0.3 }],
  ["signals, shift", { ...base, INVARIANCES: 1, LIKELIHOOD: 1, ROWS: 1, WINDOW_ROWS: 1, COLS: 67, WINDOW_COLS: 67 }],
];

/** A model with data in [0, 1], its weights three times as large as they start so that every unit bends. */
function prepare(variant: string, config: typeof base): Fit {
  const core = createCore(variant, config);
  const size = config.FRAMES * config.ROWS * config.COLS;
  core.floats("DATA", size).set(randomUniforms(size, 1, 0, 1));
  core.exports.sv_sample(core.arena);
  core.exports.sv_initialise(core.arena);
  const parameters = core.parameterBlock("PARAMETERS").map((p) => 1.5 * p);
  return { core, parameters, layers: [] };
}

describe.each(coreVariants)("gradient of an amortised training step (%s)", (variant) => {
  test.each(cases)("%s", (_, config) => {
    const fit = prepare(variant, config);
    const g = gradient(fit, config.BETA);
    const used = Array.from(fit.parameters.keys()).filter((i) => fit.parameters[i] !== 0);
    // Padding stays without gradient; every parameter has one.
    expect(g.every((v, i) => (v !== 0) === (fit.parameters[i] !== 0))).toBe(true);
    const along = (values: ArrayLike<number>, places: readonly number[]) => {
      const direction = new Float64Array(g.length);
      for (const i of places) direction[i] = values[i];
      return direction;
    };
    for (const seed of [10, 11, 12]) {
      expectDirection(fit, g, along(randomNormals(g.length, seed), used), config.BETA, `random direction ${seed}`);
    }
    // Along the gradient itself in twenty parts of the block: every layer by itself, some in several parts.
    const part = Math.ceil(used.length / 20);
    for (let first = 0; first < used.length; first += part) {
      expectDirection(fit, g, along(g, used.slice(first, first + part)), config.BETA, `parameters from ${used[first]}`);
    }
  });
});
