import type { Period } from "../data/period.ts";
import { KdTree } from "./neighbours.ts";
import { circularMean, latticePhase } from "./phase.ts";
import type { Motifs } from "./types.ts";

/*
 * Which motif is which from frame to frame. All motifs of a frame move together (drift); what is left of a motif's own movement is small
 * beside the lattice. So the common displacement is found first, and each motif then goes to the nearest track.
 */

/** Motifs linked through the frames. */
export interface Tracks {
  /** Number of tracks; each is one motif of the sample, seen in one frame or more. */
  readonly count: number;
  /** Track of each motif, frame by frame. */
  readonly ofMotif: readonly Int32Array[];
  /** Displacement (row, column) of each frame from the one before, px; 0 for the first. */
  readonly steps: readonly (readonly [number, number])[];
}

type Vector = readonly [number, number];

/** A motif farther than this from a track, in motif spacings, is not on it. */
const REACH = 0.35;
/** Frames that a motif may be missed in before its track ends. */
const MEMORY = 2;

interface Track {
  readonly id: number;
  row: number;
  col: number;
  last: number;
}

/**
 * Links the motifs of consecutive frames: each goes to the track nearest to it once the drift is taken out, if the track has none
 * nearer. The drift between two frames is taken as the shortest that brings the lattices together (less than half a lattice vector),
 * unless the motifs' content agrees much better one lattice vector further.
 * @param spacing distance between motifs, px
 */
export function linkMotifs(frames: readonly Motifs[], period: Period | undefined, spacing: number): Tracks {
  const ofMotif: Int32Array[] = [];
  const steps: Vector[] = [];
  let active: Track[] = [];
  let count = 0;
  let [row, col] = [0, 0];
  frames.forEach((motifs, k) => {
    const step = k === 0 ? ([0, 0] as const) : commonStep(frames[k - 1], motifs, period, spacing);
    steps.push(step);
    row += step[0];
    col += step[1];
    active = active.filter((track) => track.last >= k - 1 - MEMORY);
    const place = Float64Array.from(motifs.position, (v, i) => v - (i % 2 === 0 ? row : col));
    const own = assign(place, active, REACH * spacing);
    const ids = Int32Array.from(own, (track, m) => {
      const [r, c] = [place[2 * m], place[2 * m + 1]];
      if (!track) active.push({ id: count, row: r, col: c, last: k });
      else Object.assign(track, { row: r, col: c, last: k });
      return track ? track.id : count++;
    });
    ofMotif.push(ids);
  });
  return { count, ofMotif, steps };
}

/** The track of each place (n, 2): nearest neighbours of each other within `reach`. */
function assign(place: Float64Array, tracks: readonly Track[], reach: number): (Track | undefined)[] {
  const n = place.length / 2;
  if (tracks.length === 0 || n === 0) return new Array(n).fill(undefined);
  const [ahead, back] = [new KdTree(Float64Array.from(tracks.flatMap((t) => [t.row, t.col])), 2), new KdTree(place, 2)];
  return Array.from({ length: n }, (_, m) => {
    const at = [place[2 * m], place[2 * m + 1]];
    const track = tracks[ahead.nearest(at, 1)[0]];
    const near = Math.hypot(track.row - at[0], track.col - at[1]) <= reach;
    return near && back.nearest([track.row, track.col], 1)[0] === m ? track : undefined;
  });
}

/** Pairs of motifs that a displacement brings together, how far off they are, and how much their content differs. */
interface Match {
  readonly pairs: number;
  /** Median of what is left, (row, column). */
  readonly rest: Vector;
  /** Of each motif: mean over latents of the squared difference of content, in its variances; NaN for one without a partner. */
  readonly mismatch: Float64Array;
}

/** Content decides for a longer displacement where it agrees this much better, and significantly so, over at least this many motifs. */
const BETTER = 0.7;
const SIGNIFICANT = 4;
const LEAST_PAIRS = 20;

/**
 * How much of the content's mismatch is left with `other` instead of `first`, over the motifs that have a partner in both: those
 * at the edge, which are known less well, have one in few. 1 where the difference may be chance.
 */
function mismatchRatio(first: Match, other: Match): number {
  const both = Array.from(first.mismatch.keys()).filter((m) => Number.isFinite(first.mismatch[m] + other.mismatch[m]));
  const n = both.length;
  if (n < LEAST_PAIRS || n < first.pairs / 2) return 1;
  const mean = (of: (m: number) => number) => both.reduce((sum, m) => sum + of(m), 0) / n;
  const gain = (m: number) => first.mismatch[m] - other.mismatch[m];
  const average = mean(gain);
  const error = Math.sqrt(mean((m) => (gain(m) - average) ** 2) / n);
  return average > SIGNIFICANT * error ? mean((m) => other.mismatch[m]) / mean((m) => first.mismatch[m]) : 1;
}

/** Displacement of `next` from `before`, px. */
function commonStep(before: Motifs, next: Motifs, period: Period | undefined, spacing: number): Vector {
  if (before.count === 0 || next.count === 0) return [0, 0];
  const tree = new KdTree(before.position, 2);
  const { a, b } = period ?? {};
  const start = phaseStep(before, next, tree, a, b);
  const multiples = a && b ? [-1, 0, 1] : [0];
  const candidates = multiples.flatMap((i) =>
    multiples.map(
      (j): Vector => [
        start[0] + i * (a?.[0] ?? 0) + j * (b?.[0] ?? 0),
        start[1] + i * (a?.[1] ?? 0) + j * (b?.[1] ?? 0),
      ],
    ),
  );
  const variance = contentVariance(before);
  const matched = candidates
    .sort((p, q) => Math.hypot(...p) - Math.hypot(...q))
    .map((step) => ({ step, ...match(before, next, tree, step, REACH * spacing, variance) }));
  const [shortest, ...longer] = matched;
  const judged = longer.map((other) => ({ other, ratio: mismatchRatio(shortest, other) }));
  const best = judged.reduce((p, q) => (q.ratio < p.ratio ? q : p), { other: shortest, ratio: BETTER });
  const { step, rest } = best.other;
  return [step[0] + rest[0], step[1] + rest[1]];
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((p, q) => p - q);
  return sorted[sorted.length >> 1] ?? 0;
}

/** The displacement modulo the lattice, the one nearest to 0: circular mean of the lattice phases of all nearest neighbours' differences. */
function phaseStep(before: Motifs, next: Motifs, tree: KdTree, a?: Vector, b?: Vector): Vector {
  const differences: number[] = [];
  for (let m = 0; m < next.count; m++) {
    const at = [next.position[2 * m], next.position[2 * m + 1]];
    const [n] = tree.nearest(at, 1);
    differences.push(at[0] - before.position[2 * n], at[1] - before.position[2 * n + 1]);
  }
  const along = (axis: number) => differences.filter((_, k) => k % 2 === axis);
  if (!a || !b) return [median(along(0)), median(along(1))];
  const phase = latticePhase(differences, { a, b });
  const [u, v] = [0, 1].map((axis) => {
    const mean = circularMean(phase.filter((_, k) => k % 2 === axis));
    return mean - Math.round(mean);
  });
  return [u * a[0] + v * b[0], u * a[1] + v * b[1]];
}

function contentVariance({ z, count, latentDim: L }: Motifs): number[] {
  return Array.from({ length: L }, (_, l) => {
    let [sum, squares] = [0, 0];
    for (let m = 0; m < count; m++) {
      sum += z[m * L + l];
      squares += z[m * L + l] ** 2;
    }
    return Math.max(1e-12, squares / count - (sum / count) ** 2);
  });
}

function match(
  before: Motifs,
  next: Motifs,
  tree: KdTree,
  step: Vector,
  reach: number,
  variance: readonly number[],
): Match {
  const L = next.latentDim;
  const [rows, cols]: [number[], number[]] = [[], []];
  const mismatch = new Float64Array(next.count).fill(Number.NaN);
  for (let m = 0; m < next.count; m++) {
    const at = [next.position[2 * m] - step[0], next.position[2 * m + 1] - step[1]];
    const [n] = tree.nearest(at, 1);
    const [row, col] = [at[0] - before.position[2 * n], at[1] - before.position[2 * n + 1]];
    if (Math.hypot(row, col) > reach) continue;
    rows.push(row);
    cols.push(col);
    mismatch[m] = 0;
    for (let l = 0; l < L; l++) mismatch[m] += (next.z[m * L + l] - before.z[n * L + l]) ** 2 / (variance[l] * L);
  }
  return { pairs: rows.length, rest: [median(rows), median(cols)], mismatch };
}
