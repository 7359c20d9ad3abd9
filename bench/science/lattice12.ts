/** B2, a square lattice with one order parameter. */
import { lattice12Bound } from "../../src/data/simulate/bound.ts";
import { checkerboard, column, knnR2, phaseR2 } from "../../src/results/measures.ts";
import { circularConcentration, circularMean, latticePhase, latticeScatter } from "../../src/results/phase.ts";
import type { Motifs } from "../../src/results/types.ts";
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

/** Rms of the motifs' errors over their standard deviations, along rows and columns: 1 where these are true. */
export function motifCalibration({ position, positionSd }: Pick<Motifs, "position" | "positionSd">): [number, number] {
  const along = (axis: 0 | 1) => {
    const [phase, sd] = [latticePhase(position, LATTICE), positionSd].map((data) => column({ data, width: 2 }, axis));
    const mean = circularMean(phase);
    const off = phase.map((p, i) => (LATTICE.a[0] * (p - mean - Math.round(p - mean))) / sd[i]);
    return Math.sqrt(off.reduce((sum, v) => sum + v * v, 0) / off.length);
  };
  return [along(0), along(1)];
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
