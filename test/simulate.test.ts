import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { simulateCommand, writeSimulation } from "../src/cli/simulate.ts";
import { shapeOf } from "../src/data/dataset.ts";
import { createRng, logGamma } from "../src/data/rng.ts";
import {
  fisherInformation,
  gaussianVariance,
  lattice12Bound,
  poissonVariance,
  shiftBound,
} from "../src/data/simulate/bound.ts";
import { simulate, simulationKinds } from "../src/data/simulate.ts";
import { ConfigError, FormatError, NumericsError } from "../src/errors.ts";
import { readDataset } from "../src/formats/registry.ts";
import { peakPositionBound } from "../src/results/measures.ts";

const small = (name: string): Record<string, number> =>
  name.startsWith("peaks") ? { samples: 50 } : { rows: 96, cols: 128 };

describe("random numbers", () => {
  it("are fixed by the seed", () => {
    const draw = (seed: number) => {
      const rng = createRng(seed);
      return Array.from({ length: 5 }, () => rng.uniform());
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
    expect(() => createRng(-1)).toThrow(ConfigError);
    expect(() => createRng(0.5)).toThrow(ConfigError);
  });

  it("uniform and normal have their moments", () => {
    const rng = createRng(3);
    const n = 100_000;
    const moment = (draw: () => number, k: number) => {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += draw() ** k;
      return sum / n;
    };
    // Five standard errors of each moment.
    expect(Math.abs(moment(() => rng.uniform(), 1) - 1 / 2)).toBeLessThan(0.005);
    expect(Math.abs(moment(() => rng.uniform(), 2) - 1 / 3)).toBeLessThan(0.005);
    expect(Math.abs(moment(rng.normal, 1))).toBeLessThan(0.016);
    expect(Math.abs(moment(rng.normal, 2) - 1)).toBeLessThan(0.023);
    expect(Math.abs(moment(rng.normal, 4) - 3)).toBeLessThan(0.16);
  });

  it.each([0.3, 4, 9.9, 10.1, 60, 5000])("Poisson of mean %d has the probabilities of its formula", (mean) => {
    const rng = createRng(11);
    const n = 40_000;
    const counts = new Map<number, number>();
    for (let i = 0; i < n; i++) {
      const k = rng.poisson(mean);
      counts.set(k, (counts.get(k) ?? 0) + 1);
    }
    let [chi2, cells] = [0, 0];
    const reach = 4 * Math.sqrt(mean) + 2;
    for (let k = Math.max(0, Math.ceil(mean - reach)); k <= mean + reach; k++) {
      const expected = n * Math.exp(k * Math.log(mean) - mean - logGamma(k + 1));
      if (expected < 8) continue;
      chi2 += ((counts.get(k) ?? 0) - expected) ** 2 / expected;
      cells++;
    }
    expect(chi2).toBeLessThan(cells + 5 * Math.sqrt(2 * cells));
  });

  it("ln Γ is that of factorials", () => {
    for (const k of [1, 2, 5, 20]) {
      const factorial = Array.from({ length: k - 1 }, (_, i) => i + 1).reduce((product, i) => product * i, 1);
      expect(logGamma(k)).toBeCloseTo(Math.log(factorial), 10);
    }
  });
});

describe("every kind", () => {
  it.each(simulationKinds.map(({ name }) => name))("%s: finite, repeatable, shapes agree, seed matters", (name) => {
    const one = simulate(name, small(name));
    expect(one.dataset.data.length).toBe(shapeOf(one.dataset).reduce((product, size) => product * size, 1));
    expect(one.dataset.data.every(Number.isFinite)).toBe(true);
    expect(new Set(one.dataset.data).size).toBeGreaterThan(10);
    for (const { data, shape } of Object.values(one.truth.arrays)) {
      expect(data.length).toBe(shape.reduce((product, size) => product * size, 1));
    }
    const { motif_position: motifs, order_parameter: order } = one.truth.arrays;
    if (motifs) {
      expect(order.shape[0]).toBe(motifs.shape[0]);
      expect(motifs.shape[0]).toBeGreaterThan(30);
    }
    expect(simulate(name, small(name)).dataset.data).toEqual(one.dataset.data);
    expect(simulate(name, { ...small(name), seed: 1 }).dataset.data).not.toEqual(one.dataset.data);
  });

  it("refuses what it does not know, by name", () => {
    expect(() => simulate("graphene")).toThrow(/expected one of ferroelectric.*graphene/);
    expect(() => simulate("lattice12", { misorientation: 3 })).toThrow(/lattice12: unknown option misorientation/);
    expect(() => simulate("lattice12", { rows: 20.5 })).toThrow(/rows: expected an integer/);
    expect(() => simulate("lattice12", { jitter: Number.NaN })).toThrow(ConfigError);
    expect(() => simulate("peaks1d", { widthMin: 6 })).toThrow(/widthMin/);
  });
});

/** Least-squares position of the brightest Gaussian-like spot near (row, col): centroid of intensity above a threshold. */
function centroid(data: Float32Array, cols: number, row: number, col: number, reach: number): [number, number] {
  const [r0, c0] = [Math.round(row), Math.round(col)];
  let [sum, rows, columns] = [0, 0, 0];
  for (let pass = 0, at = [row, col]; pass < 8; pass++) {
    [sum, rows, columns] = [0, 0, 0];
    for (let r = r0 - reach; r <= r0 + reach; r++) {
      for (let c = c0 - reach; c <= c0 + reach; c++) {
        const weight = data[r * cols + c] * Math.exp(-0.5 * ((r - at[0]) ** 2 + (c - at[1]) ** 2));
        sum += weight;
        rows += weight * r;
        columns += weight * c;
      }
    }
    // A Gaussian weight of width 1 moves 1/(1 + s²) of the way from its centre to the peak: step the rest.
    at = [at[0] + 3 * (rows / sum - at[0]), at[1] + 3 * (columns / sum - at[1])];
    rows = at[0] * sum;
    columns = at[1] * sum;
  }
  return [rows / sum, columns / sum];
}

describe("truth", () => {
  const clean = { rows: 128, cols: 160, jitter: 0, noise: 0, dose: 0 };
  const still = { rows: 256, cols: 256, drift: 0, jitter: 0, noise: 0 };

  it.each([
    ["ferroelectric", { gradient: 0, drift: 6 }],
    ["lattice12", { drift: 6 }],
    ["hexagonal", { drift: 6 }],
  ])("%s: atoms stand where the image is brightest, drift included", (kind, more) => {
    const { dataset, truth } = simulate(kind, { ...clean, ...more });
    const { data } = truth.arrays.motif_position;
    let [checked, worst] = [0, 0];
    for (let i = 0; i < data.length; i += 2) {
      const [row, col] = [Number(data[i]), Number(data[i + 1])];
      if (row < 10 || col < 10 || row > 117 || col > 149) continue;
      const [r, c] = centroid(dataset.data, 160, row, col, 4);
      worst = Math.max(worst, Math.hypot(r - row, c - col));
      checked++;
    }
    expect(checked).toBeGreaterThan(40);
    // Neighbouring columns and the distortion of a column by drift pull by a few hundredths of a pixel.
    expect(worst).toBeLessThan(0.15);
  });

  it("ferroelectric: B columns are off their cells' centres by the polarization, at most 1.5 px", () => {
    const { truth } = simulate("ferroelectric", { ...clean, drift: 0 });
    const { atom_position: atoms, atom_species: species, order_parameter: order } = truth.arrays;
    const offsets: number[] = [];
    for (let i = 0; i < species.data.length; i++) {
      if (Number(species.data[i]) !== 1) continue;
      const off = [0, 1].map((k) => {
        const cell = Number(atoms.data[2 * i + k]) / 15.7 - 0.5;
        return 15.7 * (cell - Math.round(cell));
      });
      offsets.push(Math.hypot(...off));
    }
    expect(Math.max(...offsets)).toBeLessThanOrEqual(1.5 + 1e-9);
    expect(Math.max(...offsets)).toBeGreaterThan(1);
    const x = Array.from(order.data, Number).filter((_, m) => m % 2 === 1);
    expect(Math.min(...x)).toBeLessThan(-0.3);
    expect(Math.max(...x)).toBeGreaterThan(0.3);
  });

  it("hexagonal: vacancies are dark, and each takes a neighbour from three metal columns", () => {
    const { dataset, truth } = simulate("hexagonal", { ...clean, rows: 256, cols: 256, vacancies: 0.05 });
    const { vacancy_position: gone, atom_position: atoms, atom_species: species } = truth.arrays;
    const at = (data: ArrayLike<unknown>, i: number) =>
      dataset.data[Math.round(Number(data[2 * i])) * 256 + Math.round(Number(data[2 * i + 1]))];
    const dark = Array.from({ length: gone.shape[0] }, (_, i) => at(gone.data, i));
    const bright = Array.from({ length: atoms.shape[0] }, (_, i) => i).map((i) => at(atoms.data, i));
    expect(dark.length).toBeGreaterThan(5);
    expect(Math.max(...dark)).toBeLessThan(0.4 * Math.min(...bright));
    const anions = Array.from(species.data, Number).filter((s) => s === 1).length;
    expect(gone.shape[0] / (gone.shape[0] + anions)).toBeCloseTo(0.05, 1);
    const missing = Array.from(truth.arrays.order_parameter.data, Number).reduce((sum, k) => sum + k, 0);
    expect(missing / gone.shape[0]).toBeGreaterThan(2.3);
    expect(missing / gone.shape[0]).toBeLessThan(3.4);
  });

  it("grain-boundary: two angles, one on each side, no two atoms nearer than 0.7 bonds", () => {
    const { truth } = simulate("grain-boundary", { ...clean, rows: 200, cols: 200 });
    const { motif_position: position, motif_angle: angle, atom_position: atoms } = truth.arrays;
    const sides = new Map<number, number[]>();
    for (let i = 0; i < angle.data.length; i++) {
      const list = sides.get(Number(angle.data[i])) ?? [];
      sides.set(Number(angle.data[i]), list.concat(Number(position.data[2 * i + 1])));
    }
    expect([...sides.keys()].sort((x, y) => x - y)).toEqual([10, 32]);
    expect(Math.max(...(sides.get(10) ?? []))).toBeLessThan(115);
    expect(Math.min(...(sides.get(32) ?? []))).toBeGreaterThan(85);
    let nearest = Number.POSITIVE_INFINITY;
    for (let i = 0; i < atoms.shape[0]; i++) {
      for (let j = 0; j < i; j++) {
        const d = [0, 1].map((k) => Number(atoms.data[2 * i + k]) - Number(atoms.data[2 * j + k]));
        nearest = Math.min(nearest, Math.hypot(...d));
      }
    }
    expect(nearest).toBeGreaterThanOrEqual((0.7 * 15.8) / Math.sqrt(3) - 1e-6);
  });

  it("grains: six dim columns about each motif, turned by its angle, dim·(1 + u) bright", () => {
    const { dataset, truth } = simulate("grains", { ...clean, rows: 200, cols: 200 });
    const { motif_position: position, motif_angle: angle, motif_grain: grain, order_parameter: order } = truth.arrays;
    expect(new Set(Array.from(grain.data, Number))).toEqual(new Set([0, 1]));
    const at = (r: number, c: number) => dataset.data[Math.round(r) * 200 + Math.round(c)];
    let seen = 0;
    for (let i = 0; i < angle.data.length; i++) {
      const [r, c, u] = [position.data[2 * i], position.data[2 * i + 1], order.data[i]].map(Number);
      expect(Number(angle.data[i])).toBe(Number(grain.data[i]) === 0 ? 10 : 32);
      expect(u).toBeCloseTo(0.6 * Math.sin((2 * Math.PI * r) / 170), 9);
      if (Math.min(r, c, 199 - r, 199 - c, Math.abs(c - 100) - 20) < 14) continue;
      seen++;
      for (let k = 0; k < 6; k++) {
        const direction = ((Number(angle.data[i]) + 30 + 60 * k) * Math.PI) / 180;
        const bond = 15.8 / Math.sqrt(3);
        const [dimRow, dimCol] = [r + bond * Math.cos(direction), c + bond * Math.sin(direction)];
        const expected = 0.35 * (1 + 0.6 * Math.sin((2 * Math.PI * dimRow) / 170));
        // At a whole pixel, up to 0.71 px off the maximum of a Gaussian of 2 px.
        expect(at(dimRow, dimCol)).toBeGreaterThan(0.93 * expected - 0.01);
        expect(at(dimRow, dimCol)).toBeLessThan(expected + 0.01);
      }
    }
    expect(seen).toBeGreaterThan(20);
  });

  it("graphite-step: motifs are local maxima far from the step, terraces differ by 0.3355 nm", () => {
    const options = { ...still, tilt: 0, wave: 0 };
    const { dataset, truth } = simulate("graphite-step", options);
    const { motif_position: position, order_parameter: order } = truth.arrays;
    const mean = [0, 0];
    const count = [0, 0];
    for (let i = 0; i < position.shape[0]; i++) {
      const [r, c] = [Math.round(Number(position.data[2 * i])), Math.round(Number(position.data[2 * i + 1]))];
      const distance = Number(order.data[2 * i + 1]);
      if (Math.abs(distance) < 20 || r < 4 || c < 4 || r > 251 || c > 251) continue;
      const here = dataset.data[r * 256 + c];
      for (const [dr, dc] of [
        [3, 0],
        [-3, 0],
        [0, 3],
        [0, -3],
      ]) {
        expect(here).toBeGreaterThan(dataset.data[(r + dr) * 256 + c + dc]);
      }
      mean[distance > 0 ? 1 : 0] += here;
      count[distance > 0 ? 1 : 0]++;
    }
    expect(mean[1] / count[1] - mean[0] / count[0]).toBeCloseTo(0.3355, 3);
  });

  it("graphite-step: the standing wave triples the cell and decays from the step", () => {
    const options = { ...still, tilt: 0 };
    const [withWave, without] = [0.012, 0].map((wave) => simulate("graphite-step", { ...options, wave }).dataset.data);
    const wave = withWave.map((value, i) => value - without[i]);
    const lattice = simulate("graphite-step", options).truth.facts.lattices as { a: number[] }[];
    const at = (r: number, c: number) => wave[Math.round(r) * 256 + Math.round(c)];
    const [r, c, a] = [120, 140, lattice[1].a];
    let [one, three] = [0, 0];
    for (let k = -20; k <= 20; k++) {
      const here = at(r + k, c);
      one = Math.max(one, Math.abs(here - at(r + k + a[0], c + a[1])));
      three = Math.max(three, Math.abs(here - at(r + k + 3 * a[0], c + 3 * a[1])));
    }
    expect(three).toBeLessThan(0.5 * one);

    const rms = [10, 110].map((distance) => {
      // Columns at this distance from the step, which crosses row 128 at a third of the width.
      const from = Math.round(256 / 3 + distance);
      const patch = Array.from({ length: 900 }, (_, i) => at(113 + Math.floor(i / 30), from + (i % 30)));
      return Math.sqrt(patch.reduce((sum, v) => sum + v * v, 0) / patch.length);
    });
    // One decay length apart; the patches see other parts of the pattern.
    expect(rms[1] / rms[0]).toBeGreaterThan(0.3);
    expect(rms[1] / rms[0]).toBeLessThan(0.45);
  });

  it("jitter moves each row by what the truth says", () => {
    const options = { ...still, displacement: 0, jitter: 0.2 };
    const { dataset, truth } = simulate("lattice12", options);
    const clean = simulate("lattice12", { ...options, jitter: 0 }).dataset.data;
    const jitter = truth.arrays.jitter.data;
    let [worst, squares] = [0, 0];
    for (let r = 0; r < 256; r += 12) {
      // Least squares through the derivative of the clean row.
      let [along, across] = [0, 0];
      for (let c = 1; c < 255; c++) {
        const slope = (clean[r * 256 + c + 1] - clean[r * 256 + c - 1]) / 2;
        along += slope * (dataset.data[r * 256 + c] - clean[r * 256 + c]);
        across += slope * slope;
      }
      worst = Math.max(worst, Math.abs(along / across - Number(jitter[r])));
    }
    for (const value of jitter) squares += Number(value) ** 2;
    expect(worst).toBeLessThan(0.05);
    expect(Math.sqrt(squares / 256)).toBeCloseTo(0.2, 1);
  });

  it("shot noise: variance equals the mean, and the dose is the counts of an A column", () => {
    const options = { ...clean, dose: 5000, rows: 120, cols: 120 };
    const draws = Array.from({ length: 60 }, (_, seed) => simulate("lattice12", { ...options, seed }).dataset.data);
    const noiseless = simulate("lattice12", { ...options, dose: 0 }).dataset.data;
    const unit = 5000 / (2 * Math.PI * 4);
    let [ratio, relative] = [0, 0];
    for (let p = 0; p < noiseless.length; p++) {
      const mean = draws.reduce((sum, d) => sum + d[p], 0) / draws.length;
      ratio += mean / (unit * noiseless[p]) / noiseless.length;
      const variance = draws.reduce((sum, d) => sum + (d[p] - mean) ** 2, 0) / (draws.length - 1);
      relative += variance / (unit * noiseless[p]) / noiseless.length;
    }
    expect(ratio).toBeCloseTo(1, 2);
    expect(relative).toBeCloseTo(1, 1);
  });
});

describe("bounds", () => {
  const x = Float64Array.from({ length: 100 }, (_, p) => -12 + (24 / 99) * p);
  const peak = ([mu, width]: Iterable<number>) => x.map((v) => Math.exp(-0.5 * ((v - mu) / width) ** 2));

  it("of a peak's position are the closed form, whether or not the width is known", () => {
    const known = shiftBound((theta) => peak([theta[0], 1.3]), [0.4], gaussianVariance(0.05))[0];
    expect(known).toBeCloseTo(peakPositionBound(x, 0.4, 1.3, 0.05), 7);
    expect(shiftBound(peak, [0.4, 1.3], gaussianVariance(0.05))[0]).toBeCloseTo(known, 5);
  });

  it("of a mean of counts is √(mean/n)", () => {
    expect(shiftBound(([m]) => new Float64Array(25).fill(m), [9], poissonVariance)[0]).toBeCloseTo(3 / 5, 8);
    expect(fisherInformation(([m]) => Float64Array.of(m, 2 * m), [4], gaussianVariance(2))[0]).toBeCloseTo(5 / 4, 8);
  });

  it("of a lattice12 window are those known: 0.031 px for the shift, 0.067 px for u", () => {
    const [, col, u] = lattice12Bound({ windowSize: 16, lattice: 12, background: 0, dose: 0, noise: 0.05 });
    expect(col).toBeCloseTo(0.031, 3);
    expect(u).toBeCloseTo(0.067, 3);
  });

  it("fall with the square root of the dose", () => {
    const at = (dose: number) => lattice12Bound({ windowSize: 16, lattice: 12, background: 0.1, dose, noise: 0 }, 3)[0];
    expect(at(100) / at(10_000)).toBeCloseTo(10, 6);
  });

  it("say where nothing is determined", () => {
    const flat = () => new Float64Array(10).fill(3);
    expect(() => shiftBound(flat, [0], gaussianVariance(1))).toThrow(NumericsError);
    const twice = ([a, b]: Float64Array) => x.map((v) => (a + b) * v);
    expect(() => shiftBound(twice, [1, 2], gaussianVariance(1))).toThrow(/parameter 1 is not determined/);
    expect(() => lattice12Bound({ windowSize: 8, lattice: 12, background: 0, dose: 0, noise: 0 })).toThrow(ConfigError);
  });
});

describe("the command", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "shift-vae-simulate-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("writes an array, its facts and its truth", async () => {
    const out = join(folder, "l.npy");
    const flags = ["lattice12", "-o", out, "--size", "96", "--seed", "4", "--noise", "0.1", "--set", "lattice=11.5"];
    await simulateCommand().parseAsync(flags, { from: "user" });
    const expected = simulate("lattice12", { rows: 96, cols: 96, seed: 4, noise: 0.1, lattice: 11.5 });
    expect((await readDataset(out)).data).toEqual(expected.dataset.data);
    const facts = JSON.parse(await readFile(join(folder, "l.truth.json"), "utf8"));
    expect(facts.options).toEqual(expected.options);
    expect(facts.lattice.a).toEqual([11.5, 0]);
    expect(facts.arrays.motif_position).toEqual(expected.truth.arrays.motif_position.shape);
    const truth = await readDataset(join(folder, "l.truth.npz"), { dataset: "motif_position" });
    expect(truth.data).toEqual(Float32Array.from(expected.truth.arrays.motif_position.data, Number));
  });

  it("writes 16-bit gray whose scale gives the counts back", async () => {
    const out = join(folder, "f.png");
    const simulation = simulate("ferroelectric", { rows: 64, cols: 80 });
    await writeSimulation(simulation, out);
    const bytes = await readFile(out);
    expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20), bytes[24], bytes[25]]).toEqual([80, 64, 16, 0]);
    const { scaling } = JSON.parse(await readFile(join(folder, "f.truth.json"), "utf8"));
    const { PNG } = await import("pngjs");
    const { data } = PNG.sync.read(bytes, { skipRescale: true });
    // pngjs gives 16-bit samples, four a pixel, whatever its types say.
    const gray = Uint16Array.from(data);
    const back = simulation.dataset.data.map((_, i) => Math.round(scaling.offset + scaling.scale * gray[4 * i]));
    expect(back).toEqual(simulation.dataset.data);
  });

  it("names a wrong flag, kind or file", async () => {
    const run = (...flags: string[]) => simulateCommand().parseAsync(flags, { from: "user" });
    await expect(run("lattice12", "-o", join(folder, "x.gif"))).rejects.toThrow(FormatError);
    await expect(run("peaks1d", "-o", join(folder, "x.png"), "--set", "samples=10")).rejects.toThrow(FormatError);
    await expect(run("peaks1d", "-o", join(folder, "x.npy"), "--size", "10")).rejects.toThrow(/--size/);
    await expect(run("lattice12", "-o", join(folder, "x.npy"), "--set", "noise")).rejects.toThrow(/name=value/);
    await expect(run("lattice12", "-o", join(folder, "x.npy"), "--seed", "one")).rejects.toThrow(
      /--seed: expected a number, got "one"/,
    );
  });
});
