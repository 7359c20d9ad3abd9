import { FormatError } from "../errors.ts";
import { type FileArray, readRuns } from "./file_array.ts";
import { halfToNumber, SAMPLE_BYTES, type SampleType, toFloat32 } from "./numeric.ts";
import type { ByteSource } from "./source.ts";

/** Reads one sample as a real number: complex samples give their modulus, colours their luma (ITU-R BT.601). */
type Decode = (view: DataView, at: number, littleEndian: boolean) => number;

/** How a sample lies in the file. */
export interface Element {
  /** NumPy's word for it. */
  readonly dtype: string;
  readonly bytes: number;
  readonly decode: Decode;
}

export const ELEMENTS = {
  int8: { dtype: "int8", bytes: 1, decode: (view, at) => view.getInt8(at) },
  uint8: { dtype: "uint8", bytes: 1, decode: (view, at) => view.getUint8(at) },
  int16: { dtype: "int16", bytes: 2, decode: (view, at, le) => view.getInt16(at, le) },
  uint16: { dtype: "uint16", bytes: 2, decode: (view, at, le) => view.getUint16(at, le) },
  int32: { dtype: "int32", bytes: 4, decode: (view, at, le) => view.getInt32(at, le) },
  uint32: { dtype: "uint32", bytes: 4, decode: (view, at, le) => view.getUint32(at, le) },
  int64: { dtype: "int64", bytes: 8, decode: (view, at, le) => Number(view.getBigInt64(at, le)) },
  uint64: { dtype: "uint64", bytes: 8, decode: (view, at, le) => Number(view.getBigUint64(at, le)) },
  float16: { dtype: "float16", bytes: 2, decode: (view, at, le) => halfToNumber(view.getUint16(at, le)) },
  float32: { dtype: "float32", bytes: 4, decode: (view, at, le) => view.getFloat32(at, le) },
  float64: { dtype: "float64", bytes: 8, decode: (view, at, le) => view.getFloat64(at, le) },
  complexInt16: {
    dtype: "complex int16",
    bytes: 4,
    decode: (view, at, le) => Math.hypot(view.getInt16(at, le), view.getInt16(at + 2, le)),
  },
  complex64: {
    dtype: "complex64",
    bytes: 8,
    decode: (view, at, le) => Math.hypot(view.getFloat32(at, le), view.getFloat32(at + 4, le)),
  },
  complex128: {
    dtype: "complex128",
    bytes: 16,
    decode: (view, at, le) => Math.hypot(view.getFloat64(at, le), view.getFloat64(at + 8, le)),
  },
  bgra: {
    dtype: "uint8 RGB",
    bytes: 4,
    decode: (view, at) => 0.299 * view.getUint8(at + 2) + 0.587 * view.getUint8(at + 1) + 0.114 * view.getUint8(at),
  },
} as const satisfies Record<string, Element>;

function isPlain(dtype: string): dtype is SampleType {
  return Object.hasOwn(SAMPLE_BYTES, dtype);
}

/** Bytes as samples. `bytes.length` must be a multiple of the element's size. */
export function decodeElements(bytes: Uint8Array, element: Element, littleEndian: boolean): Float32Array {
  if (isPlain(element.dtype)) return toFloat32(bytes, element.dtype, littleEndian);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const out = new Float32Array(bytes.length / element.bytes);
  const { decode, bytes: step } = element;
  for (let i = 0; i < out.length; i++) out[i] = decode(view, i * step, littleEndian);
  return out;
}

/** Where an uncompressed array lies in a file. */
export interface RawLayout {
  readonly offset: number;
  readonly shape: readonly number[];
  readonly element: Element;
  readonly littleEndian: boolean;
}

/**
 * An uncompressed array of a file.
 * @throws FormatError where a size is not positive or the file ends before the array does.
 */
export function rawArray(source: ByteSource, name: string, layout: RawLayout): FileArray {
  const { offset, shape, element, littleEndian } = layout;
  const samples = shape.reduce((total, size) => total * size, 1);
  if (!shape.every((size) => Number.isSafeInteger(size) && size > 0)) {
    throw new FormatError(`${source.name}: ${name}: expected sizes of at least 1, found the shape ${shape.join("×")}`);
  }
  const end = offset + samples * element.bytes;
  if (!(offset >= 0 && end <= source.size)) {
    throw new FormatError(
      `${source.name}: truncated: ${name} (${shape.join("×")} ${element.dtype}) ends at byte ${end}, the file has ${source.size}`,
    );
  }
  const readFlat = async (first: number, length: number) => {
    const bytes = await source.read(offset + first * element.bytes, length * element.bytes);
    return decodeElements(bytes, element, littleEndian);
  };
  return {
    shape,
    async readBlock(start, count) {
      const last = shape.length - 1;
      const [width, columns] = [shape[last], count[last]];
      if (last === 0 || columns === width) return readRuns(shape, start, count, 1, readFlat);
      // Whole rows in one request are faster than a request for each part of a row.
      const wide = await readRuns(shape, [...start.slice(0, last), 0], [...count.slice(0, last), width], 1, readFlat);
      const rows = wide.length / width;
      const out = new Float32Array(rows * columns);
      for (let r = 0; r < rows; r++) {
        out.set(wide.subarray(r * width + start[last], r * width + start[last] + columns), r * columns);
      }
      return out;
    },
  };
}
