/** Element types of files, NumPy's words. */
export type SampleType =
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "int32"
  | "uint32"
  | "int64"
  | "uint64"
  | "float16"
  | "float32"
  | "float64";

export const SAMPLE_BYTES: Readonly<Record<SampleType, number>> = {
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  float16: 2,
  int32: 4,
  uint32: 4,
  float32: 4,
  int64: 8,
  uint64: 8,
  float64: 8,
};

const LITTLE_ENDIAN_HOST = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1;
const CHUNK_SAMPLES = 1 << 14;

/**
 * Samples of any type and byte order as Float32; whole samples only, a rest of fewer bytes is left out. Works in small
 * chunks, so the only large allocation is the result.
 */
export function toFloat32(bytes: Uint8Array, type: SampleType, littleEndian: boolean): Float32Array {
  const size = SAMPLE_BYTES[type];
  const out = new Float32Array(Math.floor(bytes.length / size));
  const scratch = new Uint8Array(Math.min(out.length, CHUNK_SAMPLES) * size);
  for (let start = 0; start < out.length; start += CHUNK_SAMPLES) {
    const count = Math.min(CHUNK_SAMPLES, out.length - start);
    const chunk = scratch.subarray(0, count * size);
    chunk.set(bytes.subarray(start * size, (start + count) * size));
    if (size > 1 && littleEndian !== LITTLE_ENDIAN_HOST) swapBytes(chunk, size);
    convert(scratch.buffer, count, type, out.subarray(start, start + count));
  }
  return out;
}

/** Reverses the bytes of every sample, in place. */
export function swapBytes(bytes: Uint8Array, size: number): void {
  for (let start = 0; start + size <= bytes.length; start += size) {
    for (let low = start, high = start + size - 1; low < high; low++, high--) {
      const byte = bytes[low];
      bytes[low] = bytes[high];
      bytes[high] = byte;
    }
  }
}

const VIEWS = {
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
  uint32: Uint32Array,
  float32: Float32Array,
  float64: Float64Array,
} as const;

function convert(buffer: ArrayBuffer, count: number, type: SampleType, out: Float32Array): void {
  if (type === "float16") convertEach(new Uint16Array(buffer, 0, count), halfToNumber, out);
  else if (type === "int64") convertEach(new BigInt64Array(buffer, 0, count), Number, out);
  else if (type === "uint64") convertEach(new BigUint64Array(buffer, 0, count), Number, out);
  else out.set(new VIEWS[type](buffer, 0, count));
}

function convertEach<T>(values: ArrayLike<T>, toNumber: (value: T) => number, out: Float32Array): void {
  for (let i = 0; i < values.length; i++) out[i] = toNumber(values[i]);
}

/** IEEE 754 binary16: 1 sign bit, 5 bits of exponent (bias 15), 10 bits of fraction. */
export function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** Samples of fewer or more bits than whole bytes, packed most significant bit first, each row from a new byte. */
export function unpackBits(bytes: Uint8Array, rows: number, rowSamples: number, bits: number): Float32Array {
  const out = new Float32Array(rows * rowSamples);
  const rowBytes = Math.ceil((rowSamples * bits) / 8);
  for (let row = 0; row < rows; row++) {
    let from = row * rowBytes;
    let held = 0;
    let store = 0;
    for (let i = 0; i < rowSamples; i++) {
      for (; held < bits; held += 8) store = ((store << 8) | bytes[from++]) & 0xffffff;
      held -= bits;
      out[row * rowSamples + i] = (store >>> held) & ((1 << bits) - 1);
    }
  }
  return out;
}
