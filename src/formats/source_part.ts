import { FormatError } from "../errors.ts";
import { checkDeflateRatio, inflateExactly, inflateStart } from "./inflate.ts";
import type { ByteSource } from "./source.ts";

/** How much of a deflated part is decompressed to look at its header. */
const PEEK_BYTES = 2048;

function checkInside(name: string, size: number, offset: number, length: number): void {
  if (offset < 0 || length < 0 || offset + length > size) {
    throw new FormatError(`${name}: truncated: ${length} bytes wanted at ${offset}, there are ${size}`);
  }
}

/** A stretch of a source as a source of its own, read through. */
export function storedPart(source: ByteSource, name: string, start: number, size: number): ByteSource {
  checkInside(name, source.size, start, size);
  return {
    name,
    size,
    async read(offset, length) {
      checkInside(name, size, offset, length);
      return source.read(start + offset, length);
    },
    async close() {},
  };
}

/**
 * A stretch of raw deflate data as a source of its own, `size` bytes when decompressed: its first bytes come from a look at
 * the start (`peeked` where the caller has had one), all of it is decompressed (once) when more is wanted.
 */
export function deflatedPart(
  source: ByteSource,
  name: string,
  start: number,
  compressedSize: number,
  size: number,
  peeked?: Uint8Array,
): ByteSource {
  checkInside(name, source.size, start, compressedSize);
  checkDeflateRatio(name, compressedSize, size);
  let head = peeked && Promise.resolve(peeked);
  let whole: Promise<Uint8Array> | undefined;
  const readWhole = async () => inflateExactly(name, await source.read(start, compressedSize), size, "raw");
  return {
    name,
    size,
    async read(offset, length) {
      checkInside(name, size, offset, length);
      if (!whole) {
        head ??= peekDeflated(source, name, start, compressedSize);
        const known = await head;
        if (offset + length <= known.length) return known.subarray(offset, offset + length);
      }
      whole ??= readWhole();
      return (await whole).subarray(offset, offset + length);
    },
    async close() {},
  };
}

/** The first decompressed bytes of a stretch of raw deflate data: as many as its first 2 KB give. */
export async function peekDeflated(source: ByteSource, name: string, start: number, compressedSize: number) {
  return inflateStart(name, await source.read(start, Math.min(PEEK_BYTES, compressedSize)));
}
