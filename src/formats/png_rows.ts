import { FormatError } from "../errors.ts";
import { toFloat32, unpackBits } from "./numeric.ts";

/** The IHDR chunk. */
export interface PngHeader {
  readonly width: number;
  readonly height: number;
  readonly bits: number;
  readonly colourType: number;
  readonly channels: number;
}

/**
 * Samples of one pass, from its filtered lines: undoes the five filters of the PNG specification (section 9.2) in place
 * and unpacks the bits. Returns (rows, columns, channels).
 */
export function readPngPass(
  name: string,
  filtered: Uint8Array,
  { bits, channels }: PngHeader,
  rows: number,
  columns: number,
): Float32Array {
  const length = Math.ceil((columns * bits * channels) / 8);
  const stride = Math.max(1, (bits * channels) >> 3);
  const lines = new Uint8Array(rows * length);
  let above = new Uint8Array(length);
  for (let row = 0; row < rows; row++) {
    const start = row * (length + 1);
    const line = lines.subarray(row * length, (row + 1) * length);
    line.set(filtered.subarray(start + 1, start + 1 + length));
    unfilter(name, filtered[start], line, above, stride);
    above = line;
  }
  return bits >= 8
    ? toFloat32(lines, bits === 16 ? "uint16" : "uint8", false)
    : unpackBits(lines, rows, columns * channels, bits);
}

function unfilter(name: string, filter: number, line: Uint8Array, above: Uint8Array, stride: number): void {
  const length = line.length;
  switch (filter) {
    case 0:
      return;
    case 1:
      for (let i = stride; i < length; i++) line[i] += line[i - stride];
      return;
    case 2:
      for (let i = 0; i < length; i++) line[i] += above[i];
      return;
    case 3:
      for (let i = 0; i < length; i++) line[i] += ((i < stride ? 0 : line[i - stride]) + above[i]) >> 1;
      return;
    case 4:
      for (let i = 0; i < length; i++) {
        line[i] += i < stride ? above[i] : paeth(line[i - stride], above[i], above[i - stride]);
      }
      return;
    default:
      throw new FormatError(`${name}: damaged PNG data: filter ${filter}`);
  }
}

/** Of left, above and upper left the one nearest to left + above − upper left. */
function paeth(left: number, above: number, corner: number): number {
  const toLeft = Math.abs(above - corner);
  const toAbove = Math.abs(left - corner);
  const toCorner = Math.abs(left + above - 2 * corner);
  if (toLeft <= toAbove && toLeft <= toCorner) return left;
  return toAbove <= toCorner ? above : corner;
}
