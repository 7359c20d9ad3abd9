import { type DatasetInfo, pixelAxis } from "../data/dataset.ts";
import { FormatError } from "../errors.ts";
import { ByteReader, startsWith } from "./bytes.ts";
import { luminance } from "./colour.ts";
import type { Format, OpenedFile } from "./format.ts";
import { sampleCount, selectFrom } from "./select.ts";
import type { ByteSource } from "./source.ts";

/** The mean of every block of 8×8 pixels has a code of at least one bit (T.81, G.1.2), in baseline followed by another (F.1.2). */
const MAX_PIXELS_PER_BYTE = { progressive: 8 * 64, baseline: 4 * 64 };
const PROGRESSIVE = 0xc2;
const MAX_MEGAPIXELS = 256;
const MAX_MEMORY_MB = 2048;

/**
 * JPEG, baseline and progressive, 8 bits, as luminance (jpeg-js decodes it). Its blocks of 8×8 pixels and its losses are
 * visible to a sub-pixel analysis, which the metadata says.
 */
export const jpeg: Format = {
  name: "JPEG",
  extensions: [".jpg", ".jpeg"],
  detect: (head) => startsWith(head, [0xff, 0xd8, 0xff]),
  async open(source): Promise<OpenedFile> {
    const { width, height, components } = await findFrame(source);
    const info: DatasetInfo = {
      name: "image",
      kind: "image",
      axes: [pixelAxis("row", height), pixelAxis("column", width)],
      dtype: components === 1 ? "uint8" : "uint8 RGB",
      metadata: { note: "JPEG is lossy: its 8×8 blocks can show in the result" },
    };
    const read = async (selection?: Parameters<typeof selectFrom>[2]) =>
      selectFrom(info, await decodeJpeg(source, width, height), selection);
    return { format: "JPEG", datasets: [{ info, read }], metadata: {} };
  },
};

/** The frame header (SOF marker; ITU-T T.81, B.2.2), found by walking the marker segments. */
async function findFrame(source: ByteSource): Promise<{ width: number; height: number; components: number }> {
  for (let at = 2; at + 4 <= source.size; ) {
    const reader = new ByteReader(await source.read(at, 4), source.name, false);
    if (reader.u8() !== 0xff) break;
    const marker = reader.u8();
    if (marker === 0xff) {
      at++;
      continue;
    }
    const length = reader.u16();
    const isFrame = marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
    if (isFrame) {
      const most = source.size * MAX_PIXELS_PER_BYTE[marker === PROGRESSIVE ? "progressive" : "baseline"];
      return parseFrame(new ByteReader(await source.read(at + 4, 6), source.name, false), most);
    }
    if (length < 2) break;
    at += 2 + length;
  }
  throw new FormatError(`${source.name}: damaged JPEG file: no frame header`);
}

function parseFrame(reader: ByteReader, mostPixels: number) {
  const bits = reader.u8();
  const [height, width, components] = [reader.u16(), reader.u16(), reader.u8()];
  if (bits !== 8) reader.fail(`expected JPEG of 8 bits, found ${bits}`);
  const pixels = sampleCount(reader.name, [height, width], MAX_MEGAPIXELS * 1e6);
  if (pixels > mostPixels) reader.fail(`truncated: the file can hold ${mostPixels} pixels, not ${height}×${width}`);
  return { width, height, components };
}

async function decodeJpeg(source: ByteSource, width: number, height: number): Promise<Float32Array> {
  const { decode } = await import("jpeg-js");
  const bytes = await source.read(0, source.size);
  const limits = { maxResolutionInMP: MAX_MEGAPIXELS, maxMemoryUsageInMB: MAX_MEMORY_MB };
  const image = decode(bytes, { useTArray: true, formatAsRGBA: false, tolerantDecoding: false, ...limits });
  if (image.width !== width || image.height !== height) {
    throw new FormatError(`${source.name}: expected ${height}×${width} pixels, found ${image.height}×${image.width}`);
  }
  return luminance(image.data, 3);
}
