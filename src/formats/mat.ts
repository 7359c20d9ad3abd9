import type { Dataset, DatasetInfo } from "../data/dataset.ts";
import { FormatError } from "../errors.ts";
import { ByteReader, latin1, startsWith } from "./bytes.ts";
import type { DatasetHandle, Format, OpenedFile, Selection } from "./format.ts";
import { guessAxes } from "./guess_axes.ts";
import { SAMPLE_BYTES, type SampleType } from "./numeric.ts";
import { checkRawArray, type RawArray, readRawArray } from "./raw_array.ts";
import type { ByteSource } from "./source.ts";
import { deflatedPart, peekDeflated, storedPart } from "./source_part.ts";

const HEADER_BYTES = 128;
const COMPRESSED = 15;
const MATRIX = 14;
const CHAR_CLASS = 4;
/** Array classes 6 to 15, in order. */
const CLASSES: readonly SampleType[] = [
  "float64",
  "float32",
  "int8",
  "uint8",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "int64",
  "uint64",
];
/** Data types of elements. A matrix of doubles is often stored as integers where these suffice. */
const TYPES: Readonly<Record<number, SampleType>> = {
  1: "int8",
  2: "uint8",
  3: "int16",
  4: "uint16",
  5: "int32",
  6: "uint32",
  7: "float32",
  9: "float64",
  12: "int64",
  13: "uint64",
};
const MAX_DIMENSIONS = 32;
const MAX_NAME = 4096;
const MAX_TEXT = 1000;

/** Where an element's data stands in its source. */
interface MatElement {
  readonly type: number;
  readonly offset: number;
  readonly size: number;
  /** Where the next element starts. */
  readonly end: number;
}

/** A variable: its header, and where its data starts. */
interface MatVariable {
  readonly source: ByteSource;
  readonly littleEndian: boolean;
  readonly name: string;
  readonly arrayClass: number;
  readonly complex: boolean;
  readonly shape: readonly number[];
  readonly dataAt: number;
}

/**
 * MATLAB Level 5 MAT files (versions 5 to 7), compressed too, both byte orders: numeric arrays are datasets, single numbers
 * and text are metadata; structs, cells, sparse arrays and objects are passed over
 * (MathWorks, "MAT-File Format", https://www.mathworks.com/help/pdf_doc/matlab/matfile_format.pdf). Version 7.3 is HDF5.
 */
export const mat: Format = {
  name: "MATLAB MAT",
  extensions: [".mat"],
  detect: (head) =>
    startsWith(head, "MATLAB 5.0") && (startsWith(head, "\0\x01IM", 124) || startsWith(head, "\x01\0MI", 124)),
  async open(source): Promise<OpenedFile> {
    const header = await source.read(0, HEADER_BYTES);
    const littleEndian = startsWith(header, "IM", 126);
    const datasets: DatasetHandle[] = [];
    const metadata: Record<string, string | number> = {};
    for (let at = HEADER_BYTES; at + 8 <= source.size; ) {
      const element = await readElement(source, at, littleEndian);
      const variable = await openVariable(source, element, at, littleEndian);
      if (variable) await addVariable(variable, datasets, metadata);
      at = element.end;
    }
    return { format: "MATLAB MAT", datasets, metadata };
  },
};

/** The tag of an element (section "Data element format"): 8 bytes, or 4 with up to 4 bytes of data in the "small" form. */
async function readElement(source: ByteSource, at: number, littleEndian: boolean): Promise<MatElement> {
  const reader = new ByteReader(await source.read(at, 8), source.name, littleEndian);
  const first = reader.u32();
  const smallSize = first >>> 16;
  if (smallSize > 0) {
    if (smallSize > 4) reader.fail(`a small MAT element of ${smallSize} bytes at ${at}`);
    return { type: first & 0xffff, offset: at + 4, size: smallSize, end: at + 8 };
  }
  const size = reader.u32();
  if (at + 8 + size > source.size) reader.fail(`truncated: an element at ${at} needs ${size} bytes`);
  // Compressed elements follow each other without padding to 8 bytes.
  const padded = first === COMPRESSED ? size : Math.ceil(size / 8) * 8;
  return { type: first, offset: at + 8, size, end: at + 8 + padded };
}

async function openVariable(source: ByteSource, element: MatElement, at: number, littleEndian: boolean) {
  const name = `${source.name} (variable at ${at})`;
  if (element.type === MATRIX) {
    return readVariable(storedPart(source, name, element.offset, element.size), littleEndian);
  }
  if (element.type !== COMPRESSED) return undefined;
  // The zlib wrapper around the deflate data: 2 bytes before, 4 after (RFC 1950).
  const start = element.offset + 2;
  const compressedSize = element.size - 6;
  if (compressedSize < 1) throw new FormatError(`${name}: truncated compressed data`);
  const head = await peekDeflated(source, name, start, compressedSize);
  const tag = new ByteReader(head, name, littleEndian);
  if (tag.u32() !== MATRIX) return undefined;
  const size = 8 + tag.u32();
  const whole = deflatedPart(source, name, start, compressedSize, size, head);
  return readVariable(storedPart(whole, name, 8, size - 8), littleEndian);
}

async function readVariable(source: ByteSource, littleEndian: boolean): Promise<MatVariable | undefined> {
  if (source.size < 16) return undefined;
  const flags = await readElement(source, 0, littleEndian);
  const flagWord = new ByteReader(await source.read(flags.offset, 4), source.name, littleEndian).u32();
  const arrayClass = flagWord & 0xff;
  if (arrayClass < CHAR_CLASS || arrayClass === 5 || arrayClass >= 6 + CLASSES.length) return undefined;
  const dimensions = await readElement(source, flags.end, littleEndian);
  const rank = dimensions.size / 4;
  if (!Number.isInteger(rank) || rank > MAX_DIMENSIONS) throw new FormatError(`${source.name}: ${rank} dimensions`);
  const sizes = new ByteReader(await source.read(dimensions.offset, dimensions.size), source.name, littleEndian);
  const shape = Array.from({ length: rank }, () => sizes.i32());
  const label = await readElement(source, dimensions.end, littleEndian);
  if (label.size > MAX_NAME) throw new FormatError(`${source.name}: a name of ${label.size} bytes`);
  const name = latin1(await source.read(label.offset, label.size));
  const complex = (flagWord & 0x0800) !== 0;
  return { source, littleEndian, name, arrayClass, complex, shape, dataAt: label.end };
}

async function addVariable(
  variable: MatVariable,
  datasets: DatasetHandle[],
  metadata: Record<string, string | number>,
): Promise<void> {
  const { source, shape, name, arrayClass, littleEndian } = variable;
  if (shape.some((size) => size < 0)) throw new FormatError(`${source.name}: ${name}: shape ${shape.join("×")}`);
  const count = shape.reduce((product, size) => product * size, 1);
  if (count === 0) return;
  const element = await readElement(source, variable.dataAt, littleEndian);
  if (arrayClass !== CHAR_CLASS && count > 1) {
    datasets.push(await arrayHandle(variable, element));
    return;
  }
  const bytes = await source.read(element.offset, Math.min(element.size, MAX_TEXT));
  // 16 and 17 are UTF-8 and UTF-16; older files hold text as 8- or 16-bit integers.
  if (arrayClass === CHAR_CLASS) {
    const encoding = element.type === 17 || element.type === 4 ? (littleEndian ? "utf-16le" : "utf-16be") : "utf-8";
    metadata[name] = new TextDecoder(encoding).decode(bytes);
  } else metadata[name] = readNumber(new ByteReader(bytes, source.name, littleEndian), element.type);
}

/** One number in its own precision. */
function readNumber(reader: ByteReader, type: number): number {
  switch (TYPES[type]) {
    case "int8":
      return reader.i8();
    case "uint8":
      return reader.u8();
    case "int16":
      return reader.i16();
    case "uint16":
      return reader.u16();
    case "int32":
      return reader.i32();
    case "uint32":
      return reader.u32();
    case "float32":
      return reader.f32();
    case "float64":
      return reader.f64();
    case "int64":
      return reader.i64();
    case "uint64":
      return reader.u64();
    default:
      return reader.fail(`unknown MAT data type ${type}`);
  }
}

async function arrayHandle(variable: MatVariable, element: MatElement): Promise<DatasetHandle> {
  const { source, shape, complex, arrayClass, littleEndian } = variable;
  const dtype = CLASSES[arrayClass - 6];
  const { kind, axes, channels } = guessAxes(shape, dtype);
  const real = partOf(variable, element, channels);
  const imaginary = complex
    ? partOf(variable, await readElement(source, element.end, littleEndian), channels)
    : undefined;
  const metadata: Record<string, string> = { shape: shape.join("×") };
  if (complex) metadata.note = "complex numbers read as their modulus";
  const word = complex ? `complex ${dtype}` : dtype;
  const info: DatasetInfo = {
    name: variable.name,
    kind,
    axes,
    dtype: channels === 1 ? word : `${word} × ${channels} channels`,
    metadata,
  };
  return { info, read: (selection) => readParts(real, imaginary, info, selection) };
}

function partOf({ source, shape, littleEndian }: MatVariable, element: MatElement, channels: number): RawArray {
  const type = TYPES[element.type];
  if (!type) throw new FormatError(`${source.name}: unknown MAT data type ${element.type}`);
  const field = { type, littleEndian, complex: false, offset: 0, values: 1 };
  const data = storedPart(source, source.name, element.offset, element.size);
  const array = { source: data, dataOffset: 0, recordBytes: SAMPLE_BYTES[type], field, shape, fortran: true, channels };
  checkRawArray(array);
  return array;
}

async function readParts(
  real: RawArray,
  imaginary: RawArray | undefined,
  info: DatasetInfo,
  selection?: Selection,
): Promise<Dataset> {
  const dataset = await readRawArray(real, info, selection);
  if (!imaginary) return dataset;
  const other = await readRawArray(imaginary, info, selection);
  return { ...dataset, data: dataset.data.map((value, i) => Math.hypot(value, other.data[i])) };
}
