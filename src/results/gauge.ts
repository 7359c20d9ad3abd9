import type { Period } from "../data/period.ts";
import { type Indexed, indexMotifs } from "./lattice.ts";
import { leastSquares } from "./least_squares.ts";

/**
 * The gauge of the shift. A template whose centre of registration moves with the content z is as good for the likelihood as
 * one that does not: T_z(p − t) = T'_z(p − t − c(z)). Shift and order parameter would trade places. It is fixed by the choice of c,
 * a cubic polynomial of z without constant, that makes the motifs' positions the most regular lattice locally: the second differences
 * p(n + k·a) − 2 p(n) + p(n − k·a) along both lattice vectors, k = 1…3, are as small as c can make them. Differences over a few cells leave
 * out slow distortions of the image, scan drift above all, which positions over the whole image would mistake for content.
 */
export interface Gauge {
  /** Exponents of each monomial of z, (terms, L). */
  readonly exponents: readonly (readonly number[])[];
  /** Coefficients to rows and columns, (terms) each, pixels of the input image. */
  readonly row: readonly number[];
  readonly col: readonly number[];
  /** Largest |z| that the fit saw in each dimension: beyond it the polynomial is held. */
  readonly limit: readonly number[];
}

const DEGREE = 3;
const LAGS = [1, 2, 3];
/** Second differences needed for each free number of the fit. */
const DIFFERENCES_PER_TERM = 8;
/** Share of the differences left out as misplaced motifs, largest residuals first, after a first fit. */
const OUTLIERS = 0.02;

/** Exponents of the monomials of `dims` variables with total degree from `least` to `most`. */
export function monomials(dims: number, least: number, most: number): number[][] {
  const all = (left: number, degree: number): number[][] =>
    left === 0
      ? [[]]
      : Array.from({ length: degree + 1 }, (_, e) => e).flatMap((e) =>
          all(left - 1, degree - e).map((rest) => [e, ...rest]),
        );
  return all(dims, most).filter((e) => e.reduce((a, b) => a + b, 0) >= least);
}

function evaluate(exponents: readonly number[], x: readonly number[]): number {
  return exponents.reduce((product, e, d) => product * x[d] ** e, 1);
}

/** The gauge of these motifs; undefined where they form no lattice, or are too few. */
export function fitGauge(
  position: ArrayLike<number>,
  z: ArrayLike<number>,
  latentDim: number,
  period: Period | undefined,
): Gauge | undefined {
  if (!period?.b) return undefined;
  const triples = secondDifferences(indexMotifs(position, period.a, period.b));
  const exponents = monomials(latentDim, 1, DEGREE);
  if (triples.length < DIFFERENCES_PER_TERM * exponents.length) return undefined;
  const motifs = [...new Set(triples.flat())];
  const limit = Array.from({ length: latentDim }, (_, l) =>
    Math.max(...motifs.map((m) => Math.abs(z[m * latentDim + l]))),
  );
  const terms = new Map(
    motifs.map((m) => [
      m,
      exponents.map((e) =>
        evaluate(
          e,
          Array.from({ length: latentDim }, (_, l) => z[m * latentDim + l]),
        ),
      ),
    ]),
  );
  const second = (value: (motif: number) => number) =>
    triples.map(([before, middle, after]) => value(before) - 2 * value(middle) + value(after));
  const columns = exponents.map((_, t) => second((m) => (terms.get(m) as number[])[t]));
  const rows = triples.map((_, i) => columns.map((column) => column[i]));
  const along = (axis: number) =>
    robustFit(
      rows,
      second((m) => position[2 * m + axis]),
    );
  return { exponents, row: along(0), col: along(1), limit };
}

/** Motifs that follow each other at equal steps along a lattice vector. */
function secondDifferences({ motif, site }: Indexed): [number, number, number][] {
  const at = new Map(Array.from(motif, (m, k) => [`${site[2 * k]},${site[2 * k + 1]}`, m]));
  const triples: [number, number, number][] = [];
  for (const lag of LAGS) {
    for (const [di, dj] of [
      [lag, 0],
      [0, lag],
    ]) {
      for (let k = 0; k < motif.length; k++) {
        const before = at.get(`${site[2 * k] - di},${site[2 * k + 1] - dj}`);
        const after = at.get(`${site[2 * k] + di},${site[2 * k + 1] + dj}`);
        if (before !== undefined && after !== undefined) triples.push([before, motif[k], after]);
      }
    }
  }
  return triples;
}

/** Least squares, and once more without the worst residuals. */
function robustFit(rows: number[][], target: number[]): number[] {
  const k = rows[0].length;
  const first = leastSquares(rows.flat(), target, k);
  const off = rows.map((row, i) => Math.abs(target[i] - row.reduce((sum, v, j) => sum + v * first[j], 0)));
  const bound = [...off].sort((a, b) => a - b)[Math.floor((1 - OUTLIERS) * (rows.length - 1))];
  const keep = rows.map((_, i) => i).filter((i) => off[i] <= bound);
  return Array.from(
    leastSquares(
      keep.flatMap((i) => rows[i]),
      keep.map((i) => target[i]),
      k,
    ),
  );
}

/** c(z): what to take from a shift found with content z, (row, column). */
export function gaugeShift(gauge: Gauge | undefined, z: readonly number[]): [number, number] {
  if (!gauge) return [0, 0];
  const held = z.map((v, l) => Math.max(-gauge.limit[l], Math.min(gauge.limit[l], v)));
  const terms = gauge.exponents.map((e) => evaluate(e, held));
  const along = (c: readonly number[]) => terms.reduce((sum, t, i) => sum + t * c[i], 0);
  return [along(gauge.row), along(gauge.col)];
}
