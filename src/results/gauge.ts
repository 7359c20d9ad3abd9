import type { Period } from "../data/period.ts";
import { indexMotifs } from "./lattice.ts";
import { leastSquares } from "./least_squares.ts";

/**
 * The gauge of the shift. A template whose centre of registration moves with the content z is as good for the likelihood as
 * one that does not: T_z(p − t) = T'_z(p − t − c(z)). Shift and order parameter would trade places. It is fixed by the choice of c,
 * a cubic polynomial of z without constant, that makes the motifs' positions the most regular lattice, beside slow
 * distortions of the image (a cubic polynomial of the position).
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
/** Motifs needed for each free number of the fit. */
const MOTIFS_PER_TERM = 4;
/** Share of motifs left out as misplaced, largest residuals first, after a first fit. */
const OUTLIERS = 0.05;

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
  const indexed = indexMotifs(position, period.a, period.b);
  const exponents = monomials(latentDim, 1, DEGREE);
  const slow = monomials(2, 2, DEGREE);
  const terms = 3 + slow.length + exponents.length;
  const n = indexed.motif.length;
  if (n < MOTIFS_PER_TERM * terms) return undefined;
  const limit = Array.from({ length: latentDim }, (_, l) =>
    indexed.motif.reduce((most, m) => Math.max(most, Math.abs(z[m * latentDim + l])), 0),
  );
  const span = Math.max(...indexed.site.map(Math.abs), 1);
  const row = (k: number): number[] => {
    const m = indexed.motif[k];
    const at = [indexed.site[2 * k] / span, indexed.site[2 * k + 1] / span];
    const content = Array.from({ length: latentDim }, (_, l) => z[m * latentDim + l]);
    return [1, ...at, ...slow.map((e) => evaluate(e, at)), ...exponents.map((e) => evaluate(e, content))];
  };
  const rows = Array.from({ length: n }, (_, k) => row(k));
  const along = (axis: number) =>
    robustFit(
      rows,
      Array.from(indexed.motif, (m) => position[2 * m + axis]),
    ).slice(3 + slow.length);
  return { exponents, row: along(0), col: along(1), limit };
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
