/** B2, a square lattice with one order parameter. */
import { lattice12Bound } from "../../src/data/simulate/bound.ts";
import { checkerboard, column, knnR2, phaseR2 } from "../../src/results/measures.ts";
import { circularConcentration, latticePhase, latticeScatter } from "../../src/results/phase.ts";
import { type FittedWindows, sampleLatents } from "./bench_data.ts";

const LATTICE = { a: [12, 0], b: [0, 12] } as const;

/** Bounds of a 16 px window, px: [shift along rows, along columns, u]. */
export const LATTICE12_BOUND = lattice12Bound({ windowSize: 16, lattice: 12, background: 0, dose: 0, noise: 0.05 });

export interface Lattice12Score {
  /** Rms of the positions' phases about their circular mean, px. */
  readonly shiftRms: [row: number, col: number];
  readonly concentration: [row: number, col: number];
  /** R² of u, the displacement at the window's centre, given z (mean): the columns that a window sees lie about its centre, not about its motif. */
  readonly r2: number;
  /** R² of the window's phase given z (sampled). */
  readonly leak: [row: number, col: number];
}

export function evaluateLattice12(windows: FittedWindows): Lattice12Score {
  const { centre, shift, z, latentDim } = windows;
  const position = centre.map((value, i) => value + shift[i]);
  const phase = { data: latticePhase(position, LATTICE), width: 2 };
  const u = column({ data: centre, width: 2 }, 1).map((col) => 1.2 * Math.sin((2 * Math.PI * col) / 256));
  const fold = checkerboard(centre);
  return {
    shiftRms: latticeScatter(position, LATTICE),
    concentration: [circularConcentration(column(phase, 0)), circularConcentration(column(phase, 1))],
    r2: knnR2({ data: z, width: latentDim }, { data: u, width: 1 }, fold)[0],
    leak: phaseR2(sampleLatents(windows), latticePhase(centre, LATTICE), fold),
  };
}
