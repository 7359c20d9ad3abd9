import { describe, expect, test } from "vitest";
import { randomNormals } from "../kernels/harness.ts";
import { layoutSize, networkLayout, parametersOf } from "./network_layout.ts";
import { base, expectDirection, gradient, prepare, type StepConfig } from "./step_gradient.ts";
import { coreVariants } from "./variants.ts";

/** The other likelihoods take no gain and offset; their data are in [0, 1], or counts. */
const counted = { GAIN_PRIOR: 0, OFFSET_PRIOR: 0, REFINE_TRAIN: 1 };
/** The pose comes from the templates, not from the parameters: it does not move with them. */
const turned = { ANGLES: 7, ANGLE_STEP: 0.2 };
const cases: [string, StepConfig][] = [
  ["MLPs, L = 1", { ...base, LATENT_DIM: 1 }],
  ["MLPs, L = 2, one hidden layer left out of each", { ...base, ENCODER_HIDDEN_1: 0, DECODER_HIDDEN_2: 0 }],
  ["MLPs, L = 3, gain and offset fixed", { ...base, LATENT_DIM: 3, GAIN_PRIOR: 0, OFFSET_PRIOR: 0, REFINE_TRAIN: 1 }],
  ["convolutions, L = 1", { ...base, ENCODER: 1, DECODER: 1, LATENT_DIM: 1 }],
  [
    "convolutions, L = 3, odd sizes",
    { ...base, ENCODER: 1, DECODER: 1, LATENT_DIM: 3, WINDOW_ROWS: 9, WINDOW_COLS: 15 },
  ],
  ["convolutional encoder, MLP decoder", { ...base, ENCODER: 1 }],
  ["turned windows", { ...base, ...turned }],
  [
    "Poisson, turned windows, convolutions",
    {
      ...base,
      ...counted,
      ...turned,
      REFINE_TRAIN: 0,
      LIKELIHOOD: 3,
      DATA_MEAN: 2.5,
      DATA_SD: 1.7,
      ENCODER: 1,
      DECODER: 1,
    },
  ],
  ["Bernoulli", { ...base, ...counted, LIKELIHOOD: 1 }],
  ["continuous Bernoulli, convolutions", { ...base, ...counted, LIKELIHOOD: 2, ENCODER: 1, DECODER: 1 }],
  ["Poisson, L = 3", { ...base, ...counted, LIKELIHOOD: 3, LATENT_DIM: 3, DATA_MEAN: 2.5, DATA_SD: 1.7 }],
  ["1D signals", { ...base, FRAMES: 9, ROWS: 1, COLS: 41, WINDOW_ROWS: 1, WINDOW_COLS: 27, ENCODER: 1 }],
];

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
      // The canvas's rim is out of reach at shift 0, and the corners of a canvas for any angle are where few windows are turned there.
      const reached = config.ANGLE_STEP ? 0.5 : 0.7;
      expect(g.filter((v) => v !== 0).length).toBeGreaterThan(reached * used.size);
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

describe.each(coreVariants)("an encoder beyond its limits (%s)", (variant) => {
  // Without the KL, which pulls inwards: at one of two opposite limits the likelihood alone wants to go on.
  const config = { ...base, BETA: 0 };
  const [layer] = networkLayout(config)
    .filter(({ network }) => network === "encoder")
    .slice(-1);
  const bias = layer.offset + layer.inputs * 8;

  /** Gradient to the outputs' biases (means, then log standard deviations) where these hold every window at the given outputs. */
  function biasGradient(outputs: readonly number[]): Float64Array {
    const fit = prepare(variant, config);
    fit.parameters.set(outputs, bias);
    return gradient(fit, config.BETA).slice(bias, bias + outputs.length);
  }

  test("is pulled back, and pushed no further", () => {
    let pulls = 0;
    for (const sides of Array.from({ length: 16 }, (_, k) => [1, 2, 4, 8].map((bit) => (k & bit ? 1 : -1)))) {
      const outward = biasGradient(sides.map((side) => 30 * side)).map((d, k) => -d * sides[k]);
      for (const push of outward) expect(push).toBeLessThanOrEqual(0);
      pulls += outward.filter((push) => push < 0).length;
    }
    expect(pulls).toBeGreaterThan(16);
  });
});
