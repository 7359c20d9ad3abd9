/** Positions modulo a lattice, circular statistics of their phases, and how a lattice is covered. (row, column), px. */
import { NumericsError } from "../errors.ts";
import { KdTree } from "./neighbours.ts";

/** Two lattice vectors and the position of one site, (row, column), px. */
export interface LatticeVectors {
  readonly a: readonly [number, number];
  readonly b: readonly [number, number];
  readonly origin?: readonly [number, number];
}

/** Mean of cos and sin of 2π·phase as a complex number: the direction is the circular mean, the length the concentration. */
function resultant(phase: ArrayLike<number>): [number, number] {
  let [real, imaginary] = [0, 0];
  for (let i = 0; i < phase.length; i++) {
    real += Math.cos(2 * Math.PI * phase[i]);
    imaginary += Math.sin(2 * Math.PI * phase[i]);
  }
  return [real / phase.length, imaginary / phase.length];
}

/** Circular mean of phases in cycles, in [0, 1) (Mardia and Jupp, Directional Statistics (2000), eq. 2.2.4). */
export function circularMean(phase: ArrayLike<number>): number {
  const [real, imaginary] = resultant(phase);
  return modulo1(Math.atan2(imaginary, real) / (2 * Math.PI));
}

/** |⟨exp(2πi·phase)⟩|: 1 where all phases agree, about 1/√n where they are random (Mardia and Jupp, eq. 2.3.3). */
export function circularConcentration(phase: ArrayLike<number>): number {
  return Math.hypot(...resultant(phase));
}

/** Rms of phases in cycles about their circular mean, each difference wrapped to [−½, ½]; 0.289 for uniform phases. */
export function circularRms(phase: ArrayLike<number>): number {
  const mean = circularMean(phase);
  let sum = 0;
  for (let i = 0; i < phase.length; i++) sum += wrap(phase[i] - mean) ** 2;
  return Math.sqrt(sum / phase.length);
}

/** Lattice coordinates of positions (n, 2) modulo one cell, (n, 2) along a and b, in [0, 1). */
export function latticePhase(position: ArrayLike<number>, lattice: LatticeVectors): Float64Array {
  return latticeCoordinates(position, lattice).map(modulo1);
}

/**
 * Scatter of positions about a lattice whose origin is free: rms along (rows, columns) in px of the phases' differences
 * from their circular mean, wrapped to half a cell. For a square lattice this is `circularRms` times its constant.
 */
export function latticeScatter(position: ArrayLike<number>, lattice: LatticeVectors): [number, number] {
  const phase = latticePhase(position, lattice);
  const [meanA, meanB] = [0, 1].map((k) => circularMean(phase.filter((_, i) => i % 2 === k)));
  const n = position.length / 2;
  let [rows, cols] = [0, 0];
  for (let i = 0; i < n; i++) {
    const [u, v] = [wrap(phase[2 * i] - meanA), wrap(phase[2 * i + 1] - meanB)];
    rows += (u * lattice.a[0] + v * lattice.b[0]) ** 2;
    cols += (u * lattice.a[1] + v * lattice.b[1]) ** 2;
  }
  return [Math.sqrt(rows / n), Math.sqrt(cols / n)];
}

/** Positions (m, 2) of all sites of a lattice at least `margin` px inside an image of rows × cols. */
export function latticeSites(lattice: LatticeVectors, rows: number, cols: number, margin = 0): Float64Array {
  const [top, left, bottom, right] = [margin, margin, rows - 1 - margin, cols - 1 - margin];
  const corners = latticeCoordinates([top, left, top, right, bottom, left, bottom, right], lattice);
  const along = (k: number) => [0, 1, 2, 3].map((i) => corners[2 * i + k]);
  const out: number[] = [];
  const [r0, c0] = lattice.origin ?? [0, 0];
  for (let i = Math.floor(Math.min(...along(0))); i <= Math.max(...along(0)); i++) {
    for (let j = Math.floor(Math.min(...along(1))); j <= Math.max(...along(1)); j++) {
      const [r, c] = [r0 + i * lattice.a[0] + j * lattice.b[0], c0 + i * lattice.a[1] + j * lattice.b[1]];
      if (r >= top && r <= bottom && c >= left && c <= right) out.push(r, c);
    }
  }
  return Float64Array.from(out);
}

/** Share of the sites (m, 2) with a motif (n, 2) within `radius` px that has no nearer site. */
export function siteCoverage(sites: ArrayLike<number>, motifs: ArrayLike<number>, radius: number): number {
  const tree = new KdTree(sites, 2);
  const found = new Uint8Array(tree.count);
  for (let i = 0; i < motifs.length / 2; i++) {
    const at = [motifs[2 * i], motifs[2 * i + 1]];
    const [site] = tree.nearest(at, 1);
    if (Math.hypot(at[0] - sites[2 * site], at[1] - sites[2 * site + 1]) <= radius) found[site] = 1;
  }
  return found.reduce((sum, one) => sum + one, 0) / tree.count;
}

function latticeCoordinates(position: ArrayLike<number>, { a, b, origin = [0, 0] }: LatticeVectors): Float64Array {
  const det = a[0] * b[1] - a[1] * b[0];
  if (!(Math.abs(det) > 1e-9)) throw new NumericsError(`lattice: vectors ${a} and ${b} are parallel`);
  const out = new Float64Array(position.length);
  for (let i = 0; i < out.length; i += 2) {
    const [r, c] = [position[i] - origin[0], position[i + 1] - origin[1]];
    out[i] = (r * b[1] - c * b[0]) / det;
    out[i + 1] = (a[0] * c - a[1] * r) / det;
  }
  return out;
}

function modulo1(x: number): number {
  // The second % turns 1 − 1e-17, which rounds to 1, into 0.
  return ((x % 1) + 1) % 1;
}

function wrap(x: number): number {
  return x - Math.round(x);
}
