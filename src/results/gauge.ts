import type { Period } from "../data/period.ts";
import { type Indexed, indexMotifs } from "./lattice.ts";
import { fitEffects, type MixedModel } from "./mixed_model.ts";

/**
 * The gauge of the shift. A template whose centre of registration moves with the content z is as good for the likelihood as
 * one that does not: T_z(p − t) = T'_z(p − t − c(z)). Shift and order parameter would trade places. It is fixed by the choice of c,
 * a cubic polynomial of z without constant, that makes the motifs' positions a lattice seen by a scanning microscope:
 * position = lattice + c(z) + distortion + noise. The distortion is what scans have: smooth over the image in both directions, and a free
 * function of the slow axis (rows), which is drift in time. Its size is estimated from averages over blocks of cells, so that an undistorted
 * image pays nothing: there the noise of z, which only c(z) would carry into the positions, no longer speaks for distortion.
 * Differences between neighbours, which need no model of the distortion, were tried and are worse: there the noise of z outweighs z.
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
/** Cosines of the distortion: half waves over the image in both directions together, and along the slow axis alone. */
const SMOOTH_WAVES = 3;
const SLOW_WAVES = 12;
/** Variance of a cosine falls with this power of its number of half waves: a curvature as rough as it is smooth. */
const ROUGHNESS = 4;
/** Motifs, and blocks of cells, needed for each fixed effect of the fit. */
const VALUES_PER_TERM = 3;
/** Cells along a side of a block, the largest that leaves enough blocks; share of its cells that must have motifs. */
const BLOCKS = [3, 2, 1];
const BLOCK_SHARE = 0.5;
/**
 * Largest |c(z)|, shortest lattice vectors: a centre of registration that moves farther is no drift of one motif but another place in the cell, as of
 * variants, whose lattices need not continue each other.
 */
const MOST_MOVED = 0.1;
/** Lattice: origin and two vectors. */
const LATTICE_TERMS = 3;

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

/** Half waves (rows, columns) of the cosines of the distortion. */
function distortionWaves(): [number, number][] {
  const waves: [number, number][] = [];
  for (let i = 0; i <= SLOW_WAVES; i++) {
    for (let j = 0; j <= SMOOTH_WAVES; j++) {
      if (i + j > 0 && (j === 0 || i + j <= SMOOTH_WAVES)) waves.push([i, j]);
    }
  }
  return waves;
}

/**
 * The gauge of these motifs, positions (n, 2) and contents (n, L), in an image of `size` (rows, columns) px; undefined where they
 * form no lattice, or are too few.
 */
export function fitGauge(
  position: ArrayLike<number>,
  z: ArrayLike<number>,
  latentDim: number,
  period: Period | undefined,
  size: readonly [rows: number, cols: number],
): Gauge | undefined {
  if (!period?.b) return undefined;
  const indexed = indexMotifs(position, period.a, period.b);
  const exponents = monomials(latentDim, 1, DEGREE);
  const waves = distortionWaves();
  const count = indexed.motif.length;
  const fixed = LATTICE_TERMS + exponents.length;
  if (count < VALUES_PER_TERM * fixed) return undefined;
  const content = (m: number) => Array.from({ length: latentDim }, (_, l) => z[m * latentDim + l]);
  const termsOf = (m: number, k: number) => {
    const [u, v] = [position[2 * m] / size[0], position[2 * m + 1] / size[1]];
    return [
      ...[1, indexed.site[2 * k], indexed.site[2 * k + 1]],
      ...exponents.map((e) => evaluate(e, content(m))),
      ...waves.map(([i, j]) => Math.cos(Math.PI * i * u) * Math.cos(Math.PI * j * v)),
    ];
  };
  const terms = Array.from(indexed.motif, termsOf);
  const weights = waves.map((wave) => Math.hypot(...wave) ** -ROUGHNESS);
  const along = (axis: number) => {
    const places = Array.from(indexed.motif, (m) => position[2 * m + axis]);
    const mean = places.reduce((sum, v) => sum + v, 0) / count;
    const motifs = terms.map((term, k) => ({ term, value: places[k] - mean }));
    const { effectVariance } = fitEffects(modelOf(blocksOf(motifs, indexed, VALUES_PER_TERM * fixed), weights));
    return Array.from(fitEffects(modelOf(motifs, weights), effectVariance).values.subarray(LATTICE_TERMS, fixed));
  };
  const limit = Array.from({ length: latentDim }, (_, l) =>
    indexed.motif.reduce((most, m) => Math.max(most, Math.abs(z[m * latentDim + l])), 0),
  );
  const gauge = { exponents, row: along(0), col: along(1), limit };
  const bound = MOST_MOVED * Math.hypot(...period.a);
  return Array.from(indexed.motif).every((m) => Math.hypot(...gaugeShift(gauge, content(m))) <= bound)
    ? gauge
    : undefined;
}

/** One equation of the fit: what the coefficients multiply, and the position less the mean of all, px. */
interface Equation {
  readonly term: readonly number[];
  readonly value: number;
}

function modelOf(equations: readonly Equation[], weights: readonly number[]): MixedModel {
  return {
    design: Float64Array.from(equations.flatMap(({ term }) => term)),
    target: Float64Array.from(equations, ({ value }) => value),
    weights,
  };
}

/** Equations averaged over blocks of cells; at least `least` of them where the motifs are enough. */
function blocksOf(motifs: readonly Equation[], { site }: Indexed, least: number): readonly Equation[] {
  for (const side of BLOCKS) {
    const blocks = new Map<string, Equation[]>();
    motifs.forEach((equation, k) => {
      const key = `${Math.floor(site[2 * k] / side)},${Math.floor(site[2 * k + 1] / side)}`;
      const block = blocks.get(key);
      if (block) block.push(equation);
      else blocks.set(key, [equation]);
    });
    const full = [...blocks.values()].filter((block) => block.length >= BLOCK_SHARE * side ** 2);
    if (full.length >= least) return full.map(average);
  }
  return motifs;
}

function average(equations: readonly Equation[]): Equation {
  const n = equations.length;
  return {
    term: equations[0].term.map((_, t) => equations.reduce((sum, { term }) => sum + term[t], 0) / n),
    value: equations.reduce((sum, { value }) => sum + value, 0) / n,
  };
}

/** c(z): what to take from a shift found with content z, (row, column). */
export function gaugeShift(gauge: Gauge | undefined, z: readonly number[]): [number, number] {
  if (!gauge) return [0, 0];
  const held = z.map((v, l) => Math.max(-gauge.limit[l], Math.min(gauge.limit[l], v)));
  const terms = gauge.exponents.map((e) => evaluate(e, held));
  const along = (c: readonly number[]) => terms.reduce((sum, t, i) => sum + t * c[i], 0);
  return [along(gauge.row), along(gauge.col)];
}
