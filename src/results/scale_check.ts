import { type Face, reducedBasis, type Vector2 } from "./faces.ts";
import { latticeErrors, pixelSides, scaledLattice } from "./lattice_errors.ts";
import type { Material } from "./materials.ts";
import type { FitReport, ScaleCheck } from "./types.ts";

/** Relative standard deviation of a tabulated lattice constant in a specimen: temperature, strain, composition. */
const CONSTANT_SD = 0.002;
/** Standard deviations beyond which a lattice does not fit. */
const BEYOND = 2;
/** Largest superstructure looked for, in unit cells; and smallest part of one. */
const MOST_CELLS = 9;
const LEAST_PART = 4;
/** What a cell other than the unit cell costs, in units of the logarithm of the scale: a scale 15 % wrong is the likelier cause. */
const OTHER_CELL = 0.15;
/** Stretch of one direction against another beyond which the lattice has another shape than the material's. */
const MOST_DISTORTION = 1.15;

type Basis = readonly [Vector2, Vector2];

/** Measured vectors as a map of a cell's: one common factor, and the ratio of the largest stretch to the least. */
interface Stretch {
  readonly factor: number;
  readonly distortion: number;
}

/** Singular values of F in measured = F·cell, as their geometric mean and ratio. */
function stretchBetween([u, v]: Basis, [p, q]: Basis): Stretch {
  const cell = p[0] * q[1] - p[1] * q[0];
  const f = [0, 1].flatMap((d) => [(u[d] * q[1] - v[d] * p[1]) / cell, (v[d] * p[0] - u[d] * q[0]) / cell]);
  const determinant = Math.abs(f[0] * f[3] - f[1] * f[2]);
  const squares = f.reduce((sum, x) => sum + x * x, 0) / 2;
  const spread = Math.sqrt(Math.max(0, squares ** 2 - determinant ** 2));
  return { factor: Math.sqrt(determinant), distortion: (squares + spread) / determinant };
}

/** The bases of the same lattice with vectors as short as the reduced ones or nearly: a distorted image may order them otherwise. */
const RELABELLED: readonly (readonly [number, number, number, number])[] = [-1, 0, 1].flatMap((i) =>
  [-1, 0, 1].flatMap((j) =>
    [-1, 0, 1].flatMap((k) =>
      [-1, 0, 1].flatMap((l) => (Math.abs(i * l - j * k) === 1 ? [[i, j, k, l] as const] : [])),
    ),
  ),
);

function combined([p, q]: Basis, i: number, j: number): Vector2 {
  return [i * p[0] + j * q[0], i * p[1] + j * q[1]];
}

/** The least distortion with which a cell's lattice becomes the measured one. */
function bestStretch(measured: Basis, cell: Basis): Stretch {
  const all = RELABELLED.map(([i, j, k, l]) => stretchBetween(measured, [combined(cell, i, j), combined(cell, k, l)]));
  return all.reduce((best, one) => (one.distortion < best.distortion ? one : best));
}

interface Candidate extends Stretch {
  readonly face: Face;
  /** Unit cells in the motif's cell: 1/2 for half of one. */
  readonly cells: number;
  /** "1 × 1 cell", "√3 × √3 cell", "cell of 2 unit cells". */
  readonly cell: string;
}

/** Every sublattice of index n, in Hermite normal form. */
function sublattices(basis: Basis, n: number): [Vector2, Vector2][] {
  const out: [Vector2, Vector2][] = [];
  for (let i = 1; i <= n; i++) {
    if (n % i !== 0) continue;
    for (let j = 0; j < n / i; j++) out.push(reducedBasis(combined(basis, i, j), combined(basis, 0, n / i)));
  }
  return out;
}

/** "√3 × √3 cell" where a cell of n unit cells has their shape (E. A. Wood, J. Appl. Phys. 35, 1306, 1964), else "cell of n unit
 * cells"; and the same of an nth part. */
function cellName(n: number, alike: boolean, part: boolean): string {
  if (!alike) return part ? `cell of 1/${n} unit cell` : `cell of ${n} unit cells`;
  const root = Number.isInteger(Math.sqrt(n)) ? String(Math.sqrt(n)) : `√${n}`;
  const side = part ? `1/${root}` : root;
  return `${side} × ${side} cell`;
}

/** A face's own cell, its superstructures, and the cells that it is a superstructure of. */
function candidatesOf(face: Face, measured: Basis): Candidate[] {
  const own: Basis = [face.a, face.b];
  const counts = Array.from({ length: MOST_CELLS }, (_, k) => k + 1);
  return counts.flatMap((n) =>
    sublattices(own, n).flatMap((cell) => {
      const alike = bestStretch(cell, own).distortion < 1.001;
      const whole = { ...bestStretch(measured, cell), face, cells: n, cell: cellName(n, alike, false) };
      if (n === 1 || n > LEAST_PART) return [whole];
      // A lattice that holds another n times is 1/n of one that the other holds n times.
      const share: Basis = [combined(cell, 1 / n, 0), combined(cell, 0, 1 / n)];
      return [whole, { ...bestStretch(measured, share), face, cells: 1 / n, cell: cellName(n, alike, true) }];
    }),
  );
}

/** How little a candidate is believed: scale, shape and cell off. Without a calibration the scale says nothing. */
function cost({ factor, distortion, cells }: Candidate, calibrated: boolean): number {
  const scale = calibrated ? Math.log(factor) : 0;
  return Math.hypot(scale, Math.log(distortion), cells === 1 ? 0 : OTHER_CELL);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** What does not fit; undefined where all does. */
function warningOf(name: string, found: Candidate, factorSd: number, pixel: number): string | undefined {
  const { factor, cells, distortion } = found;
  const what = `${name} ${found.face.name}`;
  if (distortion > MOST_DISTORTION) {
    return `the lattice of the motifs has another shape than that of ${what}, directions differ by ${percent(distortion - 1)}: another material, another face, or a distorted scan`;
  }
  if (Math.abs(factor - 1) <= BEYOND * factorSd) return undefined;
  const as = cells === 1 ? "" : ` as a ${found.cell}`;
  const more = factor > 1 ? "too long" : "too short";
  return [
    `the lattice of the motifs does not fit ${what}${as}: lengths are ${percent(Math.abs(factor - 1))} ${more}, with an uncertainty of ${percent(factorSd)}`,
    `if the material is right, the scale is wrong by a factor of ${factor.toFixed(3)} and --pixel-size ${(pixel / factor).toPrecision(4)} is right`,
  ].join("; ");
}

/** A motif that is not the unit cell may as well be one at another scale. */
function noteOf({ factor, cells, cell, face, distortion }: Candidate, name: string): string | undefined {
  if (cells === 1 || distortion > MOST_DISTORTION) return undefined;
  const one = (factor * Math.sqrt(cells)).toFixed(3);
  return `the motif is compared as a ${cell} of ${name} ${face.name}; were it the unit cell, the scale would be wrong by a factor of ${one}`;
}

/**
 * Compares the lattice of the motifs with that of a material: the scale of the image, and the pixel size that would be right. The
 * uncertainty is made of the lattice's statistical error, the difference between directions (any of them may be the true one: a
 * rectangular distribution of half that width, JCGM 100:2008, 4.3.7), and 0.2 % for the specimen. The motif may be a superstructure of up to nine unit cells, or a part of one.
 * @returns undefined where there is no lattice, or no image in nm and none in pixels either
 */
export function checkScale(
  report: Pick<FitReport, "lattice" | "motifs" | "pixelSize">,
  material: Material,
): ScaleCheck | undefined {
  const { lattice, motifs, pixelSize } = report;
  if (!lattice || (pixelSize && pixelSize.unit !== "nm")) return undefined;
  const pixel = pixelSize?.value ?? 1;
  const sides = pixelSides(pixelSize);
  const real = scaledLattice(lattice, sides);
  const measured = reducedBasis(real.a, real.b);
  const calibrated = pixelSize !== undefined;
  const all = material.faces.flatMap((face) => candidatesOf(face, measured));
  const found = all.reduce((best, one) => (cost(one, calibrated) < cost(best, calibrated) ? one : best));
  const { factor, distortion, cell, face } = found;
  const statistical = latticeErrors(motifs, lattice, sides).scale;
  const relativeSd = Math.hypot(statistical, Math.log(distortion) / 2 / Math.sqrt(3), CONSTANT_SD);
  const check = {
    material: material.name,
    source: material.source,
    face: face.name,
    cell,
    distortion,
    impliedPixelSize: pixel / factor,
    impliedPixelSizeSd: (pixel / factor) * relativeSd,
  };
  if (!calibrated) return check;
  const factorSd = factor * relativeSd;
  const warning = warningOf(material.name, found, factorSd, pixel);
  return { ...check, factor, factorSd, warning, note: noteOf(found, material.name) };
}
