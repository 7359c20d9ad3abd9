import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { momentsR2, perfectScore } from "../bench/science/b3.ts";
import { benchArray, benchFolder } from "../bench/science/bench_data.ts";
import { evaluateLattice12 } from "../bench/science/lattice12.ts";
import { evaluatePeaks2d, evaluateShift1d, shift1dBound } from "../bench/science/peaks.ts";
import { createRng } from "../src/data/rng.ts";
import { ConfigError, NumericsError, ShapeError } from "../src/errors.ts";
import { leastSquares } from "../src/results/least_squares.ts";
import {
  affineFit,
  calibration,
  checkerboard,
  knnR2,
  moranI,
  peakPositionBound,
  phaseR2,
  polynomialR2,
  polynomialTerms,
} from "../src/results/measures.ts";
import { KdTree } from "../src/results/neighbours.ts";
import {
  circularConcentration,
  circularMean,
  circularRms,
  latticePhase,
  latticeScatter,
  latticeSites,
  siteCoverage,
} from "../src/results/phase.ts";

const rng = createRng(5);
const uniforms = (n: number, low = 0, high = 1) => Float64Array.from({ length: n }, () => rng.uniform(low, high));
const normals = (n: number) => Float64Array.from({ length: n }, () => rng.normal());

describe("k-d tree", () => {
  it.each([
    [1, 2, 1],
    [13, 1, 5],
    [500, 2, 30],
    [300, 3, 7],
  ])("finds what a full sort finds: %i points of %i dimensions, %i neighbours", (n, dim, k) => {
    const points = uniforms(n * dim);
    const tree = new KdTree(points, dim);
    for (let trial = 0; trial < 20; trial++) {
      const query = uniforms(dim, -0.2, 1.2);
      const distance = (i: number) => query.reduce((sum, q, d) => sum + (q - points[i * dim + d]) ** 2, 0);
      const sorted = Array.from({ length: n }, (_, i) => i).sort((i, j) => distance(i) - distance(j));
      expect([...tree.nearest(query, k)]).toEqual(sorted.slice(0, k));
    }
  });

  it("gives all points where more are asked for, and copes with many equal ones", () => {
    const tree = new KdTree(new Float64Array(80), 2);
    expect([...tree.nearest([1, 1], 100)].sort((i, j) => i - j)).toEqual(Array.from({ length: 40 }, (_, i) => i));
    expect(() => new KdTree([1, 2, 3], 2)).toThrow(ShapeError);
  });
});

describe("least squares", () => {
  it("solves the normal equations: residuals are orthogonal to every column", () => {
    const [n, k] = [50, 4];
    const design = normals(n * k);
    const target = normals(n);
    const c = leastSquares(design, target, k);
    for (let j = 0; j < k; j++) {
      let dot = 0;
      for (let i = 0; i < n; i++) {
        const fitted = c.reduce((sum, value, m) => sum + value * design[i * k + m], 0);
        dot += (target[i] - fitted) * design[i * k + j];
      }
      expect(dot).toBeCloseTo(0, 10);
    }
  });

  it("leaves out a column that the ones before it make up", () => {
    const x = normals(20);
    const design = Float64Array.from(
      { length: 60 },
      (_, m) => [1, x[Math.floor(m / 3)], 3 - 2 * x[Math.floor(m / 3)]][m % 3],
    );
    const c = leastSquares(
      design,
      x.map((v) => 2 + 5 * v),
      3,
    );
    expect(c[0]).toBeCloseTo(2, 10);
    expect(c[1]).toBeCloseTo(5, 10);
    expect(c[2]).toBe(0);
  });
});

describe("phases", () => {
  it("have a mean across the seam, where the arithmetic mean is wrong", () => {
    expect(circularMean([0.9, 0.95, 0.05, 0.1])).toBeCloseTo(0, 12);
    expect(circularRms([0.9, 0.95, 0.05, 0.1])).toBeCloseTo(Math.sqrt((2 * 0.1 ** 2 + 2 * 0.05 ** 2) / 4), 12);
  });

  it("of normal scatter: concentration exp(−2π²σ²), rms σ", () => {
    const phase = normals(20000).map((x) => 0.8 + 0.07 * x);
    expect(circularConcentration(phase)).toBeCloseTo(Math.exp(-2 * (Math.PI * 0.07) ** 2), 2);
    expect(circularRms(phase)).toBeCloseTo(0.07, 2);
    expect(circularRms(uniforms(20000))).toBeCloseTo(1 / Math.sqrt(12), 2);
  });

  it("are those of the lattice, whole cells away and with any origin", () => {
    const lattice = { a: [10, 3], b: [-4, 9], origin: [2, 5] } as const;
    const at = (u: number, v: number) => [2 + 10 * u - 4 * v, 5 + 3 * u + 9 * v];
    const phase = latticePhase([...at(0.25, 0.5), ...at(7.25, -3.5)], lattice);
    for (const [i, expected] of [0.25, 0.5, 0.25, 0.5].entries()) expect(phase[i]).toBeCloseTo(expected, 12);
    expect(() => latticePhase([0, 0], { a: [1, 2], b: [2, 4] })).toThrow(NumericsError);
  });

  it("scatter in px per axis on an oblique lattice is that of the displacements", () => {
    const lattice = { a: [12, 2], b: [-5, 11] } as const;
    const sites = latticeSites(lattice, 600, 600);
    const noise = normals(sites.length).map((x, i) => x * (i % 2 === 0 ? 0.3 : 0.8));
    const scatter = latticeScatter(
      sites.map((x, i) => x + noise[i] + 4.3),
      lattice,
    );
    for (const k of [0, 1]) {
      const own = noise.filter((_, i) => i % 2 === k);
      const mean = own.reduce((sum, x) => sum + x, 0) / own.length;
      const sd = Math.sqrt(own.reduce((sum, x) => sum + (x - mean) ** 2, 0) / own.length);
      expect(scatter[k] / sd).toBeCloseTo(1, 3);
    }
  });
});

describe("coverage", () => {
  const lattice = { a: [10, 0], b: [0, 20], origin: [5, 5] } as const;
  const sites = latticeSites(lattice, 50, 100);

  it("counts the sites of the field", () => {
    expect(sites.length / 2).toBe(5 * 5);
    expect(latticeSites(lattice, 50, 100, 6).length / 2).toBe(3 * 4);
  });

  it("is the share with exactly one motif: none, two and far ones do not count", () => {
    const motifs = [...sites.map((x) => x + 0.5)];
    expect(siteCoverage(sites, motifs, 2)).toBe(1);
    expect(siteCoverage(sites, motifs.slice(2), 2)).toBeCloseTo(24 / 25, 12);
    expect(siteCoverage(sites, [...motifs, motifs[0], motifs[1]], 2)).toBe(1);
    expect(siteCoverage(sites, motifs, 0.5)).toBe(0);
  });
});

describe("kNN regression", () => {
  const n = 4000;
  const position = uniforms(2 * n, 0, 480);
  const fold = checkerboard(position);

  it("folds are the squares of a checkerboard, negative places too", () => {
    expect([...checkerboard([0, 0, 0, 48, 47, 47, 48, 48, -1, 0])]).toEqual([0, 1, 0, 0, 1]);
  });

  it("recovers a smooth function of the features and nothing from noise", () => {
    const z = uniforms(2 * n, -1, 1);
    const y = Float64Array.from({ length: 2 * n }, (_, m) => {
      const i = m >> 1;
      return m % 2 === 0 ? z[2 * i] + z[2 * i + 1] ** 2 : rng.normal();
    });
    const [known, unknown] = knnR2({ data: z, width: 2 }, { data: y, width: 2 }, fold);
    expect(known).toBeGreaterThan(0.98);
    // 30 neighbours' mean of unit noise adds 1/30.
    expect(unknown).toBeCloseTo(-1 / 30, 1);
    expect(unknown).toBeLessThan(0);
  });

  it("equals 1 − noise variance share where the target is noisy", () => {
    const z = uniforms(n, -1, 1);
    const y = z.map((x) => Math.sqrt(3) * x + rng.normal());
    expect(knnR2({ data: z, width: 1 }, { data: y, width: 1 }, fold)[0]).toBeCloseTo(1 - (1 + 1 / 30) / 2, 1);
  });

  it("predicts only from the other fold", () => {
    const data = Float64Array.from(fold);
    expect(knnR2({ data, width: 1 }, { data, width: 1 }, fold)[0]).toBeLessThan(-2);
  });

  it("reads a phase out of z, and none where z has none", () => {
    const phase = uniforms(2 * n);
    const z = { data: Float64Array.from({ length: n }, (_, i) => phase[2 * i]), width: 1 };
    const [rows, cols] = phaseR2(z, phase, fold);
    expect(rows).toBeGreaterThan(0.98);
    expect(Math.abs(cols)).toBeLessThan(0.06);
  });

  it("names what does not fit", () => {
    const one = { data: new Float64Array(3), width: 1 };
    expect(() => knnR2(one, one, [0, 1])).toThrow(ShapeError);
    expect(() => knnR2(one, one, [0, 1, 1])).toThrow(ConfigError);
  });
});

describe("polynomials", () => {
  it("have (L + d choose d) terms", () => {
    expect(polynomialTerms({ data: normals(30), width: 3 }, 3).width).toBe(20);
    expect(polynomialTerms({ data: normals(30), width: 2 }, 3).width).toBe(10);
  });

  it("of degree 3 explain a cubic with mixed terms whole, of degree 2 not", () => {
    const z = { data: normals(1000), width: 2 };
    const y = Float64Array.from({ length: 500 }, (_, i) => 1 + z.data[2 * i] ** 2 * z.data[2 * i + 1]);
    expect(polynomialR2(z, y, 3)).toBeCloseTo(1, 10);
    expect(polynomialR2(z, y, 2)).toBeLessThan(0.7);
  });
});

describe("calibration, bounds, fits", () => {
  it("of errors drawn with their σ: rms 1, 68.3 % within", () => {
    const sd = uniforms(20000, 0.1, 3);
    const error = normals(20000).map((x, i) => x * sd[i]);
    const result = calibration(error, sd);
    expect(result.rms).toBeCloseTo(1, 1);
    expect(result.within).toBeCloseTo(0.6827, 1);
    expect(
      calibration(
        error,
        sd.map((s) => 2 * s),
      ).rms,
    ).toBeCloseTo(result.rms / 2, 12);
    expect(() => calibration([1], [0])).toThrow(NumericsError);
  });

  it("of a finely sampled peak is noise·√(2s·step/√π)", () => {
    const step = 0.05;
    const x = Float64Array.from({ length: 1000 }, (_, p) => (p - 500) * step);
    expect(peakPositionBound(x, 0.3, 1.7, 0.1)).toBeCloseTo(0.1 * Math.sqrt((2 * 1.7 * step) / Math.sqrt(Math.PI)), 8);
  });

  it("affine fit finds slope, offset and what is left", () => {
    const estimate = normals(2000);
    const truth = estimate.map((x) => 2 * x - 3 + 0.1 * rng.normal());
    const { slope, offset, rmse, residual } = affineFit(estimate, truth);
    expect(slope).toBeCloseTo(2, 1);
    expect(offset).toBeCloseTo(-3, 1);
    expect(rmse).toBeCloseTo(0.1, 1);
    expect(residual[7]).toBeCloseTo(slope * estimate[7] + offset - truth[7], 12);
  });
});

describe("Moran's I", () => {
  const side = 30;
  const grid = Float64Array.from({ length: 2 * side * side }, (_, m) =>
    m % 2 === 0 ? Math.floor(m / 2 / side) : (m >> 1) % side,
  );
  const values = (f: (row: number, col: number) => number) =>
    Float64Array.from({ length: side * side }, (_, i) => f(grid[2 * i], grid[2 * i + 1]));

  it("is near 1 for a smooth map, negative for a checkerboard, about 0 for noise", () => {
    expect(
      moranI(
        values((r, c) => Math.sin((r + c) / 10)),
        grid,
      ),
    ).toBeGreaterThan(0.95);
    expect(
      moranI(
        values((r, c) => (r + c) % 2),
        grid,
      ),
    ).toBeLessThan(-0.85);
    expect(Math.abs(moranI(normals(side * side), grid))).toBeLessThan(0.1);
  });

  it("of a line of four, by hand", () => {
    // Nearest neighbour of each (k = 1): 1→0, 0→1, 2→3, 3→2; deviations −1.5 −0.5 0.5 1.5.
    const line = [0, 0, 0, 1, 0, 3, 0, 4];
    expect(moranI([1, 2, 3, 4], line, 1)).toBeCloseTo((2 * 0.75 + 2 * 0.75) / 5, 12);
  });
});

describe.skipIf(!existsSync(benchFolder()))("benchmarks with known truth (skipped where their data are absent)", () => {
  it("B3: the truth scores as the truth, and tells nothing of the phase", async () => {
    const { shiftRms, r2, leak, windows } = await perfectScore();
    expect(windows).toBe(10000);
    expect(Math.max(...shiftRms)).toBeLessThan(1e-9);
    expect(Math.min(...r2)).toBeGreaterThan(0.998);
    expect(Math.max(...leak)).toBeLessThan(0.02);
  });

  it("B3: brightness alone predicts the polarization in the raw image, not in the flat one", async () => {
    const [rawX, rawY] = await momentsR2("domains_image");
    expect(Math.abs(rawX - 0.63)).toBeLessThan(0.05);
    expect(Math.abs(rawY - 0.53)).toBeLessThan(0.05);
    for (const r2 of await momentsR2("domains_flat_image")) expect(Math.abs(r2)).toBeLessThan(0.05);
  });

  it("B2: true positions have no scatter and carry u", () => {
    const n = 3000;
    const centre = uniforms(2 * n, 16, 496);
    const shift = centre.map((x) => 12 * Math.round(x / 12) - x);
    // As uncertain as the bound allows, 0.067 of 1.2 px: without noise z would tell the column, and with it the phase.
    const noise = normals(n);
    const z = noise.map((x, i) => Math.sin((2 * Math.PI * centre[2 * i + 1]) / 256) + (0.067 / 1.2) * x);
    const score = evaluateLattice12({ centre, shift, z, zSd: new Float64Array(n), latentDim: 1 });
    expect(Math.max(...score.shiftRms)).toBeLessThan(1e-9);
    expect(Math.min(...score.concentration)).toBeCloseTo(1, 12);
    expect(score.r2).toBeCloseTo(0.994, 2);
    expect(Math.max(...score.leak)).toBeLessThan(0.05);
  });

  it("B1: the bound over the set is 0.0500, and an affine image of the truth is no error", async () => {
    expect(await shift1dBound()).toBeCloseTo(0.05, 3);
    const mu = Float64Array.from(await benchArray("shift1d_mu"));
    const z = Float64Array.from(await benchArray("shift1d_sigma"));
    const error = normals(mu.length).map((x) => 0.2 * x);
    const score = await evaluateShift1d({
      shift: mu.map((m, i) => (m + error[i]) / 2 + 1),
      shiftSd: new Float64Array(mu.length).fill(0.1),
      z,
      zSd: new Float64Array(mu.length),
      latentDim: 1,
    });
    expect(score.slope).toBeCloseTo(2, 1);
    expect(score.rmse).toBeCloseTo(0.2, 1);
    expect(score.calibration.rms).toBeCloseTo(1, 1);
    expect(score.r2).toBeCloseTo(1, 8);
    expect(score.leak).toBeLessThan(0.01);
  });

  it("B4: axes are matched (the truth is x first, shifts are row first)", async () => {
    const truth = await benchArray("peaks2d_shift");
    const z = Float64Array.from(await benchArray("peaks2d_width"));
    const shift = Float64Array.from(truth, (_, i) => truth[i ^ 1]);
    const fit = { shift, z, zSd: new Float64Array(z.length), latentDim: 2 };
    const score = await evaluatePeaks2d(fit);
    expect(Math.max(...score.shiftRms)).toBeLessThan(1e-6);
    expect(Math.min(...score.r2)).toBeGreaterThan(0.99);
    expect((await evaluatePeaks2d({ ...fit, shift: Float64Array.from(truth) })).shiftRms[0]).toBeGreaterThan(3);
  });
});
