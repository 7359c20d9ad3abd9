import { ConfigError, NumericsError } from "../../errors.ts";
import { type Dataset, pixelAxis, scaledAxis } from "../dataset.ts";
import { createRng, type Rng } from "../rng.ts";
import { type SimulationKind, type SimulationOptions, seedOption } from "./kind.ts";

const peakOptions = {
  seed: seedOption,
  samples: { default: 5000, min: 2, max: 10_000_000, integer: true, help: "number of samples" },
  dose: { default: 0, min: 0, max: 1e12, help: "expected counts at the top of a peak (0: no shot noise)" },
  noiseMin: { default: 0.001, min: 0, max: 1e6, help: "smallest noise sd of a sample, in amplitudes of the peak" },
  noiseMax: { default: 0.1, min: 0, max: 1e6, help: "largest noise sd of a sample" },
};

/** The data of pyroVED's shiftVAE notebook: one Gaussian peak a spectrum, of unknown position, width and noise. */
export const peaks1d: SimulationKind = {
  name: "peaks1d",
  help: "spectra of one Gaussian peak each, position, width and noise drawn at random",
  options: {
    ...peakOptions,
    points: { default: 100, min: 4, max: 100_000, integer: true, help: "points of a spectrum" },
    range: { default: 12, min: 1e-6, max: 1e6, help: "x runs from −range to range" },
    shift: { default: 3, min: 0, max: 1e6, help: "positions are uniform within ± shift, units of x" },
    widthMin: { default: 0.5, min: 1e-6, max: 1e6, help: "smallest width (sd), units of x" },
    widthMax: { default: 5, min: 1e-6, max: 1e6, help: "largest width (sd), units of x" },
  },
  generate(options) {
    const rng = createRng(options.seed);
    const { samples, points, range } = options;
    const step = (2 * range) / (points - 1);
    const [mu, sigma, noise] = [1, 1, 1].map(() => new Float64Array(samples));
    const data = new Float64Array(samples * points);
    for (let n = 0; n < samples; n++) {
      mu[n] = rng.uniform(-options.shift, options.shift);
      sigma[n] = uniformOption(options, "width", rng);
      noise[n] = uniformOption(options, "noise", rng);
      for (let p = 0; p < points; p++) {
        const u = (p * step - range - mu[n]) / sigma[n];
        data[n * points + p] = noisy(Math.exp(-0.5 * u * u), noise[n], options.dose, rng);
      }
    }
    const scaling = minMaxScaling(data);
    const axes = [pixelAxis("sample", samples), scaledAxis("x", points, step, "", -range)];
    return {
      dataset: peakDataset("peaks1d", "spectra", axes, scaling.data, options),
      truth: {
        facts: { ...scaling.facts, step, unit: "x", orderParameter: "width (sd) of the peak, units of x" },
        arrays: {
          shift: { data: mu, shape: [samples] },
          order_parameter: { data: sigma, shape: [samples, 1] },
          noise: { data: noise, shape: [samples] },
        },
      },
    };
  },
};

/** Stand-alone windows with one elliptical peak each. */
export const peaks2d: SimulationKind = {
  name: "peaks2d",
  help: "windows of one Gaussian peak each, position, two widths and noise drawn at random",
  options: {
    ...peakOptions,
    noiseMin: { ...peakOptions.noiseMin, default: 0.01 },
    size: { default: 32, min: 4, max: 1024, integer: true, help: "side of a window, px" },
    shift: { default: 8, min: 0, max: 1024, help: "positions are uniform within ± shift of the centre, px" },
    widthMin: { default: 1.8, min: 0.1, max: 1000, help: "smallest width (sd), px" },
    widthMax: { default: 5, min: 0.1, max: 1000, help: "largest width (sd), px" },
  },
  generate(options) {
    const rng = createRng(options.seed);
    const { samples, size } = options;
    const [shift, width] = [2, 2].map((k) => new Float64Array(k * samples));
    const noise = new Float64Array(samples);
    const data = new Float64Array(samples * size * size);
    for (let n = 0; n < samples; n++) {
      for (const axis of [0, 1]) {
        shift[2 * n + axis] = rng.uniform(-options.shift, options.shift);
        width[2 * n + axis] = uniformOption(options, "width", rng);
      }
      noise[n] = uniformOption(options, "noise", rng);
      const profile = (axis: 0 | 1, p: number) =>
        Math.exp(-0.5 * ((p - (size - 1) / 2 - shift[2 * n + axis]) / width[2 * n + axis]) ** 2);
      for (let r = 0; r < size; r++) {
        for (let c = 0; c < size; c++) {
          const value = profile(0, r) * profile(1, c);
          data[(n * size + r) * size + c] = noisy(value, noise[n], options.dose, rng);
        }
      }
    }
    const scaling = minMaxScaling(data);
    const axes = [pixelAxis("frame", samples), pixelAxis("row", size), pixelAxis("column", size)];
    return {
      dataset: peakDataset("peaks2d", "stack", axes, scaling.data, options),
      truth: {
        facts: { ...scaling.facts, unit: "px", orderParameter: "widths (sd) of the peak (row, column), px" },
        arrays: {
          shift: { data: shift, shape: [samples, 2] },
          order_parameter: { data: width, shape: [samples, 2] },
          noise: { data: noise, shape: [samples] },
        },
      },
    };
  },
};

function uniformOption(options: SimulationOptions, name: "width" | "noise", rng: Rng): number {
  const [low, high] = [options[`${name}Min`], options[`${name}Max`]];
  if (low > high) throw new ConfigError(`${name}Min: expected at most ${name}Max = ${high}, got ${low}`);
  return rng.uniform(low, high);
}

function noisy(value: number, noise: number, dose: number, rng: Rng): number {
  const mean = dose > 0 ? rng.poisson(dose * value) / dose : value;
  return mean + noise * rng.normal();
}

/** Scales the whole set to [0, 1] once, as the notebook does; noise sd and amplitude scale with 1/`scalingRange`. */
function minMaxScaling(data: Float64Array) {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of data) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (!(high > low)) throw new NumericsError("simulated peaks: expected values that differ, all are the same");
  return {
    data: Float32Array.from(data, (value) => (value - low) / (high - low)),
    facts: { scalingOffset: low, scalingRange: high - low },
  };
}

function peakDataset(
  name: string,
  kind: Dataset["kind"],
  axes: Dataset["axes"],
  data: Float32Array,
  options: SimulationOptions,
): Dataset {
  return { name, kind, axes, dtype: "float32", metadata: { simulated: name, seed: options.seed }, data };
}
