import { describe, expect, test } from "vitest";
import { createRng } from "../src/data/rng.ts";
import { type Gauge, gaugeShift, placesInGauge } from "../src/results/gauge.ts";
import { fitGauge } from "../src/results/gauge_fit.ts";
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
  return { position, z, zSd: z.map(() => 0.1), size: [SIDE, SIDE] as const };
}

/** Rms over rows and columns of c(z) found minus true, their means taken out: a constant moves the whole lattice. */
function error(scene: Scene): number {
  const found = motifs(scene);
  const { z } = found;
  const gauge = fitGauge([found], 2, period) as Gauge;
  expect(gauge).toBeDefined();
  const off = Array.from({ length: z.length / 2 }, (_, k) => {
    const at = [z[2 * k], z[2 * k + 1]];
    const [found, truth] = [gaugeShift(gauge, at).shift, scene.moved(at)];
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
    const found = motifs({ distortion: still, moved });
    const few = { ...found, position: found.position.slice(0, 60), z: found.z.slice(0, 60) };
    expect(fitGauge([found], 2, { a: [LATTICE, 0], strength: 1 })).toBeUndefined();
    expect(fitGauge([few], 2, period)).toBeUndefined();
  });

  test("is nothing for a latent that is not in use, though its mean trembles with the position", () => {
    const found = motifs({ distortion: still, moved: ([p]) => [0, 0.3 * p] });
    const rng = createRng(6);
    const [z, zSd]: [number[], number[]] = [[], []];
    for (let k = 0; k < found.position.length; k += 2) {
      const off = found.position[k] - LATTICE * Math.round(found.position[k] / LATTICE);
      z.push(found.z[k], 0.5 * off + 0.1 * rng.normal());
      zSd.push(0.1, 0.99);
    }
    const gauge = fitGauge([{ ...found, z, zSd }], 2, period) as Gauge;
    const [low, high] = [-1.5, 1.5].map((p) => gaugeShift(gauge, [p, 0]).shift[1]);
    expect(Math.abs((high - low) / 0.9 - 1)).toBeLessThan(0.1);
    expect(Math.hypot(...gaugeShift(gauge, [0, 0]).slopes[1])).toBeLessThan(0.01);
    // The same latent, were it known well.
    const known = fitGauge([{ ...found, z, zSd: z.map(() => 0.1) }], 2, period) as Gauge;
    expect(Math.hypot(...gaugeShift(known, [0, 0]).slopes[1])).toBeGreaterThan(0.03);
  });

  test("windows teach it contents that the motifs do not have", () => {
    const found = motifs({ distortion: still, moved: ([p]) => [0, 0.2 * p * p] });
    const whole = Array.from({ length: found.z.length / 2 }, (_, k) => k);
    // Motifs with p < 0 alone, each the place of a window whose content is the opposite.
    const left = whole.filter((k) => found.z[2 * k] < -1);
    const pick = (values: readonly number[]) => left.flatMap((k) => values.slice(2 * k, 2 * k + 2));
    const half = { ...found, position: pick(found.position), z: pick(found.z), zSd: pick(found.zSd) };
    const windows = { position: half.position, z: half.z.map((v) => -v) };
    const at = [1.5, 0];
    const off = (gauge: Gauge | undefined) =>
      Math.abs(gaugeShift(gauge as Gauge, at).shift[1] - gaugeShift(gauge as Gauge, [-1.5, 0]).shift[1]);
    expect(off(fitGauge([{ ...half, windows }], 2, period))).toBeLessThan(0.03);
  });

  const bent: Gauge = {
    known: [0.9, 1],
    centres: [
      [0.3, -0.2],
      [-1, 0.5],
    ],
    row: { offset: 0.1, slopes: [0.2, -0.1], weights: [0.3, -0.5] },
    col: { offset: -0.2, slopes: [0.25, 0.3], weights: [-0.2, 0.4] },
    limit: [2, 3],
  };

  test("its slopes are those of its shift, and 0 where it is held", () => {
    for (const z of [
      [0.4, -0.7],
      [-1.9, 2.5],
      [2.5, 1],
    ]) {
      const { slopes } = gaugeShift(bent, z);
      for (const l of [0, 1]) {
        const at = (step: number) => gaugeShift(bent, z.with(l, z[l] + step)).shift;
        const [up, down] = [at(1e-4), at(-1e-4)];
        for (const axis of [0, 1]) expect(slopes[l][axis]).toBeCloseTo((up[axis] - down[axis]) / 2e-4, 6);
      }
    }
  });

  test("the positions' standard deviations are those in the gauge", () => {
    // Errors of (row, column, z1, z2) as mixtures of four independent ones, small enough for c to be straight.
    const mix = [
      [0.02, 0, 0.01, 0.02],
      [0, 0.03, 0.01, 0],
      [0.01, 0.02, 0.02, 0],
      [0.01, 0, 0.005, 0.02],
    ];
    const between = (a: number, b: number) => mix[a].reduce((sum, v, k) => sum + v * mix[b][k], 0);
    const sd = (a: number) => Math.sqrt(between(a, a));
    const z = [0.4, -0.7];
    const found = (place: readonly number[], content: readonly number[]) => ({
      place: Float64Array.from(place),
      sd: Float64Array.of(sd(0), sd(1)),
      z: Float64Array.from(content),
      zSd: Float64Array.of(sd(2), sd(3)),
      covariance: Float64Array.of(between(2, 0), between(2, 1), between(3, 0), between(3, 1), between(3, 2)),
    });
    const rng = createRng(8);
    const places = Array.from({ length: 20000 }, () => {
      const e = [0, 1, 2, 3].map(() => rng.normal());
      const [row, col, dz1, dz2] = mix.map((weights) => weights.reduce((sum, w, k) => sum + w * e[k], 0));
      return placesInGauge(bent, found([row, col], [z[0] + dz1, z[1] + dz2])).place;
    });
    const told = placesInGauge(bent, found([0, 0], z)).sd;
    const seen = [0, 1].map((axis) => spread(places.map((place) => place[axis])));
    for (const axis of [0, 1]) expect(Math.abs(told[axis] / seen[axis] - 1)).toBeLessThan(0.03);
    expect(Math.max(...seen.map((s, axis) => Math.abs(sd(axis) / s - 1)))).toBeGreaterThan(0.06);
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

  const groups = weights.map((_, j) => (j < 5 ? 0 : 1));
  const effects = (target: Float64Array) => fitEffects({ design, target, weights, groups }).values;

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

  test("takes variances that are given", () => {
    const free = fitEffects({ design, target: noisy, weights, groups });
    const held = fitEffects({ design, target: noisy, weights, groups }, [1e-6, 1e-6]);
    expect(Math.hypot(...held.values.slice(2))).toBeLessThan(0.05 * Math.hypot(...free.values.slice(2)));
    expect(free.noiseVariance).toBeCloseTo(0.01, 2);
  });

  test("finds the variance of each group", () => {
    const target = Float64Array.from({ length: n }, (_, i) => {
      const first = drawn.slice(0, 5).reduce((sum, d, j) => sum + d * design[i * k + 2 + j], 0);
      return first + 0.1 * rng.normal();
    });
    const [there, absent] = fitEffects({ design, target, weights, groups }).effectVariances;
    expect(there).toBeGreaterThan(0.05);
    expect(absent).toBeLessThan(0.001);
  });

  test("refuses fewer values than fixed effects", () => {
    const few = { design: design.subarray(0, 2 * k), target: noisy.subarray(0, 2), weights, groups };
    expect(() => fitEffects(few)).toThrow(/more rows than fixed effects/);
  });
});
