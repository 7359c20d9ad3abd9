import { describe, expect, it } from "vitest";
import { simulate } from "../src/data/simulate.ts";
import { strongestFrequencies } from "../src/fit/lattice_phase.ts";
import { type FitOptions, fit, Model } from "../src/index.ts";

/** Two domains with their wall; the truth's drift is small against what is asked for. */
const { dataset, truth } = simulate("ferroelectric", { rows: 192, cols: 192, seed: 2, drift: 0, jitter: 0 });
const quick: FitOptions = { pose: "amortised", samples: 2000, epochs: 4, seed: 3, threads: 1 };
const fitted = fit(dataset, quick);

describe("a fit with the pose from the lattice's phase", { timeout: 60_000 }, () => {
  it("finds the motifs without a search", async () => {
    const { lattice, motifs, windows } = await fitted;
    expect(lattice?.coverage).toBeGreaterThan(0.95);
    const sites = truth.arrays.motif_position.data as Float64Array;
    // A motif is anywhere in the cell, but everywhere the same: its offset to the nearest A column.
    const offsets = Array.from({ length: motifs.count }, (_, i) => {
      const at = motifs.position.subarray(2 * i, 2 * i + 2);
      let best = [0, 0, Number.POSITIVE_INFINITY];
      for (let k = 0; k < sites.length; k += 2) {
        const d = [sites[k] - at[0], sites[k + 1] - at[1]];
        if (Math.hypot(d[0], d[1]) < best[2]) best = [...d, Math.hypot(d[0], d[1])];
      }
      return best;
    });
    for (const axis of [0, 1]) {
      const angles = offsets.map((d) => (2 * Math.PI * d[axis]) / 15.7);
      const mean = (f: (x: number) => number) => angles.reduce((sum, a) => sum + f(a), 0) / angles.length;
      const rms = (15.7 / (2 * Math.PI)) * Math.sqrt(-2 * Math.log(Math.hypot(mean(Math.cos), mean(Math.sin))));
      expect(rms, `axis ${axis}`).toBeLessThan(0.35);
    }
    expect(windows.shiftSd.every((sd) => sd > 0 && sd < 1)).toBe(true);
  });

  it("gives the same bits with two threads, and from a model that was saved", async () => {
    const short = { ...quick, samples: 600, epochs: 1 };
    const [one, two] = [await fit(dataset, short), await fit(dataset, { ...short, threads: 2 })];
    expect(two.model.parameters).toEqual(one.model.parameters);
    expect(two.windows.shift).toEqual(one.windows.shift);
    const again = await Model.fromBytes(one.model.toBytes()).encode(dataset, { centres: one.windows.centre });
    expect(again.shift).toEqual(one.windows.shift);
    expect(again.z).toEqual(one.windows.z);
  });

  it("refuses what it cannot have", async () => {
    const refused = (options: FitOptions, message: RegExp) => expect(fit(dataset, options)).rejects.toThrow(message);
    await refused({ ...quick, rotation: true }, /rotation: expected only with the exact pose/);
    await refused({ ...quick, smooth: 1 }, /smooth: expected only with the exact pose/);
    await refused({ ...quick, templates: 3 }, /templates: expected 1 with the amortised pose, got 3/);
    await refused({ pose: "learned" as "exact" }, /pose: expected one of exact, amortised, got learned/);
    const noise = { ...dataset, data: dataset.data.map((_, i) => Math.sin(i * i * 0.37)) };
    await expect(fit(noise, quick)).rejects.toThrow(/pose: expected exact, got amortised: the image does not repeat/);
  });
});

describe("the two frequencies", () => {
  it("are strong ones whose waves repeat by the lattice alone", () => {
    const [rows, cols] = [96, 96];
    const wave = (h: number, k: number, r: number, c: number) => Math.cos((2 * Math.PI * (h * r + k * c)) / 12);
    const data = Float32Array.from({ length: rows * cols }, (_, i) => {
      const [r, c] = [Math.floor(i / cols), i % cols];
      return 0.1 * wave(1, 0, r, c) + wave(0, 1, r, c) + 2 * wave(1, 1, r, c);
    });
    const pair = strongestFrequencies({ rows, cols, data }, 24, [12, 0], [0, 12]).map((f) =>
      f.map((v) => Math.round(12 * v)),
    );
    expect(pair).toEqual([
      [0, 1],
      [1, 1],
    ]);
  });
});
