import type { Session } from "../core/session.ts";
import { type Gauge, gaugeShift } from "../results/gauge.ts";
import { foldAngle } from "../results/symmetry.ts";
import type { Turn, Windows } from "../results/types.ts";
import { unbinned } from "./image.ts";
import type { Orientation } from "./orientation.ts";

/** Rows and columns of a frame in the core's pixels. */
export interface FrameSize {
  readonly rows: number;
  readonly cols: number;
}

/** How the core's pixels relate to those of the input. */
export interface Geometry {
  readonly binning: number;
  readonly windowSize: number;
  /** Frames as the core has them, all as large as the largest: (frames.length, rows, cols). */
  readonly rows: number;
  readonly cols: number;
  /** How much of each is image. */
  readonly frames: readonly FrameSize[];
}

/** The geometry of one image. */
export function oneFrame(binning: number, windowSize: number, { rows, cols }: FrameSize): Geometry {
  return { binning, windowSize, rows, cols, frames: [{ rows, cols }] };
}

/** Puts windows centred as near as whole pixels allow to `centre` (n, 2; input pixels), inside a frame's image, into the core. */
export function placeWindows(session: Session, geometry: Geometry, centre: ArrayLike<number>, frame = 0): void {
  const { binning, windowSize } = geometry;
  const { rows, cols } = geometry.frames[frame];
  const n = centre.length / 2;
  const origins = session.core.ints("ORIGINS", 3 * n);
  const half = (windowSize - 1) / 2;
  const first = (position: number, size: number) => {
    const small = (position - (binning - 1) / 2) / binning;
    return Math.max(0, Math.min(size - windowSize, Math.round(small - half)));
  };
  for (let i = 0; i < n; i++) {
    origins.set([frame, first(centre[2 * i], rows), first(centre[2 * i + 1], cols)], 3 * i);
  }
}

/** Encodes the core's windows 0 … n − 1 and reads the results, in input pixels and in the gauge. */
export async function encodeWindows(
  session: Session,
  { windowSize, binning }: Geometry,
  n: number,
  latentDim: number,
  orientation: Orientation,
  gauge?: Gauge,
): Promise<Windows> {
  await session.run({ name: "encode", first: 0, count: n });
  const origins = session.core.ints("ORIGINS", 3 * n);
  const half = (windowSize - 1) / 2;
  const centre = Float64Array.from({ length: 2 * n }, (_, k) =>
    unbinned(origins[3 * (k >> 1) + 1 + (k & 1)] + half, binning),
  );
  return inGauge({ count: n, latentDim, centre, ...readResults(session, n, latentDim, binning, orientation) }, gauge);
}

/** Pose and content of the core's windows 0 … n − 1 after encoding; `scale` input pixels a pixel of the core. */
export function readResults(
  { core }: Session,
  n: number,
  latentDim: number,
  scale: number,
  orientation: Orientation,
): Pick<Windows, "shift" | "shiftSd" | "z" | "zSd" | keyof Turn> {
  const stride = core.exports.sv_result_stride(core.arena);
  const results = core.floats("RESULTS", n * stride);
  const columns = (offset: number, width: number, map: (v: number) => number) =>
    Float64Array.from({ length: n * width }, (_, k) =>
      map(results[Math.floor(k / width) * stride + offset + (k % width)]),
    );
  return {
    shift: columns(0, 2, (v) => v * scale),
    shiftSd: columns(2, 2, (v) => Math.sqrt(v) * scale),
    z: columns(4, latentDim, (v) => v),
    zSd: columns(4 + latentDim, latentDim, Math.sqrt),
    ...turnOf(orientation, (offset) => columns(7 + 2 * latentDim + offset, 1, (v) => v)),
  };
}

/** Angles in degrees and scales as ratios, from the columns that follow in the results: (value, variance) of each that is on. */
function turnOf({ rotation, scale }: Orientation, column: (offset: number) => Float64Array): Turn {
  const turn: { -readonly [K in keyof Turn]: Turn[K] } = {};
  if (rotation) {
    turn.angle = column(0).map((angle) => foldAngle((angle * 180) / Math.PI, 1));
    turn.angleSd = column(1).map((variance) => (Math.sqrt(variance) * 180) / Math.PI);
  }
  if (scale) {
    const first = rotation ? 2 : 0;
    const ratio = column(first).map(Math.exp);
    turn.scale = ratio;
    turn.scaleSd = column(first + 1).map((variance, i) => ratio[i] * Math.sqrt(variance));
  }
  return turn;
}

/** The same windows with their shifts in the gauge. */
export function inGauge(windows: Windows, gauge: Gauge | undefined): Windows {
  if (!gauge) return windows;
  const { latentDim: L } = windows;
  const shift = windows.shift.slice();
  for (let i = 0; i < windows.count; i++) {
    const [row, col] = gaugeShift(gauge, Array.from(windows.z.subarray(i * L, (i + 1) * L)));
    shift[2 * i] -= row;
    shift[2 * i + 1] -= col;
  }
  return { ...windows, shift };
}
