import { FormatError } from "../errors.ts";
import type { ByteSource } from "./source.ts";

/** Where an array of the file lies; the tag directory is read without it. */
export interface TagArray {
  readonly offset: number;
  readonly bytes: number;
  /** The array as text, where it is a short one of 16-bit characters. */
  readonly text?: string;
}

export type TagValue = number | string | readonly number[] | TagArray | TagGroup;

/** A group of tags in the file's order; tags without a label are named by their position. */
export interface TagGroup {
  readonly tags: ReadonlyMap<string, TagValue>;
}

export interface TagDirectory {
  readonly version: 3 | 4;
  readonly littleEndian: boolean;
  readonly root: TagGroup;
}

const GROUP_TAG = 20;
const STRUCT = 15;
const STRING = 18;
const ARRAY = 20;
const WINDOW_BYTES = 1 << 16;
const MAX_DEPTH = 64;
const MAX_TAGS = 500_000;
const MAX_INFO = 4096;
/** Longest array of 16-bit values that is kept as text too. */
const MAX_TEXT = 512;

type Scalar = (view: DataView, at: number, littleEndian: boolean) => number;

/** Simple types: size in bytes and how to read one, in the file's byte order. */
const SCALARS: Readonly<Record<number, { readonly bytes: number; readonly read: Scalar }>> = {
  2: { bytes: 2, read: (view, at, le) => view.getInt16(at, le) },
  3: { bytes: 4, read: (view, at, le) => view.getInt32(at, le) },
  4: { bytes: 2, read: (view, at, le) => view.getUint16(at, le) },
  5: { bytes: 4, read: (view, at, le) => view.getUint32(at, le) },
  6: { bytes: 4, read: (view, at, le) => view.getFloat32(at, le) },
  7: { bytes: 8, read: (view, at, le) => view.getFloat64(at, le) },
  8: { bytes: 1, read: (view, at) => view.getUint8(at) },
  9: { bytes: 1, read: (view, at) => view.getInt8(at) },
  10: { bytes: 1, read: (view, at) => view.getUint8(at) },
  11: { bytes: 8, read: (view, at, le) => Number(view.getBigInt64(at, le)) },
  12: { bytes: 8, read: (view, at, le) => Number(view.getBigUint64(at, le)) },
};

/**
 * The tag directory of a DM3 or DM4 file, without its large arrays
 * (layout: C. Boothroyd, https://personal.ntu.edu.sg/cbb/info/dmformat/index.html; DM4: 64-bit sizes).
 * @throws FormatError where the file is truncated, nests too deep, or has tags of unknown type.
 */
export async function readTagDirectory(source: ByteSource): Promise<TagDirectory> {
  const stream = new TagStream(source);
  await stream.need(16);
  const version = stream.u32();
  if (version !== 3 && version !== 4) stream.fail(`expected version 3 or 4, found ${version}`);
  stream.wide = version === 4;
  stream.size();
  const littleEndian = stream.u32() === 1;
  const reader = new TagReader(stream, littleEndian);
  return { version: version === 3 ? 3 : 4, littleEndian, root: await reader.group(0) };
}

/** A window over the file that moves forward; everything of the directory itself is big endian. */
class TagStream {
  readonly #source: ByteSource;
  #window: DataView = new DataView(new ArrayBuffer(0));
  #windowStart = 0;
  position = 0;
  /** Whether sizes have 64 bits (DM4) or 32 (DM3). */
  wide = false;

  constructor(source: ByteSource) {
    this.#source = source;
  }

  fail(problem: string): never {
    throw new FormatError(`${this.#source.name}: damaged DM file at byte ${this.position}: ${problem}`);
  }

  get remaining(): number {
    return this.#source.size - this.position;
  }

  /** Makes the next `count` bytes readable; cheap where they are already. */
  async need(count: number): Promise<void> {
    const at = this.position - this.#windowStart;
    if (at >= 0 && at + count <= this.#window.byteLength) return;
    if (count > this.remaining) this.fail(`truncated: ${count} bytes wanted, there are ${this.remaining}`);
    const bytes = await this.#source.read(this.position, Math.min(Math.max(count, WINDOW_BYTES), this.remaining));
    this.#window = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#windowStart = this.position;
  }

  /** The window and the position in it of `count` bytes that `need` has made readable; moves past them. */
  take(count: number): { readonly view: DataView; readonly at: number } {
    const at = this.position - this.#windowStart;
    this.position += count;
    return { view: this.#window, at };
  }

  u8(): number {
    const { view, at } = this.take(1);
    return view.getUint8(at);
  }

  u16(): number {
    const { view, at } = this.take(2);
    return view.getUint16(at);
  }

  u32(): number {
    const { view, at } = this.take(4);
    return view.getUint32(at);
  }

  /** A size or count: 32 bits in DM3, 64 in DM4. */
  size(): number {
    if (!this.wide) return this.u32();
    const { view, at } = this.take(8);
    return Number(view.getBigUint64(at));
  }

  get sizeBytes(): number {
    return this.wide ? 8 : 4;
  }

  latin1(count: number): string {
    const { view, at } = this.take(count);
    let text = "";
    for (let i = 0; i < count; i++) text += String.fromCharCode(view.getUint8(at + i));
    return text;
  }
}

class TagReader {
  readonly #stream: TagStream;
  readonly #littleEndian: boolean;
  #tagsRead = 0;

  constructor(stream: TagStream, littleEndian: boolean) {
    this.#stream = stream;
    this.#littleEndian = littleEndian;
  }

  async group(depth: number): Promise<TagGroup> {
    const stream = this.#stream;
    if (depth > MAX_DEPTH) stream.fail(`tag groups nest deeper than ${MAX_DEPTH}`);
    await stream.need(2 + stream.sizeBytes);
    stream.take(2);
    const count = stream.size();
    if (count * 3 > stream.remaining) stream.fail(`a group of ${count} tags in ${stream.remaining} bytes`);
    const tags = new Map<string, TagValue>();
    for (let k = 0; k < count; k++) {
      if (++this.#tagsRead > MAX_TAGS) stream.fail(`more than ${MAX_TAGS} tags`);
      await stream.need(3);
      const kind = stream.u8();
      const labelLength = stream.u16();
      await stream.need(labelLength + (stream.wide ? 8 : 0));
      const label = stream.latin1(labelLength) || String(k);
      if (stream.wide) stream.size();
      const value = kind === GROUP_TAG ? await this.group(depth + 1) : await this.#data();
      tags.set(label, value);
    }
    return { tags };
  }

  async #data(): Promise<TagValue> {
    const stream = this.#stream;
    await stream.need(4 + stream.sizeBytes);
    const mark = stream.latin1(4);
    if (mark !== "%%%%") stream.fail(`expected "%%%%" before a tag's type, found ${JSON.stringify(mark)}`);
    const infoCount = stream.size();
    if (infoCount === 0 || infoCount > MAX_INFO) stream.fail(`a tag's type of ${infoCount} numbers`);
    await stream.need(infoCount * stream.sizeBytes);
    const info = Array.from({ length: infoCount }, () => stream.size());
    if (info[0] === ARRAY) return this.#array(info);
    if (info[0] === STRING) return this.#text(info[1] ?? 0);
    if (info[0] === STRUCT) return this.#struct(info);
    return this.#scalar(info[0]);
  }

  async #scalar(type: number): Promise<number> {
    const scalar = SCALARS[type] ?? this.#stream.fail(`tag type ${type} is unknown`);
    await this.#stream.need(scalar.bytes);
    const { view, at } = this.#stream.take(scalar.bytes);
    return scalar.read(view, at, this.#littleEndian);
  }

  /** `length` 16-bit characters in the file's byte order. */
  async #text(length: number): Promise<string> {
    if (length * 2 > this.#stream.remaining) this.#stream.fail(`truncated: a text of ${length} characters`);
    await this.#stream.need(length * 2);
    const { view, at } = this.#stream.take(length * 2);
    let text = "";
    for (let i = 0; i < length; i++) text += String.fromCharCode(view.getUint16(at + 2 * i, this.#littleEndian));
    return text;
  }

  /** info: [15, length of name, fields, (length of name, type) a field]. */
  async #struct(info: readonly number[]): Promise<number[]> {
    const values: number[] = [];
    for (const type of structTypes(info, 0)) values.push(await this.#scalar(type));
    return values;
  }

  /** info: [20, type of elements …, count]; the type may be a struct or an array itself. */
  async #array(info: readonly number[]): Promise<TagArray> {
    const stream = this.#stream;
    const bytes = this.#elementBytes(info, 1) * (info.at(-1) ?? 0);
    const offset = stream.position;
    if (!(bytes <= stream.remaining)) {
      stream.fail(`truncated: an array of ${bytes} bytes, there are ${stream.remaining}`);
    }
    if (info[1] === 4 && bytes <= 2 * MAX_TEXT) return { offset, bytes, text: await this.#text(bytes / 2) };
    stream.position += bytes;
    return { offset, bytes };
  }

  #elementBytes(info: readonly number[], start: number): number {
    const type = info[start];
    if (type === STRUCT) {
      return structTypes(info, start).reduce((sum, field) => sum + this.#scalarBytes(field), 0);
    }
    // An array of arrays gives the count of the inner one before its own.
    if (type === ARRAY) return this.#elementBytes(info, start + 1) * (info.at(-2) ?? 0);
    return this.#scalarBytes(type);
  }

  #scalarBytes(type: number): number {
    return (SCALARS[type] ?? this.#stream.fail(`tag type ${type} is unknown`)).bytes;
  }
}

function structTypes(info: readonly number[], start: number): number[] {
  const fields = Math.min(info[start + 2] ?? 0, MAX_INFO);
  return Array.from({ length: fields }, (_, k) => info[start + 4 + 2 * k] ?? 0);
}

/** The value under a path of labels; undefined where there is none. */
export function tagAt(group: TagGroup, ...path: readonly (string | number)[]): TagValue | undefined {
  let value: TagValue | undefined = group;
  for (const label of path) value = isGroup(value) ? value.tags.get(String(label)) : undefined;
  return value;
}

export function isGroup(value: TagValue | undefined): value is TagGroup {
  return typeof value === "object" && "tags" in value;
}

export function isArray(value: TagValue | undefined): value is TagArray {
  return typeof value === "object" && "offset" in value;
}

export function numberTag(group: TagGroup, ...path: readonly (string | number)[]): number | undefined {
  const value = tagAt(group, ...path);
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** A text, whether it is stored as one or as an array of characters. */
export function textTag(group: TagGroup, ...path: readonly (string | number)[]): string | undefined {
  const value = tagAt(group, ...path);
  const text = isArray(value) ? value.text : value;
  return typeof text === "string" && text.trim() !== "" ? text.replaceAll("\0", "") : undefined;
}
