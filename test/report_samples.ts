import { createRng } from "../src/data/rng.ts";
import type { SamplesReport } from "../src/results/samples.ts";
import type { Grid } from "../src/results/types.ts";
import { sampleReport } from "./report_sample.ts";

/** Made-up fits of samples, without a fit: a peak whose place and width vary over a scan, the same as a mere list, and cut-outs. */

const [ROWS, COLS, POINTS, CANVAS] = [9, 14, 60, 72];
const base = sampleReport({ rows: 96, cols: 96, motifs: false });

function curve(z: readonly number[]): Grid {
  const data = Float32Array.from({ length: CANVAS }, (_, k) =>
    Math.exp(-(((k - CANVAS / 2 - (z[1] ?? 0)) / (6 + (z[0] ?? 0))) ** 2)),
  );
  return { rows: 1, cols: CANVAS, data };
}

function windowsOf(count: number, rows: number): SamplesReport["windows"] {
  const rng = createRng(3);
  const numbers = (each: (i: number) => number[]) =>
    Float64Array.from(Array.from({ length: count }, (_, i) => each(i)).flat());
  const signal = rows === 1;
  return {
    count,
    latentDim: 2,
    centre: numbers(() => [(rows - 1) / 2, (signal ? POINTS : rows) / 2]),
    shift: numbers((i) => [signal ? 0 : rng.normal(), 3 * Math.sin(i / 9) + 0.2 * rng.normal()]),
    shiftSd: numbers(() => [signal ? 0 : 0.1 + 0.02 * rng.uniform(), 0.2 + 0.05 * rng.uniform()]),
    z: numbers((i) => [Math.cos(i / 20) + 0.1 * rng.normal(), rng.normal()]),
    zSd: numbers(() => [0.1 + 0.1 * rng.uniform(), 0.3]),
  };
}

const { pixelSize, template, manifold, metrics, config, versions } = base;
const common = { pixelSize, template, manifold, metrics, config, versions, moments: { mean: 40, sd: 8 } };

/** n signals along an energy that falls, as where a bias is swept downwards. */
export function signalsReport(): SamplesReport {
  const axis = base.manifold.axis2;
  return {
    ...common,
    title: "signals.npy",
    pixelSize: undefined,
    windows: windowsOf(ROWS * COLS, 1),
    signal: { name: "energy", size: POINTS, scale: -0.05, offset: 1.5, unit: "eV" },
    template: curve([0, 0]),
    middle: CANVAS / 2,
    manifold: { axis1: axis, axis2: axis, tiles: [...axis].flatMap((a) => [...axis].map((b) => curve([a, b]))) },
  };
}

/** The same as the points of a scan. */
export function spectralMapReport(): SamplesReport {
  const samples = signalsReport();
  const { windows } = samples;
  const over = (values: Float64Array, width: number, k: number): Grid => ({
    rows: ROWS,
    cols: COLS,
    data: Float32Array.from({ length: ROWS * COLS }, (_, i) => values[i * width + k]),
  });
  return {
    ...samples,
    title: "map.hspy",
    scan: [
      { name: "y", size: ROWS, scale: 0.5, offset: 0, unit: "nm" },
      { name: "x", size: COLS, scale: 0.25, offset: 3, unit: "nm" },
    ],
    maps: {
      z: [over(windows.z, 2, 0), over(windows.z, 2, 1)],
      shift: over(windows.shift, 2, 1),
      shiftSd: over(windows.shiftSd, 2, 1),
      mean: { rows: ROWS, cols: COLS, data: Float32Array.from({ length: ROWS * COLS }, (_, i) => 40 + Math.sin(i)) },
    },
  };
}

/** Stand-alone windows, turned. */
export function cutOutsReport(): SamplesReport {
  const windows = windowsOf(50, 32);
  const angle = Float64Array.from({ length: 50 }, (_, i) => 3 * i - 75);
  return {
    ...common,
    title: "cutouts.npy",
    windows: { ...windows, angle, angleSd: angle.map(() => 0.5) },
    middle: 16,
  };
}
