/** B3, a simulated ferroelectric with two domains: how well a fit finds the motifs and their polarization. */
import { leastSquares } from "../../src/results/least_squares.ts";
import { checkerboard, column, knnR2, phaseR2 } from "../../src/results/measures.ts";
import { KdTree } from "../../src/results/neighbours.ts";
import { circularRms } from "../../src/results/phase.ts";
import { benchArray, type FittedWindows, sampleLatents, swapped } from "./bench_data.ts";

/** Lattice constant, px. */
export const DOMAINS_LATTICE = 15.7;
/** From a bench window's top-left pixel to its centre. */
const TO_CENTRE = 15.5;
/** The drift is a polynomial of this degree to 0.01 px (see `driftResidual`). */
const DRIFT_DEGREE = 8;

/** Truth at any place of the image, from the 10,000 places where it is given. */
export interface DomainsTruth {
  /** (10000, 2) centres of the bench's own windows, (row, column), px. */
  readonly centre: Float64Array;
  /** Whether scan row jitter is known there: the place lies among the bench windows' centres. */
  covers(row: number, col: number): boolean;
  /** Lattice coordinates (row, column), cells, up to an integer; row jitter of the centre's row included. */
  phase(row: number, col: number): [number, number];
  /** Polarization (row, column), px. */
  polarization(row: number, col: number): [number, number];
  /** Rms (row, column) in px of what drift and jitter leave of the given phases. */
  readonly driftResidual: readonly [number, number];
}

export interface DomainsScore {
  /** Rms of the motifs' phases about their circular mean, px. */
  readonly shiftRms: [row: number, col: number];
  /** R² of the polarization given z (mean). */
  readonly r2: [x: number, y: number];
  /** R² of the window's phase given z (sampled). */
  readonly leak: [x: number, y: number];
  /** Windows judged; those too near the image's edge for the truth to be known are left out. */
  readonly windows: number;
}

export function scoreDomains(windows: FittedWindows, truth: DomainsTruth): DomainsScore {
  const all = Array.from({ length: windows.centre.length / 2 }, (_, i) => i);
  const known = all.filter((i) => truth.covers(windows.centre[2 * i], windows.centre[2 * i + 1]));
  const pick = (data: Float64Array, width: number) =>
    Float64Array.from({ length: known.length * width }, (_, m) => {
      return data[known[Math.floor(m / width)] * width + (m % width)];
    });
  const { latentDim } = windows;
  const [centre, shift] = [pick(windows.centre, 2), pick(windows.shift, 2)];
  const z = { data: pick(windows.z, latentDim), width: latentDim };
  const sampled = sampleLatents({ z: z.data, zSd: pick(windows.zSd, latentDim), latentDim });
  const places = known.map((_, i) => [centre[2 * i], centre[2 * i + 1]] as const);
  const phase = Float64Array.from(places.flatMap((place) => truth.phase(...place)));
  const polarization = Float64Array.from(places.flatMap((place) => truth.polarization(...place)));
  const motif = { data: phase.map((value, i) => value + shift[i] / DOMAINS_LATTICE), width: 2 };
  const rms = (axis: number) => DOMAINS_LATTICE * circularRms(column(motif, axis));
  const fold = checkerboard(centre);
  const [r2Row, r2Col] = knnR2(z, { data: polarization, width: 2 }, fold);
  return {
    shiftRms: [rms(0), rms(1)],
    r2: swapped([r2Row, r2Col]),
    leak: swapped(phaseR2(sampled, phase, fold)),
    windows: known.length,
  };
}

/** Reads the truth. The drift is fitted by a polynomial, the jitter is what each row's windows differ from it by. */
export async function domainsTruth(): Promise<DomainsTruth> {
  const topLeft = await benchArray("domains_window_topleft");
  const phaseXY = await benchArray("domains_window_phase");
  const polarizationXY = await benchArray("domains_window_polarization");
  const centre = Float64Array.from(topLeft, (value) => value + TO_CENTRE);
  const rows = Array.from({ length: centre.length / 2 }, (_, i) => topLeft[2 * i]);
  const offsets = [0, 1].map((axis) => {
    // Given x first; the drift stays well below half a cell, so that wrapping unwraps it.
    const offset = rows.map((_, i) => {
      const cells = phaseXY[2 * i + 1 - axis] - centre[2 * i + axis] / DOMAINS_LATTICE;
      return DOMAINS_LATTICE * (cells - Math.round(cells));
    });
    return smoothPlusRows(centre, rows, offset);
  });
  const tree = new KdTree(centre, 2);
  const lastRow = Math.max(...rows);

  return {
    centre,
    covers(row, col) {
      const [r, c] = [Math.round(row - TO_CENTRE), Math.round(col - TO_CENTRE)];
      return r >= 0 && r <= lastRow && c >= 0 && c <= lastRow;
    },
    phase: (row, col) => [
      (row + offsets[0].at(row, col)) / DOMAINS_LATTICE,
      (col + offsets[1].at(row, col)) / DOMAINS_LATTICE,
    ],
    polarization(row, col) {
      const near = tree.nearest([row, col], 12);
      const design = Array.from(near, (i) => [1, centre[2 * i] - row, centre[2 * i + 1] - col]).flat();
      const at = (k: number) =>
        leastSquares(
          design,
          Array.from(near, (i) => polarizationXY[2 * i + k]),
          3,
        )[0];
      return [at(1), at(0)];
    },
    driftResidual: [offsets[0].residual, offsets[1].residual],
  };
}

/** Values at scattered places (row, column) as a polynomial of the place plus a constant for every row of windows. */
function smoothPlusRows(place: Float64Array, rows: readonly number[], value: readonly number[]) {
  const n = value.length;
  const terms = Array.from({ length: n }, (_, i) => monomials(place[2 * i], place[2 * i + 1]));
  const coefficients = leastSquares(terms.flat(), value, terms[0].length);
  const smooth = (term: readonly number[]) => term.reduce((sum, x, k) => sum + x * coefficients[k], 0);
  const [sum, count] = [new Map<number, number>(), new Map<number, number>()];
  const left = value.map((v, i) => v - smooth(terms[i]));
  for (const [i, row] of rows.entries()) {
    sum.set(row, (sum.get(row) ?? 0) + left[i]);
    count.set(row, (count.get(row) ?? 0) + 1);
  }
  const rowConstant = (row: number) => (sum.get(row) ?? 0) / (count.get(row) ?? 1);
  const squares = left.reduce((total, v, i) => total + (v - rowConstant(rows[i])) ** 2, 0);
  return {
    at: (row: number, col: number) => smooth(monomials(row, col)) + rowConstant(Math.round(row - TO_CENTRE)),
    residual: Math.sqrt(squares / n),
  };
}

/** All monomials of the place, scaled to ±1 over the image, up to `DRIFT_DEGREE`. */
function monomials(row: number, col: number): number[] {
  const [u, v] = [row / 256 - 1, col / 256 - 1];
  const out: number[] = [];
  for (let i = 0; i <= DRIFT_DEGREE; i++) {
    for (let j = 0; i + j <= DRIFT_DEGREE; j++) out.push(u ** i * v ** j);
  }
  return out;
}
