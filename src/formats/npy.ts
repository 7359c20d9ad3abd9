import type { DatasetInfo } from "../data/dataset.ts";
import { FormatError } from "../errors.ts";
import { latin1, startsWith } from "./bytes.ts";
import type { DatasetHandle, Format, OpenedFile } from "./format.ts";
import { guessAxes } from "./guess_axes.ts";
import { type NumpyField, parseDtype } from "./numpy_dtype.ts";
import { parsePythonLiteral } from "./python_literal.ts";
import { checkRawArray, type RawArray, readRawArray } from "./raw_array.ts";
import type { ByteSource } from "./source.ts";

const MAGIC = [0x93, ...Array.from("NUMPY", (c) => c.charCodeAt(0))];
const MAX_HEADER_BYTES = 1 << 20;
const MAX_DIMENSIONS = 32;

interface NpyHeader {
  readonly dataOffset: number;
  readonly shape: readonly number[];
  readonly fortran: boolean;
  readonly recordBytes: number;
  readonly fields: readonly NumpyField[];
}

/**
 * NumPy's NPY, versions 1 to 3, every numeric dtype, both orders; a structured dtype gives one dataset a field
 * (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html). Kind and axes are guessed from the shape.
 */
export const npy: Format = {
  name: "NPY",
  extensions: [".npy"],
  detect: (head) => startsWith(head, MAGIC),
  async open(source): Promise<OpenedFile> {
    return { format: "NPY", datasets: await openNpyArrays(source, baseName(source.name)), metadata: {} };
  },
};

/** The datasets of one NPY file, also where it is a member of an archive. */
export async function openNpyArrays(source: ByteSource, name: string): Promise<DatasetHandle[]> {
  const header = await readHeader(source);
  if (header.fields.length === 0) {
    throw new FormatError(`${source.name}: expected numbers, found a dtype without any`);
  }
  return header.fields.map((field) => openField(source, header, field, name));
}

async function readHeader(source: ByteSource): Promise<NpyHeader> {
  const { name } = source;
  const start = await source.read(0, Math.min(12, source.size));
  if (!startsWith(start, MAGIC) || start.length < 10) throw new FormatError(`${name}: not an NPY file, or truncated`);
  const version = start[6];
  if (version < 1 || version > 3) throw new FormatError(`${name}: expected NPY version 1 to 3, found ${version}`);
  const view = new DataView(start.buffer, start.byteOffset, start.length);
  const prefix = version === 1 ? 10 : 12;
  const length = version === 1 || start.length < 12 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > MAX_HEADER_BYTES) throw new FormatError(`${name}: an NPY header of ${length} bytes is absurd`);
  const bytes = await source.read(prefix, length);
  const text = version === 3 ? new TextDecoder().decode(bytes) : latin1(bytes);
  return { dataOffset: prefix + length, ...parseHeader(text, name) };
}

function parseHeader(text: string, name: string): Omit<NpyHeader, "dataOffset"> {
  const header = parsePythonLiteral(text, name);
  const descr = header instanceof Map ? header.get("descr") : undefined;
  if (!(header instanceof Map) || descr === undefined) throw new FormatError(`${name}: the NPY header has no descr`);
  const shape = header.get("shape");
  if (!Array.isArray(shape) || shape.length > MAX_DIMENSIONS) {
    throw new FormatError(`${name}: expected a shape in the NPY header, found ${JSON.stringify(shape)}`);
  }
  const sizes = shape.map((size) => {
    if (typeof size === "number" && Number.isSafeInteger(size) && size > 0) return size;
    throw new FormatError(`${name}: expected sizes of at least 1, found the shape (${shape.join(", ")})`);
  });
  return { shape: sizes, fortran: header.get("fortran_order") === true, ...parseDtype(descr, name) };
}

function openField(source: ByteSource, header: NpyHeader, field: NumpyField, name: string): DatasetHandle {
  const { dataOffset, recordBytes, fortran } = header;
  const shape = [...header.shape, ...field.shape];
  const { kind, axes, channels } = guessAxes(shape, field.dtype);
  const array: RawArray = { source, dataOffset, recordBytes, field, shape: header.shape, fortran, channels };
  checkRawArray(array);
  const metadata: Record<string, string> = { shape: shape.join("×") };
  if (field.complex) metadata.note = "complex numbers read as their modulus";
  const dtype = channels === 1 ? field.dtype : `${field.dtype} × ${channels} channels`;
  const info: DatasetInfo = { name: [name, field.name].filter(Boolean).join("/"), kind, axes, dtype, metadata };
  return { info, read: (selection) => readRawArray(array, info, selection) };
}

function baseName(path: string): string {
  return path.split(/[\\/]/).at(-1) ?? path;
}
