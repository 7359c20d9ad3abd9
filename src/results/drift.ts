import type { Tracks } from "./tracks.ts";
import type { Motifs } from "./types.ts";

/*
 * Drift from the motifs: motif t in frame k is at p(t) + d(k) + noise. Both p and d are unknown, so that a motif that leaves the field
 * still tells of the frames it was in; least squares over all of them with d(0) = 0.
 */

/** A displacement with one standard deviation of each part, (row, column). */
export interface Rate {
  /** Along rows, pixels. */
  readonly row: number;
  /** Along columns, pixels. */
  readonly col: number;
  /** One standard deviation, pixels. */
  readonly rowSd: number;
  /** One standard deviation, pixels. */
  readonly colSd: number;
}

/** Displacement of each frame from the first, px; NaN from where no motif links a frame to those before. */
export interface Drift {
  /** Along rows, pixels. */
  readonly row: Float64Array;
  /** Along columns, pixels. */
  readonly col: Float64Array;
  /**
   * One standard deviation from the scatter of the motifs about their common movement, motifs on the same scan lines counted as one where
   * they scatter together (line jitter): true where all motifs are seen in all frames, an upper bound where they come and go. What all
   * lines of a frame share is part of the drift.
   */
  readonly rowSd: Float64Array;
  /** One standard deviation, pixels. */
  readonly colSd: Float64Array;
  /** Mean over the stack by a straight line, px a frame number; undefined for fewer than two linked frames. */
  readonly rate?: Rate;
  /** Standard deviation of a motif's position about its track, px, (row, column). */
  readonly scatter: readonly [number, number];
}

/** A motif on a track of two frames or more. */
interface Sightings {
  /** Frame and track of each. */
  readonly frame: Int32Array;
  readonly track: Int32Array;
  /** Sightings of each track. */
  readonly length: Int32Array;
  /** Along rows, pixels. */
  readonly row: Float64Array;
  /** Along columns, pixels. */
  readonly col: Float64Array;
}

/**
 * @param frames motifs of each frame
 * @param numbers each frame's number, for the rate: frames may have been left out
 * @param reach rows, px, over which motifs may share scan lines: the side of a window
 */
export function fitDrift(frames: readonly Motifs[], tracks: Tracks, numbers: readonly number[], reach: number): Drift {
  const seen = sightingsOf(frames, tracks);
  const linked = linkedFrames(seen, frames.length);
  const along = (values: Float64Array) => {
    const drift = solveDrift(seen, values, frames.length, linked);
    const { scatter, residual } = scatterOf(seen, values, drift, linked);
    return { drift, scatter, shared: scatter * Math.sqrt(sharedVariance(seen, residual, linked, reach)) };
  };
  const [row, col] = [along(seen.row), along(seen.col)];
  const variance = unitVariance(seen, frames.length);
  const sd = (scatter: number) => variance.map((v, k) => (k < linked ? scatter * Math.sqrt(v) : Number.NaN));
  const [rowSd, colSd] = [sd(row.shared), sd(col.shared)];
  const line = (d: Float64Array, s: Float64Array) => slope(numbers, d.subarray(0, linked), s);
  const [r, c] = [line(row.drift, rowSd), line(col.drift, colSd)];
  const rate = r && c && { row: r.slope, col: c.slope, rowSd: r.sd, colSd: c.sd };
  return { row: row.drift, col: col.drift, rowSd, colSd, rate, scatter: [row.scatter, col.scatter] };
}

function sightingsOf(frames: readonly Motifs[], { count, ofMotif }: Tracks): Sightings {
  const length = new Int32Array(count);
  for (const ids of ofMotif) for (const id of ids) length[id]++;
  const [frame, track, row, col]: [number[], number[], number[], number[]] = [[], [], [], []];
  frames.forEach(({ position }, k) => {
    ofMotif[k].forEach((id, m) => {
      if (length[id] < 2) return;
      frame.push(k);
      track.push(id);
      row.push(position[2 * m]);
      col.push(position[2 * m + 1]);
    });
  });
  return {
    frame: Int32Array.from(frame),
    track: Int32Array.from(track),
    length,
    row: Float64Array.from(row),
    col: Float64Array.from(col),
  };
}

/** Frames 0 … n − 1 that tracks connect with the first. */
function linkedFrames({ frame, track, length }: Sightings, frames: number): number {
  const last = new Int32Array(length.length).fill(-1);
  let reach = 0;
  for (let i = frame.length - 1; i >= 0; i--) if (last[track[i]] < 0) last[track[i]] = frame[i];
  for (let i = 0; i < frame.length && frame[i] <= reach; i++) reach = Math.max(reach, last[track[i]]);
  return Math.min(frames, reach + 1);
}

/** values − the mean over each track, summed over each frame: the normal equations with the tracks' places eliminated. */
function reduced({ frame, track, length }: Sightings, values: (i: number) => number, frames: number): Float64Array {
  const mean = new Float64Array(length.length);
  for (let i = 0; i < frame.length; i++) mean[track[i]] += values(i) / length[track[i]];
  const out = new Float64Array(frames);
  for (let i = 0; i < frame.length; i++) out[frame[i]] += values(i) - mean[track[i]];
  return out;
}

function dot(x: Float64Array, y: Float64Array): number {
  return x.reduce((sum, v, i) => sum + v * y[i], 0);
}

const TOLERANCE = 1e-10;

/** Conjugate gradients (Hestenes and Stiefel, J. Res. NBS 49, 409 (1952)) on the reduced equations, d(0) = 0 taken afterwards. */
function solveDrift(seen: Sightings, values: Float64Array, frames: number, linked: number): Float64Array {
  const inside = (x: Float64Array) => x.map((v, k) => (k < linked ? v : 0));
  const d = new Float64Array(frames);
  let rest = inside(reduced(seen, (i) => values[i], frames));
  let direction = rest;
  let size = dot(rest, rest);
  const enough = TOLERANCE ** 2 * size;
  for (let step = 0; step < frames + 10 && size > enough; step++) {
    const image = inside(reduced(seen, (i) => direction[seen.frame[i]], frames));
    const length = size / dot(direction, image);
    const from = direction;
    for (let k = 0; k < frames; k++) d[k] += length * from[k];
    rest = rest.map((v, k) => v - length * image[k]);
    const next = dot(rest, rest);
    direction = rest.map((v, k) => v + (next / size) * from[k]);
    size = next;
  }
  return d.map((v, k) => (k < linked ? v - d[0] : Number.NaN));
}

/** Residuals and their standard deviation; NaN where nothing is left to judge it by. */
function scatterOf(
  seen: Sightings,
  values: Float64Array,
  drift: Float64Array,
  linked: number,
): { scatter: number; residual: Float64Array } {
  const { frame, track, length } = seen;
  const mean = new Float64Array(length.length);
  const residual = new Float64Array(frame.length);
  const used = (i: number) => frame[i] < linked;
  let [count, squares] = [0, 0];
  const tracks = new Set<number>();
  for (let i = 0; i < frame.length; i++)
    if (used(i)) mean[track[i]] += (values[i] - drift[frame[i]]) / length[track[i]];
  for (let i = 0; i < frame.length; i++) {
    if (!used(i)) continue;
    residual[i] = values[i] - drift[frame[i]] - mean[track[i]];
    squares += residual[i] ** 2;
    count++;
    tracks.add(track[i]);
  }
  const freedom = count - tracks.size - (linked - 1);
  return { scatter: freedom > 0 ? Math.sqrt(squares / freedom) : Number.NaN, residual };
}

/** Of the rows that motifs cover, `reach` is at most this share: what is left between further ones tells the mean that was taken off. */
const LARGEST_REACH = 0.2;

/**
 * By how much the variance of a frame's mean exceeds that of independent motifs (Conley, J. Econometrics 92, 1 (1999)): the sum of the
 * residuals' products over motifs within `reach` rows, over that of their squares. A frame's residuals add up to zero, which takes the
 * variance V of the mean off each product: with n motifs and m such pairs (a motif with itself too), sum = n²V − mV.
 */
function sharedVariance({ frame, row }: Sightings, residual: Float64Array, linked: number, reach: number): number {
  let [together, alone] = [0, 0];
  for (let start = 0, end = 0; start < frame.length && frame[start] < linked; start = end) {
    while (end < frame.length && frame[end] === frame[start]) end++;
    const n = end - start;
    const order = Array.from({ length: n }, (_, k) => start + k).sort((i, j) => row[i] - row[j]);
    const near = Math.min(reach, LARGEST_REACH * (row[order[n - 1]] - row[order[0]]));
    let [products, squares, pairs] = [0, 0, n];
    for (let a = 0; a < n; a++) {
      squares += residual[order[a]] ** 2;
      for (let b = a + 1; b < n && row[order[b]] - row[order[a]] <= near; b++) {
        products += 2 * residual[order[a]] * residual[order[b]];
        pairs += 2;
      }
    }
    if (n < 2 || pairs >= n * n) continue;
    together += (products + squares) / (1 - pairs / n ** 2);
    alone += squares / (1 - 1 / n);
  }
  return alone > 0 ? Math.max(1, together / alone) : 1;
}

/** Frames from which the variance of later ones is reckoned, beside the first. */
const KEY_FRAMES = 64;

/**
 * Variance of each frame's drift, in variances of one motif: the mean difference over n motifs that two frames share has 2/n, and
 * from one key frame to the next they add up. The best chain counts.
 */
function unitVariance(seen: Sightings, frames: number): Float64Array {
  const every = Math.ceil(frames / KEY_FRAMES);
  const keys = Math.ceil(frames / every);
  const shared = Array.from({ length: keys }, () => new Int32Array(frames));
  const keysOf = new Map<number, number[]>();
  for (let i = 0; i < seen.frame.length; i++) {
    const [k, t] = [seen.frame[i], seen.track[i]];
    const own = keysOf.get(t) ?? [];
    for (const key of own) shared[key][k]++;
    if (k % every === 0) keysOf.set(t, [...own, k / every]);
  }
  const variance = new Float64Array(frames).fill(Number.POSITIVE_INFINITY);
  variance[0] = 0;
  for (let k = 1; k < frames; k++) {
    for (let key = 0; key * every < k; key++) {
      variance[k] = Math.min(variance[k], variance[key * every] + 2 / shared[key][k]);
    }
  }
  return variance;
}

/** Slope of a straight line and its standard deviation: from the scatter about the line, and no less than the points' own. */
function slope(x: readonly number[], y: Float64Array, sd: Float64Array): { slope: number; sd: number } | undefined {
  const n = y.length;
  if (n < 2) return undefined;
  const middle = x.slice(0, n).reduce((sum, v) => sum + v, 0) / n;
  const mean = y.reduce((sum, v) => sum + v, 0) / n;
  let [xx, xy] = [0, 0];
  for (let k = 0; k < n; k++) {
    xx += (x[k] - middle) ** 2;
    xy += (x[k] - middle) * (y[k] - mean);
  }
  const value = xy / xx;
  let squares = 0;
  for (let k = 0; k < n; k++) squares += (y[k] - mean - value * (x[k] - middle)) ** 2;
  // A frame's own share of the variance of its difference from the first is half.
  let own = 0;
  for (let k = 1; k < n; k++) own += sd[k] ** 2 / 2 / (n - 1);
  const about = n > 2 ? squares / (n - 2) : 0;
  return { slope: value, sd: Math.sqrt(Math.max(about, own) / xx) };
}
