import { FormatError } from "../errors.ts";
import { latin1, startsWith } from "./bytes.ts";
import type { DatasetHandle, Format, OpenedFile } from "./format.ts";
import { SAMPLE_BYTES, type SampleType, toFloat32 } from "./numeric.ts";
import { sampleCount } from "./select.ts";
import type { ByteSource } from "./source.ts";
import {
  checkFits,
  type ImageDescription,
  imageInfo,
  type Metadata,
  metadataOf,
  orient,
  positiveInteger,
  readHeader,
  scaleBy,
  wholeHandle,
} from "./spm_image.ts";
import { nanometresIn, parseMeasure, quantityOf, valueUnit } from "./spm_units.ts";
import { lineAt, NumberScanner } from "./text_numbers.ts";
import { openXyz } from "./wsxm_xyz.ts";

const TYPES: Readonly<Record<string, SampleType>> = {
  double: "float64",
  float: "float32",
  short: "int16",
  integer: "int16",
};

/** "Key: value" (or "key = value") lines, by the key in lower case without what comes before it. */
function entriesOf(text: string, separator: RegExp): Map<string, string> {
  const entries = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const found = separator.exec(line);
    if (found)
      entries.set(
        line.slice(0, found.index).replace(/^#/, "").trim().toLowerCase(),
        line.slice(found.index + found[0].length).trim(),
      );
  }
  return entries;
}

function metadataFrom(entries: ReadonlyMap<string, string>): Metadata {
  return metadataOf({
    bias: entries.get("topography bias"),
    setpoint: entries.get("set point"),
    date: entries.get("acquisition time"),
    "scan angle": entries.get("rotation"),
    "x offset": entries.get("x offset") ?? entries.get("x-offset"),
    "y offset": entries.get("y offset") ?? entries.get("y-offset"),
    direction: entries.get("x scanning direction"),
    comment: entries.get("comments"),
  });
}

function lengthOf(entries: ReadonlyMap<string, string>, key: string, unit = ""): number | undefined {
  const measure = parseMeasure(entries.get(key) ?? "");
  const factor = measure && nanometresIn(measure.unit || unit);
  return factor === undefined ? undefined : measure!.value * factor;
}

/**
 * The image behind a text header whose numbers start at `start`. The text must be at least two bytes a number long,
 * so that a small file cannot promise a large image.
 */
function textHandle(source: ByteSource, start: number, image: ImageDescription): DatasetHandle {
  const info = imageInfo(source, image);
  const count = sampleCount(source.name, [image.rows, image.columns]);
  checkFits(source, `${image.rows}×${image.columns} numbers as text`, start, 2 * count - 1);
  return wholeHandle(info, async () => {
    const bytes = await source.read(start, source.size - start);
    const data = new Float32Array(count);
    new NumberScanner(bytes, source.name).fill(data);
    return scaleBy(data, valueUnit(image.unit).factor);
  });
}

/** "# File Format = ASCII": lines "# key = value" up to "# Start of Data:", lengths in nm. */
async function openAsciiMatrix(source: ByteSource): Promise<OpenedFile> {
  const { text, end } = await readHeader(source, "# Start of Data:");
  const entries = entriesOf(text, /\s*=\s*/);
  const metadata = metadataFrom(entries);
  const unit = entries.get("z-unit") ?? "";
  const image: ImageDescription = {
    name: "image",
    rows: positiveInteger(source, "y-pixels", entries.get("y-pixels")),
    columns: positiveInteger(source, "x-pixels", entries.get("x-pixels")),
    heightNm: lengthOf(entries, "y-length", "nm"),
    widthNm: lengthOf(entries, "x-length", "nm"),
    dtype: "text",
    quantity: quantityOf(unit),
    unit,
    metadata,
  };
  return { format: wsxm.name, datasets: [textHandle(source, end, image)], metadata };
}

/** "WSxM ASCII Matrix file": amplitudes with their units, a blank line, then rows of numbers; their count gives the size. */
async function openWsxmMatrix(source: ByteSource): Promise<OpenedFile> {
  const bytes = await source.read(0, source.size);
  let start = 0;
  let header = "";
  for (let line = lineAt(bytes, 0); line.next < bytes.length; line = lineAt(bytes, line.next)) {
    start = line.next;
    header += `${line.text}\n`;
    if (line.text.trim() === "" || header.length > 65_536) break;
  }
  const firstRow = lineAt(bytes, start, bytes.length);
  const scanner = new NumberScanner(bytes, source.name, start, Math.min(firstRow.next, bytes.length));
  let columns = 0;
  for (; !scanner.atEnd(); columns++) scanner.next();
  let rows = 0;
  for (let at = start; at < bytes.length; rows++) {
    const lineEnd = bytes.indexOf(10, at);
    const blank = latin1(bytes.subarray(at, Math.min(at + 2, lineEnd < 0 ? bytes.length : lineEnd))).trim() === "";
    if (blank) break;
    at = lineEnd < 0 ? bytes.length : lineEnd + 1;
  }
  const entries = entriesOf(header, /:\s*/);
  const metadata = metadataFrom(entries);
  const unit = parseMeasure(entries.get("z amplitude") ?? "")?.unit ?? "";
  const image: ImageDescription = {
    name: "image",
    rows: positiveInteger(source, "rows of numbers", rows),
    columns: positiveInteger(source, "numbers in the first row", columns),
    heightNm: lengthOf(entries, "y amplitude"),
    widthNm: lengthOf(entries, "x amplitude"),
    dtype: "text",
    quantity: quantityOf(unit),
    unit,
    metadata,
  };
  return { format: wsxm.name, datasets: [textHandle(source, start, image)], metadata };
}

/** Shorts stretch over "Z Amplitude", which is the range of the data; doubles and floats are in its unit already. */
function stretch(data: Float32Array, amplitude: number): Float32Array {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of data) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return high > low ? scaleBy(data, amplitude / (high - low)) : data;
}

/** "SxM Image file" (.top, .stp, …): "[Section]" and "key: value" lines up to "[Header end]", then little endian samples. */
async function openBinary(source: ByteSource): Promise<OpenedFile> {
  const { text, end } = await readHeader(source, "[Header end]");
  const entries = entriesOf(text, /:\s*/);
  const lineEnd = await source.read(end, Math.min(2, source.size - end));
  const start = end + (lineEnd[0] === 13 ? 2 : 1);
  const typeName = entries.get("image data type") ?? "short";
  if (!Object.hasOwn(TYPES, typeName)) {
    throw new FormatError(`${source.name}: Image Data Type: expected double, float or short, found ${typeName}`);
  }
  const type = TYPES[typeName];
  const amplitude = parseMeasure(entries.get("z amplitude") ?? "");
  const channel = entries.get("acquisition channel") ?? "image";
  const metadata = metadataFrom(entries);
  const unit = amplitude?.unit ?? "";
  const rows = positiveInteger(source, "Number of rows", entries.get("number of rows"));
  const columns = positiveInteger(source, "Number of columns", entries.get("number of columns"));
  const size = { heightNm: lengthOf(entries, "y amplitude"), widthNm: lengthOf(entries, "x amplitude") };
  const stretched = type === "int16" && amplitude !== undefined;
  const known = type !== "int16" || stretched;
  const info = imageInfo(source, {
    name: channel,
    rows,
    columns,
    ...size,
    dtype: type,
    quantity: channel,
    unit: known ? unit : "",
    metadata,
  });
  const length = rows * columns * SAMPLE_BYTES[type];
  checkFits(source, `${rows}×${columns} samples of ${type}`, start, length);
  const handle = wholeHandle(info, async () => {
    const samples = toFloat32(await source.read(start, length), type, true);
    const data = stretched ? stretch(samples, amplitude.value) : samples;
    // The first sample is the bottom-right corner.
    return scaleBy(orient(data, columns, { flipRows: true, flipColumns: true }), valueUnit(unit).factor);
  });
  return { format: wsxm.name, datasets: [handle], metadata };
}

/**
 * Files of WSxM (Nanotec, UAM): ASCII matrices with a "#" header or with a WSxM header, ASCII XYZ lists on a regular
 * grid, and binary images (double, float or short). Row 0 is at the top.
 * Source: I. Horcas et al., Rev. Sci. Instrum. 78, 013705 (2007), and the WSxM file format notes.
 */
export const wsxm: Format = {
  name: "WSxM",
  extensions: ["txt", "stp", "top", "xyz"],
  detect: (head) =>
    startsWith(head, "# File Format = ASCII") ||
    /^WSxM file copyright[^\n]*\n(SxM Image|WSxM ASCII (Matrix|XYZ)) file/.test(latin1(head.subarray(0, 256))),
  async open(source): Promise<OpenedFile> {
    const head = latin1(await source.read(0, Math.min(256, source.size)));
    if (head.startsWith("#")) return openAsciiMatrix(source);
    if (/WSxM ASCII Matrix file/.test(head)) return openWsxmMatrix(source);
    if (/WSxM ASCII XYZ file/.test(head)) return openXyz(source, wsxm.name);
    return openBinary(source);
  },
};
