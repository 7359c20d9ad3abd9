/*
 * The sizes that Zstandard data promise (RFC 8878), looked at before any of it is decompressed: every block may ask for a megabyte of literals in a few bytes.
 */

const MAGIC = 0xfd2fb528;
/** Of the frames that decompress to nothing, but for the last four bits. */
const SKIPPABLE = 0x184d2a50;
const COMPRESSED = 2;

/** Throws where a block of the data says that it becomes more than `most` bytes, or where they end within a header. */
export function checkZstd(data: Uint8Array, most: number): void {
  for (let at = 0; at < data.length; ) at = checkFrame(data, at, most);
}

/** `bytes` of them as a number, little-endian. */
function number(data: Uint8Array, at: number, bytes: number): number {
  if (at + bytes > data.length) throw new Error("truncated Zstandard data");
  let value = 0;
  for (let k = 0; k < bytes; k++) value += data[at + k] * 256 ** k;
  return value;
}

/** Gives where the next frame begins. */
function checkFrame(data: Uint8Array, at: number, most: number): number {
  const magic = number(data, at, 4);
  if (magic - (magic % 16) === SKIPPABLE) return at + 8 + number(data, at + 4, 4);
  if (magic !== MAGIC) throw new Error("not Zstandard data");
  const descriptor = number(data, at + 4, 1);
  const single = (descriptor >> 5) & 1;
  const contentBytes = [single, 2, 4, 8][descriptor >> 6];
  let block = at + 5 + (1 - single) + [0, 1, 2, 4][descriptor & 3] + contentBytes;
  for (let last = false; !last; ) {
    const header = number(data, block, 3);
    const [kind, size] = [(header >> 1) & 3, header >> 3];
    block += 3;
    promise(kind === COMPRESSED ? literals(data, block) : size, most);
    block += kind === 1 ? 1 : size;
    last = (header & 1) === 1;
  }
  return block + 4 * ((descriptor >> 2) & 1);
}

/** How many literals a compressed block says that it has (RFC 8878, 3.1.1.3.1.1). */
function literals(data: Uint8Array, at: number): number {
  const [kind, format] = [number(data, at, 1) & 3, (number(data, at, 1) >> 2) & 3];
  if (kind < 2) return format % 2 === 0 ? number(data, at, 1) >> 3 : number(data, at, format === 1 ? 2 : 3) >> 4;
  return (number(data, at, 3) >> 4) & [0x3ff, 0x3ff, 0x3fff, 0x3ffff][format];
}

function promise(size: number, most: number): void {
  if (size > most) throw new Error(`a block of a chunk of at most ${most} bytes promises ${size}`);
}
