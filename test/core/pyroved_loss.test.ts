import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { Core } from "../../src/core/core.ts";
import { type Linear, linearLayers } from "./amortised_layout.ts";
import { coreVariants, createCore } from "./variants.ts";

/*
 * pyroVED's own loss and gradient on the same weights and pixels, made by bench/peers/pyroved/loss_oracle.py, which says where the formulas
 * below come from: every sampler with every mix of invariances. Both sum in float32: losses of up to a hundred nats agree to about 1e-5 of
 * them, a layer's gradient along its weights, some nats, to as much of the largest layer's. With units more that do nothing the spatial generator's
 * products are by quarters, and the loss is the same.
 */
interface Case {
  readonly shape: readonly number[];
  readonly invariances: readonly ("t" | "r" | "s")[];
  readonly sampler: "gaussian" | "bernoulli" | "continuous_bernoulli";
  readonly latent_dim: number;
  readonly beta: number;
  readonly loss: number;
  /** Σ w·∂loss/∂w over a layer's weights and biases. */
  readonly gradient: Readonly<Record<string, number>>;
}
const oracle = JSON.parse(readFileSync(new URL("../oracles/pyroved_loss.json", import.meta.url), "utf8"));
const cases = (oracle.cases as Case[]).map(
  (one) => [`${one.shape.join("×")} px, [${one.invariances}], ${one.sampler}, β ${one.beta}`, one] as const,
);

/** Units of the decoder's hidden layers: pyroVED's in the cases, and widths that halve into whole panels. */
const DECODERS: [string, readonly [number, number]][] = [
  ["as wide as pyroVED's", [9, 10]],
  ["wider", [16, 32]],
];
const SAMPLES = 4;
const SPREAD_BIAS = -14;
const RELATIVE = 1e-5;
/** Of a layer's gradient along its weights, of the largest layer's in the case. */
const GRADIENT_RELATIVE = 3e-5;

function configOf({ shape, invariances, sampler, latent_dim, beta }: Case, decoder: readonly [number, number]) {
  const [rows, cols] = shape.length === 1 ? [1, shape[0]] : shape;
  return {
    ...{ POSE: 1, FRAMES: SAMPLES, WINDOWS: SAMPLES, BATCH: SAMPLES, CHUNK: 3 },
    ...{ ROWS: rows, COLS: cols, WINDOW_ROWS: rows, WINDOW_COLS: cols, LATENT_DIM: latent_dim },
    ...{ ENCODER_HIDDEN_1: 7, ENCODER_HIDDEN_2: 6, DECODER_HIDDEN_1: decoder[0], DECODER_HIDDEN_2: decoder[1] },
    ...{ BETA: beta, BETA_START: beta, GAIN_PRIOR: 0, OFFSET_PRIOR: 0, SC_PRIOR: 0.15, SIGMA: 0.4 },
    // A signal's only axis is pyroVED's first, our columns.
    ...{ DX_PRIOR_ROWS: 0.3, DX_PRIOR_COLS: rows === 1 ? 0.3 : 0.2 },
    INVARIANCES: invariances.reduce((sum, name) => sum + { t: 1, r: 2, s: 4 }[name], 0),
    LIKELIHOOD: ["gaussian", "bernoulli", "continuous_bernoulli"].indexOf(sampler),
  };
}

const numbers: Readonly<Record<string, number>> = {
  ...{ "encoder 0": 0, "encoder 1": 1, posterior: 2, "decoder 0": 10, "decoder 1": 11, "decoder 2": 12 },
  ...{ fc_coord: 20, fc_latent: 21 },
};

/** Writes the case's weights, of a layer whose units and inputs pyroVED has as `own`. */
function fill(block: Float32Array, layer: Linear, own: Linear): void {
  const number = numbers[layer.name];
  // The second half of the encoder's output is the spread: constant.
  const units = layer.name === "posterior" ? layer.units / 2 : layer.units;
  for (let j = 0; j < own.units; j++) {
    for (let p = 0; p < own.inputs; p++) {
      block[layer.weight(p, j)] = j < units ? 0.6 * Math.sin(1 + 2.3 * number + 1.7 * j + 0.9 * p) : 0;
    }
    if (layer.bias) block[layer.bias(j)] = j < units ? 0.3 * Math.cos(number + 1.3 * j) : SPREAD_BIAS;
  }
}

/** Σ w·g over weights and biases of a layer, without the units of the spread. */
function along(layer: Linear, weights: Float32Array, gradient: Float32Array): number {
  const units = layer.name === "posterior" ? layer.units / 2 : layer.units;
  let sum = 0;
  for (let j = 0; j < units; j++) {
    const bias = layer.bias ? [layer.bias(j)] : [];
    const places = [...Array.from({ length: layer.inputs }, (_, p) => layer.weight(p, j)), ...bias];
    for (const place of places) sum += weights[place] * gradient[place];
  }
  return sum;
}

function layersOf(one: Case, decoder: readonly [number, number]): Linear[] {
  const { ROWS, COLS } = configOf(one, decoder);
  const axes = ROWS === 1 ? 1 : 2;
  const pose = one.invariances.reduce((sum, name) => sum + (name === "t" ? axes : 1), 0);
  return linearLayers({ pixels: ROWS * COLS, axes, pose, content: one.latent_dim, encoder: [7, 6], decoder });
}

function prepare(variant: string, one: Case, decoder: readonly [number, number]): Core {
  const config = configOf(one, decoder);
  const core = createCore(variant, config);
  const pixels = config.ROWS * config.COLS;
  const x = core.floats("DATA", SAMPLES * pixels);
  for (let n = 0; n < SAMPLES; n++) {
    for (let p = 0; p < pixels; p++) x[n * pixels + p] = 0.5 + 0.5 * Math.sin(0.37 * (n + 1) + 0.011 * p * p);
  }
  core.exports.sv_sample(core.arena);
  core.exports.sv_initialise(core.arena);
  const block = core.parameterBlock("PARAMETERS");
  block.fill(0);
  const own = layersOf(one, DECODERS[0][1]);
  for (const [i, layer] of layersOf(one, decoder).entries()) fill(block, layer, own[i]);
  return core;
}

const builds = coreVariants.flatMap((variant) => DECODERS.map(([name, decoder]) => [variant, name, decoder] as const));

describe.each(builds)("pyroVED's loss and gradient (%s, decoder %s)", (variant, _, decoder) => {
  test.each(cases)("%s", (__, one) => {
    const core = prepare(variant, one, decoder);
    const weights = core.parameterBlock("PARAMETERS").slice();
    expect(core.run({ name: "train", steps: 1 }, 0)).toBe(1);
    const loss = core.progress("RECONSTRUCTION") + one.beta * core.progress("KL");
    expect(Math.abs(loss - one.loss), `loss ${loss}, pyroVED's ${one.loss}`).toBeLessThan(RELATIVE * one.loss);
    const gradient = core.floats("GRADIENTS", weights.length);
    const largest = Math.max(...Object.values(one.gradient).map(Math.abs));
    const layers = layersOf(one, decoder);
    expect(layers.map(({ name }) => name).sort()).toEqual(Object.keys(one.gradient).sort());
    for (const layer of layers) {
      const expected = one.gradient[layer.name];
      const got = along(layer, weights, gradient);
      expect(Math.abs(got - expected), `${layer.name}: ${got}, pyroVED's ${expected}`).toBeLessThan(
        GRADIENT_RELATIVE * largest,
      );
    }
  });
});
