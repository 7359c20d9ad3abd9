import { ConfigError, ShapeError } from "../errors.ts";
import { zipFiles } from "./zip_write.ts";

/** Arrays that NumPy has a type for. */
export type NumericArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | Uint8Array
  | Uint8ClampedArray
  | Uint16Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

/** An array with its shape, row-major; an empty shape is a scalar. */
export interface NpyArray {
  readonly data: NumericArray;
  readonly shape: readonly number[];
}

const LITTLE_ENDIAN_HOST = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
const ALIGNMENT = 64;

function descrOf(data: NumericArray): string {
  const size = data.BYTES_PER_ELEMENT;
  const order = size === 1 ? "|" : LITTLE_ENDIAN_HOST ? "<" : ">";
  if (data instanceof Float32Array || data instanceof Float64Array) return `${order}f${size}`;
  const unsigned =
    data instanceof Uint8Array ||
    data instanceof Uint8ClampedArray ||
    data instanceof Uint16Array ||
    data instanceof Uint32Array ||
    data instanceof BigUint64Array;
  return `${order}${unsigned ? "u" : "i"}${size}`;
}

/**
 * One array as the bytes of a .npy file, version 1.0, header padded so that the data starts at a multiple of 64
 * (format: numpy.lib.format, https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html).
 * @throws ShapeError where the shape does not hold as many values as there are.
 */
export function encodeNpy(data: NumericArray, shape: readonly number[]): Uint8Array {
  const count = shape.reduce((product, size) => product * size, 1);
  if (count !== data.length) {
    throw new ShapeError(`encodeNpy: the shape ${shape.join("×")} holds ${count} values, ${data.length} came`);
  }
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const header = `{'descr': '${descrOf(data)}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const prefix = 10;
  const start = Math.ceil((prefix + header.length + 1) / ALIGNMENT) * ALIGNMENT;
  const out = new Uint8Array(start + data.byteLength);
  out.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, (start - prefix) & 255, (start - prefix) >> 8]);
  out.set(new TextEncoder().encode(`${header.padEnd(start - prefix - 1)}\n`), prefix);
  out.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
  return out;
}

/**
 * Several arrays as the bytes of an .npz file (a ZIP of .npy files, deflated), which `numpy.load` reads. The same
 * arrays give the same bytes: members carry a fixed date.
 * @throws ShapeError as `encodeNpy`; ConfigError for an empty name.
 */
export async function encodeNpz(arrays: Readonly<Record<string, NpyArray>>): Promise<Uint8Array> {
  const files: Record<string, Uint8Array> = {};
  for (const [name, { data, shape }] of Object.entries(arrays)) {
    if (name === "") throw new ConfigError("encodeNpz: expected a name for every array, one is empty");
    files[`${name}.npy`] = encodeNpy(data, shape);
  }
  return zipFiles(files);
}
