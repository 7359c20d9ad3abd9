import { describe, expect, test } from "vitest";
import { randomNormals } from "../kernels/harness.ts";
import { layoutSize, parametersOf } from "./network_layout.ts";
import { base, expectDirection, gradient, prepare, type StepConfig } from "./step_gradient.ts";
import { coreVariants } from "./variants.ts";

/*
 * The gradient of a training step with the pose from the lattice's phase: content and the rest of the shift are drawn from the encoder's
 * posterior, so that both move with the parameters, and the templates' place on the canvas with them.
 */
const phased = {
  ...{ ...base, POSE: 2, SHIFT_ROWS: 6, SHIFT_COLS: 6, RESIDUAL_PRIOR: 0.6, LATTICE_A_ROW: 5.5, LATTICE_A_COL: 0.7 },
  ...{ LATTICE_B_ROW: -0.4, LATTICE_B_COL: 6.2, FREQUENCY_1_ROW: 0.18, FREQUENCY_1_COL: 0.012 },
  ...{ FREQUENCY_2_ROW: -0.02, FREQUENCY_2_COL: 0.16 },
};
const counted = { GAIN_PRIOR: 0, OFFSET_PRIOR: 0 };
const cases: [string, StepConfig][] = [
  ["MLPs", phased],
  ["L = 1, convolutional encoder", { ...phased, LATENT_DIM: 1, ENCODER: 1 }],
  ["L = 7, gain and offset fixed", { ...phased, ...counted, LATENT_DIM: 7 }],
  ["Poisson", { ...phased, ...counted, LIKELIHOOD: 3, DATA_MEAN: 2.5, DATA_SD: 1.7 }],
  ["Bernoulli, convolutions", { ...phased, ...counted, LIKELIHOOD: 1, ENCODER: 1, DECODER: 1 }],
];

describe.each(coreVariants)("gradient of a step with the lattice's phase (%s)", (variant) => {
  test.each(cases)("%s", (_, config) => {
    const fit = prepare(variant, config);
    expect(fit.core.exports.sv_start(fit.core.arena, 0, 0, 15, 18)).toBe(0);
    const g = gradient(fit, config.BETA);
    expect(g.length).toBe(layoutSize(fit.layers));
    const used = new Set(fit.layers.flatMap(parametersOf));
    expect(g.filter((v, i) => v !== 0 && !used.has(i)).length).toBe(0);
    const along = (values: ArrayLike<number>, places: readonly number[]) => {
      const direction = new Float64Array(g.length);
      for (const i of places) direction[i] = values[i];
      return direction;
    };
    for (const seed of [10, 11]) {
      expectDirection(fit, g, along(randomNormals(g.length, seed), [...used]), config.BETA, `direction ${seed}`);
    }
    for (const layer of fit.layers) {
      expectDirection(fit, g, along(g, parametersOf(layer)), config.BETA, `${layer.network} ${layer.name}`);
    }
    // The encoder's last layer, unit by unit: means and spreads of content and of the rest of the shift.
    const last = fit.layers.filter(({ network }) => network === "encoder").at(-1);
    if (!last) throw new Error("expected an encoder");
    expect(last.units).toBe(2 * (config.LATENT_DIM + 2));
    for (let unit = 0; unit < last.units; unit++) {
      const bias = last.offset + last.inputs * 8 * Math.ceil(last.units / 8) + unit;
      expect(g[bias]).not.toBe(0);
      expectDirection(fit, g, along(g, [bias]), config.BETA, `unit ${unit}`, 0.01);
    }
  });
});
