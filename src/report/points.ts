import { frameReport, type SeriesReport } from "../results/series.ts";
import { strainField } from "../results/strain.ts";
import type { FitReport } from "../results/types.ts";
import { type Column, column, digits, latentColumns, numbers, turnColumns } from "./columns.ts";
import { columnOf, motifSpacing, positionSd, smallLengthUnit } from "./fields.ts";
import { hasStrain } from "./motif_figures.ts";
import { MOST_POINTS } from "./plots.ts";

/** What a page knows of the things that its pictures show one by one: their places and values, for the pointer and the keys. */

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
