/** The repeating period of an image, from the peaks of its autocorrelation. */

/** Lattice vectors as (row, column) in pixels, the shorter first, reduced; `b` is missing where the image repeats along one direction only. */
export interface Period {
  readonly a: readonly [number, number];
  readonly b?: readonly [number, number];
  /** Height of the autocorrelation at `a`: 1 for a perfect repetition. */
  readonly strength: number;
}

/** Autocorrelation at lags 0…maxRow, −maxCol…maxCol, row-major, 1 at lag 0. */
export interface Autocorrelation {
  readonly maxRow: number;
  readonly maxCol: number;
  readonly data: Float32Array;
}

interface Peak {
  readonly row: number;
  readonly col: number;
  readonly length: number;
  readonly height: number;
}

/** Peaks below this are taken for noise. */
const LEAST_HEIGHT = 0.08;
/** A peak counts as a period when it reaches this share of the highest up to REACH times its length: weaker ones are features inside the cell. */
const SHARE = 0.55;
const REACH = 2.2;
/**
 * Where a window was asked for: a vector that repeats this much worse than a longer one that takes at most the second share of the window's side
 * leads only to a part of the cell.
 */
const WINDOW_SHARE = 0.85;
const WINDOW_FILL = 0.82;
/** Sine of the smallest angle between lattice vectors. */
const LEAST_SINE = 0.4;
/** Shortest period in pixels: below it nothing is resolved. */
const LEAST_PERIOD = 3;

function at(a: Autocorrelation, row: number, col: number): number {
  // A(−d) = A(d): the lower half is the upper half turned.
  const sign = row < 0 ? -1 : 1;
  return a.data[sign * (row * (2 * a.maxCol + 1) + col) + a.maxCol];
}

/** Offset of a parabola's top from its middle sample. */
function vertex(before: number, middle: number, after: number): number {
  const curvature = before - 2 * middle + after;
  return curvature < 0 ? Math.max(-0.5, Math.min(0.5, (before - after) / (2 * curvature))) : 0;
}

/** Whether a lag that is higher than the two beside it is higher than the six above and below, all in range. */
function isMaximum({ data, maxCol }: Autocorrelation, row: number, col: number): boolean {
  const width = 2 * maxCol + 1;
  const here = row * width + col + maxCol;
  // The row before the first is the first turned.
  const above = row > 0 ? here - width : width + maxCol - col;
  const below = here + width;
  const height = data[here];
  return (
    data[below] < height &&
    data[above] < height &&
    data[below - 1] < height &&
    data[below + 1] < height &&
    data[above - 1] < height &&
    data[above + 1] < height
  );
}

/** Whether the line from the origin to the peak passes a valley: else it is on the flank of the central peak. */
function standsAlone(a: Autocorrelation, row: number, col: number): boolean {
  const steps = Math.ceil(Math.hypot(row, col));
  let least = Infinity;
  for (let s = 1; s < steps; s++)
    least = Math.min(least, at(a, Math.round((row * s) / steps), Math.round((col * s) / steps)));
  return least < 0.75 * at(a, row, col);
}

function findPeaks(a: Autocorrelation): Peak[] {
  const peaks: Peak[] = [];
  const { data, maxCol } = a;
  for (let row = 0; row < a.maxRow; row++) {
    const middle = row * (2 * maxCol + 1) + maxCol;
    for (let col = row === 0 ? 1 : 1 - maxCol; col < maxCol; col++) {
      const height = data[middle + col];
      // Most lags are no maximum along their row: asked first, in the loop itself.
      if (height < LEAST_HEIGHT || data[middle + col + 1] >= height || data[middle + col - 1] >= height) continue;
      if (!isMaximum(a, row, col)) continue;
      if (Math.hypot(row, col) < LEAST_PERIOD || !standsAlone(a, row, col)) continue;
      const r = row + vertex(at(a, row - 1, col), height, at(a, row + 1, col));
      const c = col + vertex(at(a, row, col - 1), height, at(a, row, col + 1));
      peaks.push({ row: r, col: c, length: Math.hypot(r, c), height });
    }
  }
  return peaks.sort((p, q) => p.length - q.length);
}

type Vector = readonly [number, number];

function length(v: Vector): number {
  return Math.hypot(v[0], v[1]);
}

/** Shortest basis of the lattice of a and b (Lagrange–Gauss), a along increasing columns or rows. */
function reduceBasis(a: Vector, b: Vector): [Vector, Vector] {
  let [u, v] = length(a) <= length(b) ? [a, b] : [b, a];
  for (let turn = 0; turn < 32; turn++) {
    const m = Math.round((u[0] * v[0] + u[1] * v[1]) / (u[0] ** 2 + u[1] ** 2));
    const w: Vector = [v[0] - m * u[0], v[1] - m * u[1]];
    if (length(w) >= length(u) - 1e-9) return [u, w];
    [u, v] = [w, u];
  }
  return [u, v];
}

/**
 * The image's period, or undefined where nothing in it repeats within the lags given.
 * @param within a window that the cell is to fit into, px: the cell is then what repeats best in it
 */
export function findPeriod(autocorrelation: Autocorrelation, within = 0): Period | undefined {
  const peaks = findPeaks(autocorrelation);
  const first = shortestStrong(peaks, peaks, within);
  if (!first) return undefined;
  const a: Vector = [first.row, first.col];
  const across = peaks.filter(
    ({ row, col, length }) => Math.abs(row * a[1] - col * a[0]) > LEAST_SINE * length * first.length,
  );
  const second = shortestStrong(across, peaks, within);
  if (!second) return { a, strength: first.height };
  const [u, v] = reduceBasis(a, [second.row, second.col]);
  return { a: u, b: v, strength: first.height };
}

/** The shortest of some peaks that is as high as a lattice vector's must be. */
function shortestStrong(some: readonly Peak[], all: readonly Peak[], within: number): Peak | undefined {
  const inWindow = WINDOW_SHARE * highest(some, WINDOW_FILL * within);
  return some.find(({ length, height }) => height >= inWindow && height >= SHARE * highest(all, REACH * length));
}

/** Height of the highest of peaks, in order of length, up to a lag. */
function highest(peaks: readonly Peak[], lag: number): number {
  let most = 0;
  for (const { length, height } of peaks) {
    if (length > lag) break;
    most = Math.max(most, height);
  }
  return most;
}
