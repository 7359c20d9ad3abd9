import { describe, expect, test } from "vitest";
import type { Dataset } from "../src/data/dataset.ts";
import { lattice12Bound } from "../src/data/simulate/bound.ts";
import { type Simulation, simulate } from "../src/data/simulate.ts";
import { ConfigError, NumericsError } from "../src/errors.ts";
import { type FitOptions, type Likelihood, likelihoods } from "../src/fit/options.ts";
import { type FitResult, fit } from "../src/fit.ts";
import { Model } from "../src/model.ts";

/*
 * Every likelihood on a small simulated lattice with truth: where the motifs are, up to the one offset that is a choice of gauge,
 * and how they vary. Counts for the Poisson, Gaussian noise for the others, for which the Bernoullis are the wrong model of noise
 * but a right one of the mean.
 */
const [SIDE, LATTICE, WINDOW] = [128, 12.37, 24];
const scene = { rows: SIDE, cols: SIDE, lattice: LATTICE, displacement: 1.2, period: 128, background: 0.2, seed: 3 };
const quick: FitOptions = { threads: 1, samples: 1500, epochs: 2, restarts: 2, latentDim: 1, window: WINDOW };

function noiseOf(likelihood: Likelihood): { dose: number; noise: number } {
  return likelihood === "poisson" ? { dose: 2000, noise: 0 } : { dose: 0, noise: 0.08 };
}

interface Match {
  /** Found less true, px, for motifs whose window lies inside the image. */
  readonly row: number[];
  readonly col: number[];
  readonly z: number[];
  readonly u: number[];
}

function matchMotifs({ motifs }: FitResult, { truth }: Simulation): Match {
  const [places, orders] = [truth.arrays.motif_position, truth.arrays.order_parameter].map(({ data }) =>
    Array.from<number | bigint, number>(data, Number),
  );
  const match: Match = { row: [], col: [], z: [], u: [] };
  const inside = (v: number) => v > WINDOW / 2 + 2 && v < SIDE - WINDOW / 2 - 2;
  for (let i = 0; i < motifs.count; i++) {
    const [row, col] = motifs.position.subarray(2 * i, 2 * i + 2);
    if (!inside(row) || !inside(col)) continue;
    const distances = Array.from({ length: orders.length }, (_, j) =>
      Math.hypot(row - places[2 * j], col - places[2 * j + 1]),
    );
    const j = distances.indexOf(Math.min(...distances));
    match.row.push(row - places[2 * j]);
    match.col.push(col - places[2 * j + 1]);
    match.z.push(motifs.z[i]);
    match.u.push(orders[j]);
  }
  return match;
}

const mean = (x: readonly number[]) => x.reduce((sum, v) => sum + v, 0) / x.length;
const covariance = (x: readonly number[], y: readonly number[]) =>
  mean(x.map((v, i) => (v - mean(x)) * (y[i] - mean(y))));
const deviation = (x: readonly number[]) => Math.sqrt(covariance(x, x));

/**
 * Scatter allowed, in Cramér–Rao bounds of a window with the template known: what learning the template costs (as in
 * core/recover.test.ts), and three standard errors of an rms over the (SIDE/WINDOW)² independent windows. The Bernoulli takes the noise
 * of a mean μ for μ(1 − μ), far more than there is, so that much of u stays in the position along u's axis, the columns'.
 */
const LEARNING = 1.15 * (1 + 3 / Math.sqrt(2 * (SIDE / WINDOW) ** 2));
const UNDERFITTED = 2.5;

describe.each(likelihoods)("%s", { timeout: 60_000 }, (likelihood) => {
  const noise = noiseOf(likelihood);
  const simulation = simulate("lattice12", { ...scene, ...noise });
  const found = fit(simulation.dataset, { ...quick, likelihood });

  test("finds the lattice's motifs, and their order parameter", async () => {
    const match = matchMotifs(await found, simulation);
    const cells = ((SIDE - WINDOW - 4) / LATTICE) ** 2;
    expect(match.row.length).toBeGreaterThan(0.9 * cells);
    const window = { windowSize: WINDOW, lattice: LATTICE, background: scene.background, ...noise };
    const [row, col] = lattice12Bound(window);
    expect(deviation(match.row)).toBeLessThan(LEARNING * row);
    expect(deviation(match.col)).toBeLessThan((likelihood === "bernoulli" ? UNDERFITTED : LEARNING) * col);
    const correlation = covariance(match.z, match.u) / (deviation(match.z) * deviation(match.u));
    expect(Math.abs(correlation)).toBeGreaterThan(0.9);
  });

  test("decodes means in the likelihood's range, the brightest where the data's brightest columns are", async () => {
    const { template, model } = await found;
    const least = Math.min(...template.data);
    const greatest = Math.max(...template.data);
    if (likelihood.endsWith("bernoulli")) expect([least >= 0, greatest <= 1]).toEqual([true, true]);
    if (likelihood === "poisson") {
      const { data } = simulation.dataset;
      const brightest = Float32Array.from(data).sort()[Math.floor(0.99 * data.length)];
      expect(least).toBeGreaterThan(0);
      expect(Math.abs(Math.log(greatest / brightest))).toBeLessThan(0.2);
    }
    expect(model.header.plan.likelihood).toBe(likelihood);
  });

  test("the saved model encodes the image as the fit did", async () => {
    const { model, windows } = await found;
    const centres = windows.centre.slice(0, 100);
    const again = await Model.fromBytes(model.toBytes()).encode(simulation.dataset, { centres });
    expect(again.z).toEqual(windows.z.slice(0, 50));
    expect(again.shift).toEqual(windows.shift.slice(0, 100));
  });
});

describe("counts", { timeout: 60_000 }, () => {
  const { dataset } = simulate("lattice12", { ...scene, dose: 400, noise: 0 });
  const poisson: FitOptions = { ...quick, likelihood: "poisson" };

  test("a pixel below 0 is refused", async () => {
    const negative: Dataset = { ...dataset, data: dataset.data.map((v, i) => (i === 77 ? -3 : v)) };
    await expect(fit(negative, poisson)).rejects.toThrow(NumericsError);
    await expect(fit(negative, poisson)).rejects.toThrow(/no pixel below 0.*-3/);
  });

  test("flat-fielding is refused", async () => {
    await expect(fit(dataset, { ...poisson, normalise: { plane: true } })).rejects.toThrow(ConfigError);
  });

  test("pixels that are binned are summed, as sums of counts are counts", async () => {
    const few: FitOptions = { ...poisson, samples: 100, epochs: 1, restarts: 1 };
    const [fine, coarse] = await Promise.all([1, 2].map((binning) => fit(dataset, { ...few, binning })));
    const ratio = coarse.model.header.core.DATA_MEAN! / fine.model.header.core.DATA_MEAN!;
    expect(Math.abs(ratio - 4)).toBeLessThan(1e-3);
  });
});
