import { FormatError } from "../errors.ts";
import { SAMPLE_BYTES, type SampleType } from "./numeric.ts";
import type { PythonLiteral } from "./python_literal.ts";
import type { RawField } from "./raw_array.ts";

/** One numeric field of a NumPy dtype. A plain dtype has one, with an empty name. */
export interface NumpyField extends RawField {
  readonly name: string;
  /** Shape of the sub-array in each record; empty for a scalar. */
  readonly shape: readonly number[];
  /** NumPy's word, "float32", "complex64", "bool". */
  readonly dtype: string;
}

/** A dtype: its size, and those of its fields that hold numbers. */
export interface NumpyDtype {
  readonly recordBytes: number;
  readonly fields: readonly NumpyField[];
}

const LETTERS: Readonly<Record<string, string>> = { i: "int", u: "uint", f: "float" };
const MAX_RECORD_BYTES = 2 ** 31;

/**
 * A dtype as the `descr` of an NPY header or the `dtype` of Zarr v2 writes it: "<f8", or a list of (name, descr[, shape])
 * (https://numpy.org/doc/stable/reference/arrays.interface.html). Text and dates are passed over.
 * @throws FormatError for Python objects, which only unpickling could read, and for anything unknown.
 */
export function parseDtype(descr: PythonLiteral, name: string): NumpyDtype {
  const dtype = parseLevel(descr, name, "", 0);
  if (dtype.recordBytes < 1 || dtype.recordBytes > MAX_RECORD_BYTES) {
    throw new FormatError(`${name}: expected a dtype of 1 byte or more, found ${dtype.recordBytes}`);
  }
  return dtype;
}

function parseLevel(descr: PythonLiteral, name: string, fieldName: string, start: number): NumpyDtype {
  if (typeof descr === "string") return parseScalar(descr, name, fieldName, start);
  if (!Array.isArray(descr)) throw new FormatError(`${name}: expected a dtype, found ${JSON.stringify(descr)}`);
  const fields: NumpyField[] = [];
  let offset = start;
  for (const entry of descr) {
    if (!Array.isArray(entry) || entry.length < 2)
      throw new FormatError(`${name}: expected (name, dtype) in the header`);
    const [title, type, shape = []] = entry;
    const own = String(Array.isArray(title) ? title.at(-1) : title);
    const path = fieldName ? `${fieldName}/${own}` : own;
    const sizes = subShape(shape, name);
    const inner = parseLevel(type, name, path, offset);
    const repeat = sizes.reduce((product, size) => product * size, 1);
    // A sub-array of records would need strides between its values; only sub-arrays of numbers are read.
    if (repeat === 1) fields.push(...inner.fields);
    else if (typeof type === "string") {
      fields.push(...inner.fields.map((field) => ({ ...field, shape: sizes, values: repeat })));
    }
    offset += inner.recordBytes * repeat;
  }
  return { recordBytes: offset - start, fields };
}

function subShape(shape: PythonLiteral, name: string): number[] {
  const sizes = Array.isArray(shape) ? shape : [shape];
  return sizes.map((size) => {
    if (typeof size === "number" && Number.isSafeInteger(size) && size > 0) return size;
    throw new FormatError(`${name}: expected the shape of a field, found ${JSON.stringify(shape)}`);
  });
}

function parseScalar(descr: string, name: string, fieldName: string, offset: number): NumpyDtype {
  const match = /^([<>|=]?)([a-zA-Z])(\d*)(?:\[.*\])?$/.exec(descr);
  if (!match) throw new FormatError(`${name}: unknown dtype ${JSON.stringify(descr)}`);
  const [, order, kind, digits] = match;
  if (kind === "O") {
    throw new FormatError(`${name}: holds Python objects (dtype ${descr}), which only unpickling could read: not done`);
  }
  const size = Number(digits);
  const recordBytes = kind === "U" ? 4 * size : size;
  const found = numericType(kind, size);
  if (!found) return { recordBytes, fields: [] };
  const littleEndian = order !== ">";
  const field = { name: fieldName, ...found, littleEndian, offset, values: 1, shape: [] };
  return { recordBytes, fields: [field] };
}

function numericType(kind: string, size: number): { type: SampleType; complex: boolean; dtype: string } | undefined {
  if (kind === "b" && size === 1) return { type: "uint8", complex: false, dtype: "bool" };
  const complex = kind === "c";
  const type = complex ? `float${size * 4}` : `${LETTERS[kind]}${size * 8}`;
  if (!isSampleType(type) || (complex && size < 8)) return undefined;
  return { type, complex, dtype: complex ? `complex${size * 8}` : type };
}

function isSampleType(type: string): type is SampleType {
  return Object.hasOwn(SAMPLE_BYTES, type);
}
