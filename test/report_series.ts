import type { FrameResult, SeriesReport } from "../src/results/series.ts";
import { sampleReport } from "./report_sample.ts";

/** Made-up fits of stacks and of several images: the sample report, moved from frame to frame. */

export const sample = sampleReport();
const { image } = sample;

/** A frame whose motifs lie `shift` px further down, without a lattice where asked for. */
export function frame(number: number, shift: number, lattice = true): FrameResult {
  const { windows, motifs, maps, pixelSize } = sample;
  const position = motifs.position.map((v, i) => (i % 2 === 0 ? v + shift : v));
  return {
    ...{ name: `frame ${number}`, number, rows: image.rows, cols: image.cols, pixelSize, windows },
    motifs: { ...motifs, position },
    maps: { ...maps, z: maps.z.map((map) => map.map((v) => v + shift)) },
    lattice: lattice ? sample.lattice : undefined,
  };
}

export function stackOf(frames: readonly FrameResult[], kind: SeriesReport["kind"] = "stack"): SeriesReport {
  const axis = { name: "time", size: 9, scale: 0.25, offset: 1, unit: "s" };
  const count = sample.motifs.count;
  const tracks = { count, ofMotif: frames.map(() => Int32Array.from({ length: count }, (_, i) => i)) };
  return {
    ...sample,
    kind,
    axis,
    frames,
    shown: [],
    warnings: [],
    ...(kind === "stack" && { tracks: tracks as never }),
  };
}
