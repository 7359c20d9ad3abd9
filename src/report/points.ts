import { type SamplesReport, shiftUnit } from "../results/samples.ts";
import { frameReport, type SeriesReport } from "../results/series.ts";
import { strainField } from "../results/strain.ts";
import type { FitReport, Windows } from "../results/types.ts";
import { columnOf, motifSpacing, positionSd, smallLengthUnit } from "./fields.ts";
import { hasStrain } from "./motif_figures.ts";
import { MOST_POINTS } from "./plots.ts";
import { latentName } from "./scales.ts";

/** What a page knows of the things that its pictures show one by one: their places and values, for the pointer and the keys. */

/** One value a point, rounded to what is worth reading; null where there is none. */
export interface Column {
  readonly name: string;
  readonly values: readonly (number | string | null)[];
}

/** What a picture shows the whole of: an image, a frame, a scan. Pixels; a pointer finds what is within `reach`. */
export interface Field {
  readonly rows: number;
  readonly cols: number;
  readonly reach: number;
}

/** Motifs, or samples. */
export interface Points {
  /** What one is called: "motif". */
  readonly what: string;
  readonly fields: readonly Field[];
  /** Which field each lies in; absent where there is one field. */
  readonly field?: readonly number[];
  /** Where in its field; absent where there is none. */
  readonly row?: readonly (number | null)[];
  readonly col?: readonly (number | null)[];
  /** Those of one number are the same motif in several frames. */
  readonly same?: readonly number[];
  readonly columns: readonly Column[];
}

/** Points that a page holds the values of at most: more would be larger than what there is to see. */
export const MOST_HELD = 100_000;

function rounded(name: string, values: ArrayLike<number>, round: (value: number) => number): Column {
  return { name, values: Array.from(values, (v) => (Number.isFinite(v) ? round(v) : null)) };
}

/** Rounded to decimal places. */
function column(name: string, values: ArrayLike<number>, places: number): Column {
  return rounded(name, values, (v) => Number(v.toFixed(places)));
}

/** Rounded to four digits, of what has any size. */
function digits(name: string, values: ArrayLike<number>): Column {
  return rounded(name, values, (v) => Number(v.toPrecision(4)));
}

function latentColumns({ z, latentDim }: Pick<Windows, "z" | "latentDim">): Column[] {
  return Array.from({ length: latentDim }, (_, l) => column(latentName(l), columnOf(z, latentDim, l), 3));
}

function turnColumns({ angle, scale }: Pick<Windows, "angle" | "scale">): Column[] {
  return [...(angle ? [column("angle (°)", angle, 2)] : []), ...(scale ? [column("scale", scale, 4)] : [])];
}

function strainColumns(report: FitReport): Column[] {
  const { lattice, motifs } = report;
  if (!lattice || !hasStrain(report)) return [];
  const field = strainField(motifs, lattice);
  const { factor, unit } = smallLengthUnit(report);
  const along = (k: number) => columnOf(field.displacement, 2, k).map((v) => v * factor);
  const percent = (values: Float64Array) => values.map((v) => 100 * v);
  return [
    column(`u row (${unit})`, along(0), 2),
    column(`u column (${unit})`, along(1), 2),
    column("εxx (%)", percent(field.xx), 2),
    column("εyy (%)", percent(field.yy), 2),
    column("εxy (%)", percent(field.xy), 2),
    column(
      "rotation (°)",
      field.rotation.map((v) => (v * 180) / Math.PI),
      2,
    ),
  ];
}

/** Columns with one value a motif. */
export function motifColumns(report: FitReport): Column[] {
  const { motifs } = report;
  const { factor, unit } = smallLengthUnit(report);
  return [
    column("row (px)", columnOf(motifs.position, 2, 0), 2),
    column("column (px)", columnOf(motifs.position, 2, 1), 2),
    digits(
      `σ (${unit})`,
      positionSd(report).map((v) => v * factor),
    ),
    column("windows", motifs.windows, 0),
    ...latentColumns(motifs),
    ...turnColumns(motifs),
    ...strainColumns(report),
  ];
}

function fieldOf(report: FitReport): Field {
  return { rows: report.image.rows, cols: report.image.cols, reach: motifSpacing(report) };
}

function numbers({ values }: Column): (number | null)[] {
  return values.map((v) => (typeof v === "number" ? v : null));
}

/** The motifs of one image. */
export function motifPoints(report: FitReport, columns: readonly Column[]): Points {
  return { what: "motif", fields: [fieldOf(report)], row: numbers(columns[0]), col: numbers(columns[1]), columns };
}

/** Frame `k` without its pixels, which no number needs. */
function bare(series: SeriesReport, k: number): FitReport {
  const { rows, cols } = series.frames[k];
  return frameReport(series, k, { rows, cols, data: new Float32Array(0) });
}

/** The motifs of the frames that are shown, and those of the others that are dots of the scatter plot. Fields are the frames. */
export function seriesPoints(series: SeriesReport): Points {
  const { frames, shown, tracks, kind } = series;
  const visible = new Set(shown.map(({ frame }) => frame));
  const every = Math.ceil(frames.reduce((sum, { motifs }) => sum + motifs.count, 0) / MOST_POINTS);
  let before = 0;
  const kept = frames.map(({ motifs: { count } }, k) => {
    const all = Array.from({ length: count }, (_, n) => n);
    const first = before;
    before += count;
    return visible.has(k) ? all : all.filter((n) => (first + n) % every === 0);
  });
  const each = frames.map((_, k) => motifColumns(bare(series, k)));
  const names = [...new Set(each.flatMap((columns) => columns.map(({ name }) => name)))];
  const columns = names.map((name): Column => {
    const own = each.map((of) => of.find((one) => one.name === name)?.values);
    return { name, values: kept.flatMap((list, k) => list.map((n) => own[k]?.[n] ?? null)) };
  });
  const field = kept.flatMap((list, k) => list.map(() => k));
  const origin: Column = { name: kind === "stack" ? "frame" : "image", values: field.map((k) => nameOf(series, k)) };
  return {
    what: "motif",
    fields: frames.map((_, k) => fieldOf(bare(series, k))),
    field,
    row: numbers(columns[0]),
    col: numbers(columns[1]),
    same: tracks && kept.flatMap((list, k) => list.map((n) => tracks.ofMotif[k][n])),
    columns: [origin, ...columns],
  };
}

function nameOf({ kind, frames }: SeriesReport, k: number): number | string {
  return kind === "stack" ? frames[k].number : frames[k].name;
}

/** Name of the column of the shifts along a signal. */
export function shiftName(samples: SamplesReport): string {
  return `shift (${shiftUnit(samples).unit})`;
}

function shiftColumns(samples: SamplesReport): Column[] {
  const { windows, signal } = samples;
  const { factor, unit } = shiftUnit(samples);
  const along = (values: Float64Array, axis: 0 | 1, by: number) => columnOf(values, 2, axis).map((v) => v * by);
  const { shift, shiftSd } = windows;
  const size = Math.abs(factor);
  if (signal)
    return [digits(shiftName(samples), along(shift, 1, factor)), digits(`shift σ (${unit})`, along(shiftSd, 1, size))];
  return ([0, 1] as const).flatMap((axis) => {
    const name = ["row", "column"][axis];
    return [
      digits(`shift ${name} (${unit})`, along(shift, axis, factor)),
      digits(`shift ${name} σ (${unit})`, along(shiftSd, axis, size)),
    ];
  });
}

/** Samples, of a spectral map as points of its scan. */
export function samplePoints(samples: SamplesReport): Points {
  const { scan, maps, windows } = samples;
  const index = Float64Array.from({ length: windows.count }, (_, i) => i);
  const columns = [...shiftColumns(samples), ...latentColumns(windows), ...turnColumns(windows)];
  if (!scan || !maps) return { what: "sample", fields: [], columns: [column("sample", index, 0), ...columns] };
  const [rows, cols] = scan;
  const place = [index.map((i) => Math.floor(i / cols.size)), index.map((i) => i % cols.size)];
  const names = ["row", "column"];
  const lengths = scan.flatMap(({ scale, offset, unit }, k) =>
    unit === "px"
      ? []
      : [
          digits(
            `${names[k]} (${unit})`,
            place[k].map((i) => offset + scale * i),
          ),
        ],
  );
  const [row, col] = place.map((values, k) => column(names[k], values, 0));
  return {
    what: "point",
    fields: [{ rows: rows.size, cols: cols.size, reach: 1 }],
    row: numbers(row),
    col: numbers(col),
    columns: [row, col, ...lengths, digits("mean", maps.mean.data), ...columns],
  };
}
