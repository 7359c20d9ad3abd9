import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSession, type Session } from "../src/core/session.ts";
import { createRng } from "../src/data/rng.ts";
import { imagePeriod } from "../src/fit/plan.ts";
import type { Grid } from "../src/results/types.ts";

const SIZE = 256;
/** A hexagonal lattice of 32 px, as (row, column). */
const [A, B] = [
  [32, 0],
  [16, 27.7],
] as const;

/** Three plane waves of the lattice in white noise; `signal` is their share of the variance. */
function noisyLattice(signal: number, seed: number): Grid {
  const rng = createRng(seed);
  const area = A[0] * B[1] - A[1] * B[0];
  const waves = [
    [B[1] / area, -B[0] / area],
    [-A[1] / area, A[0] / area],
  ];
  waves.push([waves[0][0] + waves[1][0], waves[0][1] + waves[1][1]]);
  const [amplitude, noise] = [Math.sqrt((2 * signal) / waves.length), Math.sqrt(1 - signal)];
  const data = Float32Array.from({ length: SIZE * SIZE }, (_, i) => {
    const [row, col] = [Math.floor(i / SIZE), i % SIZE];
    const lattice = waves.reduce((sum, [kr, kc]) => sum + Math.cos(2 * Math.PI * (kr * row + kc * col)), 0);
    return amplitude * lattice + noise * rng.normal();
  });
  return { rows: SIZE, cols: SIZE, data };
}

describe("the period of an image that is mostly noise", () => {
  let session: Session;
  beforeAll(async () => {
    session = await openSession({ threads: 1, reproducible: false });
  });
  afterAll(() => session.close());

  it.each([1, 2, 3])("is found where 6 %% of the variance is lattice (seed %i)", (seed) => {
    const period = imagePeriod(session.core, [noisyLattice(0.06, seed)]);
    const lengths = [period?.a, period?.b].map((v) => Math.hypot(...(v ?? [0, 0])));
    for (const length of lengths) expect(Math.abs(length / 32 - 1)).toBeLessThan(0.05);
    const [[ar, ac], [br, bc]] = [period?.a ?? [0, 0], period?.b ?? [0, 0]];
    // Lattice vectors of a hexagonal lattice: 60° or 120° apart.
    expect(Math.abs(ar * br + ac * bc) / (lengths[0] * lengths[1])).toBeCloseTo(0.5, 1);
  });

  it.each([1, 2, 3, 4, 5, 6])("is not made up where there is noise alone (seed %i)", (seed) => {
    expect(imagePeriod(session.core, [noisyLattice(0, seed)])).toBeUndefined();
  });
});
