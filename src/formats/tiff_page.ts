import { FormatError } from "../errors.ts";
import { luminance } from "./colour.ts";
import { SAMPLE_BYTES, type SampleType, toFloat32, unpackBits } from "./numeric.ts";
import { type Region, sampleCount } from "./select.ts";
import type { ByteSource } from "./source.ts";
import { checkTiffCompression, decompressTiff, undoPredictor } from "./tiff_decode.ts";
import type { TiffDirectory } from "./tiff_ifd.ts";

/** What the pages of a stack have in common. Tag numbers of TIFF 6.0. */
export interface PageLayout {
  readonly width: number;
  readonly height: number;
  readonly channels: number;
  readonly bits: number;
  /** Undefined where a sample is no whole number of bytes: unsigned integers of `bits` bits. */
  readonly type: SampleType | undefined;
  readonly photometric: number;
  readonly planar: boolean;
  readonly compression: number;
  readonly predictor: number;
}

/** How a page's samples become one value: the luminance of its colours, or one of its channels. */
export type ChannelChoice = "luminance" | number;

const FORMAT_NAMES: Readonly<Record<number, string>> = { 1: "uint", 2: "int", 3: "float", 4: "uint" };
const PALETTE = 3;
const MAX_CHANNELS = 64;
/** Strips may share bytes, but a page that reads the file this many times over is an attack. */
const MAX_OVERLAP = 4;

/** The tags that `readPageLayout` reads. */
export const LAYOUT_TAGS = [256, 257, 258, 259, 262, 277, 284, 317, 339];

export async function readPageLayout(name: string, page: TiffDirectory): Promise<PageLayout> {
  const [width, height] = [await page.number(256, 0), await page.number(257, 0)];
  sampleCount(name, [height, width], Number.MAX_SAFE_INTEGER);
  const channels = await page.number(277, 1);
  if (channels < 1 || channels > MAX_CHANNELS) throw new FormatError(`${name}: ${channels} samples a pixel are absurd`);
  const allBits = await page.numbers(258);
  const formats = await page.numbers(339);
  const bits = allBits[0] ?? 1;
  const format = formats[0] ?? 1;
  if (allBits.some((other) => other !== bits) || formats.some((other) => other !== format)) {
    throw new FormatError(`${name}: channels of different types are not read: ${allBits.join(", ")} bits`);
  }
  const type = `${FORMAT_NAMES[format]}${bits}`;
  const known = Object.hasOwn(SAMPLE_BYTES, type) ? (type as SampleType) : undefined;
  const packed = (format === 1 || format === 4) && bits >= 1 && bits <= 16;
  if (!known && !packed) throw new FormatError(`${name}: samples of ${bits} bits in the format ${format} are not read`);
  const compression = await page.number(259, 1);
  return {
    ...{ width, height, channels, bits, type: known, compression },
    photometric: await page.number(262, 1),
    planar: (await page.number(284, 1)) === 2,
    predictor: compression === 1 ? 1 : await page.number(317, 1),
  };
}

/** Strips or tiles of a page: strips are tiles as wide as the page. */
interface Blocks {
  readonly width: number;
  readonly height: number;
  readonly tiled: boolean;
  readonly across: number;
  readonly down: number;
  readonly offsets: readonly number[];
  readonly byteCounts: readonly number[];
}

async function readBlocks(source: ByteSource, page: TiffDirectory, layout: PageLayout): Promise<Blocks> {
  const { name } = source;
  const tiled = page.has(324);
  const width = tiled ? await page.number(322, 0) : layout.width;
  const height = tiled ? await page.number(323, 0) : Math.min(await page.number(278, layout.height), layout.height);
  if (width < 1 || height < 1) throw new FormatError(`${name}: strips or tiles of ${height}×${width} pixels`);
  const across = Math.ceil(layout.width / width);
  const down = Math.ceil(layout.height / height);
  const planes = layout.planar ? layout.channels : 1;
  const offsets = await page.numbers(tiled ? 324 : 273);
  const found = await page.numbers(tiled ? 325 : 279);
  const whole = blockBytes(layout, width, height);
  const byteCounts = found.length > 0 || layout.compression !== 1 ? found : offsets.map(() => whole);
  const wanted = across * down * planes;
  if (Math.min(offsets.length, byteCounts.length) < wanted) {
    const there = Math.min(offsets.length, byteCounts.length);
    throw new FormatError(`${name}: expected ${wanted} strips or tiles, the directory lists ${there}`);
  }
  const total = byteCounts.reduce((sum, count) => sum + count, 0);
  if (total > MAX_OVERLAP * source.size) throw new FormatError(`${name}: truncated: strips of ${total} bytes in all`);
  return { width, height, tiled, across, down, offsets, byteCounts };
}

function blockBytes(layout: PageLayout, columns: number, rows: number): number {
  const samples = columns * (layout.planar ? 1 : layout.channels);
  return rows * Math.ceil((samples * layout.bits) / 8);
}

/** Reads a region of one page, taking from the source only the strips or tiles that it touches. Row-major (rows, columns). */
export async function readPage(
  source: ByteSource,
  page: TiffDirectory,
  littleEndian: boolean,
  choice: ChannelChoice,
  region: Pick<Region, "row" | "column" | "rows" | "columns">,
): Promise<Float32Array> {
  const layout = await readPageLayout(source.name, page);
  const blocks = await readBlocks(source, page, layout);
  const reduce = await reducer(source.name, page, layout, choice);
  const { row, column, rows, columns } = region;
  const [top, bottom] = [Math.floor(row / blocks.height), Math.floor((row + rows - 1) / blocks.height)];
  const [left, right] = [Math.floor(column / blocks.width), Math.floor((column + columns - 1) / blocks.width)];
  checkPageFits(source.name, layout, blocks, top, bottom, left, right);
  const size = sampleCount(source.name, [rows, columns]);
  // After the first block: a page whose blocks do not hold what it promises takes no memory.
  let out: Float32Array | undefined;
  for (let y = top; y <= bottom; y++) {
    const blockRows = blocks.tiled ? blocks.height : Math.min(blocks.height, layout.height - y * blocks.height);
    for (let x = left; x <= right; x++) {
      const index = y * blocks.across + x;
      if (isHole(layout, blocks, choice, index)) continue;
      const values = reduce(await readBlock(source, layout, blocks, littleEndian, choice, index, blockRows));
      out ??= new Float32Array(size);
      copyBlock(values, blocks, y, x, region, out);
    }
  }
  return out ?? new Float32Array(size);
}

function checkPageFits(
  name: string,
  layout: PageLayout,
  blocks: Blocks,
  top: number,
  bottom: number,
  left: number,
  right: number,
): void {
  let compressed = 0;
  let expected = 0;
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      const rows = blocks.tiled ? blocks.height : Math.min(blocks.height, layout.height - y * blocks.height);
      const count = blocks.byteCounts[y * blocks.across + x];
      compressed += count;
      if (count > 0) expected += blockBytes(layout, blocks.width, rows);
    }
  }
  checkTiffCompression(name, layout.compression, compressed, expected);
}

/** A block of no bytes is a hole in a sparse file (GDAL): all zero, and of no cost however large it says that it is. */
function isHole(layout: PageLayout, blocks: Blocks, choice: ChannelChoice, index: number): boolean {
  const planes = !layout.planar
    ? [0]
    : choice === "luminance"
      ? Array.from({ length: layout.channels }, (_, k) => k)
      : [choice];
  return planes.every((plane) => blocks.byteCounts[plane * blocks.across * blocks.down + index] === 0);
}

/** All samples of a block that the choice needs: interleaved channels, one plane, or planes laid beside each other. */
async function readBlock(
  source: ByteSource,
  layout: PageLayout,
  blocks: Blocks,
  littleEndian: boolean,
  choice: ChannelChoice,
  index: number,
  rows: number,
): Promise<Float32Array> {
  const perPlane = blocks.across * blocks.down;
  const plane = (channel: number) =>
    decodeBlock(source, layout, blocks, littleEndian, channel * perPlane + index, rows);
  if (!layout.planar) return plane(0);
  if (choice !== "luminance") return plane(choice);
  const planes: Float32Array[] = [];
  for (let channel = 0; channel < layout.channels; channel++) planes.push(await plane(channel));
  const interleaved = new Float32Array(planes[0].length * planes.length);
  planes.forEach((values, channel) => {
    for (let i = 0; i < values.length; i++) interleaved[i * planes.length + channel] = values[i];
  });
  return interleaved;
}

async function decodeBlock(
  source: ByteSource,
  layout: PageLayout,
  blocks: Blocks,
  littleEndian: boolean,
  index: number,
  rows: number,
): Promise<Float32Array> {
  const channels = layout.planar ? 1 : layout.channels;
  const rowSamples = blocks.width * channels;
  // One plane is a hole where others are not.
  if (blocks.byteCounts[index] === 0) return new Float32Array(sampleCount(source.name, [rows, rowSamples]));
  const expected = blockBytes(layout, blocks.width, rows);
  checkTiffCompression(source.name, layout.compression, blocks.byteCounts[index], expected);
  const stored = await source.read(blocks.offsets[index], blocks.byteCounts[index]);
  const bytes = await decompressTiff(source.name, stored, layout.compression, expected);
  if (layout.type === undefined) return unpackBits(bytes, rows, rowSamples, layout.bits);
  const sampleBytes = SAMPLE_BYTES[layout.type];
  undoPredictor(source.name, bytes, layout.predictor, { rows, rowSamples, channels, sampleBytes, littleEndian });
  return toFloat32(bytes, layout.type, littleEndian);
}

async function reducer(
  name: string,
  page: TiffDirectory,
  layout: PageLayout,
  choice: ChannelChoice,
): Promise<(samples: Float32Array) => Float32Array> {
  const { channels } = layout;
  if (choice !== "luminance") {
    if (layout.planar || channels === 1) return (samples) => samples;
    return (samples) =>
      Float32Array.from({ length: samples.length / channels }, (_, i) => samples[i * channels + choice]);
  }
  if (layout.photometric !== PALETTE) return (samples) => (channels === 1 ? samples : luminance(samples, channels));
  const palette = await paletteLuminance(name, page, layout.bits);
  return (samples) => samples.map((index) => palette[index]);
}

/** Luminance of every palette colour, on the scale of 8 bits: the high byte of each of the palette's 16-bit values. */
async function paletteLuminance(name: string, page: TiffDirectory, bits: number): Promise<Float32Array> {
  const map = await page.numbers(320);
  const size = 2 ** bits;
  if (bits > 16 || map.length < 3 * size) throw new FormatError(`${name}: expected a palette of ${size} colours`);
  const colours = Array.from({ length: 3 * size }, (_, i) => map[(i % 3) * size + Math.floor(i / 3)] >> 8);
  return luminance(colours, 3);
}

function copyBlock(
  values: Float32Array,
  blocks: Blocks,
  y: number,
  x: number,
  { row, column, rows, columns }: Pick<Region, "row" | "column" | "rows" | "columns">,
  out: Float32Array,
): void {
  const blockTop = y * blocks.height;
  const blockLeft = x * blocks.width;
  const first = Math.max(row, blockTop);
  const end = Math.min(row + rows, blockTop + values.length / blocks.width);
  const start = Math.max(column, blockLeft);
  const stop = Math.min(column + columns, blockLeft + blocks.width);
  for (let r = first; r < end; r++) {
    const from = (r - blockTop) * blocks.width;
    out.set(values.subarray(from + start - blockLeft, from + stop - blockLeft), (r - row) * columns + start - column);
  }
}
