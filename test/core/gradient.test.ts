import { describe, expect, test } from "vitest";
import type { Core } from "../../src/core/core.ts";
import { dot, randomNormals, randomUniforms } from "../kernels/harness.ts";
import { type LayerBlock, layoutSize, networkLayout, parametersOf } from "./network_layout.ts";
import { coreVariants, createCore } from "./variants.ts";

/*
 * The gradient of a whole training step against differences of the ELBO that the same step reports. The largest shift is 0, so
 * the pose does not move; gain and offset are at their optimum, so they add nothing to the gradient (envelope theorem); the
 * noise is keyed by (seed, step, sample, dimension), so that the loss is a function of the parameters alone. Recentred windows
 * are divided by their gain: with REFINE_TRAIN = 0 that is 1 whatever the parameters.
 */
const base = {
  ...{ FRAMES: 2, ROWS: 31, COLS: 37, WINDOW_ROWS: 11, WINDOW_COLS: 13, SHIFT_ROWS: 0, SHIFT_COLS: 0, LATENT_DIM: 2 },
  ...{ WINDOWS: 40, BATCH: 12, CHUNK: 5, ENCODER: 0, DECODER: 0, ENCODER_HIDDEN_1: 19, ENCODER_HIDDEN_2: 11 },
  ...{ DECODER_HIDDEN_1: 9, DECODER_HIDDEN_2: 14, ENCODER_CHANNELS: 8, DECODER_CHANNELS: 8 },
  ...{ BETA: 1.7, GAIN_PRIOR: 0.3, OFFSET_PRIOR: 0.2, REFINE_TRAIN: 0, SEED: 3, LIKELIHOOD: 0 },
  ...{ DATA_MEAN: 0, DATA_SD: 1 },
};
/** The other likelihoods take no gain and offset; their data are in [0, 1], or counts. */
const counted = { GAIN_PRIOR: 0, OFFSET_PRIOR: 0, REFINE_TRAIN: 1 };
const cases: [string, typeof base][] = [
  ["MLPs, L = 1", { ...base, LATENT_DIM: 1 }],
  ["MLPs, L = 2, one hidden layer left out of each", { ...base, ENCODER_HIDDEN_1: 0, DECODER_HIDDEN_2: 0 }],
  ["MLPs, L = 3, gain and offset fixed", { ...base, LATENT_DIM: 3, GAIN_PRIOR: 0, OFFSET_PRIOR: 0, REFINE_TRAIN: 1 }],
  ["convolutions, L = 1", { ...base, ENCODER: 1, DECODER: 1, LATENT_DIM: 1 }],
  [
    "convolutions, L = 3, odd sizes",
    { ...base, ENCODER: 1, DECODER: 1, LATENT_DIM: 3, WINDOW_ROWS: 9, WINDOW_COLS: 15 },
  ],
  ["convolutional encoder, MLP decoder", { ...base, ENCODER: 1 }],
  ["Bernoulli", { ...base, ...counted, LIKELIHOOD: 1 }],
  ["continuous Bernoulli, convolutions", { ...base, ...counted, LIKELIHOOD: 2, ENCODER: 1, DECODER: 1 }],
  ["Poisson, L = 3", { ...base, ...counted, LIKELIHOOD: 3, LATENT_DIM: 3, DATA_MEAN: 2.5, DATA_SD: 1.7 }],
  ["1D signals", { ...base, FRAMES: 9, ROWS: 1, COLS: 41, WINDOW_ROWS: 1, WINDOW_COLS: 27, ENCODER: 1 }],
];

type Fit = { core: Core; layers: LayerBlock[]; parameters: Float32Array };

function dataOf(likelihood: number, size: number): Float32Array {
  if (likelihood === 0) return randomNormals(size, 1);
  const uniform = randomUniforms(size, 1, 0, likelihood === 3 ? 6 : 1);
  return likelihood === 3 ? uniform.map(Math.floor) : uniform;
}

/** A model with data, every parameter away from zero and the padding at zero. */
function prepare(variant: string, config: typeof base): Fit {
  const core = createCore(variant, config);
  const size = config.FRAMES * config.ROWS * config.COLS;
  core.floats("DATA", size).set(dataOf(config.LIKELIHOOD, size));
  core.exports.sv_sample(core.arena);
  core.exports.sv_initialise(core.arena);
  const layers = networkLayout(config);
  const parameters = core.parameterBlock("PARAMETERS").slice();
  const noise = randomNormals(parameters.length, 2, 0.1);
  for (const layer of layers) for (const i of parametersOf(layer)) parameters[i] += noise[i];
  return { core, layers, parameters };
}

/** Mean loss of the first batch at these parameters: one training step from scratch. */
function loss({ core }: Fit, parameters: Float32Array, beta: number): number {
  core.parameterBlock("PARAMETERS").set(parameters);
  core.parameterBlock("MOMENT1").fill(0);
  core.parameterBlock("MOMENT2").fill(0);
  core.progressBlock().fill(0);
  core.setProgress("VARIANCE", 0.6);
  expect(core.run({ name: "train", steps: 1 }, 0)).toBe(1);
  expect(core.progress("NONFINITE")).toBe(0);
  return core.progress("RECONSTRUCTION") + beta * core.progress("KL");
}

/** The step's gradient: the sum over chunks is left in the first block. */
function gradient(fit: Fit, beta: number): Float64Array {
  loss(fit, fit.parameters, beta);
  return Float64Array.from(fit.core.floats("GRADIENTS", fit.parameters.length));
}

/** Length of a displacement: far enough for the loss's rounding, near enough for differences of fourth order. */
const LENGTH = 0.03;
/** A loss of about 200 nats from float32 sums over pixels, meant over 12 windows: its differences are good to about 3e-7. */
const ROUNDING = 2e-6;
const RELATIVE = 1e-4;

/** The change of the loss along `direction` as the gradient has it, for the displacements that float32 parameters really make. */
function expectDirection(fit: Fit, g: Float64Array, direction: Float64Array, beta: number, what: string) {
  const unit = LENGTH / Math.sqrt(dot(direction, direction));
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
    ROUNDING + RELATIVE * Math.abs(predicted),
  );
}

describe.each(coreVariants)("gradient of a training step (%s)", (variant) => {
  describe.each(cases)("%s", (_, config) => {
    const fit = prepare(variant, config);
    const g = gradient(fit, config.BETA);
    const along = (values: ArrayLike<number>, places: readonly number[]) => {
      const direction = new Float64Array(g.length);
      for (const i of places) direction[i] = values[i];
      return direction;
    };

    test("the block is what the architecture says, and padding has no gradient", () => {
      expect(g.length).toBe(layoutSize(fit.layers));
      const used = new Set(fit.layers.flatMap(parametersOf));
      expect(g.filter((v, i) => v !== 0 && !used.has(i)).length).toBe(0);
      // The canvas's rim is out of reach at shift 0.
      expect(g.filter((v) => v !== 0).length).toBeGreaterThan(0.7 * used.size);
    });

    test.each(["encoder", "decoder"])("along random directions of the %s", (network) => {
      const places = fit.layers.filter((layer) => layer.network === network).flatMap(parametersOf);
      for (const seed of [10, 11, 12]) {
        expectDirection(fit, g, along(randomNormals(g.length, seed), places), config.BETA, `${network}, seed ${seed}`);
      }
    });

    test("along the gradient of each layer, and its largest weight and bias", () => {
      for (const layer of fit.layers) {
        const places = parametersOf(layer);
        const firstBias = layer.offset + layer.inputs * (Math.ceil(layer.units / 8) * 8);
        const largest = (some: number[]) => some.reduce((a, b) => (Math.abs(g[b]) > Math.abs(g[a]) ? b : a));
        const single = [places.filter((i) => i < firstBias), places.filter((i) => i >= firstBias)]
          .filter((some) => some.length > 0)
          .map((some) => [largest(some)]);
        for (const some of [places, ...single]) {
          const what = `${layer.network}, ${layer.name}, ${some.length} parameters from ${some[0]}`;
          expectDirection(fit, g, along(g, some), config.BETA, what);
        }
      }
    });
  });
});
