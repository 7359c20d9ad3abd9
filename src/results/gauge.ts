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

/** The motifs of an image that the gauge is fitted to. */
export interface GaugeImage {
  /** (n, 2) px. */
  readonly position: ArrayLike<number>;
  /** (n, L) */
  readonly z: ArrayLike<number>;
  /** Of the image, px. */
  readonly size: readonly [rows: number, cols: number];
}

/**
 * The gauge of one image's motifs, or of several images' with one model: each has a lattice and a distortion of its own. Undefined
 * where the motifs form no lattice, or are too few.
 */
export function fitGauge(
  images: readonly GaugeImage[],
  latentDim: number,
  period: Period | undefined,
): Gauge | undefined {
  if (!period?.b) return undefined;
  const { a, b } = period;
  const pieces = images
    .map((image) => ({ ...image, indexed: indexMotifs(image.position, a, b) }))
    .filter(({ indexed }) => indexed.motif.length >= VALUES_PER_TERM * LATTICE_TERMS);
  const exponents = monomials(latentDim, 1, DEGREE);
  const fixed = pieces.length * LATTICE_TERMS + exponents.length;
  const count = pieces.reduce((sum, { indexed }) => sum + indexed.motif.length, 0);
  if (count < VALUES_PER_TERM * fixed) return undefined;
  const waves = distortionWaves();
  const weights = pieces.flatMap(() => waves.map((wave) => Math.hypot(...wave) ** -ROUGHNESS));
  const along = (axis: 0 | 1) => {
    const motifs = pieces.flatMap((_, k) => equationsOf(pieces, k, axis, exponents, waves));
    const { effectVariance } = fitEffects(modelOf(blocksOf(motifs, VALUES_PER_TERM * fixed), weights));
    const { values } = fitEffects(modelOf(motifs, weights), effectVariance);
    return Array.from(values.subarray(fixed - exponents.length, fixed));
  };
  const limit = Array.from({ length: latentDim }, (_, l) =>
    Math.max(
      ...pieces.map(({ indexed, z }) =>
        indexed.motif.reduce((most, m) => Math.max(most, Math.abs(z[m * latentDim + l])), 0),
      ),
    ),
  );
  const gauge = { exponents, row: along(0), col: along(1), limit };
  const bound = MOST_MOVED * Math.hypot(...a);
  const moved = ({ indexed, z }: (typeof pieces)[number]) =>
    Array.from(indexed.motif, (m) => Math.hypot(...gaugeShift(gauge, contentOf(z, m, latentDim))));
  return pieces.every((piece) => moved(piece).every((length) => length <= bound)) ? gauge : undefined;
}

function contentOf(z: ArrayLike<number>, motif: number, latentDim: number): number[] {
  return Array.from({ length: latentDim }, (_, l) => z[motif * latentDim + l]);
}

/** One equation of the fit: what the coefficients multiply, and the position less the mean of its image's, px. */
interface Equation {
  readonly term: readonly number[];
  readonly value: number;
  /** Image and lattice site. */
  readonly image: number;
  readonly site: readonly [number, number];
}

/** The equations of image `k`: zero in the columns of the other images' lattices and distortions. */
function equationsOf(
  images: readonly (GaugeImage & { readonly indexed: Indexed })[],
  k: number,
  axis: 0 | 1,
  exponents: readonly (readonly number[])[],
  waves: readonly [number, number][],
): Equation[] {
  const { position, z, size, indexed } = images[k];
  const L = exponents[0].length;
  const own = (values: readonly number[]) => images.flatMap((_, i) => (i === k ? values : values.map(() => 0)));
  const places = Array.from(indexed.motif, (m) => position[2 * m + axis]);
  const mean = places.reduce((sum, v) => sum + v, 0) / places.length;
  return Array.from(indexed.motif, (m, n): Equation => {
    const site = [indexed.site[2 * n], indexed.site[2 * n + 1]] as const;
    const content = contentOf(z, m, L);
    const [u, v] = [position[2 * m] / size[0], position[2 * m + 1] / size[1]];
    const term = [
      ...own([1, ...site]),
      ...exponents.map((e) => evaluate(e, content)),
      ...own(waves.map(([i, j]) => Math.cos(Math.PI * i * u) * Math.cos(Math.PI * j * v))),
    ];
    return { term, value: places[n] - mean, image: k, site };
  });
}

function modelOf(equations: readonly Equation[], weights: readonly number[]): MixedModel {
  return {
    design: Float64Array.from(equations.flatMap(({ term }) => term)),
    target: Float64Array.from(equations, ({ value }) => value),
    weights,
  };
}

/** Equations averaged over blocks of cells; at least `least` of them where the motifs are enough. */
function blocksOf(motifs: readonly Equation[], least: number): readonly Equation[] {
  for (const side of BLOCKS) {
    const blocks = new Map<string, Equation[]>();
    for (const equation of motifs) {
      const [i, j] = equation.site;
      const key = `${equation.image},${Math.floor(i / side)},${Math.floor(j / side)}`;
      const block = blocks.get(key);
      if (block) block.push(equation);
      else blocks.set(key, [equation]);
    }
    const full = [...blocks.values()].filter((block) => block.length >= BLOCK_SHARE * side ** 2);
    if (full.length >= least) return full.map(average);
  }
  return motifs;
}

function average(equations: readonly Equation[]): Equation {
  const n = equations.length;
  const [first] = equations;
  return {
    ...first,
    term: first.term.map((_, t) => equations.reduce((sum, { term }) => sum + term[t], 0) / n),
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
