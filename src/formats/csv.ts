import { type Axis, type DatasetInfo, pixelAxis } from "../data/dataset.ts";
import { FormatError } from "../errors.ts";
import { latin1 } from "./bytes.ts";
import type { DatasetHandle, Format, OpenedFile } from "./format.ts";
import { guessAxes } from "./guess_axes.ts";
import { selectFrom } from "./select.ts";
import type { ByteSource } from "./source.ts";
import { detectDialect, parseTable, type TableDialect, type TextTable } from "./text_table.ts";
import { fileAxis } from "./units.ts";

const SAMPLE_BYTES = 1 << 18;
/** Steps of an energy axis may differ by this share: numbers are printed with few digits. */
const STEP_TOLERANCE = 1e-2;
/** A first column of rising numbers is an axis where the table is at least this much longer than wide. */
const TABLE_ASPECT = 4;
const MAX_COMMENTS = 500;

/**
 * Tables of numbers as text: comma, semicolon, tab or blanks between them, decimal point or comma, comments (#, %, //), at most
 * one line of words above. A matrix is an image or spectra by its shape; one column is a spectrum; a first column of evenly
 * rising or falling numbers in a long table is the axis of the spectra beside it.
 */
export const csv: Format = {
  name: "text table (CSV, TSV)",
  extensions: [".csv", ".tsv", ".txt", ".asc", ".dat", ".xy"],
  detect: async (head, source) => isText(head) && (await findDialect(source)) !== undefined,
  async open(source): Promise<OpenedFile> {
    const dialect = await findDialect(source);
    if (!dialect) throw new FormatError(`${source.name}: expected a table of numbers`);
    const table = parseTable(await source.read(0, source.size), source.name, dialect);
    const comment = table.comments.join("; ").slice(0, MAX_COMMENTS);
    return { format: "text table", datasets: [tableHandle(table)], metadata: comment ? { comment } : {} };
  },
};

/** No control bytes but tabs, line ends and form feeds. */
function isText(head: Uint8Array): boolean {
  return head.every((byte) => byte >= 32 || (byte >= 9 && byte <= 13));
}

async function findDialect(source: ByteSource): Promise<TableDialect | undefined> {
  const sample = await source.read(0, Math.min(SAMPLE_BYTES, source.size));
  if (!isText(sample)) return undefined;
  const text = latin1(sample).replace(/^\xef\xbb\xbf/, "");
  // The last line of a piece is cut somewhere; of a whole file it is as good as the others.
  const whole = sample.length === source.size ? text : text.slice(0, Math.max(text.lastIndexOf("\n"), 0));
  return detectDialect(whole);
}

function tableHandle(table: TextTable): DatasetHandle {
  const { rows, columns, data, header } = table;
  const first = Float64Array.from({ length: rows }, (_, row) => data[row * columns]);
  const long = columns === 2 || (columns > 2 && rows >= TABLE_ASPECT * columns);
  if (columns === 1) return spectraHandle([pixelAxis("sample", 1), pixelAxis("energy", rows)], data, header, {});
  if (long && rows > 2 && isMonotonic(first)) return columnsHandle(table, first);
  const { kind, axes } = guessAxes([rows, columns], "float64");
  const named = axes.length === 2 ? axes : [pixelAxis("row", rows), pixelAxis("column", columns)];
  return handleOf({ name: "table", kind, axes: named, dtype: "float64", metadata: {} }, Float32Array.from(data));
}

/** A first column that is the axis, each other column a spectrum. */
function columnsHandle({ rows, columns, data, header }: TextTable, first: Float64Array): DatasetHandle {
  const step = (first[rows - 1] - first[0]) / (rows - 1);
  const even = first.every((value, row) => Math.abs(value - first[0] - row * step) <= Math.abs(step) * STEP_TOLERANCE);
  const spectra = new Float64Array(rows * (columns - 1));
  for (let row = 0; row < rows; row++) {
    for (let c = 1; c < columns; c++) spectra[(c - 1) * rows + row] = data[row * columns + c];
  }
  const unit = splitUnit(header[0] ?? "").unit;
  const axis = even ? energyAxis(rows, step, unit, first[0]) : pixelAxis("energy", rows);
  const note = `the first column runs unevenly from ${first[0]} to ${first[rows - 1]}; the axis counts points`;
  return spectraHandle([pixelAxis("sample", columns - 1), axis], spectra, header.slice(1), even ? {} : { note });
}

/** The axis that the first column gives; where the header names no unit, the numbers still are its coordinates. */
function energyAxis(size: number, step: number, unit: string, start: number): Axis {
  return unit
    ? fileAxis("energy", size, step, unit, start)
    : { name: "energy", size, scale: step, offset: start, unit: "a.u." };
}

function spectraHandle(
  axes: readonly Axis[],
  data: Float64Array,
  header: readonly string[],
  metadata: Record<string, string>,
): DatasetHandle {
  const quantity = header.length === 1 ? splitUnit(header[0]) : undefined;
  const labels: Record<string, string> = header.length > 1 ? { columns: header.join(", ") } : {};
  const info: DatasetInfo = {
    ...{ name: "spectra", kind: "spectra", axes, dtype: "float64", quantity },
    metadata: { ...labels, ...metadata },
  };
  return handleOf(info, Float32Array.from(data));
}

function handleOf(info: DatasetInfo, data: Float32Array): DatasetHandle {
  return { info, read: async (selection) => selectFrom(info, data, selection) };
}

function isMonotonic(values: Float64Array): boolean {
  const sign = Math.sign(values[1] - values[0]);
  return sign !== 0 && values.every((value, i) => i === 0 || Math.sign(value - values[i - 1]) === sign);
}

/** "Energy loss (eV)", "Bias [V]", "Height/nm": the name and the unit. */
function splitUnit(title: string): { name: string; unit: string } {
  const plain = title.replace(/^"|"$/g, "").trim();
  const found = /^(.*?)\s*[([](.+?)[)\]]$/.exec(plain) ?? /^([^/]+)\/\s*(\S+)$/.exec(plain);
  return found ? { name: found[1].trim(), unit: found[2].trim() } : { name: plain, unit: "" };
}
