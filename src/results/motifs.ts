import { KdTree } from "./neighbours.ts";
import type { Windows } from "./types.ts";

/** Windows whose motifs agree. */
export interface Cluster {
  readonly row: number;
  readonly col: number;
  readonly windows: number;
}

/** Usable windows: finite, and the shift is not held at its limit. */
function usable(windows: Windows, maxShift: number): number[] {
  const out: number[] = [];
  for (let i = 0; i < windows.count; i++) {
    const [r, c] = [windows.shift[2 * i], windows.shift[2 * i + 1]];
    if (Math.max(Math.abs(r), Math.abs(c)) < maxShift - 0.01 && Number.isFinite(windows.shiftSd[2 * i])) out.push(i);
  }
  return out;
}

/**
 * Merges windows whose motifs lie within `radius` px of each other: the place with the most windows first, its position the
 * mean weighted with 1/σ², then the next of what is left. Deterministic.
 */
export function mergeWindows(windows: Windows, radius: number, maxShift: number): Cluster[] {
  const members = usable(windows, maxShift);
  if (members.length === 0) return [];
  const position = Float64Array.from({ length: 2 * members.length }, (_, k) => {
    const i = 2 * members[k >> 1] + (k & 1);
    return windows.centre[i] + windows.shift[i];
  });
  const tree = new KdTree(position, 2);
  const near = members.map((_, k) => tree.within([position[2 * k], position[2 * k + 1]], radius));
  const order = members.map((_, k) => k).sort((p, q) => near[q].length - near[p].length || p - q);
  const taken = new Uint8Array(members.length);
  const clusters: Cluster[] = [];
  for (const k of order) {
    if (taken[k]) continue;
    const own = near[k].filter((j) => !taken[j]);
    for (const j of own) taken[j] = 1;
    clusters.push(meanOf(own, position, members, windows));
  }
  return dropSatellites(clusters, 1.5 * radius);
}

function meanOf(own: readonly number[], position: Float64Array, members: readonly number[], windows: Windows): Cluster {
  let [row, col, weight] = [0, 0, 0];
  for (const j of own) {
    const i = members[j];
    const w = 1 / (windows.shiftSd[2 * i] ** 2 + windows.shiftSd[2 * i + 1] ** 2 + 1e-12);
    row += w * position[2 * j];
    col += w * position[2 * j + 1];
    weight += w;
  }
  return { row: row / weight, col: col / weight, windows: own.length };
}

/** Stragglers beside a larger cluster are not motifs of their own. */
function dropSatellites(clusters: Cluster[], radius: number): Cluster[] {
  const tree = new KdTree(Float64Array.from(clusters.flatMap((c) => [c.row, c.col])), 2);
  return clusters.filter((cluster, k) =>
    tree
      .within([cluster.row, cluster.col], radius)
      .every(
        (j) => j === k || clusters[j].windows < cluster.windows || (clusters[j].windows === cluster.windows && j > k),
      ),
  );
}
