import { FormatError } from "../errors.ts";
import { inflateExactly } from "./inflate.ts";

/** Most bytes that one compressed byte can stand for; a larger promise is a lie (LZW: a 12-bit code of 4 KB). */
const MAX_RATIO: Readonly<Record<number, number>> = { 1: 1, 5: 2731, 8: 1032, 32946: 1032, 32773: 64 };
const KNOWN_OTHERS: Readonly<Record<number, string>> = {
  2: "CCITT",
  3: "CCITT T.4",
  4: "CCITT T.6",
  6: "old JPEG",
  7: "JPEG",
  34712: "JPEG 2000",
  34887: "LERC",
  34925: "LZMA",
  50000: "Zstandard",
  50001: "WebP",
};

/** Throws a `FormatError` for a compression that is not read, and where so few bytes cannot hold so many. */
export function checkTiffCompression(name: string, compression: number, compressed: number, expected: number): void {
  const ratio = MAX_RATIO[compression];
  if (ratio === undefined) {
    const known = KNOWN_OTHERS[compression] ?? "unknown";
    throw new FormatError(`${name}: TIFF compression ${compression} (${known}) is not read; use LZW, deflate or none`);
  }
  if (expected > compressed * ratio + 64) {
    throw new FormatError(`${name}: truncated: ${compressed} bytes of data cannot hold an image of ${expected}`);
  }
}

/** One strip or tile decompressed to exactly `expected` bytes; a `FormatError` where it gives fewer. */
export async function decompressTiff(
  name: string,
  bytes: Uint8Array,
  compression: number,
  expected: number,
): Promise<Uint8Array> {
  if (compression === 8 || compression === 32946) return inflateExactly(name, bytes, expected, "zlib");
  if (compression === 1) {
    if (bytes.length < expected) shortBlock(name, bytes.length, expected);
    return bytes.subarray(0, expected);
  }
  const decode = compression === 5 ? decodeLzw : decodePackBits;
  // Room as the data fill it: a promise alone gets no memory.
  for (let room = FIRST_RATIO * bytes.length + 64; ; room *= NEXT_RATIO) {
    const out = new Uint8Array(Math.min(room, expected));
    const written = decode(name, bytes, out);
    if (written === expected) return out;
    if (written < out.length) shortBlock(name, written, expected);
  }
}

const FIRST_RATIO = 16;
const NEXT_RATIO = 8;

function shortBlock(name: string, found: number, expected: number): never {
  throw new FormatError(`${name}: truncated: a strip or tile holds ${found} of ${expected} bytes`);
}

/** TIFF 6.0 section 9. Returns how many bytes were written. */
function decodePackBits(_name: string, bytes: Uint8Array, out: Uint8Array): number {
  let to = 0;
  let from = 0;
  while (from < bytes.length && to < out.length) {
    const code = bytes[from++];
    if (code === 128) continue;
    const length = Math.min(code < 128 ? code + 1 : 257 - code, out.length - to);
    if (code < 128) {
      const piece = bytes.subarray(from, from + length);
      out.set(piece, to);
      from += code + 1;
      to += piece.length;
    } else {
      out.fill(bytes[from++], to, to + length);
      to += length;
    }
  }
  return to;
}

const CLEAR = 256;
const END = 257;
const MAX_CODES = 4096;

/** TIFF 6.0 section 13: codes of 9 to 12 bits, most significant bit first, widened one code early. */
function decodeLzw(name: string, bytes: Uint8Array, out: Uint8Array): number {
  if (bytes[0] === 0 && bytes[1] & 1) throw new FormatError(`${name}: LZW of before TIFF 6.0 is not read`);
  const prefix = new Uint16Array(MAX_CODES);
  const last = new Uint8Array(MAX_CODES);
  const length = new Uint16Array(MAX_CODES);
  for (let code = 0; code < CLEAR; code++) {
    last[code] = code;
    length[code] = 1;
  }
  let next = END + 1;
  let width = 9;
  let previous = -1;
  let bits = 0;
  let held = 0;
  let from = 0;
  let to = 0;

  const write = (code: number): number => {
    const stop = to + length[code];
    let at = code;
    for (let i = stop - 1; i > to; i--) {
      if (i < out.length) out[i] = last[at];
      at = prefix[at];
    }
    if (to < out.length) out[to] = last[at];
    to = stop;
    return last[at];
  };

  while (to < out.length) {
    while (held < width && from < bytes.length) {
      bits = ((bits << 8) | bytes[from++]) & 0xffffff;
      held += 8;
    }
    if (held < width) break;
    held -= width;
    const code = (bits >>> held) & ((1 << width) - 1);
    if (code === END) break;
    if (code === CLEAR) {
      next = END + 1;
      width = 9;
      previous = -1;
      continue;
    }
    if (code > next || (previous < 0 && code >= CLEAR) || (code === next && next >= MAX_CODES)) {
      throw new FormatError(`${name}: damaged LZW data: code ${code} before it was defined`);
    }
    if (previous >= 0 && next < MAX_CODES) {
      prefix[next] = previous;
      length[next] = length[previous] + 1;
      // The code being defined may be the one being read: then it ends with the first byte of the one before.
      last[next] = code === next ? firstByte(previous, prefix, length, last) : 0;
      const first = write(code);
      last[next] = first;
      next++;
    } else {
      write(code);
    }
    if (next >= (1 << width) - 1 && width < 12) width++;
    previous = code;
  }
  return Math.min(to, out.length);
}

function firstByte(code: number, prefix: Uint16Array, length: Uint16Array, last: Uint8Array): number {
  let at = code;
  for (let left = length[code]; left > 1; left--) at = prefix[at];
  return last[at];
}

/** How the samples of a block lie in its rows. */
export interface RowLayout {
  readonly rows: number;
  /** Samples of a row: columns times interleaved channels. */
  readonly rowSamples: number;
  readonly channels: number;
  readonly sampleBytes: number;
  readonly littleEndian: boolean;
}

/** Undoes a predictor in place: 2, horizontal differencing (TIFF 6.0 section 14); 3, floating point (TIFF Technical Note 3). */
export function undoPredictor(name: string, bytes: Uint8Array, predictor: number, layout: RowLayout): void {
  if (predictor === 1) return;
  const { rows, rowSamples, channels, sampleBytes, littleEndian } = layout;
  const rowBytes = rowSamples * sampleBytes;
  if (predictor !== 2 && predictor !== 3) throw new FormatError(`${name}: unknown TIFF predictor ${predictor}`);
  for (let row = 0; row < rows; row++) {
    const line = bytes.subarray(row * rowBytes, (row + 1) * rowBytes);
    if (predictor === 2) accumulate(line, channels, sampleBytes, littleEndian);
    else {
      accumulate(line, channels, 1, littleEndian);
      joinBytePlanes(line, rowSamples, sampleBytes, littleEndian);
    }
  }
}

/** Adds to every sample the one of the same channel before it, modulo the sample's size, in the file's byte order. */
function accumulate(line: Uint8Array, channels: number, sampleBytes: number, littleEndian: boolean): void {
  const stride = channels * sampleBytes;
  for (let start = stride; start + sampleBytes <= line.length; start += sampleBytes) {
    let carry = 0;
    for (let k = 0; k < sampleBytes; k++) {
      const at = start + (littleEndian ? k : sampleBytes - 1 - k);
      const sum = line[at] + line[at - stride] + carry;
      line[at] = sum;
      carry = sum >> 8;
    }
  }
}

/** The floating-point predictor stores all highest bytes of a row first, then the next: puts them together again. */
function joinBytePlanes(line: Uint8Array, samples: number, sampleBytes: number, littleEndian: boolean): void {
  const planes = line.slice();
  for (let i = 0; i < samples; i++) {
    for (let k = 0; k < sampleBytes; k++) {
      line[i * sampleBytes + (littleEndian ? sampleBytes - 1 - k : k)] = planes[k * samples + i];
    }
  }
}
