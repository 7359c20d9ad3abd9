import { describe, expect, it } from "vitest";
import type { Dataset } from "../src/data/dataset.ts";
import { pixelAxis } from "../src/data/dataset.ts";
import { simulate } from "../src/data/simulate.ts";
import { latentsOfPose, type PoseSettings, posesOf } from "../src/fit/pyroved_pose.ts";
import { AmortisedModel, type AmortisedOptions, fitAmortised, SamplesModel } from "../src/index.ts";
import { affineFit, polynomialR2 } from "../src/results/measures.ts";

const spectra = simulate("peaks1d", { seed: 4, samples: 800 });
const small = { encoderHidden: [48, 32], decoderHidden: [32, 32], batch: 32, learningRate: 0.006 } as const;
const quick: AmortisedOptions = { ...small, dxPrior: 0.3, epochs: 15, seed: 2, threads: 1 };
const fitted = fitAmortised(spectra.dataset, quick);

/** Peaks of one shape at random places, turned: enough to decode from, untrained. */
function images(count: number, rows: number, cols: number): Dataset {
  const data = Float32Array.from({ length: count * rows * cols }, (_, i) => 3 + Math.sin(i) + Math.cos(0.1 * i));
  const axes = [pixelAxis("frame", count), pixelAxis("row", rows), pixelAxis("column", cols)];
  return { name: "images", kind: "stack", dtype: "float32", metadata: {}, axes, data };
}

describe("an amortised fit of signals", () => {
  it("finds the shifts in pixels, and widths in the content", async () => {
    const { windows, metrics } = await fitted;
    const [mu, sigma] = [spectra.truth.arrays.shift.data, spectra.truth.arrays.order_parameter.data] as Float64Array[];
    const step = 24 / 99;
    const { slope, rmse } = affineFit(
      windows.shift.filter((_, k) => k % 2 === 1).map((v) => v * step),
      mu,
    );
    expect(Math.abs(slope - 1)).toBeLessThan(0.2);
    // The spread of the truth is 1.7: a quarter of it is left at most.
    expect(rmse).toBeLessThan(0.45);
    expect(polynomialR2({ data: windows.z, width: 2 }, sigma, 3)).toBeGreaterThan(0.9);
    expect([windows.angle, windows.scale]).toEqual([undefined, undefined]);
    expect(metrics.history.length).toBe(375);
    expect(metrics.elbo).toBeGreaterThan(metrics.history[5].elbo);
  });

  it("gives the same bits with two threads", async () => {
    const short = { ...quick, epochs: 2 };
    const [one, two] = [
      await fitAmortised(spectra.dataset, short),
      await fitAmortised(spectra.dataset, { ...short, threads: 2 }),
    ];
    expect(two.model.parameters).toEqual(one.model.parameters);
    expect(two.windows.z).toEqual(one.windows.z);
  });

  it("saves a model that encodes and decodes the same, and refuses others' files and sizes", async () => {
    const { model, windows, template } = await fitted;
    const loaded = AmortisedModel.fromBytes(model.toBytes());
    expect(await loaded.encode(spectra.dataset)).toEqual(windows);
    expect(await loaded.decode([0, 0])).toEqual(template);
    expect(() => SamplesModel.fromBytes(model.toBytes())).toThrow(
      /expected a samples-model, this is an amortised-model/,
    );
    await expect(loaded.encode(images(20, 4, 9))).rejects.toThrow(/expected samples of 1×100 px, the model's; got 4×9/);
    await expect(loaded.decode([0])).rejects.toThrow(/expected 2 numbers, got 1/);
  });

  it("refuses options that cannot be", async () => {
    const refused = (options: object, message: RegExp) =>
      expect(fitAmortised(spectra.dataset, options)).rejects.toThrow(message);
    await refused({ invariances: ["t", "r"] }, /invariances: expected t or none for signals/);
    await refused({ invariances: ["x"] }, /invariances: expected one of r, t, s, got x/);
    await refused({ likelihood: "poisson" }, /likelihood: expected one of gaussian, bernoulli/);
    await refused({ dxPrior: [0.1, 0] }, /dxPrior: expected a number/);
    await refused({ encoderHidden: [128] }, /encoderHidden: expected two numbers, got 1/);
    await refused({ epochs: -1 }, /epochs: expected a number/);
  });

  it("takes the KL's scale from its start to its end", async () => {
    const ramp = await fitAmortised(spectra.dataset, { ...quick, epochs: 4, betaStart: 0, beta: 40, betaEpochs: 2 });
    const kl = ramp.metrics.history.map((entry) => entry.kl);
    expect(Math.max(...kl.slice(0, 25))).toBeGreaterThan(5 * kl[kl.length - 1]);
  });
});

describe("poses", () => {
  const settings: PoseSettings = {
    ...{ rows: 15, cols: 15, invariances: ["r", "t", "s"], dxPrior: [0.3, 0.2], scPrior: 0.1 },
  };

  it("are what the decoder paints: moved, turned, enlarged", async () => {
    const options = { ...small, invariances: ["s", "t", "r"], epochs: 0.05, threads: 1 } as const;
    const { model } = await fitAmortised(images(20, 15, 15), options);
    const z = [0.4, -1.1];
    const plain = await model.decode(z);
    const at = ({ data }: { data: Float32Array }, r: number, c: number) => data[(r + 7) * 15 + c + 7];
    const moved = await model.decode(z, { shift: [2, -3] });
    const turned = await model.decode(z, { angle: 90 });
    const doubled = await model.decode(z, { scale: 2 });
    const both = await model.decode(z, { shift: [2, -3], angle: 90, scale: 2 });
    for (const [r, c] of [
      [0, 0],
      [2, 1],
      [-1, 2],
    ]) {
      const value = at(plain, r, c);
      expect(at(moved, r + 2, c - 3)).toBeCloseTo(value, 5);
      // A quarter turn from the row axis towards the column axis.
      expect(at(turned, -c, r)).toBeCloseTo(value, 5);
      expect(at(doubled, 2 * r, 2 * c)).toBeCloseTo(value, 5);
      expect(at(both, 2 - 2 * c, -3 + 2 * r)).toBeCloseTo(value, 5);
    }
    expect(Math.max(...plain.data) - Math.min(...plain.data)).toBeGreaterThan(1e-3);
  });

  it("come back from their latents, and their errors are slopes", () => {
    const pose = { shift: [1.5, -2.5], angle: 23, scale: 1.2 } as const;
    const latents = latentsOfPose(pose, settings);
    const there = posesOf(latents, [0, 0, 0, 0], 4, settings);
    expect(Array.from(there.shift)).toEqual([expect.closeTo(1.5, 12), expect.closeTo(-2.5, 12)]);
    expect([there.angle?.[0], there.scale?.[0]]).toEqual([expect.closeTo(23, 10), expect.closeTo(1.2, 12)]);
    const sd = [0.01, 0.02, 0.015, 0.03];
    const given = posesOf(latents, sd, 4, settings);
    const variance = { row: 0, col: 0, scale: 0 };
    for (let k = 0; k < 4; k++) {
      const step = (sign: number) =>
        posesOf(
          latents.map((v, i) => v + (i === k ? sign * 1e-5 : 0)),
          sd,
          4,
          settings,
        );
      const slope = (get: (p: ReturnType<typeof step>) => number) => (get(step(1)) - get(step(-1))) / 2e-5;
      variance.row += (sd[k] * slope((p) => p.shift[0])) ** 2;
      variance.col += (sd[k] * slope((p) => p.shift[1])) ** 2;
      variance.scale += (sd[k] * slope((p) => p.scale?.[0] ?? 0)) ** 2;
    }
    expect(given.shiftSd[0]).toBeCloseTo(Math.sqrt(variance.row), 7);
    expect(given.shiftSd[1]).toBeCloseTo(Math.sqrt(variance.col), 7);
    expect(given.scaleSd?.[0]).toBeCloseTo(Math.sqrt(variance.scale), 7);
    expect(given.angleSd?.[0]).toBeCloseTo((0.01 * 180) / Math.PI, 10);
  });
});
