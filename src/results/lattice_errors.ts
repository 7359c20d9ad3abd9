import { siteIndices } from "./strain.ts";
import type { FitReport, Lattice, Motifs } from "./types.ts";

/** One standard deviation of what a fitted lattice says. */
export interface LatticeErrors {
  /** Of the vectors' lengths, in units of `scale`. */
  readonly lengthA: number;
  readonly lengthB: number;
  /** Of the angle between them, degrees. */
  readonly angle: number;
  /** Relative, of the square root of the cell's area: of one common scale. */
  readonly scale: number;
}

/** Derivatives of a number by the (row, column) of a and of b. */
interface Gradient {
  readonly a: readonly [number, number];
  readonly b: readonly [number, number];
}

/** Sides of a pixel (row, column) in its unit; 1 where it is not known. */
export function pixelSides(pixelSize: FitReport["pixelSize"]): [number, number] {
  const side = pixelSize?.value ?? 1;
  return [pixelSize?.rowValue ?? side, side];
}

/** Lengths and angle of a lattice whose pixels have the given sides (row, column). */
export function scaledLattice({ a, b }: Pick<Lattice, "a" | "b">, [rowScale, colScale]: readonly [number, number]) {
  const scaled = (v: readonly [number, number]): [number, number] => [v[0] * rowScale, v[1] * colScale];
  const [u, v] = [scaled(a), scaled(b)];
  const [lengthA, lengthB] = [Math.hypot(...u), Math.hypot(...v)];
  const angle = (Math.acos((u[0] * v[0] + u[1] * v[1]) / (lengthA * lengthB)) * 180) / Math.PI;
  return { a: u, b: v, lengthA, lengthB, angle };
}

/** Inverse of the centred Gram matrix of the sites' coordinates: [aa, ab, bb]. */
function designCovariance(motifs: Motifs, lattice: Lattice): [number, number, number] {
  const site = siteIndices(motifs, lattice);
  const mean = [0, 0];
  for (let n = 0; n < site.length; n++) mean[n % 2] += site[n] / motifs.count;
  let [ii, ij, jj] = [0, 0, 0];
  for (let n = 0; n < motifs.count; n++) {
    const [i, j] = [site[2 * n] - mean[0], site[2 * n + 1] - mean[1]];
    ii += i * i;
    ij += i * j;
    jj += j * j;
  }
  const determinant = ii * jj - ij * ij;
  return [jj / determinant, -ij / determinant, ii / determinant];
}

/**
 * Statistical errors of a lattice: position = origin + i·a + j·b fitted to the motifs, with their rms residual as the error of a
 * position, alike and independent along both axes. Distortions of the scan are not alike and independent: they come on top.
 * @param scale sides of a pixel (row, column)
 */
export function latticeErrors(
  motifs: Motifs,
  lattice: Lattice,
  scale: readonly [number, number] = [1, 1],
): LatticeErrors {
  const [aa, ab, bb] = designCovariance(motifs, lattice);
  const variance = scale.map((side) => (lattice.residual * side) ** 2 / 2);
  const sd = ({ a, b }: Gradient) =>
    Math.sqrt(
      variance.reduce((sum, v, d) => sum + v * (a[d] * a[d] * aa + 2 * a[d] * b[d] * ab + b[d] * b[d] * bb), 0),
    );
  const { a, b, lengthA, lengthB } = scaledLattice(lattice, scale);
  const area = a[0] * b[1] - a[1] * b[0];
  const [squareA, squareB] = [lengthA ** 2, lengthB ** 2];
  return {
    lengthA: sd({ a: [a[0] / lengthA, a[1] / lengthA], b: [0, 0] }),
    lengthB: sd({ a: [0, 0], b: [b[0] / lengthB, b[1] / lengthB] }),
    angle: (sd({ a: [a[1] / squareA, -a[0] / squareA], b: [-b[1] / squareB, b[0] / squareB] }) * 180) / Math.PI,
    scale: sd({ a: [b[1] / area / 2, -b[0] / area / 2], b: [-a[1] / area / 2, a[0] / area / 2] }),
  };
}
