import { type DatasetInfo, pixelAxis } from "../data/dataset.ts";
import { FormatError } from "../errors.ts";
import { latin1 } from "./bytes.ts";
import type { DatasetHandle, Format, OpenedFile } from "./format.ts";
import type { ByteSource } from "./source.ts";
import { checkChannelCount, indexOfBytes, type Metadata, metadataOf, wholeHandle } from "./spm_image.ts";
import { splitTitle, sweepAxis, valueUnit } from "./spm_units.ts";
import { lineAt, NumberScanner } from "./text_numbers.ts";

const DATA_MARKER = "[DATA]";

interface Column {
  readonly title: string;
  readonly unit: string;
  /** The name without the number of the repetition: repetitions become samples of one dataset. */
  readonly group: string;
}

/** "Current [00003] [bwd] (A)" → group "Current (backward)", unit "A". */
function columnOf(title: string): Column {
  const { name, unit } = splitTitle(title);
  const group = name
    .replace(/\s*\[\d+\]/, "")
    .replace("[bwd]", "(backward)")
    .replace("[filt]", "(filtered)")
    .replace("[AVG]", "(average)");
  return { title, unit, group };
}

function headerOf(text: string): Metadata {
  const entries = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const [key, value = ""] = line.split("\t");
    entries.set(key.trim(), value.trim());
  }
  const metres = (key: string) => {
    const value = entries.get(key);
    return value && Number.isFinite(Number(value)) ? Number(value) * 1e9 : undefined;
  };
  return metadataOf({
    experiment: entries.get("Experiment"),
    date: entries.get("Date") ?? entries.get("Saved Date"),
    user: entries.get("User"),
    "bias (V)": entries.get("Bias>Bias (V)") ?? entries.get("Bias (V)"),
    setpoint: entries.get("Z-Controller>Setpoint"),
    "temperature (K)": entries.get("Temperature 1>Temperature 1 (K)"),
    "x (nm)": metres("X (m)"),
    "y (nm)": metres("Y (m)"),
    "z (nm)": metres("Z (m)"),
    "settling time (s)": entries.get("Settling time (s)"),
    "integration time (s)": entries.get("Integration time (s)"),
    comment: entries.get("Comment01"),
  });
}

/** All numbers of the table, row-major (rows, columns). An empty or missing last line is no row. */
function tableOf(source: ByteSource, bytes: Uint8Array, start: number, columns: number): Float64Array {
  let rows = 0;
  for (let at = bytes.indexOf(10, start); ; at = bytes.indexOf(10, at + 1)) {
    rows++;
    if (at < 0) break;
  }
  // A number and its separator take two bytes at least: a table cannot be larger than its text.
  const most = Math.min(rows * columns, Math.ceil((bytes.length - start + 1) / 2));
  const values = new Float64Array(most);
  const scanner = new NumberScanner(bytes, source.name, start);
  let count = 0;
  while (!scanner.atEnd() && count < most) values[count++] = scanner.next();
  if (!scanner.atEnd() || count % columns !== 0 || count === 0) {
    throw new FormatError(`${source.name}: truncated: the table has ${count} numbers, expected rows of ${columns}`);
  }
  return values.subarray(0, count);
}

function spectraHandle(
  table: Float64Array,
  width: number,
  members: readonly number[],
  info: DatasetInfo,
  factor: number,
): DatasetHandle {
  const rows = table.length / width;
  return wholeHandle(info, async () => {
    const data = new Float32Array(members.length * rows);
    members.forEach((column, sample) => {
      for (let r = 0; r < rows; r++) data[sample * rows + r] = table[r * width + column] * factor;
    });
    return data;
  });
}

/**
 * Nanonis spectroscopy table. Layout: lines "key TAB value", "[DATA]", a line of column titles "name (unit)", then
 * numbers. The first column is the axis; every other one is a spectrum, and numbered repetitions of one signal are the
 * samples of one dataset. Source: Nanonis software manual, "ASCII spectroscopy files".
 */
export const nanonisdat: Format = {
  name: "Nanonis DAT",
  extensions: ["dat"],
  detect: (head) => /^Experiment\t[^\n]*\n[^\n\t]+\t/.test(latin1(head)),
  async open(source): Promise<OpenedFile> {
    const bytes = await source.read(0, source.size);
    const marker = indexOfBytes(bytes, DATA_MARKER);
    if (marker < 0) throw new FormatError(`${source.name}: truncated: expected a ${DATA_MARKER} line, found none`);
    const metadata = headerOf(latin1(bytes.subarray(0, marker)));
    const titles = lineAt(bytes, lineAt(bytes, marker).next, 2 ** 20);
    const columns = titles.text.replace(/\t$/, "").split("\t").map(columnOf);
    if (columns.length < 2) throw new FormatError(`${source.name}: expected two columns or more, found ${titles.text}`);
    checkChannelCount(source, columns.length);
    const table = tableOf(source, bytes, titles.next, columns.length);
    const rows = table.length / columns.length;
    const axis = sweepAxis(
      columns[0].group,
      Float64Array.from({ length: rows }, (_, r) => table[r * columns.length]),
      columns[0].unit,
    );
    const groups = new Map<string, number[]>();
    columns.slice(1).forEach(({ group, unit }, i) => {
      const key = `${group}\t${unit}`;
      groups.set(key, [...(groups.get(key) ?? []), i + 1]);
    });
    const datasets = [...groups].map(([key, members]) => {
      const [name, unit] = key.split("\t");
      const info: DatasetInfo = {
        name,
        kind: "spectra",
        axes: [pixelAxis("sample", members.length), axis.axis],
        dtype: "float64",
        quantity: { name: name.replace(/\s*\(.*$/, ""), unit: valueUnit(unit).unit },
        metadata: { ...metadata, ...axis.metadata },
      };
      return spectraHandle(table, columns.length, members, info, valueUnit(unit).factor);
    });
    return { format: nanonisdat.name, datasets, metadata };
  },
};
