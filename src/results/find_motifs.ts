import type { Period } from "../data/period.ts";
import { mergeWindows } from "./motifs.ts";
import type { Motifs, Windows } from "./types.ts";

/** Radius within which windows agree, in motif spacings. */
const MERGE_RADIUS = 0.3;

/** Distance between motifs, px: the shortest lattice vector, or half a window where nothing repeats. */
export function motifSpacing(period: Period | undefined, windowSize: number): number {
  return period ? Math.hypot(...period.a) : windowSize / 2;
}

/** Windows at n centres (row, column), interleaved, px. */
export type EncodeAt = (centres: readonly number[]) => Promise<Windows>;

/**
 * Merges the windows and encodes one window about each motif: the motif's own position and content. A window that moved on
 * to another motif is left out.
 * @param spacing distance between motifs, px
 * @param maxShift largest shift of a window, px
 */
export async function findMotifs(
  windows: Windows,
  spacing: number,
  maxShift: number,
  encodeAt: EncodeAt,
): Promise<Motifs> {
  const radius = MERGE_RADIUS * spacing;
  const clusters = mergeWindows(windows, radius, maxShift).slice(0, windows.count);
  const L = windows.latentDim;
  if (clusters.length === 0) return emptyMotifs(L);
  const own = await encodeAt(clusters.flatMap((c) => [c.row, c.col]));
  const position = own.centre.map((c, k) => c + own.shift[k]);
  const keep = clusters.flatMap((c, i) =>
    Math.hypot(position[2 * i] - c.row, position[2 * i + 1] - c.col) <= radius ? [i] : [],
  );
  const pick = (values: Float64Array, width: number) =>
    Float64Array.from(
      { length: keep.length * width },
      (_, k) => values[keep[Math.floor(k / width)] * width + (k % width)],
    );
  return {
    count: keep.length,
    latentDim: L,
    position: pick(position, 2),
    positionSd: pick(own.shiftSd, 2),
    z: pick(own.z, L),
    zSd: pick(own.zSd, L),
    covariance: own.covariance && pick(own.covariance, own.covariance.length / own.count),
    windows: Int32Array.from(keep, (i) => clusters[i].windows),
    ...Object.fromEntries(
      (["angle", "angleSd", "scale", "scaleSd"] as const).flatMap((name) => {
        const values = own[name];
        return values ? [[name, pick(values, 1)]] : [];
      }),
    ),
  };
}

function emptyMotifs(latentDim: number): Motifs {
  const none = new Float64Array(0);
  return { count: 0, latentDim, position: none, positionSd: none, z: none, zSd: none, windows: new Int32Array(0) };
}
