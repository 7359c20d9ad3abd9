import { type DatasetInfo, pixelAxis, scaledAxis } from "../data/dataset.ts";
import { FormatError } from "../errors.ts";
import { startsWith } from "./bytes.ts";
import type { DatasetHandle, Format, OpenedFile } from "./format.ts";
import { sampleCount } from "./select.ts";
import type { ByteSource } from "./source.ts";
import {
  checkFits,
  imageInfo,
  type Metadata,
  metadataOf,
  orient,
  positiveInteger,
  scaleBy,
  wholeHandle,
} from "./spm_image.ts";
import { nanometresIn, valueUnit } from "./spm_units.ts";
import { lineAt, NumberScanner } from "./text_numbers.ts";

const MAGIC = "ISO/TC 201 SPM data transfer format";
const HEADER_LINES = 128;
const MOST_CHANNELS = 8;

/** The lines of the header by their number in the standard, which counts from 1. */
type Header = (line: number) => string;

interface Channel {
  readonly name: string;
  readonly unit: string;
}

async function headerOf(source: ByteSource): Promise<{ header: Header; end: number }> {
  const bytes = await source.read(0, Math.min(source.size, 2 ** 20));
  const lines: string[] = [];
  let at = 0;
  while (lines.length < HEADER_LINES && at < bytes.length) {
    const line = lineAt(bytes, at);
    lines.push(line.text.trim());
    at = line.next;
  }
  if (lines[HEADER_LINES - 1] !== "end of header") {
    throw new FormatError(
      `${source.name}: line ${HEADER_LINES}: expected "end of header", found ${JSON.stringify(lines[HEADER_LINES - 1])}`,
    );
  }
  return { header: (line) => lines[line - 1], end: at };
}

/** Units "n" (none) and "d" (dimensionless) are none. */
const unitOf = (text: string) => (text === "n" || text === "d" ? "" : text);

function metadataFrom(header: Header): Metadata {
  const [year, month, day, hour, minute, second] = [9, 10, 11, 12, 13, 14].map((line) => Number(header(line)));
  const two = (value: number) => String(value).padStart(2, "0");
  const date = `${year}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}:${two(second)}`;
  return metadataOf({
    institution: header(3),
    instrument: header(4),
    experiment: header(6),
    comment: header(7),
    // The standard has −1 for what is not known.
    date: year > 0 ? date : undefined,
    technique: header(39),
    "bias (V)": header(41),
    setpoint: header(42) === "0" ? undefined : `${header(45)} ${header(44)}`,
    "temperature (K)": header(50),
    "scan angle (deg)": header(34),
  });
}

function channelsOf(source: ByteSource, header: Header, mode: string): Channel[] {
  if (mode === "MAP_SC") return [{ name: header(69), unit: unitOf(header(70)) }];
  if (mode === "MAP_MC") {
    const count = positiveInteger(source, "line 94, number of data channels", header(94));
    if (count > MOST_CHANNELS)
      throw new FormatError(`${source.name}: line 94: ${count} channels, at most ${MOST_CHANNELS}`);
    return Array.from({ length: count }, (_, i) => ({ name: header(95 + 3 * i), unit: unitOf(header(96 + 3 * i)) }));
  }
  const list = (line: number) =>
    header(line)
      .split(",")
      .map((text) => text.trim());
  const [names, units] = [list(83), list(84)];
  const count = positiveInteger(source, "line 82, number of ordinate items", header(82));
  if (count > names.length)
    throw new FormatError(`${source.name}: line 82: ${count} ordinates, ${names.length} labels`);
  return names.slice(0, count).map((name, i) => ({ name, unit: unitOf(units[i] ?? "") }));
}

/** Column `column` of a table of `columns` numbers a line, `count` lines. */
async function readColumn(source: ByteSource, start: number, columns: number, column: number, count: number) {
  const scanner = new NumberScanner(await source.read(start, source.size - start), source.name);
  const data = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < columns; c++) {
      const value = scanner.next();
      if (c === column) data[i] = value;
    }
  }
  return data;
}

function mapHandles(source: ByteSource, header: Header, start: number, channels: readonly Channel[]): DatasetHandle[] {
  const columns = positiveInteger(source, "line 24, number of X coordinates", header(24));
  const rows = positiveInteger(source, "line 25, number of Y coordinates", header(25));
  const count = sampleCount(source.name, [rows, columns]);
  checkFits(source, `${count} lines of ${channels.length} numbers`, start, 2 * count * channels.length - 1);
  const metadata = metadataFrom(header);
  const lengthOf = (line: number, unitLine: number) => {
    const factor = nanometresIn(header(unitLine));
    return factor === undefined ? undefined : Number(header(line)) * factor;
  };
  const size = { heightNm: lengthOf(29, 27), widthNm: lengthOf(28, 26) };
  const turn = { flipRows: /bottom to top/i.test(header(23)), flipColumns: /right to left/i.test(header(21)) };
  return channels.map(({ name, unit }, i) => {
    const info = imageInfo(source, {
      name: name || `channel ${i + 1}`,
      rows,
      columns,
      ...size,
      dtype: "text",
      quantity: name,
      unit,
      metadata,
    });
    return wholeHandle(info, async () => {
      const data = await readColumn(source, start, channels.length, i, count);
      return scaleBy(orient(data, columns, turn), valueUnit(unit).factor);
    });
  });
}

function spectrumHandles(
  source: ByteSource,
  header: Header,
  start: number,
  channels: readonly Channel[],
): DatasetHandle[] {
  const count = positiveInteger(source, "line 81, number of points in abscissa", header(81));
  // Irregular steps come with the abscissa in the first column.
  const irregular = header(74) === "IRREGULAR" ? 1 : 0;
  const columns = channels.length + irregular;
  checkFits(source, `${count} lines of ${columns} numbers`, start, 2 * count * columns - 1);
  const { unit, factor } = valueUnit(unitOf(header(76)));
  const [first, step] = [Number(header(77)) * factor, Number(header(79)) * factor];
  const regular = !irregular && unit !== "" && Number.isFinite(first) && Number.isFinite(step) && step !== 0;
  const axis = regular ? scaledAxis("energy", count, step, unit, first) : pixelAxis("energy", count);
  const metadata = { ...metadataFrom(header), "swept signal": header(75) };
  return channels.map((channel, i) => {
    const value = valueUnit(channel.unit);
    const info: DatasetInfo = {
      name: channel.name || `ordinate ${i + 1}`,
      kind: "spectra",
      axes: [pixelAxis("sample", 1), axis],
      dtype: "text",
      quantity: { name: channel.name, unit: value.unit },
      metadata,
    };
    return wholeHandle(info, async () =>
      scaleBy(await readColumn(source, start, columns, irregular + i, count), value.factor),
    );
  });
}

/**
 * SPM data transfer format of ISO 28600: 128 lines of text, each with its fixed meaning, then one line a sample with one
 * number a channel. Maps are images, spectra one sample each. Row 0 is at the top whatever the direction of the scan.
 * Source: ISO 28600:2011, "Surface chemical analysis. Data transfer format for scanning-probe microscopy".
 */
export const iso28600: Format = {
  name: "ISO 28600 SPM",
  extensions: ["spm"],
  detect: (head) => startsWith(head, MAGIC),
  async open(source): Promise<OpenedFile> {
    const { header, end } = await headerOf(source);
    const mode = header(8);
    if (!/^(MAP|SPEC)_(SC|MC)$/.test(mode)) {
      throw new FormatError(`${source.name}: line 8: expected MAP_SC, MAP_MC, SPEC_SC or SPEC_MC, found ${mode}`);
    }
    if (/^IRREGULAR/.test(header(17)))
      throw new FormatError(`${source.name}: irregular mapping, expected a regular one`);
    const channels = channelsOf(source, header, mode);
    const datasets = mode.startsWith("MAP")
      ? mapHandles(source, header, end, channels)
      : spectrumHandles(source, header, end, channels);
    return { format: iso28600.name, datasets, metadata: metadataFrom(header) };
  },
};
