import type { Session } from "../core/session.ts";
import { type Gauge, gaugeShift } from "../results/gauge.ts";
import type { Windows } from "../results/types.ts";
import { unbinned } from "./image.ts";

/** How the core's pixels relate to those of the input. */
export interface Frame {
  readonly binning: number;
  readonly windowSize: number;
  readonly rows: number;
  readonly cols: number;
}

/** Puts windows centred as near as whole pixels allow to `centre` (n, 2; input pixels), inside the image, into the core. */
export function placeWindows(session: Session, frame: Frame, centre: ArrayLike<number>): void {
  const n = centre.length / 2;
  const origins = session.core.ints("ORIGINS", 3 * n);
  const half = (frame.windowSize - 1) / 2;
  const first = (position: number, size: number) => {
    const small = (position - (frame.binning - 1) / 2) / frame.binning;
    return Math.max(0, Math.min(size - frame.windowSize, Math.round(small - half)));
  };
  for (let i = 0; i < n; i++) {
    origins[3 * i] = 0;
    origins[3 * i + 1] = first(centre[2 * i], frame.rows);
    origins[3 * i + 2] = first(centre[2 * i + 1], frame.cols);
  }
}

/** Encodes the core's windows 0 … n − 1 and reads the results, in input pixels and in the gauge. */
export async function encodeWindows(
  session: Session,
  frame: Frame,
  n: number,
  latentDim: number,
  gauge?: Gauge,
): Promise<Windows> {
  await session.run({ name: "encode", first: 0, count: n });
  const { core } = session;
  const stride = core.exports.sv_result_stride(core.arena);
  const results = core.floats("RESULTS", n * stride);
  const origins = core.ints("ORIGINS", 3 * n);
  const half = (frame.windowSize - 1) / 2;
  const pairs = (value: (i: number, axis: number) => number) =>
    Float64Array.from({ length: 2 * n }, (_, k) => value(k >> 1, k & 1));
  const latents = (offset: number, map: (v: number) => number) =>
    Float64Array.from({ length: n * latentDim }, (_, k) =>
      map(results[Math.floor(k / latentDim) * stride + offset + (k % latentDim)]),
    );
  const z = latents(4, (v) => v);
  return inGauge(
    {
      count: n,
      latentDim,
      centre: pairs((i, axis) => unbinned(origins[3 * i + 1 + axis] + half, frame.binning)),
      shift: pairs((i, axis) => results[i * stride + axis] * frame.binning),
      shiftSd: pairs((i, axis) => Math.sqrt(results[i * stride + 2 + axis]) * frame.binning),
      z,
      zSd: latents(4 + latentDim, Math.sqrt),
    },
    gauge,
  );
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
