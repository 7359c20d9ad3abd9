import type { Period } from "../data/period.ts";
import { contentOf, type Gauge, type GaugeAxis, gaugeShift, kernel } from "./gauge.ts";
import { type Indexed, indexMotifs } from "./lattice.ts";
import { factorise, fitEffects, type MixedModel } from "./mixed_model.ts";
import { KdTree } from "./neighbours.ts";
import { cosPi } from "./portable_math.ts";

/*
 * How the gauge is fixed: by the c(z) that makes the motifs' positions a lattice seen by a scanning microscope,
 * position = lattice + c(z) + distortion + noise. c has a normal prior whose size is estimated, so that a direction in content which says nothing of
 * position moves nothing, and c bends as far as the noise lets it show. The distortion is what scans have: smooth over the image in both directions,
 * and a free function of the slow axis (rows), which is drift in time. Both sizes are estimated from averages over blocks of cells, so that an
 * undistorted image pays nothing: there the noise of z, which only c(z) would carry into the positions, no longer speaks for distortion.
 * Differences between neighbours, which need no model of the distortion, were tried and are worse: there the noise of z outweighs z.
 */

/** Kernels of c, at most, and what is added to their covariance's diagonal. */
const KERNELS = 40;
const NUGGET = 1e-6;
/** Cosines of the distortion: half waves over the image in both directions together, and along the slow axis alone. */
const SMOOTH_WAVES = 3;
const SLOW_WAVES = 12;
/** Lattice: origin and two vectors. */
const LATTICE_TERMS = 3;
/** Motifs of an image that a fit needs, and blocks of cells: too few to say much of the sizes, they still say it without the noise of z. */
const LEAST_MOTIFS = 60;
const LEAST_BLOCKS = 20;
/** Equations, at most: more are thinned evenly. */
const MOST_EQUATIONS = 6000;
/** Cells along a side of a block, the largest that leaves enough blocks; share of its cells that must have motifs. */
const BLOCKS = [3, 2, 1];
const BLOCK_SHARE = 0.5;
/**
 * Largest |c(z)|, shortest lattice vectors: a centre of registration that moves farther is no drift of one motif but another place in the cell, as of
 * variants, whose lattices need not continue each other.
 */
const MOST_MOVED = 0.1;
/** Farthest that a window's motif may be from one of the motifs, shortest lattice vectors. */
const SAME_MOTIF = 0.3;

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

/** Variance of a cosine: it falls with the fourth power of its number of half waves, for a curvature as rough as it is smooth. */
function roughness(i: number, j: number): number {
  const square = i * i + j * j;
  return 1 / (square * square);
}

/** Places (n, 2), px, found with contents (n, L). */
interface Places {
  readonly position: ArrayLike<number>;
  readonly z: ArrayLike<number>;
}

/** The motifs of an image that the gauge is fitted to. */
export interface GaugeImage extends Places {
  /** (n, L) standard deviations of the contents. */
  readonly zSd: ArrayLike<number>;
  /** Of the image, px. */
  readonly size: readonly [rows: number, cols: number];
  /** What other windows say of the same motifs; they see contents that windows about the motifs do not. */
  readonly windows?: Places;
}

/** A place that the gauge is fitted to. */
interface Sample {
  readonly place: readonly [number, number];
  readonly content: readonly number[];
  /** Image and lattice site. */
  readonly image: number;
  readonly site: readonly [number, number];
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
    .filter(({ indexed }) => indexed.motif.length >= LEAST_MOTIFS);
  if (pieces.length === 0) return undefined;
  const samples = thinned(
    pieces.flatMap((piece, image) => samplesOf(piece, piece.indexed, image, latentDim, SAME_MOTIF * Math.hypot(...a))),
  );
  const known = knownOf(pieces, latentDim);
  const contents = samples.map(({ content }) => content.map((v, l) => known[l] * v));
  const basis = kernelBasis(contents);
  const terms = samples.map((sample, n) => termsOf(sample, contents[n], basis, pieces));
  const fixed = LATTICE_TERMS * pieces.length;
  const weights = [
    ...Array.from({ length: latentDim + basis.centres.length }, () => 1),
    ...pieces.flatMap(() => distortionWaves().map((wave) => roughness(...wave))),
  ];
  const groups = weights.map((_, j) => (j < latentDim + basis.centres.length ? 0 : 1));
  const means = pieces.map((_, image) => [meanPlace(samples, image, 0), meanPlace(samples, image, 1)]);
  const along = (axis: 0 | 1): GaugeAxis => {
    const equations = samples.map(
      ({ place, image, site }, n): Equation => ({
        term: terms[n],
        value: place[axis] - means[image][axis],
        image,
        site,
      }),
    );
    // Outliers would weigh most in the averages of blocks.
    const { kept } = fitEffects(modelOf(equations, weights, groups));
    const sound = equations.filter((_, n) => kept[n] === 1);
    const { effectVariances } = fitEffects(modelOf(blocksOf(sound), weights, groups));
    const { values } = fitEffects(modelOf(equations, weights, groups), effectVariances);
    const effects = Array.from(values.subarray(fixed, fixed + latentDim + basis.centres.length));
    return { offset: 0, slopes: effects.slice(0, latentDim), weights: basis.weightsOf(effects.slice(latentDim)) };
  };
  const limit = Array.from({ length: latentDim }, (_, l) =>
    samples.reduce((most, { content }) => Math.max(most, Math.abs(content[l])), 0),
  );
  return centred(
    { known, centres: basis.centres, row: along(0), col: along(1), limit },
    samples,
    MOST_MOVED * Math.hypot(...a),
  );
}

/** 1 less the mean posterior variance of each latent, not below 0. */
function knownOf(images: readonly GaugeImage[], latentDim: number): number[] {
  return Array.from({ length: latentDim }, (_, l) => {
    const own = images.flatMap(({ zSd }) => Array.from(zSd).filter((_, k) => k % latentDim === l));
    return Math.max(0, 1 - own.reduce((sum, sd) => sum + sd * sd, 0) / own.length);
  });
}

/** The motifs on lattice sites, and the windows whose motifs are these. */
function samplesOf(
  { position, z, windows }: GaugeImage,
  { motif, site }: Indexed,
  image: number,
  latentDim: number,
  reach: number,
): Sample[] {
  const sampleOf = (places: Places, k: number, n: number): Sample => ({
    place: [places.position[2 * k], places.position[2 * k + 1]],
    content: contentOf(places.z, k, latentDim),
    image,
    site: [site[2 * n], site[2 * n + 1]],
  });
  const own = Array.from(motif, (m, n) => sampleOf({ position, z }, m, n));
  if (!windows) return own;
  const tree = new KdTree(Float64Array.from(own.flatMap(({ place }) => place)), 2);
  const count = Math.min(own.length, windows.position.length / 2);
  for (let k = 0; k < count; k++) {
    const place: [number, number] = [windows.position[2 * k], windows.position[2 * k + 1]];
    const [n] = tree.nearest(place, 1);
    const [row, col] = own[n].place;
    if (Math.hypot(place[0] - row, place[1] - col) <= reach) own.push(sampleOf(windows, k, n));
  }
  return own;
}

function thinned<T>(all: readonly T[]): readonly T[] {
  if (all.length <= MOST_EQUATIONS) return all;
  return Array.from({ length: MOST_EQUATIONS }, (_, k) => all[Math.floor((k * all.length) / MOST_EQUATIONS)]);
}

function meanPlace(samples: readonly Sample[], image: number, axis: 0 | 1): number {
  const own = samples.filter((sample) => sample.image === image);
  return own.reduce((sum, { place }) => sum + place[axis], 0) / own.length;
}

interface KernelBasis {
  readonly centres: readonly (readonly number[])[];
  /** M functions of content that are uncorrelated, of unit variance, where k is the covariance. */
  at(z: readonly number[]): number[];
  /** Weights of the kernels from those of the functions. */
  weightsOf(effects: readonly number[]): number[];
}

/** Kernels at contents as far from each other as can be. */
function kernelBasis(contents: readonly (readonly number[])[]): KernelBasis {
  const centres = spreadOut(contents);
  const M = centres.length;
  const root = Float64Array.from(
    { length: M * M },
    (_, k) => kernel(centres[Math.floor(k / M)], centres[k % M]).value + (k % (M + 1) === 0 ? NUGGET : 0),
  );
  factorise(root, M);
  return {
    centres,
    at(z) {
      const x = centres.map((centre) => kernel(z, centre).value);
      for (let i = 0; i < M; i++) {
        for (let m = 0; m < i; m++) x[i] -= root[i * M + m] * x[m];
        x[i] /= root[i * (M + 1)];
      }
      return x;
    },
    weightsOf(effects) {
      const x = effects.slice();
      for (let i = M - 1; i >= 0; i--) {
        for (let m = i + 1; m < M; m++) x[i] -= root[m * M + i] * x[m];
        x[i] /= root[i * (M + 1)];
      }
      return x;
    },
  };
}

/** Up to KERNELS contents: first the one nearest to 0, then the one that is farthest from those chosen. */
function spreadOut(contents: readonly (readonly number[])[]): (readonly number[])[] {
  const chosen: (readonly number[])[] = [];
  const left = contents.map(() => Number.POSITIVE_INFINITY);
  let next = contents.reduce((best, z, n) => (Math.hypot(...z) < Math.hypot(...contents[best]) ? n : best), 0);
  while (chosen.length < KERNELS && left[next] > 0) {
    const centre = contents[next];
    chosen.push(centre);
    contents.forEach((z, n) => {
      left[n] = Math.min(left[n], Math.hypot(...z.map((v, l) => v - centre[l])));
    });
    next = left.reduce((far, distance, n) => (distance > left[far] ? n : far), 0);
  }
  return chosen;
}

/** What the coefficients of a sample's equation multiply: zero for the other images' lattices and distortions. */
function termsOf(
  { place, image, site }: Sample,
  content: readonly number[],
  basis: KernelBasis,
  images: readonly { readonly size: readonly [number, number] }[],
): number[] {
  const own = (values: readonly number[]) => images.flatMap((_, k) => (k === image ? values : values.map(() => 0)));
  const [u, v] = [place[0] / images[image].size[0], place[1] / images[image].size[1]];
  return [
    ...own([1, ...site]),
    ...content,
    ...basis.at(content),
    ...own(distortionWaves().map(([i, j]) => cosPi(i * u) * cosPi(j * v))),
  ];
}

/** One equation of the fit: what the coefficients multiply, and the position less the mean of its image's, px. */
interface Equation extends Pick<Sample, "image" | "site"> {
  readonly term: readonly number[];
  readonly value: number;
}

function modelOf(equations: readonly Equation[], weights: readonly number[], groups: readonly number[]): MixedModel {
  const k = equations[0].term.length;
  const design = new Float64Array(equations.length * k);
  equations.forEach(({ term }, n) => {
    design.set(term, n * k);
  });
  return { design, target: Float64Array.from(equations, ({ value }) => value), weights, groups };
}

/** Equations averaged over blocks of cells; at least LEAST_BLOCKS of them where the motifs are enough. */
function blocksOf(equations: readonly Equation[]): readonly Equation[] {
  for (const side of BLOCKS) {
    const blocks = new Map<string, Equation[]>();
    for (const equation of equations) {
      const [i, j] = equation.site;
      const key = `${equation.image},${Math.floor(i / side)},${Math.floor(j / side)}`;
      const block = blocks.get(key);
      if (block) block.push(equation);
      else blocks.set(key, [equation]);
    }
    const full = [...blocks.values()].filter((block) => block.length >= BLOCK_SHARE * side ** 2);
    if (full.length >= LEAST_BLOCKS) return full.map(average);
  }
  return equations;
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

/** The gauge with the mean of c over the samples taken out; undefined where c reaches farther than `most`. */
function centred(gauge: Gauge, samples: readonly Sample[], most: number): Gauge | undefined {
  const moved = samples.map(({ content }) => gaugeShift(gauge, content).shift);
  const [row, col] = [0, 1].map((axis) => moved.reduce((sum, shift) => sum + shift[axis], 0) / moved.length);
  if (moved.some((shift) => Math.hypot(shift[0] - row, shift[1] - col) > most)) return undefined;
  return { ...gauge, row: { ...gauge.row, offset: -row }, col: { ...gauge.col, offset: -col } };
}
