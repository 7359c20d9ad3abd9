import { type DatasetInfo, pixelAxis } from "../data/dataset.ts";
import { FormatError } from "../errors.ts";
import { ByteReader, startsWith } from "./bytes.ts";
import { luminance } from "./colour.ts";
import type { Format, OpenedFile } from "./format.ts";
import { checkDeflateRatio, inflateExactly } from "./inflate.ts";
import { type PngHeader, readPngPass } from "./png_rows.ts";
import { sampleCount, selectFrom } from "./select.ts";
import type { ByteSource } from "./source.ts";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Channels of each colour type: gray, RGB, palette, gray + alpha, RGB + alpha. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const COLOUR_NAMES: Readonly<Record<number, string>> = { 2: " RGB", 3: " palette", 4: " gray+alpha", 6: " RGBA" };
const BIT_DEPTHS = [1, 2, 4, 8, 16];
const PALETTE = 3;
/** Adam7: first column, first row, column step, row step of each pass (PNG specification, section 8.2). */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
];

interface PngFile {
  readonly header: PngHeader;
  readonly interlaced: boolean;
  readonly palette: Uint8Array;
  /** Where the compressed data stands: (offset, length) of each IDAT chunk. */
  readonly data: readonly (readonly [number, number])[];
}

/**
 * PNG (W3C Recommendation, third edition): every colour type and bit depth, interlaced too, as one luminance channel. Values
 * stay as stored (16-bit gray is 0 to 65535). The pHYs chunk states the size for printing and is not taken for a pixel size.
 */
export const png: Format = {
  name: "PNG",
  extensions: [".png"],
  detect: (head) => startsWith(head, SIGNATURE),
  async open(source): Promise<OpenedFile> {
    const file = await readChunks(source);
    const { width, height, bits, colourType } = file.header;
    const info: DatasetInfo = {
      name: "image",
      kind: "image",
      axes: [pixelAxis("row", height), pixelAxis("column", width)],
      dtype: `uint${bits}${COLOUR_NAMES[colourType] ?? ""}`,
      metadata: {},
    };
    const read = async (selection?: Parameters<typeof selectFrom>[2]) =>
      selectFrom(info, await decodePng(source, file), selection);
    return { format: "PNG", datasets: [{ info, read }], metadata: {} };
  },
};

async function readChunks(source: ByteSource): Promise<PngFile> {
  const { name } = source;
  let header: { header: PngHeader; interlaced: boolean } | undefined;
  let palette: Uint8Array = new Uint8Array(0);
  const data: [number, number][] = [];
  for (let at = SIGNATURE.length; at + 8 <= source.size; ) {
    const reader = new ByteReader(await source.read(at, 8), name, false);
    const length = reader.u32();
    const type = reader.latin1(4);
    if (type === "IEND") break;
    if (type === "IHDR") header = parseHeader(new ByteReader(await source.read(at + 8, 13), name, false));
    else if (type === "PLTE") palette = await source.read(at + 8, Math.min(length, 768));
    else if (type === "IDAT") data.push([at + 8, length]);
    at += length + 12;
  }
  if (!header) throw new FormatError(`${name}: expected an IHDR chunk in the PNG file`);
  const compressed = data.reduce((sum, [, length]) => sum + length, 0);
  const file = { ...header, palette, data };
  checkDeflateRatio(name, compressed, inflatedBytes(file));
  return file;
}

function parseHeader(reader: ByteReader): { header: PngHeader; interlaced: boolean } {
  const [width, height] = [reader.u32(), reader.u32()];
  const [bits, colourType, compression, filter, interlace] = [
    reader.u8(),
    reader.u8(),
    reader.u8(),
    reader.u8(),
    reader.u8(),
  ];
  sampleCount(reader.name, [height, width]);
  const channels = CHANNELS[colourType];
  if (channels === undefined || !BIT_DEPTHS.includes(bits) || compression !== 0 || filter !== 0 || interlace > 1) {
    reader.fail(`unknown kind of PNG: colour type ${colourType}, ${bits} bits, interlace ${interlace}`);
  }
  return { header: { width, height, bits, colourType, channels }, interlaced: interlace === 1 };
}

/** Each pass as an image of its own: one where the file is not interlaced. */
function passesOf({ header, interlaced }: PngFile) {
  const { width, height } = header;
  if (!interlaced) return [{ left: 0, top: 0, stepX: 1, stepY: 1, columns: width, rows: height }];
  return ADAM7.map(([left, top, stepX, stepY]) => {
    const columns = Math.ceil((width - left) / stepX);
    const rows = Math.ceil((height - top) / stepY);
    return { left, top, stepX, stepY, columns, rows };
  }).filter((pass) => pass.columns > 0 && pass.rows > 0);
}

function lineBytes({ bits, channels }: PngHeader, columns: number): number {
  return Math.ceil((columns * bits * channels) / 8);
}

/** Every line of every pass has a filter byte before it. */
function inflatedBytes(file: PngFile): number {
  return passesOf(file).reduce((sum, { rows, columns }) => sum + rows * (1 + lineBytes(file.header, columns)), 0);
}

async function decodePng(source: ByteSource, file: PngFile): Promise<Float32Array> {
  const { header } = file;
  const parts: Uint8Array[] = [];
  for (const [offset, length] of file.data) parts.push(await source.read(offset, length));
  const bytes = await inflateExactly(source.name, concatenate(parts), inflatedBytes(file), "zlib");
  const colours = header.colourType === PALETTE ? paletteLuminance(source.name, file) : undefined;
  const out = new Float32Array(header.width * header.height);
  let at = 0;
  for (const { left, top, stepX, stepY, columns, rows } of passesOf(file)) {
    const size = rows * (1 + lineBytes(header, columns));
    const samples = readPngPass(source.name, bytes.subarray(at, at + size), header, rows, columns);
    const values = header.channels === 1 ? samples : luminance(samples, header.channels);
    at += size;
    for (let r = 0; r < rows; r++) {
      const line = (top + r * stepY) * header.width + left;
      for (let c = 0; c < columns; c++) {
        const value = values[r * columns + c];
        out[line + c * stepX] = colours ? colours[value] : value;
      }
    }
  }
  return out;
}

/** Luminance of the palette's colours. A short palette is extended by black, as browsers do. */
function paletteLuminance(name: string, { palette, header }: PngFile): Float32Array {
  if (palette.length < 3 || header.bits > 8) throw new FormatError(`${name}: expected a palette in the PNG file`);
  const full = new Uint8Array(768);
  full.set(palette);
  return luminance(full, 3);
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0];
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
