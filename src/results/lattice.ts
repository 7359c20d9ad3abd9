import type { Period } from "../data/period.ts";
import { leastSquares } from "./least_squares.ts";
import { KdTree } from "./neighbours.ts";
import { latticeSites, siteCoverage } from "./phase.ts";
import type { Lattice } from "./types.ts";

type Vector = readonly [number, number];

/** Whole lattice coordinates of the motifs that a walk from neighbour to neighbour reaches. */
export interface Indexed {
  /** Motif numbers, and (i, j) of each. */
  readonly motif: Int32Array;
  readonly site: Int32Array;
}

/** A neighbour farther than this from where a lattice vector points, in units of its length, is not one. */
const TOLERANCE = 0.3;

/**
 * Numbers the motifs by walking the four lattice steps from each motif to its neighbours, so that slow distortions do not add up to
 * a wrong site. The largest connected piece is taken.
 */
export function indexMotifs(position: ArrayLike<number>, a: Vector, b: Vector): Indexed {
  const n = position.length / 2;
  const tree = new KdTree(position, 2);
  const site = new Map<number, Vector>();
  let best: number[] = [];
  for (let start = 0; start < n; start++) {
    if (site.has(start)) continue;
    const piece = walk(position, tree, site, start, a, b);
    if (piece.length > best.length) best = piece;
    if (best.length > n / 2) break;
  }
  return { motif: Int32Array.from(best), site: Int32Array.from(best.flatMap((k) => [...(site.get(k) as Vector)])) };
}

function walk(
  position: ArrayLike<number>,
  tree: KdTree,
  site: Map<number, Vector>,
  start: number,
  a: Vector,
  b: Vector,
): number[] {
  const piece = [start];
  site.set(start, [0, 0]);
  const steps: [Vector, number, number][] = [
    [a, 1, 0],
    [b, 0, 1],
    [[-a[0], -a[1]], -1, 0],
    [[-b[0], -b[1]], 0, -1],
  ];
  for (let k = 0; k < piece.length; k++) {
    const from = piece[k];
    const [i, j] = site.get(from) as Vector;
    for (const [v, di, dj] of steps) {
      const target = [position[2 * from] + v[0], position[2 * from + 1] + v[1]];
      const [next] = tree.nearest(target, 1);
      if (next < 0 || site.has(next)) continue;
      const off = Math.hypot(position[2 * next] - target[0], position[2 * next + 1] - target[1]);
      if (off > TOLERANCE * Math.hypot(...v)) continue;
      site.set(next, [i + di, j + dj]);
      piece.push(next);
    }
  }
  return piece;
}

/** Motifs needed before a lattice is worth fitting. */
const LEAST_MOTIFS = 12;

/** Least-squares lattice of the motifs, started from the image's period; undefined where they do not form one. */
export function fitLattice(
  position: ArrayLike<number>,
  period: Period | undefined,
  rows: number,
  cols: number,
  margin: number,
): Lattice | undefined {
  if (!period?.b) return undefined;
  const indexed = indexMotifs(position, period.a, period.b);
  const n = indexed.motif.length;
  if (n < LEAST_MOTIFS) return undefined;
  const design = new Float64Array(3 * n).fill(1);
  for (let k = 0; k < n; k++) design.set([indexed.site[2 * k], indexed.site[2 * k + 1]], 3 * k + 1);
  const axis = (d: number) =>
    leastSquares(
      design,
      Float64Array.from(indexed.motif, (m) => position[2 * m + d]),
      3,
    );
  const [row, col] = [axis(0), axis(1)];
  let squares = 0;
  for (let k = 0; k < n; k++) {
    const [i, j] = [indexed.site[2 * k], indexed.site[2 * k + 1]];
    const m = indexed.motif[k];
    squares +=
      (position[2 * m] - row[0] - i * row[1] - j * row[2]) ** 2 +
      (position[2 * m + 1] - col[0] - i * col[1] - j * col[2]) ** 2;
  }
  const [a, b]: [Vector, Vector] = [
    [row[1], col[1]],
    [row[2], col[2]],
  ];
  const [lengthA, lengthB] = [Math.hypot(...a), Math.hypot(...b)];
  const angle = (Math.acos((a[0] * b[0] + a[1] * b[1]) / (lengthA * lengthB)) * 180) / Math.PI;
  const sites = latticeSites({ a, b, origin: [row[0], col[0]] }, rows, cols, margin);
  const coverage = siteCoverage(sites, position, 0.5 * Math.min(lengthA, lengthB));
  const inside = Array.from({ length: position.length / 2 }, (_, m) => [position[2 * m], position[2 * m + 1]]).filter(
    ([r, c]) => r >= margin && c >= margin && r <= rows - 1 - margin && c <= cols - 1 - margin,
  );
  const motifsPerCell = inside.length / Math.max(1, sites.length / 2);
  return { a, b, lengthA, lengthB, angle, coverage, motifsPerCell, residual: Math.sqrt(squares / n) };
}
