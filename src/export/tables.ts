import { columnOf } from "../report/fields.ts";
import { turnColumns } from "../results/files.ts";
import { pixelSides } from "../results/lattice_errors.ts";
import type { FitReport } from "../results/types.ts";
import { hasSites, motifQuantities, quantityMaps } from "./quantities.ts";

/** A column of a table. */
export type Column = readonly [name: string, values: ArrayLike<number>];

/** Digits that tell every float32 from its neighbours. */
const DIGITS = 9;

/** An empty field is what readers of tables take for a missing number. */
function csvNumber(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(DIGITS))) : "";
}

/** A table with a line of names. */
export function csv(columns: readonly Column[]): string {
  const rows = columns[0][1].length;
  const lines = [columns.map(([name]) => name).join(",")];
  for (let i = 0; i < rows; i++) lines.push(columns.map(([, values]) => csvNumber(values[i])).join(","));
  return `${lines.join("\n")}\n`;
}

/** Pixels, and the same in the unit of the pixel size where it is known: `row`, `col`, `row_nm`, `col_nm`. */
function places({ pixelSize }: FitReport, row: Float64Array, col: Float64Array): Column[] {
  const inPixels: Column[] = [
    ["row", row],
    ["col", col],
  ];
  if (!pixelSize) return inPixels;
  const [rowSide, colSide] = pixelSides(pixelSize);
  return [
    ...inPixels,
    [`row_${pixelSize.unit}`, row.map((v) => v * rowSide)],
    [`col_${pixelSize.unit}`, col.map((v) => v * colSide)],
  ];
}

/** "displacement_row_nm": what has a unit says it in its name. */
function withUnit({ name, unit }: { readonly name: string; readonly unit: string }): string {
  return unit ? `${name}_${unit}` : name;
}

/** Columns with one row a motif: number, place, every quantity, standard deviations of the latents, windows that agreed. */
export function motifColumns(report: FitReport, sites = hasSites(report)): Column[] {
  const { motifs } = report;
  const L = motifs.latentDim;
  return [
    ["motif", Float64Array.from({ length: motifs.count }, (_, i) => i + 1)],
    ...places(report, columnOf(motifs.position, 2, 0), columnOf(motifs.position, 2, 1)),
    ...motifQuantities(report, sites).map((quantity): Column => [withUnit(quantity), quantity.values]),
    ...Array.from({ length: L }, (_, l): Column => [`z${l + 1}_sd`, columnOf(motifs.zSd, L, l)]),
    ["windows", motifs.windows],
    ...turnColumns(motifs).map(({ name, values }): Column => [name, values]),
  ];
}

/** Columns with one row a point of the maps: place, and every quantity there. */
export function mapColumns(report: FitReport, sites = hasSites(report)): Column[] {
  const { rowAxis, colAxis } = report.maps;
  const [rows, cols] = [rowAxis.length, colAxis.length];
  const row = Float64Array.from({ length: rows * cols }, (_, i) => rowAxis[Math.floor(i / cols)]);
  const col = Float64Array.from({ length: rows * cols }, (_, i) => colAxis[i % cols]);
  return [
    ...places(report, row, col),
    ...quantityMaps(report, sites).map((map): Column => [withUnit(map), map.values]),
  ];
}
