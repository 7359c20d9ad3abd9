import { describe, expect, it } from "vitest";
import type { Dataset } from "../src/data/dataset.ts";
import { simulate } from "../src/data/simulate.ts";
import { ConfigError, NumericsError, ShapeError } from "../src/errors.ts";
import { encodeSamples, FitAborted, fitSamples, Model, SamplesModel, samplesHtml } from "../src/index.ts";
import { affineFit, calibration, peakPositionBound, polynomialR2 } from "../src/results/measures.ts";
import { parseMarkup } from "./report_markup.ts";

/*
 * Stand-alone samples against the simulation's truth. Bounds are Cramér–Rao bounds of the position with the peak's shape known; the
 * factors over them leave room for the widths, which are not.
 */
const spectra = simulate("peaks1d", { seed: 4, samples: 900 });
const quick = { seed: 2, threads: 1 } as const;
const fitted = fitSamples(spectra.dataset, quick);

function axisOf(values: Float64Array, axis: 0 | 1): Float64Array {
  return values.filter((_, k) => k % 2 === axis);
}

function rms(values: ArrayLike<number>): number {
  return Math.sqrt(Array.from(values).reduce((sum, v) => sum + v * v, 0) / values.length);
}

describe("1D signals", () => {
  it("gives positions near the bound, honest errors, and the width without the position", async () => {
    const { windows, plan } = await fitted;
    const { arrays } = spectra.truth;
    const [mu, sigma, noise] = [arrays.shift.data, arrays.order_parameter.data, arrays.noise.data] as Float64Array[];
    const step = 24 / 99;
    const x = Float64Array.from({ length: 100 }, (_, p) => -12 + step * p);
    const scale = axisOf(windows.shift, 1).map((v) => v * step);
    const { slope, residual } = affineFit(scale, mu);
    expect(Math.abs(slope - 1)).toBeLessThan(0.02);
    const bound = rms(mu.map((m, i) => peakPositionBound(x, m, sigma[i], noise[i])));
    expect(rms(residual)).toBeLessThan(1.25 * bound);
    const { rms: ratio } = calibration(
      residual,
      axisOf(windows.shiftSd, 1).map((v) => v * step),
    );
    expect(ratio).toBeGreaterThan(0.8);
    expect(ratio).toBeLessThan(1.25);
    const z = { data: windows.z, width: windows.latentDim };
    expect(polynomialR2(z, sigma, 5)).toBeGreaterThan(0.98);
    expect(polynomialR2(z, mu, 3)).toBeLessThan(0.05);
    expect([...new Set(axisOf(windows.shift, 0))]).toEqual([0]);
    expect(plan.maxShift[0]).toBe(0);
    expect(windows.centre.slice(0, 2)).toEqual(Float64Array.of(0, 49.5));
  });

  it("saves a model that encodes to the same bits, other samples too, and refuses others' files and sizes", async () => {
    const { model, windows, template } = await fitted;
    const bytes = model.toBytes();
    const loaded = SamplesModel.fromBytes(bytes);
    expect((await loaded.encode(spectra.dataset)).shift).toEqual(windows.shift);
    const part = withSamples(spectra.dataset, 5, 20);
    expect((await loaded.encode(part)).z).toEqual(windows.z.slice(5 * 2, 20 * 2));
    expect(await loaded.decode([0, 0])).toEqual(template);
    const report = await encodeSamples(loaded, spectra.dataset);
    expect(report.windows.z).toEqual(windows.z);
    expect(report.signal).toEqual((await fitted).signal);
    expect(report.manifold.tiles).toEqual((await fitted).manifold.tiles);
    expect(report.metrics.elbo).toBeUndefined();
    // KL of N(μ, σ²) from N(0, 1), mean over the samples.
    report.metrics.klPerLatent.forEach((value, l) => {
      const own = (array: Float64Array) => array.filter((_, i) => i % windows.latentDim === l);
      const sd = own(windows.zSd);
      const each = own(windows.z).map((mu, i) => (mu ** 2 + sd[i] ** 2 - 1 - Math.log(sd[i] ** 2)) / 2);
      expect(value).toBeCloseTo(each.reduce((sum, v) => sum + v, 0) / windows.count, 8);
    });
    const { text } = parseMarkup(samplesHtml(report).trimEnd());
    expect(text).not.toMatch(/ELBO|Training|NaN|undefined/);
    expect(() => Model.fromBytes(bytes)).toThrow(/expected a model, this is a samples-model/);
    const narrow = simulate("peaks1d", { samples: 20, points: 60 }).dataset;
    await expect(loaded.encode(narrow)).rejects.toThrow(/expected samples of 1×100 px, the model's; got 1×60/);
  });

  it("gives maps of a spectral map over its scan", async () => {
    const { axes } = spectra.dataset;
    const scan = [
      { ...axes[0], name: "row", size: 20 },
      { ...axes[0], name: "column", size: 45 },
    ];
    const map: Dataset = { ...spectra.dataset, kind: "spectral-map", axes: [...scan, axes[1]] };
    const { maps, windows } = await fitSamples(map, { ...quick, epochs: 1 });
    expect(maps?.shift).toMatchObject({ rows: 20, cols: 45 });
    expect(maps?.shift.data[3 * 45 + 7]).toBe(Math.fround(windows.shift[2 * (3 * 45 + 7) + 1]));
    expect(maps?.z.map((grid) => grid.data[46])).toEqual([...windows.z.slice(92, 94)].map(Math.fround));
  });
});

function withSamples(dataset: Dataset, from: number, to: number): Dataset {
  const width = dataset.axes[1].size;
  const axes = [{ ...dataset.axes[0], size: to - from }, dataset.axes[1]];
  return { ...dataset, axes, data: dataset.data.slice(from * width, to * width) };
}

describe("stand-alone windows", () => {
  it("are registered along both axes, (row, column)", async () => {
    const { dataset, truth } = simulate("peaks2d", { seed: 3, samples: 500, size: 24, shift: 5 });
    const { windows } = await fitSamples(dataset, { ...quick, epochs: 6 });
    const shift = truth.arrays.shift.data as Float64Array;
    for (const axis of [0, 1] as const) {
      const { slope, residual } = affineFit(axisOf(windows.shift, axis), axisOf(shift, axis));
      expect(Math.abs(slope - 1)).toBeLessThan(0.02);
      expect(rms(residual)).toBeLessThan(0.15);
    }
  });
});

describe("what cannot be fitted", () => {
  it("is named", async () => {
    const image: Dataset = { ...spectra.dataset, kind: "image" };
    await expect(fitSamples(image)).rejects.toThrow(ShapeError);
    await expect(fitSamples(withSamples(spectra.dataset, 0, 9))).rejects.toThrow(/at least 16 samples, got 9/);
    await expect(fitSamples(spectra.dataset, { maxShift: 101 })).rejects.toThrow(ConfigError);
    const flat = { ...spectra.dataset, data: new Float32Array(spectra.dataset.data.length).fill(2) };
    await expect(fitSamples(flat)).rejects.toThrow(NumericsError);
  });

  it("stops where the signal says so", async () => {
    const abort = new AbortController();
    const onProgress = () => abort.abort();
    const stopped = fitSamples(spectra.dataset, quick, { onProgress, signal: abort.signal });
    await expect(stopped).rejects.toThrow(FitAborted);
  });
});
