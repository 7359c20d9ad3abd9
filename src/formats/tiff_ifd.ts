import { FormatError } from "../errors.ts";
import { ByteReader, latin1, startsWith } from "./bytes.ts";
import type { ByteSource } from "./source.ts";

/** Byte order and size of offsets of a TIFF file. */
export interface TiffHeader {
  readonly littleEndian: boolean;
  readonly big: boolean;
  readonly firstDirectory: number;
}

/** One entry of a directory: where its values stand, or the values themselves where they are short. */
interface TiffEntry {
  readonly type: number;
  readonly count: number;
  readonly inline: Uint8Array;
}

/** One image file directory (IFD), its values read when asked for. */
export interface TiffDirectory {
  readonly next: number;
  has(tag: number): boolean;
  /** All values of a numeric tag; empty where the tag is absent. Rationals are given as quotients. */
  numbers(tag: number): Promise<number[]>;
  /** The first value of a numeric tag. */
  number(tag: number, fallback: number): Promise<number>;
  /** A text tag without its closing zero; empty where absent. */
  text(tag: number): Promise<string>;
  /** A tag's values as they stand in the file, and their length; empty where the tag is absent. */
  bytes(tag: number): Promise<Uint8Array>;
  size(tag: number): number;
  /** The entries of these tags as they stand in the directory: pages with the same have the same values. */
  signature(tags: readonly number[]): string;
}

/** Bytes of one value of each field type, TIFF 6.0 section 2 and the BigTIFF types 16 to 18; 0 for unknown types. */
const TYPE_BYTES = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];
const MAX_ENTRIES = 4096;
const MAX_PAGES = 1 << 20;
/** Most directories fit, so that a page costs one read. */
const DIRECTORY_GUESS = 512;

export function isTiff(head: Uint8Array): boolean {
  return ["II*\0", "MM\0*", "II+\0", "MM\0+"].some((signature) => startsWith(head, signature));
}

/** TIFF 6.0 section 2; BigTIFF (https://www.awaresystems.be/imaging/tiff/bigtiff.html). */
export async function readTiffHeader(source: ByteSource): Promise<TiffHeader> {
  const bytes = await source.read(0, Math.min(16, source.size));
  const littleEndian = startsWith(bytes, "II");
  const reader = new ByteReader(bytes, source.name, littleEndian);
  reader.skip(2);
  const big = reader.u16() === 43;
  if (!big) return { littleEndian, big, firstDirectory: reader.u32() };
  const offsetBytes = reader.u16();
  if (offsetBytes !== 8) reader.fail(`expected BigTIFF offsets of 8 bytes, found ${offsetBytes}`);
  reader.skip(2);
  return { littleEndian, big, firstDirectory: reader.u64() };
}

/** Offsets and directories of all pages in order; a `FormatError` where the chain runs in a circle. */
export async function* tiffDirectories(source: ByteSource, header: TiffHeader) {
  const seen = new Set<number>();
  let offset = header.firstDirectory;
  while (offset !== 0) {
    if (seen.has(offset)) throw new FormatError(`${source.name}: the directory at ${offset} comes twice: a circle`);
    if (seen.size >= MAX_PAGES) throw new FormatError(`${source.name}: more than ${MAX_PAGES} pages`);
    seen.add(offset);
    const directory = await readTiffDirectory(source, header, offset);
    yield { offset, directory };
    offset = directory.next;
  }
}

export async function readTiffDirectory(
  source: ByteSource,
  header: TiffHeader,
  offset: number,
): Promise<TiffDirectory> {
  const { littleEndian, big } = header;
  const [countBytes, entryBytes, offsetBytes] = big ? [8, 20, 8] : [2, 12, 4];
  const available = Math.min(DIRECTORY_GUESS, Math.max(0, source.size - offset));
  let bytes = await source.read(offset, Math.max(available, countBytes));
  const count = readOffset(new ByteReader(bytes, source.name, littleEndian), countBytes);
  if (count > MAX_ENTRIES) throw new FormatError(`${source.name}: a TIFF directory of ${count} entries is absurd`);
  // Some writers leave out the closing "no next directory" at the end of the file.
  const needed = countBytes + count * entryBytes;
  const whole = Math.min(needed + offsetBytes, Math.max(needed, source.size - offset));
  if (whole > bytes.length) bytes = await source.read(offset, whole);

  const reader = new ByteReader(bytes, source.name, littleEndian);
  reader.skip(countBytes);
  const entries = new Map<number, TiffEntry>();
  for (let i = 0; i < count; i++) {
    const tag = reader.u16();
    const type = reader.u16();
    entries.set(tag, { type, count: readOffset(reader, offsetBytes), inline: reader.take(offsetBytes) });
  }
  const next = reader.remaining >= offsetBytes ? readOffset(reader, offsetBytes) : 0;
  return directoryOf(source, littleEndian, next, entries);
}

function directoryOf(
  source: ByteSource,
  littleEndian: boolean,
  next: number,
  entries: ReadonlyMap<number, TiffEntry>,
): TiffDirectory {
  const bytes = async (tag: number) => {
    const entry = entries.get(tag);
    return entry ? valueBytes(source, littleEndian, tag, entry) : new Uint8Array(0);
  };
  const numbers = async (tag: number) => {
    const entry = entries.get(tag);
    if (!entry) return [];
    const reader = new ByteReader(await valueBytes(source, littleEndian, tag, entry), source.name, littleEndian);
    return Array.from({ length: entry.count }, () => readValue(reader, entry.type));
  };
  return {
    next,
    has: (tag) => entries.has(tag),
    numbers,
    number: async (tag, fallback) => (await numbers(tag))[0] ?? fallback,
    text: async (tag) => decodeText(await bytes(tag)),
    bytes,
    size(tag) {
      const entry = entries.get(tag);
      return entry ? (TYPE_BYTES[entry.type] ?? 0) * entry.count : 0;
    },
    signature: (tags) =>
      tags
        .map((tag) => {
          const entry = entries.get(tag);
          return entry ? `${tag}:${entry.type}:${entry.count}:${entry.inline.join()}` : "";
        })
        .join(";"),
  };
}

async function valueBytes(source: ByteSource, littleEndian: boolean, tag: number, entry: TiffEntry) {
  const size = TYPE_BYTES[entry.type] ?? 0;
  if (size === 0) throw new FormatError(`${source.name}: TIFF tag ${tag} has the unknown type ${entry.type}`);
  const length = size * entry.count;
  if (length <= entry.inline.length) return entry.inline.subarray(0, length);
  const offset = readOffset(new ByteReader(entry.inline, source.name, littleEndian), entry.inline.length);
  return source.read(offset, length);
}

function readOffset(reader: ByteReader, bytes: number): number {
  if (bytes === 8) return reader.u64();
  return bytes === 4 ? reader.u32() : reader.u16();
}

function readValue(reader: ByteReader, type: number): number {
  switch (type) {
    case 3:
      return reader.u16();
    case 4:
    case 13:
      return reader.u32();
    case 5:
      return reader.u32() / reader.u32();
    case 6:
      return reader.i8();
    case 8:
      return reader.i16();
    case 9:
      return reader.i32();
    case 10:
      return reader.i32() / reader.i32();
    case 11:
      return reader.f32();
    case 12:
      return reader.f64();
    case 16:
    case 18:
      return reader.u64();
    case 17:
      return reader.i64();
    default:
      return reader.u8();
  }
}

/** UTF-8 where it is valid, else Latin-1; UTF-16 (as Gatan writes "µm") shows by its zero bytes. */
function decodeText(bytes: Uint8Array): string {
  if (bytes.length >= 4 && bytes[1] === 0 && bytes[0] !== 0) {
    return new TextDecoder("utf-16le").decode(bytes).split("\0")[0];
  }
  const end = bytes.indexOf(0);
  const used = end < 0 ? bytes : bytes.subarray(0, end);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(used);
  } catch {
    return latin1(used);
  }
}
