import { parse } from "node:path";
import { frameReport, type SeriesReport } from "../results/series.ts";
import { frameOfMotif } from "../results/series_files.ts";
import type { FitReport, Grid } from "../results/types.ts";
import { type Dimension, type LabelledArray, mapArrays, motifArrays, motifList, pictureArrays } from "./arrays.ts";
import { type ExportKind, type Exports, exportFiles, exportNotes } from "./index.ts";
import { hasSites } from "./quantities.ts";
import type { Column } from "./tables.ts";

/** File names of the images: their own where they differ, numbered where not. */
export function stems(paths: readonly string[]): string[] {
  const names = paths.map((path) => parse(path).name);
  return names.map((name, k) => (names.indexOf(name) === names.lastIndexOf(name) ? name : `${name}-${k + 1}`));
}

/**
 * A stack, or several images, in the formats of other programs. Of a stack each file holds all frames: maps have a first dimension "frame", lists
 * of motifs their frame and track; the frames themselves are not copied. Several images have a folder each below exports/.
 * @param image reads the pixels of frame k, which the exports of images hold
 */
export async function exportSeries(
  series: SeriesReport,
  kinds: readonly ExportKind[],
  image: (k: number) => Promise<Grid>,
): Promise<Exports> {
  if (kinds.length === 0) return { files: new Map(), notes: [] };
  return series.kind === "stack" ? exportStack(series, kinds) : exportImages(series, kinds, image);
}

async function exportImages(
  series: SeriesReport,
  kinds: readonly ExportKind[],
  image: (k: number) => Promise<Grid>,
): Promise<Exports> {
  const files = new Map<string, Uint8Array | string>();
  const names = stems(series.frames.map(({ name }) => name));
  for (const [k, name] of names.entries()) {
    const own = await exportFiles(frameReport(series, k, await image(k)), kinds);
    for (const [path, content] of own) files.set(`exports/${name}/${path}`, content);
  }
  return { files, notes: [{ name: "exports/", what: `a folder of each image with its ${kinds.join(", ")}` }] };
}

async function exportStack(series: SeriesReport, kinds: readonly ExportKind[]): Promise<Exports> {
  const reports = series.frames.map(({ rows, cols }, k) =>
    frameReport(series, k, { rows, cols, data: new Float32Array(0) }),
  );
  const files = new Map<string, Uint8Array | string>();
  for (const kind of new Set(kinds)) {
    for (const [path, content] of await stackWriters[kind](series, reports)) files.set(path, content);
  }
  return { files, notes: [...new Set(kinds)].flatMap((kind) => exportNotes[kind]) };
}

type StackWriter = (series: SeriesReport, reports: readonly FitReport[]) => Promise<[string, Uint8Array | string][]>;

const stackWriters: Readonly<Record<ExportKind, StackWriter>> = {
  async hspy(series, reports) {
    const { hspyFile } = await import("./hyperspy.ts");
    return [["result.hspy", await hspyFile(stackArrays(series, reports))]];
  },
  async zarr(series, reports) {
    const { zarrFolder } = await import("./zarr.ts");
    const files = zarrFolder(stackArrays(series, reports), series);
    return Array.from(files, ([path, bytes]) => [`result.zarr/${path}`, bytes]);
  },
  async csv(series, reports) {
    const { csv, mapColumns, motifColumns } = await import("./tables.ts");
    const sites = reports.some(hasSites);
    const motifs = joinedColumns(reports.map((report) => motifColumns(report, sites)));
    const maps = reports.map((report) => mapColumns(report, sites));
    const points = maps.flatMap(([[, values]], k) => new Array<number>(values.length).fill(series.frames[k].number));
    return [
      ["motif_table.csv", csv([...motifOrigin(series), ...motifs])],
      ["map_table.csv", csv([["frame", points], ...joinedColumns(maps)])],
    ];
  },
  async tiff(_, reports) {
    const { mapsTiff } = await import("./imagej.ts");
    return [["maps.tif", mapsTiff(reports)]];
  },
};

/** Frame and track of every motif. */
function motifOrigin(series: SeriesReport): [string, Int32Array][] {
  const { frames, tracks } = series;
  const frame: [string, Int32Array] = ["frame", frameOfMotif(series).map((k) => frames[k].number)];
  if (!tracks) return [frame];
  return [frame, ["track", Int32Array.from(tracks.ofMotif.flatMap((ids) => Array.from(ids)))]];
}

/** The columns of all frames one below the other; every frame has the same. */
function joinedColumns(parts: readonly (readonly Column[])[]): Column[] {
  return parts[0].map(([name], c) => [name, parts.flatMap((columns) => Array.from(columns[c][1]))]);
}

/** Numbers of the frames as a dimension, in the unit of the stack's axis where it has one. */
function frameDimension({ frames, axis }: SeriesReport): Dimension {
  const [first, second] = frames.map(({ number }) => number);
  const timed = axis !== undefined && axis.unit !== "px";
  const { scale, offset } = timed ? axis : { scale: 1, offset: 0 };
  return {
    name: "frame",
    size: frames.length,
    scale: scale * (second - first),
    offset: offset + scale * first,
    unit: timed ? axis.unit : "",
  };
}

function concatenated(parts: readonly LabelledArray["data"][]): LabelledArray["data"] {
  const out = new (parts[0].constructor as Float64ArrayConstructor)(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Template and manifold, the maps of all frames, and lists of all motifs. */
function stackArrays(series: SeriesReport, reports: readonly FitReport[]): LabelledArray[] {
  const sites = reports.some(hasSites);
  const frame = frameDimension(series);
  const together = (of: (report: FitReport) => LabelledArray[]) => {
    const parts = reports.map(of);
    return parts[0].map((array, a) => ({ ...array, data: concatenated(parts.map((arrays) => arrays[a].data)) }));
  };
  const maps = together((report) => mapArrays(report, sites)).map((array) => ({
    ...array,
    dimensions: [frame, ...array.dimensions],
  }));
  const motifs = together((report) => motifArrays(report, sites)).map(({ dimensions: [motif], ...array }) => ({
    ...array,
    dimensions: [{ ...motif, size: array.data.length }],
  }));
  const origin = motifOrigin(series).map(([name, data]) =>
    motifList(name, name === "frame" ? "Frame" : "Track", "", data),
  );
  const pictures = pictureArrays(reports[0]);
  return [...pictures, ...maps, ...origin, ...motifs].filter(({ data }) => data.length > 0);
}
