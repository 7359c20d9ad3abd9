import { FormatError } from "../errors.ts";

/** Deflate cannot do better than 258 bytes out of 2 bits (RFC 1951), so a larger promise is a lie. */
const MAX_DEFLATE_RATIO = 1032;

/** Throws a `FormatError` where `compressed` bytes of deflate cannot hold `expected` bytes, before these are allocated. */
export function checkDeflateRatio(name: string, compressed: number, expected: number): void {
  if (expected > compressed * MAX_DEFLATE_RATIO + 64) {
    throw new FormatError(
      `${name}: ${compressed} compressed bytes cannot hold the ${expected} that the header promises`,
    );
  }
}

/** The first room for decompressed data is so many times the compressed; what fills it gets so many times more. */
const FIRST_RATIO = 16;
const NEXT_RATIO = 4;

/**
 * Decompresses deflate data that must give at least `expected` bytes, of which the first `expected` are returned. Memory is
 * bounded by the promise, whatever the data does, and by what the data give, whatever the promise.
 */
export async function inflateExactly(
  name: string,
  bytes: Uint8Array,
  expected: number,
  wrapper: "zlib" | "raw",
): Promise<Uint8Array> {
  checkDeflateRatio(name, bytes.length, expected);
  if (bytes.length === 0) throw new FormatError(`${name}: compressed data ends after 0 of ${expected} bytes`);
  const { inflateSync, unzlibSync } = await import("fflate");
  const inflate = wrapper === "zlib" ? unzlibSync : inflateSync;
  for (let room = FIRST_RATIO * bytes.length; ; room *= NEXT_RATIO) {
    const out = new Uint8Array(Math.min(room, expected));
    let done: Uint8Array;
    try {
      done = inflate(bytes, { out });
    } catch (error) {
      throw new FormatError(`${name}: damaged compressed data: ${error instanceof Error ? error.message : error}`);
    }
    if (done.length === expected) return out;
    if (done.length < out.length) {
      throw new FormatError(`${name}: compressed data ends after ${done.length} of ${expected} bytes`);
    }
  }
}

/** As many of the first bytes of raw deflate data as a piece of it gives. */
export async function inflateStart(name: string, piece: Uint8Array): Promise<Uint8Array> {
  const { Inflate } = await import("fflate");
  const parts: Uint8Array[] = [];
  const stream = new Inflate((part) => parts.push(part.slice()));
  try {
    stream.push(piece, false);
  } catch (error) {
    throw new FormatError(`${name}: damaged compressed data: ${error instanceof Error ? error.message : error}`);
  }
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
