import { describe, expect, test } from "vitest";
import { simulate } from "../src/data/simulate.ts";
import { FitAborted, readCheckpoint } from "../src/fit/checkpoint.ts";
import type { LatentCondition } from "../src/fit/options.ts";
import { fit } from "../src/fit.ts";

/** Few counts, so that neighbours' latents differ by noise. */
const { dataset } = simulate("ferroelectric", { rows: 128, cols: 128, dose: 100, seed: 4 });
const LATTICE = 15.7;
const quick = { samples: 960, epochs: 2, restarts: 1, templates: 1, threads: 1, reproducible: true };
const nothing: LatentCondition = (latents) => ({ penalty: 0, gradient: new Float32Array(latents.length) });

describe("conditions on neighbouring motifs", { timeout: 60_000 }, () => {
  test.each([["smooth"], ["tv"]] as const)("%s makes neighbours agree, and says what it costs", async (name) => {
    const cost = async (weight: number) => {
      const { metrics, config } = await fit(dataset, { ...quick, [name]: weight });
      expect(config[name]).toBe(weight);
      return (metrics.penalty as number) / weight;
    };
    const [free, held] = [await cost(0.01), await cost(10)];
    expect(held).toBeGreaterThan(0);
    expect(held).toBeLessThan(0.5 * free);
  });

  test("the caller's function sees latents, motifs in pixels of the input and who neighbours whom", async () => {
    let calls = 0;
    const condition: LatentCondition = (latents, positions, neighbours) => {
      calls++;
      expect(latents.length).toBe(2 * 30);
      expect(positions.length).toBe(2 * 30);
      expect(positions.every((v) => v > -LATTICE && v < 128 + LATTICE)).toBe(true);
      expect(neighbours.length).toBeGreaterThan(20);
      for (let p = 0; p < neighbours.length; p += 2) {
        const [i, j] = [neighbours[p], neighbours[p + 1]];
        const apart = Math.hypot(positions[2 * i] - positions[2 * j], positions[2 * i + 1] - positions[2 * j + 1]);
        expect(Math.abs(apart / LATTICE - 1)).toBeLessThan(0.35);
      }
      return { penalty: 7, gradient: new Float32Array(60) };
    };
    expect((await fit(dataset, { ...quick, epochs: 0.1 })).metrics.penalty).toBeUndefined();
    const { metrics, config } = await fit(dataset, { ...quick, batch: 30, epochs: 1, binning: 2, condition });
    expect(calls).toBe(32);
    expect(metrics.penalty).toBeGreaterThan(4);
    expect(metrics.penalty).toBeLessThan(7);
    expect(config.condition).toBe("a function of the caller");
  });

  test("a function that pulls every latent to a value gets it there", async () => {
    const pull: LatentCondition = (latents) => ({
      penalty: latents.reduce((sum, z) => sum + (z - 1.5) ** 2, 0),
      gradient: latents.map((z) => 2 * (z - 1.5)),
    });
    const { model, metrics } = await fit(dataset, { ...quick, condition: pull });
    // 96 latents: the mean square distance of the encoder's outputs.
    expect((metrics.penalty as number) / 96).toBeLessThan(0.3);
    expect(model.latentDim).toBe(2);
  });

  test("goes on after an abort to the same bits, with the same function and not without", async () => {
    const wanted = { ...quick, epochs: 1, smooth: 0.5 };
    const odd: LatentCondition = (latents) => ({
      penalty: latents.reduce((sum, z) => sum + Math.sin(z), 0),
      gradient: latents.map(Math.cos),
    });
    const whole = await fit(dataset, { ...wanted, condition: odd });
    const abort = new AbortController();
    let calls = 0;
    const stopping: LatentCondition = (...batch) => {
      if (++calls === 9) abort.abort();
      return odd(...batch);
    };
    const error = await fit(dataset, { ...wanted, condition: stopping }, { signal: abort.signal }).catch((e) => e);
    expect(error).toBeInstanceOf(FitAborted);
    const resume = readCheckpoint(error.checkpoint, "checkpoint");
    const gone = await fit(dataset, { threads: 1, condition: odd }, { resume });
    expect(gone.model.parameters).toEqual(whole.model.parameters);
    await expect(fit(dataset, { threads: 1 }, { resume })).rejects.toThrow(
      "condition: expected the function that the fit began with, got none",
    );
  });

  test("what cannot be is refused in the option's name", async () => {
    const refused = async (options: object, message: string, data = dataset) =>
      await expect(fit(data, { ...quick, ...options })).rejects.toThrow(message);
    await refused({ smooth: -1 }, "smooth: expected a number from 0 to 1000000, got -1");
    await refused({ tv: Number.NaN }, "tv: expected a number from 0 to 1000000, got NaN");
    await refused({ condition: 3 }, "condition: expected a function, got number");
    const wrong = (gradient: number[], penalty = 0) => ({ condition: () => ({ penalty, gradient }) });
    await refused(wrong([1, 2]), "condition: expected a gradient of 96 numbers, 48 windows × 2 latents, got 2");
    await refused(wrong([...new Array(95).fill(0), Infinity]), "number 95 is Infinity");
    await refused(wrong(new Array(96).fill(0), Number.NaN), "condition: expected a finite penalty, got NaN");
    const noise = simulate("ferroelectric", { rows: 96, cols: 96, seed: 1, dose: 0, noise: 50 }).dataset;
    await refused({ tv: 1 }, "tv: expected an image that repeats in two directions", noise);
    const small = simulate("ferroelectric", { rows: 160, cols: 50, seed: 1 }).dataset;
    await refused({ condition: nothing }, "condition: expected an image that holds 3 × 3 neighbouring windows", small);
  });
});
