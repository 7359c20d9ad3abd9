import { ConfigError } from "../errors.ts";
import { ferroelectric } from "./simulate/ferroelectric.ts";
import { grains } from "./simulate/grains.ts";
import { graphiteStep } from "./simulate/graphite_step.ts";
import { grainBoundary, hexagonal } from "./simulate/hexagonal.ts";
import type { Simulation, SimulationKind, SimulationOptions } from "./simulate/kind.ts";
import { lattice12 } from "./simulate/lattice12.ts";
import { peaks1d, peaks2d } from "./simulate/peaks.ts";

export type { Simulation, SimulationKind, SimulationOption, SimulationOptions, Truth } from "./simulate/kind.ts";

/** All kinds of simulated data. */
export const simulationKinds: readonly SimulationKind[] = [
  ferroelectric,
  hexagonal,
  grainBoundary,
  grains,
  graphiteStep,
  lattice12,
  peaks1d,
  peaks2d,
];

/**
 * Simulated data with its truth; the same kind and options give the same numbers.
 *
 * @param options any of the kind's options; the rest take their defaults
 * @throws ConfigError for an unknown kind or option, or a value out of range
 */
export function simulate(kind: string, options: SimulationOptions = {}): Simulation {
  const found = simulationKinds.find(({ name }) => name === kind);
  if (!found) {
    const names = simulationKinds.map(({ name }) => name).join(", ");
    throw new ConfigError(`kind of simulated data: expected one of ${names}, got ${kind}`);
  }
  const checked = checkOptions(found, options);
  return { kind, options: checked, ...found.generate(checked) };
}

function checkOptions(kind: SimulationKind, given: SimulationOptions): SimulationOptions {
  for (const name of Object.keys(given)) {
    if (!Object.hasOwn(kind.options, name)) {
      const names = Object.keys(kind.options).join(", ");
      throw new ConfigError(`${kind.name}: unknown option ${name}; expected one of ${names}`);
    }
  }
  const entries = Object.entries(kind.options).map(([name, option]) => {
    const value = given[name] ?? option.default;
    const ok = value >= option.min && value <= option.max && (!option.integer || Number.isInteger(value));
    if (!ok) {
      const noun = option.integer ? "an integer" : "a number";
      throw new ConfigError(
        `${kind.name}: ${name}: expected ${noun} from ${option.min} to ${option.max}, got ${value}`,
      );
    }
    return [name, value] as const;
  });
  return Object.fromEntries(entries);
}
