import { KdTree } from "./neighbours.ts";
import type { Lattice, Motifs } from "./types.ts";

/** Displacement and strain of the motifs against their lattice. */
export interface StrainField {
  /** (n, 2) motif minus its lattice site, pixels, (row, column). */
  readonly displacement: Float64Array;
  /** Strains (1) in the frame x to the right, y upwards; NaN where the neighbours do not settle them. */
  readonly xx: Float64Array;
  readonly yy: Float64Array;
  readonly xy: Float64Array;
  /** Rotation in radians, counter-clockwise as seen. */
  readonly rotation: Float64Array;
}

type Vector = readonly [row: number, col: number];

/** A neighbour farther than this from where the lattice has it, in units of the shorter lattice vector, is no neighbour. */
const TOLERANCE = 0.3;

/** Coordinates (i, j) of `v` = i·a + j·b. */
function latticeCoordinates(lattice: Lattice, v: Vector): [number, number] {
  const { a, b } = lattice;
  const determinant = a[0] * b[1] - a[1] * b[0];
  return [(v[0] * b[1] - v[1] * b[0]) / determinant, (a[0] * v[1] - a[1] * v[0]) / determinant];
}

function latticeVector({ a, b }: Lattice, i: number, j: number): Vector {
  return [i * a[0] + j * b[0], i * a[1] + j * b[1]];
}

/** Integer lattice coordinates (n, 2) of the motifs. The lattice's origin is where the motifs' fractional coordinates
 * gather: their mean direction on the circle, which a few misplaced motifs do not move. */
export function siteIndices(motifs: Motifs, lattice: Lattice): Int32Array {
  const fractional = Array.from({ length: motifs.count }, (_, n) =>
    latticeCoordinates(lattice, [motifs.position[2 * n], motifs.position[2 * n + 1]]),
  );
  const origin = ([0, 1] as const).map((axis) => {
    const angle = (f: readonly number[]) => 2 * Math.PI * f[axis];
    const sine = fractional.reduce((sum, f) => sum + Math.sin(angle(f)), 0);
    const cosine = fractional.reduce((sum, f) => sum + Math.cos(angle(f)), 0);
    return Math.atan2(sine, cosine) / (2 * Math.PI);
  });
  return Int32Array.from(fractional.flatMap((f) => [Math.round(f[0] - origin[0]), Math.round(f[1] - origin[1])]));
}

/** Motif minus lattice site (n, 2); the mean displacement is zero by the choice of origin. */
function displacements(motifs: Motifs, lattice: Lattice): Float64Array {
  const site = siteIndices(motifs, lattice);
  const out = new Float64Array(2 * motifs.count);
  const mean = [0, 0];
  for (let n = 0; n < motifs.count; n++) {
    const ideal = latticeVector(lattice, site[2 * n], site[2 * n + 1]);
    for (const k of [0, 1] as const) {
      out[2 * n + k] = motifs.position[2 * n + k] - ideal[k];
      mean[k] += out[2 * n + k] / motifs.count;
    }
  }
  return out.map((v, i) => v - mean[i % 2]);
}

/** Sums of a least-squares fit d ≈ F·D over pairs (D of the lattice, d as measured). */
class DeformationFit {
  private readonly dd = [0, 0, 0];
  private readonly md = [0, 0, 0, 0];

  add(ideal: Vector, measured: Vector): void {
    this.dd[0] += ideal[0] * ideal[0];
    this.dd[1] += ideal[0] * ideal[1];
    this.dd[2] += ideal[1] * ideal[1];
    for (const k of [0, 1] as const) {
      this.md[2 * k] += measured[k] * ideal[0];
      this.md[2 * k + 1] += measured[k] * ideal[1];
    }
  }

  /** F − 1 row-major in (row, column), or undefined where the neighbours lie on one line. */
  gradient(): readonly [number, number, number, number] | undefined {
    const [p, q, s] = this.dd;
    const determinant = p * s - q * q;
    if (!(determinant > 1e-6 * (p + s) ** 2)) return undefined;
    const solve = (m0: number, m1: number) => [(m0 * s - m1 * q) / determinant, (m1 * p - m0 * q) / determinant];
    const [rr, rc] = solve(this.md[0], this.md[1]);
    const [cr, cc] = solve(this.md[2], this.md[3]);
    return [rr - 1, rc, cr, cc - 1];
  }
}

/** Displacement gradient H = F − 1 around motif n: F maps the lattice's vectors to the nearest neighbours onto the measured
 * ones, by least squares. Needs no knowledge of distant sites, so drift and boundaries do no harm. */
function gradientAt(n: number, motifs: Motifs, lattice: Lattice, tree: KdTree) {
  const fit = new DeformationFit();
  const [row, col] = [motifs.position[2 * n], motifs.position[2 * n + 1]];
  const tolerance = TOLERANCE * Math.min(lattice.lengthA, lattice.lengthB);
  for (const m of tree.within([row, col], neighbourReach(lattice))) {
    const measured: Vector = [motifs.position[2 * m] - row, motifs.position[2 * m + 1] - col];
    const [i, j] = latticeCoordinates(lattice, measured).map(Math.round);
    if (m === n || (i === 0 && j === 0) || Math.max(Math.abs(i), Math.abs(j)) > 1) continue;
    const ideal = latticeVector(lattice, i, j);
    if (Math.hypot(measured[0] - ideal[0], measured[1] - ideal[1]) <= tolerance) fit.add(ideal, measured);
  }
  return fit.gradient();
}

/** Far enough for the four neighbours along ±a and ±b and, in cells near square or hexagonal, the diagonal ones. */
function neighbourReach(lattice: Lattice): number {
  return 1.5 * Math.max(lattice.lengthA, lattice.lengthB);
}

/** Small-strain tensor ε = (H + Hᵀ)/2 and rotation of every motif from its neighbours (as in peak-pair analysis: P. Galindo
 * et al., Ultramicroscopy 107, 1186, 2007). With rows downwards, y = −row turns the signs of ε_xy and of the rotation. */
export function strainField(motifs: Motifs, lattice: Lattice): StrainField {
  const empty = () => new Float64Array(motifs.count).fill(Number.NaN);
  const field = {
    displacement: displacements(motifs, lattice),
    xx: empty(),
    yy: empty(),
    xy: empty(),
    rotation: empty(),
  };
  const tree = new KdTree(motifs.position, 2);
  for (let n = 0; n < motifs.count; n++) {
    const gradient = gradientAt(n, motifs, lattice, tree);
    if (!gradient) continue;
    const [rr, rc, cr, cc] = gradient;
    field.xx[n] = cc;
    field.yy[n] = rr;
    field.xy[n] = -(rc + cr) / 2;
    field.rotation[n] = (cr - rc) / 2;
  }
  return field;
}
