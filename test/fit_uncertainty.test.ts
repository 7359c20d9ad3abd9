import { expect, test } from "vitest";
import { motifCalibration } from "../bench/science/lattice12.ts";
import { lattice12Bound } from "../src/data/simulate/bound.ts";
import { simulate } from "../src/data/simulate.ts";
import { fit } from "../src/fit.ts";
import { latticeScatter } from "../src/results/phase.ts";

/*
 * Motifs of a lattice under noise that is the same everywhere, and under counting noise, where dark pixels say more: the errors reach the bound, and
 * the standard deviations are theirs. With pixels weighed alike, counts give 1.15 times the bound and standard deviations 1.2 to 1.5 times too small.
 */

const WINDOW = 16;
const LATTICE = { a: [12, 0], b: [0, 12] } as const;
const BACKGROUND = 0.1;

test.each([
  { dose: 0, noise: 0.05 },
  { dose: 3000, noise: 0 },
])(
  "errors reach the bound and standard deviations are theirs (%o)",
  async (noise) => {
    const { dataset } = simulate("lattice12", { seed: 1, background: BACKGROUND, ...noise });
    const bound = lattice12Bound({ windowSize: WINDOW, lattice: 12, background: BACKGROUND, ...noise });
    const { windows, motifs, model } = await fit(dataset, { window: WINDOW, seed: 1, samples: 6000, threads: 1 });
    const found = latticeScatter(
      windows.centre.map((v, i) => v + windows.shift[i]),
      LATTICE,
    );
    // The decoder is learned from the same counts.
    for (const axis of [0, 1]) expect(found[axis] / bound[axis]).toBeLessThan(1.1);
    for (const ratio of motifCalibration(motifs)) expect(Math.abs(ratio - 1)).toBeLessThan(0.1);
    if (noise.dose === 0) expect(Math.abs(model.header.noiseSlope)).toBeLessThan(0.1);
    else expect(model.header.noiseSlope).toBeGreaterThan(0.4);
  },
  120_000,
);
