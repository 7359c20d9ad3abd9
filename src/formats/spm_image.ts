import { type Axis, type DatasetInfo, pixelAxis, scaledAxis } from "../data/dataset.ts";
import { FormatError } from "../errors.ts";
import { latin1 } from "./bytes.ts";
import type { DatasetHandle } from "./format.ts";
import { sampleCount, selectFrom } from "./select.ts";
import type { ByteSource } from "./source.ts";
import { valueUnit } from "./spm_units.ts";

export type Metadata = Record<string, string | number>;

/** What a reader knows of one scanned image. */
export interface ImageDescription {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  /** Size of the whole image in nm, from edge to edge; undefined or not positive where the file does not say. */
  readonly heightNm?: number;
  readonly widthNm?: number;
  readonly dtype: string;
  /** Name and unit of the values, the unit as the file has it. */
  readonly quantity: string;
  readonly unit: string;
  readonly metadata: Metadata;
}

function lengthAxis(name: string, size: number, lengthNm: number | undefined): Axis {
  const usable = lengthNm !== undefined && Number.isFinite(lengthNm) && lengthNm !== 0;
  return usable ? scaledAxis(name, size, Math.abs(lengthNm) / size, "nm") : pixelAxis(name, size);
}

/**
 * The info of one scanned image; row 0 is at the top, coordinates count from the top-left pixel.
 * @throws FormatError where the sizes are not positive or more than one read can hold.
 */
export function imageInfo(source: ByteSource, image: ImageDescription): DatasetInfo {
  const { name, rows, columns, dtype, quantity, metadata } = image;
  sampleCount(`${source.name}: ${name}`, [rows, columns]);
  return {
    name,
    kind: "image",
    axes: [lengthAxis("row", rows, image.heightNm), lengthAxis("column", columns, image.widthNm)],
    dtype,
    quantity: { name: quantity, unit: valueUnit(image.unit).unit },
    metadata,
  };
}

/** A dataset whose numbers come at once; the selection is cut from them. */
export function wholeHandle(info: DatasetInfo, load: () => Promise<Float32Array>): DatasetHandle {
  return { info, read: async (selection) => selectFrom(info, await load(), selection) };
}

/** How a recorded image must be turned so that row 0 is at the top and column 0 at the left. */
export interface Orientation {
  readonly flipRows?: boolean;
  readonly flipColumns?: boolean;
}

/** Turns a (rows, columns) image in place. Returns it. */
export function orient(data: Float32Array, columns: number, orientation: Orientation): Float32Array {
  const rows = data.length / columns;
  if (orientation.flipColumns) {
    for (let r = 0; r < rows; r++) data.subarray(r * columns, (r + 1) * columns).reverse();
  }
  if (orientation.flipRows) {
    for (let top = 0, bottom = rows - 1; top < bottom; top++, bottom--) {
      const row = data.slice(top * columns, (top + 1) * columns);
      data.copyWithin(top * columns, bottom * columns, (bottom + 1) * columns);
      data.set(row, bottom * columns);
    }
  }
  return data;
}

/** Multiplies in place. Returns it. */
export function scaleBy(data: Float32Array, factor: number): Float32Array {
  if (factor !== 1) for (let i = 0; i < data.length; i++) data[i] *= factor;
  return data;
}

/** Drops what is empty, and gives numbers where the text is one. */
export function metadataOf(entries: Readonly<Record<string, string | number | undefined>>): Metadata {
  const kept: Metadata = {};
  for (const [key, value] of Object.entries(entries)) {
    if (typeof value === "number" ? Number.isFinite(value) : value?.trim()) kept[key] = numberOrText(value!);
  }
  return kept;
}

function numberOrText(value: string | number): string | number {
  if (typeof value === "number") return value;
  const text = value.trim();
  return /^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(text) ? Number(text) : text;
}

/** Position of `signature` in `bytes` from `start`; −1 where it is not. */
export function indexOfBytes(bytes: Uint8Array, signature: string, start = 0): number {
  const wanted = Array.from(signature, (c) => c.charCodeAt(0));
  for (let at = bytes.indexOf(wanted[0], start); at >= 0; at = bytes.indexOf(wanted[0], at + 1)) {
    if (wanted.every((byte, i) => bytes[at + i] === byte)) return at;
  }
  return -1;
}

const FIRST_HEADER_READ = 2 ** 16;
const LONGEST_HEADER = 2 ** 24;

/**
 * The text header before `marker` (Latin-1) and the position right after the marker.
 * @throws FormatError where the marker is not within 16 MB.
 */
export async function readHeader(source: ByteSource, marker: string): Promise<{ text: string; end: number }> {
  for (let length = FIRST_HEADER_READ; ; length *= 8) {
    const bytes = await source.read(0, Math.min(length, source.size, LONGEST_HEADER));
    const at = indexOfBytes(bytes, marker);
    if (at >= 0) return { text: latin1(bytes.subarray(0, at)), end: at + marker.length };
    if (bytes.length === source.size || bytes.length === LONGEST_HEADER) {
      throw new FormatError(`${source.name}: truncated: the header's end ${JSON.stringify(marker)} is not there`);
    }
  }
}

/** Throws a `FormatError` where `length` bytes from `offset` are not in the file: before anything of that size is allocated. */
export function checkFits(source: ByteSource, what: string, offset: number, length: number): void {
  if (offset >= 0 && length >= 0 && offset + length <= source.size) return;
  throw new FormatError(
    `${source.name}: truncated: ${what}: ${length} bytes wanted at ${offset}, the file has ${source.size}`,
  );
}

/** No instrument records more; a header that lists millions of tiny channels would fill the memory. */
const MAX_CHANNELS = 1024;

export function checkChannelCount(source: ByteSource, count: number): void {
  if (count > MAX_CHANNELS)
    throw new FormatError(`${source.name}: ${count} channels, at most ${MAX_CHANNELS} can be read`);
}

/** A size of the header as an integer of at least 1; the `FormatError` names the entry. */
export function positiveInteger(source: ByteSource, entry: string, text: string | number | undefined): number {
  const value = Number(text);
  if (text === undefined || text === "" || !Number.isSafeInteger(value) || value < 1) {
    throw new FormatError(`${source.name}: ${entry}: expected an integer of at least 1, found ${JSON.stringify(text)}`);
  }
  return value;
}
