import type { NpyArray } from "../../formats/npy_write.ts";
import type { Dataset } from "../dataset.ts";

/** A JSON value: what the small facts of a truth are made of. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Options of a kind by name; every option is a number. */
export type SimulationOptions = Readonly<Record<string, number>>;

/** One option of a kind. */
export interface SimulationOption {
  readonly default: number;
  readonly min: number;
  readonly max: number;
  readonly integer?: boolean;
  /** What it is and its unit, for help texts. */
  readonly help: string;
}

/**
 * What is true of simulated data. Positions are (row, column) in pixels, the origin at the centre of the top-left pixel.
 * `facts` are small (lattice vectors, units, definitions of the arrays), `arrays` go into an NPZ file.
 */
export interface Truth {
  readonly facts: Readonly<Record<string, Json>>;
  readonly arrays: Readonly<Record<string, NpyArray>>;
}

export interface Simulation {
  readonly kind: string;
  /** All options, defaults filled in. */
  readonly options: SimulationOptions;
  readonly dataset: Dataset;
  readonly truth: Truth;
}

/** A kind of simulated data: one module each, one line each in the table of `simulate.ts`. */
export interface SimulationKind {
  readonly name: string;
  readonly help: string;
  readonly options: Readonly<Record<string, SimulationOption>>;
  /** `options` holds a checked value for every name in `this.options`. */
  generate(options: SimulationOptions): Omit<Simulation, "kind" | "options">;
}

type Override = number | Partial<SimulationOption>;

/** Standard options with this kind's own defaults put in. */
export function withDefaults(
  options: Readonly<Record<string, SimulationOption>>,
  overrides: Readonly<Record<string, Override>>,
): Record<string, SimulationOption> {
  const out: Record<string, SimulationOption> = { ...options };
  for (const [name, value] of Object.entries(overrides)) {
    out[name] = { ...out[name], ...(typeof value === "number" ? { default: value } : value) };
  }
  return out;
}

export const seedOption: SimulationOption = {
  default: 0,
  min: 0,
  max: 2 ** 32 - 1,
  integer: true,
  help: "seed of the random numbers",
};

/** Options of every image that a probe scanned. */
export const scanOptions: Readonly<Record<string, SimulationOption>> = {
  seed: seedOption,
  rows: { default: 512, min: 16, max: 16384, integer: true, help: "image rows" },
  cols: { default: 512, min: 16, max: 16384, integer: true, help: "image columns" },
  pixel: { default: 0.025, min: 1e-6, max: 1e6, help: "pixel size, nm" },
  drift: { default: 0, min: 0, max: 1000, help: "specimen drift over the scan, px" },
  jitter: { default: 0, min: 0, max: 100, help: "displacement of each scan row along the row, px rms" },
  noise: { default: 0, min: 0, max: 1e6, help: "additive Gaussian noise, sd in units of the image" },
};

/** Shot noise, for images made of counts. */
export const doseOption: SimulationOption = {
  default: 0,
  min: 0,
  max: 1e12,
  help: "expected counts of one reference column above the background (0: no shot noise)",
};
