import { afterAll, describe, expect, test } from "vitest";
import type { Core, CoreConfig } from "../../src/core/core.ts";
import { openSession, type Session } from "../../src/core/session.ts";
import { simulate } from "../../src/data/simulate.ts";
import { judgeBatch } from "../../src/fit/condition.ts";
import type { LatentCondition } from "../../src/fit/options.ts";
import { settleOptions } from "../../src/fit/options.ts";
import { oneFrame } from "../../src/fit/windows.ts";
import { randomNormals } from "../kernels/harness.ts";
import { smoothness, totalVariation } from "../reference/objective.ts";
import { parametersOf } from "./network_layout.ts";
import { base, expectDirection, gradient, prepare, type StepConfig } from "./step_gradient.ts";
import { coreVariants, createCore } from "./variants.ts";

/** Sum over the pairs of Σ_l Σ_m (μ_il − 2·μ_jm)²·(1 + sin of the row distance): no symmetry, no built-in condition, depends on everything. */
const odd: LatentCondition = (latents, positions, neighbours) => {
  const L = (2 * latents.length) / positions.length;
  const gradient = new Float64Array(latents.length);
  let penalty = 0;
  for (let p = 0; p < neighbours.length; p += 2) {
    const [i, j] = [neighbours[p], neighbours[p + 1]];
    const weight = 1 + Math.sin(positions[2 * i] - positions[2 * j]);
    for (let l = 0; l < L; l++) {
      for (let m = 0; m < L; m++) {
        const d = latents[i * L + l] - 2 * latents[j * L + m];
        penalty += weight * d * d;
        gradient[i * L + l] += 2 * weight * d;
        gradient[j * L + m] -= 4 * weight * d;
      }
    }
  }
  return { penalty, gradient };
};

/** A batch is one patch and a third of the next, in chunks that cut through both; the lattice is oblique and whole. */
const patches = { LATTICE_A_ROW: 7, LATTICE_A_COL: 1, LATTICE_B_ROW: -2, LATTICE_B_COL: 8, PATCH: 3 };
const conditions: [string, CoreConfig, boolean][] = [
  ["smooth", { SMOOTH: 20 }, false],
  ["tv", { TV: 150 }, false],
  ["the caller's", { HOST_CONDITION: 1 }, true],
  ["all three", { SMOOTH: 20, TV: 150, HOST_CONDITION: 1 }, true],
];
/** Displacement of the differences: total variation bends within 0.1 prior standard deviations of the latents. */
const NEAR = 0.003;
/**
 * The conditions' part of the loss is 150 times a mean of about 40 differences of float32 means up to 4, each good to half an ulp, 1.2e-7: to about 3e-6.
 * Differences of fourth order, (8·near − far) / 6 of two losses each, have √130/6 times that; and this is three standard deviations.
 */
const ROUNDING = 1.7e-5;
const networkKinds: [string, Partial<StepConfig>][] = [
  ["MLPs", {}],
  ["convolutional encoder, L = 3", { ENCODER: 1, LATENT_DIM: 3 }],
];

describe.each(coreVariants)("gradient of the loss with conditions (%s)", (variant) => {
  describe.each(networkKinds)("%s", (_, kind) => {
    test.each(conditions)("%s", (__, condition, judged) => {
      const config: StepConfig = { ...base, ...patches, ...condition, ...kind };
      const options = settleOptions({ batch: config.BATCH, latentDim: config.LATENT_DIM });
      const frame = oneFrame(1, config.WINDOW_ROWS, { rows: config.ROWS, cols: config.COLS });
      const fit = prepare(variant, config, judged ? (core) => judgeBatch(core, odd, options, frame) : undefined);
      const g = gradient(fit, config.BETA);
      const without = prepare(variant, { ...config, SMOOTH: 0, TV: 0, HOST_CONDITION: 0 });
      const free = gradient(without, config.BETA);
      const places = fit.layers.filter(({ network }) => network === "encoder").flatMap(parametersOf);
      const conditionPart = (i: number) => g[i] - free[i];
      const norm = (f: (i: number) => number) => Math.hypot(...places.map(f));
      // So much of the gradient is the condition's that differences of the loss could not agree without it.
      expect(norm(conditionPart)).toBeGreaterThan(0.2 * norm((i) => free[i]));
      const along = (value: (i: number) => number) => {
        const direction = new Float64Array(g.length);
        for (const i of places) direction[i] = value(i);
        return direction;
      };
      expectDirection(fit, g, along(conditionPart), config.BETA, "along the condition's own gradient", NEAR, ROUNDING);
      for (const seed of [10, 11]) {
        const random = randomNormals(g.length, seed);
        expectDirection(
          fit,
          g,
          along((i) => random[i]),
          config.BETA,
          `random direction ${seed}`,
          NEAR,
          ROUNDING,
        );
      }
      // The decoder is told only of the likelihood.
      const decoder = fit.layers.filter(({ network }) => network === "decoder").flatMap(parametersOf);
      expect(decoder.every((i) => g[i] === free[i])).toBe(true);
    });
  });
});

/** Sizes are awkward on purpose: patches, batches, chunks and windows do not divide. */
const lattice: CoreConfig = {
  ...{ FRAMES: 1, ROWS: 96, COLS: 96, WINDOW_ROWS: 17, WINDOW_COLS: 17, SHIFT_ROWS: 6, SHIFT_COLS: 6, LATENT_DIM: 2 },
  ...{ LATTICE_A_ROW: 12, LATTICE_A_COL: 0, LATTICE_B_ROW: 0, LATTICE_B_COL: 12, WINDOWS: 205, BATCH: 50, CHUNK: 7 },
  ...{ STEPS: 30, BETA_WARMUP: 10, SEED: 5, ENCODER_HIDDEN_1: 40, ENCODER_HIDDEN_2: 24, PATCH: 3 },
};
const image = simulate("lattice12", { rows: 96, cols: 96, seed: 2 }).dataset.data;
const options = settleOptions({ batch: 50, latentDim: 2 });
const frame = oneFrame(1, 17, { rows: 96, cols: 96 });

/** The image in the core, windows, weights and an aligned template. */
function start(core: Core, config: CoreConfig): void {
  core.create(config);
  const mean = image.reduce((sum, v) => sum + v, 0) / image.length;
  core.floats("DATA", image.length).set(image.map((v) => (v - mean) * 4));
  core.exports.sv_sample(core.arena);
  core.exports.sv_initialise(core.arena);
  core.exports.sv_start(core.arena, 0, 0, 40, 44);
}

describe.each(coreVariants)("patches of neighbouring windows (%s)", (variant) => {
  test("windows of a patch lie lattice vectors apart, all inside the image and up to its edges", () => {
    const oblique = { LATTICE_A_ROW: 11.6, LATTICE_A_COL: 3.3, LATTICE_B_ROW: -5.2, LATTICE_B_COL: 10.9, WINDOWS: 905 };
    const core = createCore(variant, { ...lattice, ...oblique });
    core.exports.sv_sample(core.arena);
    const origins = core.ints("ORIGINS", 3 * 905);
    const count = Math.floor(905 / 9);
    const reach = [0, 1].map((axis) => [...origins].filter((_, i) => i % 3 === axis + 1).sort((a, b) => a - b));
    for (const sorted of reach) {
      expect(sorted[0]).toBeGreaterThanOrEqual(0);
      expect(sorted[0]).toBeLessThan(6);
      expect(sorted[sorted.length - 1]).toBeLessThanOrEqual(96 - 17);
      expect(sorted[sorted.length - 1]).toBeGreaterThan(96 - 17 - 6);
    }
    for (let patch = 0; patch < count; patch++) {
      for (let k = 0; k < 9; k++) {
        const [i, j] = [Math.floor(k / 3), k % 3];
        for (const [axis, a, b] of [
          [1, 11.6, -5.2],
          [2, 3.3, 10.9],
        ]) {
          const off = origins[3 * (k * count + patch) + axis] - origins[3 * patch + axis] - i * a - j * b;
          expect(Math.abs(off)).toBeLessThanOrEqual(1);
        }
      }
    }
  });

  test("neighbours are the pairs of a patch whose motifs are one lattice vector apart; the penalty is their mean", () => {
    const core = createCore(variant, { ...lattice, HOST_CONDITION: 1, SMOOTH: 3, TV: 5 });
    start(core, { ...lattice, HOST_CONDITION: 1, SMOOTH: 3, TV: 5 });
    core.run({ name: "align", windows: 150, rounds: 3, trimmed: false }, 0);
    expect(core.run({ name: "latents" }, 0)).toBe(0);
    const places = core.doubles("LATENT_PLACES", 100);
    const expected: [number, number][] = [];
    for (let i = 0; i < 50; i++) {
      for (let j = 0; j < 50; j++) {
        const [row, col] = [0, 1].map((axis) => places[2 * j + axis] - places[2 * i + axis]);
        const near = Math.min(Math.hypot(row - 12, col), Math.hypot(row, col - 12)) < 0.3 * 12;
        if (near && Math.floor(i / 9) === Math.floor(j / 9)) expected.push([i, j]);
      }
    }
    const pairs = core.ints("PAIRS", 2 * core.progress("PAIRS"));
    expect(expected.length).toBeGreaterThan(30);
    expect([...pairs]).toEqual(expected.flat());

    const [mean, spread] = [core.floats("LATENTS", 100), core.floats("LATENT_LOG_SIGMA", 100)];
    expect(mean.some((v) => v !== 0)).toBe(true);
    const sums = 3 * smoothness(mean, spread, expected, 2) + 5 * totalVariation(mean, expected, 2, 0.1);
    expect(core.progress("BATCH_PENALTY")).toBeCloseTo(sums / expected.length, 9);
  });

  test("conditions warm up with β, and the step's loss has them", () => {
    const core = createCore(variant, lattice);
    start(core, { ...lattice, SMOOTH: 2 });
    core.run({ name: "train", steps: 1 }, 0);
    expect(core.progress("PENALTY")).toBe(0);
    expect(core.progress("BATCH_PENALTY")).toBeGreaterThan(0);
    core.run({ name: "train", steps: 1 }, 0);
    expect(core.progress("PENALTY")).toBeCloseTo(0.05 * 0.1 * core.progress("BATCH_PENALTY"), 12);
  });

  test("conditions without weight leave the bits of a step alone: poses outlive its first phase", () => {
    const run = (patch: number) => {
      const settings = { ...lattice, PATCH: patch, BETA_WARMUP: 0, REFINE_TRAIN: 1 };
      const core = createCore(variant, settings);
      start(core, settings);
      // Every window the same, so that drawing in patches draws no others.
      const origins = core.ints("ORIGINS", 3 * 205);
      for (let i = 0; i < origins.length; i += 3) origins.set([0, 31, 22], i);
      core.run({ name: "train", steps: 4 }, 0);
      return core.parameterBlock("PARAMETERS").slice();
    };
    expect(run(3)).toEqual(run(1));
  });

  test("a host's condition takes one step at a time, and one that is none is refused", () => {
    const core = createCore(variant, lattice);
    expect(core.run({ name: "latents" }, 0)).toBe(-2);
    core.create({ ...lattice, HOST_CONDITION: 1 });
    expect(core.run({ name: "train", steps: 2 }, 0)).toBe(-2);
    expect(() => core.create({ ...lattice, PATCH: 1, SMOOTH: 1 })).toThrow(/SMOOTH: out of range: 1/);
    expect(() => core.create({ ...lattice, PATCH: 8 })).toThrow(/PATCH: out of range: 8/);
  });
});

describe("conditions with threads", { timeout: 30_000 }, () => {
  const sessions: Session[] = [];
  afterAll(async () => {
    await Promise.all(sessions.map((session) => session.close()));
  });

  async function bits(threads: number, condition: CoreConfig): Promise<Uint32Array> {
    const session = await openSession({ threads, reproducible: true });
    sessions.push(session);
    const { core } = session;
    start(core, { ...lattice, ...condition, THREADS: threads });
    await session.run({ name: "align", windows: 150, rounds: 3, trimmed: false });
    if (condition.HOST_CONDITION) {
      for (let k = 0; k < 30; k++) {
        await session.run({ name: "latents" });
        judgeBatch(core, odd, options, frame);
        await session.run({ name: "train", steps: 1 });
      }
    } else await session.run({ name: "train", steps: 30 });
    expect(core.progress("NONFINITE")).toBe(0);
    expect(core.progress("STEP")).toBe(30);
    return new Uint32Array(core.parameterBlock("PARAMETERS").slice().buffer);
  }

  test.each([
    ["built in", { SMOOTH: 0.3, TV: 0.2 }],
    ["the caller's", { HOST_CONDITION: 1 }],
  ])("%s: the same bits for 1, 2 and 3 threads, others than without", async (_, condition) => {
    const one = await bits(1, condition);
    expect(one).not.toEqual(await bits(1, {}));
    for (const threads of [2, 3]) expect(await bits(threads, condition)).toEqual(one);
  });
});
