import type { Dataset, DatasetInfo } from "../data/dataset.ts";
import { FormatError } from "../errors.ts";
import { luminance } from "./colour.ts";
import type { Selection } from "./format.ts";
import { SAMPLE_BYTES, type SampleType, toFloat32 } from "./numeric.ts";
import { type Region, resolveSelection, sampleCount, selectFrom } from "./select.ts";
import type { ByteSource } from "./source.ts";

/** One value inside the records of an array: a plain array has one field that fills its record. */
export interface RawField {
  readonly type: SampleType;
  readonly littleEndian: boolean;
  /** Two numbers a value, read as their modulus. */
  readonly complex: boolean;
  /** Where the field starts in its record, and how many values stand there one after another. */
  readonly offset: number;
  readonly values: number;
}

/** An uncompressed array somewhere in a file. */
export interface RawArray {
  readonly source: ByteSource;
  readonly dataOffset: number;
  readonly recordBytes: number;
  readonly field: RawField;
  /** Shape of the records in the file; sizes of 1 included. */
  readonly shape: readonly number[];
  /** First axis fastest, as Fortran and MATLAB have it. */
  readonly fortran: boolean;
  /** Interleaved colour channels, 1 where there are none. */
  readonly channels: number;
}

function valueBytes(field: RawField): number {
  return SAMPLE_BYTES[field.type] * (field.complex ? 2 : 1);
}

/** Throws a `FormatError` where the file is too short for the array that it promises. */
export function checkRawArray(array: RawArray): void {
  const records = sampleCount(array.source.name, array.shape, Number.MAX_SAFE_INTEGER);
  const wanted = records * array.recordBytes;
  const there = array.source.size - array.dataOffset;
  if (wanted > there) {
    const shape = array.shape.join("×");
    throw new FormatError(
      `${array.source.name}: truncated: an array ${shape} needs ${wanted} bytes, there are ${Math.max(0, there)}`,
    );
  }
}

/**
 * Reads a selection of an array, taking from the source only the frames and rows of it. Arrays in Fortran order, and
 * fields of several values, are read whole.
 */
export async function readRawArray(array: RawArray, info: DatasetInfo, selection?: Selection): Promise<Dataset> {
  const region = resolveSelection(info, selection);
  sampleCount(info.name, [region.frames, region.rows, region.columns, region.depth]);
  if (array.fortran || array.field.values > 1) return selectFrom(info, await readWhole(array), selection);
  return { ...region.info, data: await readRows(array, info, region) };
}

async function readRows(array: RawArray, info: DatasetInfo, region: Region): Promise<Float32Array> {
  const stack = info.kind === "stack";
  const allRows = info.axes[stack ? 1 : 0].size;
  const allColumns = info.axes[stack ? 2 : 1].size;
  const lineRecords = allColumns * region.depth * array.channels;
  const width = region.columns * region.depth;
  const out = new Float32Array(region.frames * region.rows * width);
  for (let frame = 0; frame < region.frames; frame++) {
    const firstLine = (region.firstFrame + frame) * allRows + region.row;
    const start = array.dataOffset + firstLine * lineRecords * array.recordBytes;
    const bytes = await array.source.read(start, region.rows * lineRecords * array.recordBytes);
    const values = decode(bytes, array);
    const lines = array.channels === 1 ? values : luminance(values, array.channels);
    for (let row = 0; row < region.rows; row++) {
      const from = (row * allColumns + region.column) * region.depth;
      out.set(lines.subarray(from, from + width), (frame * region.rows + row) * width);
    }
  }
  return out;
}

async function readWhole(array: RawArray): Promise<Float32Array> {
  const records = sampleCount(array.source.name, array.shape);
  sampleCount(array.source.name, [records, array.field.values]);
  const bytes = await array.source.read(array.dataOffset, records * array.recordBytes);
  const stored = decode(bytes, array);
  const values = array.fortran ? transposeFortran(stored, array.shape, array.field.values) : stored;
  return array.channels === 1 ? values : luminance(values, array.channels);
}

/** From first-axis-fastest to row-major order; each element is a run of `run` values. */
export function transposeFortran(data: Float32Array, shape: readonly number[], run = 1): Float32Array {
  const out = new Float32Array(data.length);
  const strides: number[] = [];
  let stride = 1;
  for (const size of shape) {
    strides.push(stride);
    stride *= size;
  }
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < out.length; to += run) {
    for (let k = 0; k < run; k++) out[to + k] = data[from * run + k];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      index[axis]++;
      from += strides[axis];
      if (index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return out;
}

/** All values of one field, out of records that may hold others. */
function decode(bytes: Uint8Array, { field, recordBytes }: RawArray): Float32Array {
  const fieldBytes = valueBytes(field) * field.values;
  const packed = fieldBytes === recordBytes ? bytes : gather(bytes, recordBytes, field.offset, fieldBytes);
  const numbers = toFloat32(packed, field.type, field.littleEndian);
  return field.complex ? modulus(numbers) : numbers;
}

function gather(bytes: Uint8Array, recordBytes: number, offset: number, length: number): Uint8Array {
  const records = Math.floor(bytes.length / recordBytes);
  const out = new Uint8Array(records * length);
  for (let i = 0; i < records; i++) {
    const start = i * recordBytes + offset;
    out.set(bytes.subarray(start, start + length), i * length);
  }
  return out;
}

function modulus(pairs: Float32Array): Float32Array {
  const out = new Float32Array(pairs.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = Math.hypot(pairs[2 * i], pairs[2 * i + 1]);
  return out;
}
