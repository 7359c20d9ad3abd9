import { crc32, deflate, deflateAside } from "../formats/deflate.ts";

/** An image of palette indices. */
export interface IndexedImage {
  readonly width: number;
  readonly height: number;
  readonly index: Uint8Array;
  /** 256 RGB entries. */
  readonly palette: Uint8Array;
}

/** PNG files (ISO/IEC 15948:2004), 8 bits a sample, not interlaced. Written here, not with a Node library, because
 * the report is made in the browser too and because maps are ten times smaller with a palette. */

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

function chunk(type: string, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(12 + data.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, data.length);
  for (let i = 0; i < 4; i++) out[4 + i] = type.charCodeAt(i);
  out.set(data, 8);
  view.setUint32(8 + data.length, crc32(out.subarray(4, 8 + data.length)));
  return out;
}

function header(width: number, height: number, colorType: number): Uint8Array {
  const data = new Uint8Array(13);
  const view = new DataView(data.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  data[8] = 8;
  data[9] = colorType;
  return chunk("IHDR", data);
}

/** Bytes of the rows of an image of colours as PNG packs them: each has a byte before it for its filter. */
export function packedLength(width: number, height: number): number {
  return height * (3 * width + 1);
}

/**
 * Each row as differences to the row above (filter 2): of what is drawn here the other filters save a per cent or two, or nothing, and take
 * longer to choose.
 * @param out may hold the pixels as its last bytes, which are then lost
 */
function filterRows(pixels: Uint8Array, stride: number, out: Uint8Array): Uint8Array {
  const rows = pixels.length / stride;
  // Four bytes at a time, each row and the one above copied to where words may begin.
  let [here, above] = [new Uint32Array(Math.ceil(stride / 4)), new Uint32Array(Math.ceil(stride / 4))];
  const difference = new Uint32Array(here.length);
  const bytes = new Uint8Array(difference.buffer, 0, stride);
  for (let row = 0; row < rows; row++) {
    new Uint8Array(here.buffer).set(pixels.subarray(row * stride, (row + 1) * stride));
    for (let i = 0; i < here.length; i++) difference[i] = bytewiseDifference(here[i], above[i]);
    out[row * (stride + 1)] = 2;
    out.set(bytes, row * (stride + 1) + 1);
    [here, above] = [above, here];
  }
  return out;
}

/** a − b in each of four bytes, without borrows between them. */
function bytewiseDifference(a: number, b: number): number {
  return ((a | 0x80808080) - (b & 0x7f7f7f7f)) ^ ((a ^ ~b) & 0x80808080);
}

function assemble(chunks: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(SIGNATURE.length + chunks.reduce((sum, c) => sum + c.length, 0));
  out.set(SIGNATURE);
  let at = SIGNATURE.length;
  for (const c of chunks) {
    out.set(c, at);
    at += c.length;
  }
  return out;
}

const LEVEL = 4;

/**
 * PNG of opaque colour, 3 bytes a pixel, row-major. The pixels are read before this first waits.
 * @param packed `packedLength` bytes, in use until the promise is kept; may hold the pixels as its last bytes, which are then lost
 */
export async function encodeRgb(
  width: number,
  height: number,
  rgb: Uint8Array,
  packed: Uint8Array = new Uint8Array(packedLength(width, height)),
): Promise<Uint8Array> {
  const data = await deflateAside(filterRows(rgb, 3 * width, packed), LEVEL);
  return assemble([header(width, height, 2), chunk("IDAT", data), chunk("IEND", new Uint8Array())]);
}

/** PNG with a palette. */
export function encodeIndexed({ width, height, index, palette }: IndexedImage): Uint8Array {
  const data = deflate(filterRows(index, width, new Uint8Array(height * (width + 1))), LEVEL);
  const chunks = [chunk("PLTE", palette), chunk("IDAT", data), chunk("IEND", new Uint8Array())];
  return assemble([header(width, height, 3), ...chunks]);
}

/** Base64 (RFC 4648), as data URIs take it. */
export function base64(bytes: Uint8Array): string {
  if (typeof Buffer !== "undefined")
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64");
  const parts: string[] = [];
  for (let i = 0; i < bytes.length; i += 0x6000) parts.push(String.fromCharCode(...bytes.subarray(i, i + 0x6000)));
  return btoa(parts.join(""));
}
