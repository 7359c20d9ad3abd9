import { FormatError } from "../errors.ts";

/**
 * A bounds-checked cursor over bytes. Every method that reads moves the position; reading past the end throws a
 * `FormatError` that names the source. 64-bit integers beyond 2⁵³ throw too: no size or offset of a real file is that large.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  /** For messages: the path or the file's name. */
  readonly name: string;
  littleEndian: boolean;
  position = 0;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, name: string, littleEndian = true) {
    this.bytes = bytes;
    this.name = name;
    this.littleEndian = littleEndian;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get size(): number {
    return this.bytes.length;
  }

  get remaining(): number {
    return this.bytes.length - this.position;
  }

  fail(problem: string): never {
    throw new FormatError(`${this.name}: ${problem}`);
  }

  /** Moves to an absolute position; the end itself is allowed. */
  seek(position: number): void {
    if (!Number.isSafeInteger(position) || position < 0 || position > this.size) {
      this.fail(`truncated: offset ${position} is outside of ${this.size} bytes`);
    }
    this.position = position;
  }

  skip(count: number): void {
    this.#take(count);
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  i8(): number {
    return this.#view.getInt8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2), this.littleEndian);
  }

  i16(): number {
    return this.#view.getInt16(this.#take(2), this.littleEndian);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4), this.littleEndian);
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4), this.littleEndian);
  }

  u64(): number {
    return this.#safe(this.#view.getBigUint64(this.#take(8), this.littleEndian));
  }

  i64(): number {
    return this.#safe(this.#view.getBigInt64(this.#take(8), this.littleEndian));
  }

  f32(): number {
    return this.#view.getFloat32(this.#take(4), this.littleEndian);
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8), this.littleEndian);
  }

  /** The next `count` bytes, as a view without a copy. */
  take(count: number): Uint8Array {
    const start = this.#take(count);
    return this.bytes.subarray(start, start + count);
  }

  /** The next `count` bytes as Latin-1 text, as they stand (padding included). */
  latin1(count: number): string {
    return latin1(this.take(count));
  }

  /** The next `count` bytes as UTF-8 text; malformed sequences become U+FFFD. */
  utf8(count: number): string {
    return new TextDecoder().decode(this.take(count));
  }

  #take(count: number): number {
    if (!Number.isSafeInteger(count) || count < 0 || count > this.remaining) {
      this.fail(`truncated: ${count} bytes wanted at ${this.position}, there are ${this.size}`);
    }
    const start = this.position;
    this.position += count;
    return start;
  }

  #safe(value: bigint): number {
    const number = Number(value);
    if (!Number.isSafeInteger(number)) this.fail(`a 64-bit integer of ${value} at ${this.position - 8} is absurd`);
    return number;
  }
}

/** Bytes as Latin-1 text: one character a byte, so that no byte is lost and positions agree. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let start = 0; start < bytes.length; start += 8192) {
    text += String.fromCharCode(...bytes.subarray(start, start + 8192));
  }
  return text;
}

/** Whether `bytes` has the signature at `offset`; text stands for its Latin-1 bytes. */
export function startsWith(bytes: Uint8Array, signature: string | readonly number[], offset = 0): boolean {
  const wanted = typeof signature === "string" ? Array.from(signature, (c) => c.charCodeAt(0)) : signature;
  return offset + wanted.length <= bytes.length && wanted.every((byte, i) => bytes[offset + i] === byte);
}
