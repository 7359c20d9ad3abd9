import type { Session } from "../core/session.ts";
import { type Gauge, placesInGauge } from "../results/gauge.ts";
import { foldAngle } from "../results/symmetry.ts";
import type { Turn, Windows } from "../results/types.ts";
import { unbinned } from "./image.ts";
import type { PoseKind } from "./options.ts";
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
  kind: ResultKind,
  gauge?: Gauge,
): Promise<Windows> {
  await session.run({ name: "encode", first: 0, count: n });
  const origins = session.core.ints("ORIGINS", 3 * n);
  const half = (windowSize - 1) / 2;
  const centre = Float64Array.from({ length: 2 * n }, (_, k) =>
    unbinned(origins[3 * (k >> 1) + 1 + (k & 1)] + half, binning),
  );
  return inGauge({ count: n, latentDim, centre, ...readResults(session, n, latentDim, binning, kind) }, gauge);
}

/** What a fit's results hold: turns where they are on; with an amortised pose no covariances, the encoder has none. */
export type ResultKind = Orientation & { readonly pose?: PoseKind };

/** Pose and content of the core's windows 0 … n − 1 after encoding; `scale` input pixels a pixel of the core. */
export function readResults(
  { core }: Session,
  n: number,
  latentDim: number,
  scale: number,
  kind: ResultKind,
): Pick<Windows, "shift" | "shiftSd" | "z" | "zSd" | "covariance" | keyof Turn> {
  const stride = core.exports.sv_result_stride(core.arena);
  const results = core.floats("RESULTS", n * stride);
  const width = covariances(latentDim);
  const columns = (offset: number, width: number, map: (v: number) => number) =>
    Float64Array.from({ length: n * width }, (_, k) =>
      map(results[Math.floor(k / width) * stride + offset + (k % width)]),
    );
  return {
    shift: columns(0, 2, (v) => v * scale),
    shiftSd: columns(2, 2, (v) => Math.sqrt(v) * scale),
    z: columns(4, latentDim, (v) => v),
    zSd: columns(4 + latentDim, latentDim, Math.sqrt),
    ...turnOf(kind, (offset) => columns(8 + 2 * latentDim + offset, 1, (v) => v)),
    covariance:
      kind.pose === "amortised"
        ? undefined
        : covarianceOf(
            columns(stride - width, width, (v) => v),
            latentDim,
            scale,
          ),
  };
}

/** Covariances of a window: of each latent with the shift's two axes and with the latents before it. */
function covariances(latentDim: number): number {
  return 2 * latentDim + (latentDim * (latentDim - 1)) / 2;
}

/** Those with the shift brought to the input's pixels, in place. */
function covarianceOf(values: Float64Array, latentDim: number, scale: number): Float64Array {
  const width = covariances(latentDim);
  for (let row = 0; row < values.length; row += width) {
    for (let l = 0, at = row; l < latentDim; at += 2 + l++) {
      values[at] *= scale;
      values[at + 1] *= scale;
    }
  }
  return values;
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

/** The same windows with their shifts, and the standard deviations of these, in the gauge. */
export function inGauge(windows: Windows, gauge: Gauge | undefined): Windows {
  if (!gauge) return windows;
  const { shift, shiftSd, ...rest } = windows;
  const { place, sd } = placesInGauge(gauge, { place: shift, sd: shiftSd, ...rest });
  return { ...windows, shift: place, shiftSd: sd };
}

/** Where the windows' motifs are, with their content. */
export function placesOf({ centre, shift, z }: Windows): { position: Float64Array; z: Float64Array } {
  return { position: centre.map((value, k) => value + shift[k]), z };
}
