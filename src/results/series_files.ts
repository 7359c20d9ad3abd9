import { encodeNpz } from "../formats/npy_write.ts";
import {
  csvNumber,
  csvText,
  type FileNote,
  type LeadingColumn,
  latticeJson,
  metricsJson,
  motifsCsv,
  prettyJson,
  windowsNpz,
  withoutHistory,
} from "./files.ts";
import { pooledMotifs, pooledWindows, type SeriesReport } from "./series.ts";
import { seriesScale } from "./series_scale.ts";

/** Result files of a stack or of several images, as pure functions. */

/** Version of the names and columns below. */
export const SERIES_SCHEMA = "shift-vae/series/1";

/** Index in `frames` of each of the pooled motifs. */
export function frameOfMotif({ frames }: Pick<SeriesReport, "frames">): Int32Array {
  return Int32Array.from(frames.flatMap(({ motifs }, k) => new Array<number>(motifs.count).fill(k)));
}

/**
 * motifs.csv of all frames: before the columns of a single image a stack has `frame` (number in the file) and `track` (the same motif
 * through the stack), images have `file`.
 */
export function seriesMotifsCsv(series: SeriesReport): string {
  const { frames, tracks, kind } = series;
  const frame = frameOfMotif(series);
  const track = tracks?.ofMotif.flatMap((ids) => Array.from(ids));
  const leading: LeadingColumn[] =
    kind === "stack"
      ? [{ name: "frame", of: (i) => String(frames[frame[i]].number) }]
      : [{ name: "file", of: (i) => csvText(frames[frame[i]].name) }];
  if (track) leading.push({ name: "track", of: (i) => String(track[i]) });
  return motifsCsv(pooledMotifs(frames), leading);
}

function mean(values: Float64Array, width: number, column: number): number {
  let sum = 0;
  for (let i = column; i < values.length; i += width) sum += values[i];
  return (sum * width) / values.length;
}

/**
 * frames.csv: one row a frame, `frame` or `file`, `motifs`, `z1_mean` …; of a stack its coordinate where the axis has a unit, and the
 * drift since the first frame, `drift_row,drift_col,drift_row_sd,drift_col_sd` in px and, where the pixel size is known, in its unit. Where a
 * material was named `scale_factor,scale_factor_sd`: measured over true length.
 */
export function framesCsv({ frames, kind, axis, drift }: SeriesReport): string {
  const L = frames[0].motifs.latentDim;
  const timed = axis !== undefined && axis.unit !== "px";
  const pixel = frames[0].pixelSize;
  const checked = frames.some(({ scaleCheck }) => scaleCheck);
  const driftNames = ["drift_row", "drift_col", "drift_row_sd", "drift_col_sd"];
  const head = [
    kind === "stack" ? "frame" : "file",
    ...(timed ? [`${axis.name}_${axis.unit}`] : []),
    "motifs",
    ...Array.from({ length: L }, (_, l) => `z${l + 1}_mean`),
    ...(drift ? driftNames : []),
    ...(drift && pixel ? driftNames.map((name) => `${name}_${pixel.unit}`) : []),
    ...(checked ? ["scale_factor", "scale_factor_sd"] : []),
  ];
  const rows = frames.map(({ number, name, motifs, scaleCheck }, k) => {
    const moved = drift ? [drift.row[k], drift.col[k], drift.rowSd[k], drift.colSd[k]] : [];
    const numbers = [
      ...(timed ? [axis.offset + axis.scale * number] : []),
      motifs.count,
      ...Array.from({ length: L }, (_, l) => mean(motifs.z, L, l)),
      ...moved,
      ...(pixel ? moved.map((v) => v * pixel.value) : []),
      ...(checked ? [scaleCheck?.factor ?? Number.NaN, scaleCheck?.factorSd ?? Number.NaN] : []),
    ];
    return [kind === "stack" ? String(number) : csvText(name), ...numbers.map(csvNumber)];
  });
  return `${[head, ...rows].map((row) => row.join(",")).join("\n")}\n`;
}

/** windows.npz of all frames: as of one image, with `frame` (n), the number of the frame or file. */
export function seriesWindowsNpz({ frames }: SeriesReport): Promise<Uint8Array> {
  const frame = frames.flatMap(({ windows, number }) => new Array<number>(windows.count).fill(number));
  return windowsNpz(pooledWindows(frames), Int32Array.from(frame));
}

/** maps.npz of a stack: `z` (frames, L, rows, columns), `frame` (their numbers), and `row`, `col`, the maps' axes in pixels. */
export function stackMapsNpz({ frames }: SeriesReport): Promise<Uint8Array> {
  const { rowAxis, colAxis, z } = frames[0].maps;
  const size = rowAxis.length * colAxis.length;
  const all = new Float32Array(frames.length * z.length * size);
  frames.forEach(({ maps }, k) => {
    maps.z.forEach((map, l) => {
      all.set(map, (k * z.length + l) * size);
    });
  });
  return encodeNpz({
    z: { data: all, shape: [frames.length, z.length, rowAxis.length, colAxis.length] },
    frame: { data: Int32Array.from(frames, ({ number }) => number), shape: [frames.length] },
    row: { data: rowAxis, shape: [rowAxis.length] },
    col: { data: colAxis, shape: [colAxis.length] },
  });
}

/**
 * result.json: `schema`, `kind`, `input`, `config`, `metrics` as of one image, `frames` (name, number, size, motifs, windows, lattice), `drift` (mean
 * a frame number, px and the calibration's unit; scatter of a motif about its track, px), `tracks` (how many), `warnings`, `versions`, `files`; of an encoding `model`, the file.
 */
export function seriesJson(series: SeriesReport, input: object, files: readonly FileNote[], model?: string): string {
  const { drift, tracks } = series;
  const pixel = series.frames[0].pixelSize;
  const rate = drift?.rate;
  const inUnit = rate && pixel && Object.fromEntries(Object.entries(rate).map(([key, v]) => [key, v * pixel.value]));
  return prettyJson({
    ...(model === undefined ? { schema: SERIES_SCHEMA } : { schema: "shift-vae/series-encoding/1", model }),
    kind: series.kind,
    input,
    config: series.config,
    metrics: model === undefined ? metricsJson(series.metrics) : withoutHistory(series.metrics),
    frames: series.frames.map((frame) => ({
      name: frame.name,
      number: frame.number,
      rows: frame.rows,
      cols: frame.cols,
      motifs: frame.motifs.count,
      windows: frame.windows.count,
      lattice: latticeJson(frame),
      ...(frame.scaleCheck && { scaleCheck: frame.scaleCheck }),
    })),
    drift: drift && { rate: rate ?? null, ...(inUnit && { [`rate_${pixel.unit}`]: inUnit }), scatter: drift.scatter },
    tracks: tracks?.count,
    warnings: [...series.warnings, ...seriesScale(series).warnings],
    versions: series.versions,
    files,
  });
}
