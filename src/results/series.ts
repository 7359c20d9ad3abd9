import type { Axis } from "../data/dataset.ts";
import type { Drift } from "./drift.ts";
import type { Tracks } from "./tracks.ts";
import type { FitReport, Grid, LatentMaps, Lattice, Motifs, ScaleCheck, Turn, Windows } from "./types.ts";

/** What was found in one frame of a stack, or in one of several images. Pixels of the frame. */
export interface FrameResult {
  /** For headings: "frame 3", or the file. */
  readonly name: string;
  /** Index in the stack, or in the list of images. */
  readonly number: number;
  /** Rows, pixels. */
  readonly rows: number;
  /** Columns, pixels. */
  readonly cols: number;
  /** Size of a pixel, where known. */
  readonly pixelSize?: FitReport["pixelSize"];
  /** The windows that were encoded. */
  readonly windows: Windows;
  /** The motifs found. */
  readonly motifs: Motifs;
  /** Latents over the frame. */
  readonly maps: LatentMaps;
  /** The lattice of its motifs, where there is one. */
  readonly lattice?: Lattice;
  /** Where a material was named. */
  readonly scaleCheck?: ScaleCheck;
}

/** One model over many frames: what report and files of a series are made from. */
export interface SeriesReport
  extends Pick<
    FitReport,
    "title" | "windowSize" | "template" | "symmetry" | "binning" | "manifold" | "metrics" | "config" | "versions"
  > {
  /** Frames of one field of view in order, or images of their own. */
  readonly kind: "stack" | "images";
  /** Of a stack: `offset + scale · number` is a frame's coordinate. */
  readonly axis?: Axis;
  /** What was found in each frame, in order. */
  readonly frames: readonly FrameResult[];
  /** Pixels of some of the frames, for pictures: `frame` is an index of `frames`. */
  readonly shown: readonly {
    /** Index in `frames`. */
    readonly frame: number;
    /** Its pixels, as given. */
    readonly image: Grid;
  }[];
  /** Of a stack: which motif is which from frame to frame, and how all move together. */
  readonly tracks?: Tracks;
  /** How all motifs move together. */
  readonly drift?: Drift;
  /** What a user should know before trusting the numbers. */
  readonly warnings: readonly string[];
}

/** One frame as the report of a fit of one image. */
export function frameReport(series: SeriesReport, k: number, image: Grid): FitReport {
  const { windows, motifs, maps, lattice, pixelSize, scaleCheck, name } = series.frames[k];
  const title = series.kind === "stack" ? `${series.title}, ${name}` : name;
  return { ...series, title, image, pixelSize, windows, motifs, maps, lattice, scaleCheck };
}

/** Arrays one after the other. */
function joined(arrays: readonly Float64Array[]): Float64Array {
  const out = new Float64Array(arrays.reduce((sum, array) => sum + array.length, 0));
  let at = 0;
  for (const array of arrays) {
    out.set(array, at);
    at += array.length;
  }
  return out;
}

/** What windows and motifs have in common, joined. */
function pooled<T extends Turn & { readonly count: number; readonly latentDim: number }>(each: readonly T[]) {
  const turn = (["angle", "angleSd", "scale", "scaleSd"] as const).flatMap((name) => {
    const arrays = each.flatMap((one) => one[name] ?? []);
    return arrays.length === each.length && each.length > 0 ? [[name, joined(arrays)] as const] : [];
  });
  return {
    count: each.reduce((sum, { count }) => sum + count, 0),
    latentDim: each[0]?.latentDim ?? 0,
    ...(Object.fromEntries(turn) as Turn),
  };
}

/** All motifs of a series as one list, frame by frame. */
export function pooledMotifs(frames: readonly { readonly motifs: Motifs }[]): Motifs {
  const each = frames.map(({ motifs }) => motifs);
  return {
    ...pooled(each),
    position: joined(each.map(({ position }) => position)),
    positionSd: joined(each.map(({ positionSd }) => positionSd)),
    z: joined(each.map(({ z }) => z)),
    zSd: joined(each.map(({ zSd }) => zSd)),
    windows: Int32Array.from(each.flatMap(({ windows }) => Array.from(windows))),
  };
}

/** All windows of a series as one list, frame by frame. */
export function pooledWindows(frames: readonly { readonly windows: Windows }[]): Windows {
  const each = frames.map(({ windows }) => windows);
  return {
    ...pooled(each),
    centre: joined(each.map(({ centre }) => centre)),
    shift: joined(each.map(({ shift }) => shift)),
    shiftSd: joined(each.map(({ shiftSd }) => shiftSd)),
    z: joined(each.map(({ z }) => z)),
    zSd: joined(each.map(({ zSd }) => zSd)),
  };
}
