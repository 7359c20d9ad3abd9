import { describe, expect, test } from "vitest";
import { createRng } from "../src/data/rng.ts";
import { fitGauge, gaugeShift } from "../src/results/gauge.ts";
import { fitEffects } from "../src/results/mixed_model.ts";

const SIDE = 480;
const LATTICE = 15;
const period = { a: [LATTICE, 0], b: [0, LATTICE], strength: 1 } as const;

interface Scene {
  /** Drift of the scan and bend of the field, px. */
  readonly distortion: (row: number, col: number) => [number, number];
  /** What moves the centre of registration. */
  readonly moved: (z: readonly number[]) => [number, number];
  /** The second content varies along the slow axis alone, as drift does. */
  readonly alongSlowAxis?: boolean;
  readonly outliers?: number;
}

/** Motifs on a square lattice as an image with two domains and a gradient would give them. */
function motifs({ distortion, moved, alongSlowAxis = false, outliers = 0 }: Scene) {
  const rng = createRng(5);
  const [position, z]: [number[], number[]] = [[], []];
  for (let r = LATTICE; r < SIDE - LATTICE; r += LATTICE) {
    for (let c = LATTICE; c < SIDE - LATTICE; c += LATTICE) {
      const content = [
        1.5 * Math.tanh((c - SIDE / 2 - 30 * Math.sin(r / 70)) / 20),
        Math.sin((2 * Math.PI * r) / SIDE) * (alongSlowAxis ? 1 : Math.cos((2 * Math.PI * c) / SIDE)),
      ];
      const [dr, dc] = distortion(r, c);
      const [mr, mc] = moved(content);
      const off = rng.uniform() < outliers ? 2.5 : 0;
      position.push(r + dr + mr + 0.04 * rng.normal() + off, c + dc + mc + 0.04 * rng.normal());
      z.push(...content.map((v) => v + 0.1 * rng.normal()));
    }
  }
  return { position, z };
}

/** Rms over rows and columns of c(z) found minus true, their means taken out: a constant moves the whole lattice. */
function error(scene: Scene): number {
  const { position, z } = motifs(scene);
  const gauge = fitGauge([{ position, z, size: [SIDE, SIDE] }], 2, period);
  expect(gauge).toBeDefined();
  const off = Array.from({ length: z.length / 2 }, (_, k) => {
    const at = [z[2 * k], z[2 * k + 1]];
    const [found, truth] = [gaugeShift(gauge, at), scene.moved(at)];
    return [found[0] - truth[0], found[1] - truth[1]];
  });
  return Math.hypot(...[0, 1].map((axis) => spread(off.map((v) => v[axis]))));
}

function spread(values: readonly number[]): number {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return Math.sqrt(values.reduce((sum, v) => sum + (v - mean) ** 2, 0) / values.length);
}

const drift = (row: number, col: number): [number, number] => [
  3 * Math.sin(row / 200),
  0.006 * row + 0.8 * Math.cos((Math.PI * row) / SIDE) + 0.3 * Math.sin(row / 25) + 0.5 * (col / SIDE) ** 2,
];
const still = (): [number, number] => [0, 0];
const moved = ([p, q]: readonly number[]): [number, number] => [
  0.2 * q - 0.1 * p * q,
  0.3 * p - 0.08 * p ** 3 + 0.1 * q,
];

/** What c(z) does to the positions, px rms. */
const EFFECT = 0.231;

describe("gauge", () => {
  test("the effect is as large as said", () => {
    const { z } = motifs({ distortion: still, moved });
    const at = Array.from({ length: z.length / 2 }, (_, k) => moved([z[2 * k], z[2 * k + 1]]));
    expect(Math.hypot(...[0, 1].map((axis) => spread(at.map((v) => v[axis]))))).toBeCloseTo(EFFECT, 2);
  });

  test("finds what moves with content on an undistorted lattice, even where content varies as drift would", () => {
    expect(error({ distortion: still, moved, alongSlowAxis: true })).toBeLessThan(0.15 * EFFECT);
  });

  test("tells most of it from drift and from a bent field ten times as large", () => {
    expect(error({ distortion: drift, moved })).toBeLessThan(EFFECT / 3);
  });

  test("is near zero where nothing moves, whatever the drift", () => {
    expect(error({ distortion: drift, moved: still })).toBeLessThan(0.03);
  });

  test("is not led astray by misplaced motifs", () => {
    expect(error({ distortion: drift, moved, outliers: 0.05 })).toBeLessThan(EFFECT / 3);
  });

  test("is undefined without a second lattice vector, or with too few motifs", () => {
    const { position, z } = motifs({ distortion: still, moved });
    expect(fitGauge([{ position, z, size: [SIDE, SIDE] }], 2, { a: [LATTICE, 0], strength: 1 })).toBeUndefined();
    expect(
      fitGauge([{ position: position.slice(0, 60), z: z.slice(0, 60), size: [SIDE, SIDE] }], 2, period),
    ).toBeUndefined();
  });
});

describe("mixed model", () => {
  const rng = createRng(9);
  const n = 400;
  const k = 12;
  const design = Float64Array.from({ length: n * k }, () => rng.normal());
  const fixed = [1.5, -2];
  const weights = Array.from({ length: k - 2 }, (_, j) => 1 / (1 + j));
  const drawn = weights.map((w) => Math.sqrt(0.3 * w) * rng.normal());
  const exact = Float64Array.from({ length: n }, (_, i) =>
    [...fixed, ...drawn].reduce((sum, b, j) => sum + b * design[i * k + j], 0),
  );
  const noisy = exact.map((v) => v + 0.1 * rng.normal());

  const effects = (target: Float64Array) => fitEffects({ design, target, weights }).values;

  test("recovers fixed and random effects", () => {
    const found = effects(noisy);
    for (const [j, b] of [...fixed, ...drawn].entries())
      expect(Math.abs(found[j] - b)).toBeLessThan(4 * 0.1 * Math.sqrt(1 / n));
  });

  test("shrinks random effects that are not there to nothing", () => {
    const plain = Float64Array.from({ length: n }, (_, i) => fixed[0] * design[i * k] + fixed[1] * design[i * k + 1]);
    const found = effects(plain.map((v) => v + 0.5 * rng.normal()));
    expect(Math.hypot(...found.slice(2))).toBeLessThan(0.5 * Math.sqrt(10 / n) * 0.7);
  });

  test("leaves out gross outliers", () => {
    const spoilt = noisy.map((v, i) => (i % 20 === 0 ? v + 50 : v));
    const found = effects(spoilt);
    for (const [j, b] of fixed.entries()) expect(Math.abs(found[j] - b)).toBeLessThan(5 * 0.1 * Math.sqrt(1 / n));
  });

  test("takes a variance that is given", () => {
    const free = fitEffects({ design, target: noisy, weights });
    const held = fitEffects({ design, target: noisy, weights }, 1e-6);
    expect(Math.hypot(...held.values.slice(2))).toBeLessThan(0.05 * Math.hypot(...free.values.slice(2)));
    expect(free.noiseVariance).toBeCloseTo(0.01, 2);
  });

  test("refuses fewer values than fixed effects", () => {
    const few = { design: design.subarray(0, 2 * k), target: noisy.subarray(0, 2), weights };
    expect(() => fitEffects(few)).toThrow(/more rows than fixed effects/);
  });
});
