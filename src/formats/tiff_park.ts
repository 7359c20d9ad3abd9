import { ByteReader } from "./bytes.ts";
import type { DatasetHandle } from "./format.ts";
import { SAMPLE_BYTES, type SampleType, toFloat32 } from "./numeric.ts";
import type { ByteSource } from "./source.ts";
import { imageInfo, metadataOf, orient, positiveInteger, wholeHandle } from "./spm_image.ts";
import { quantityOf, valueUnit } from "./spm_units.ts";
import type { TiffDirectory } from "./tiff_ifd.ts";

/** Tags of Park Systems (formerly PSIA): the measured values, their header; the TIFF image itself is a picture of them. */
const DATA = 50434;
const HEADER = 50435;
const MAPPED_IMAGE = 0;
const SAMPLE_TYPES: readonly SampleType[] = ["int16", "int32", "float32"];
const NANOMETRES_IN_MICROMETRE = 1000;
const VERSION = 50433;
/** From this version on the header tells the type of the samples; before, they were int16. */
const VERSION_WITH_TYPE = 0x01000002;

/**
 * The measurement in a TIFF of a Park microscope, in place of its picture: value = gain · (raw · scale + offset), rows
 * from the bottom up (layout as in Gwyddion's psia module, https://gwyddion.net/). undefined where the file is another.
 * @throws FormatError where it holds no image, or not the bytes that its header promises
 */
export async function openPark(source: ByteSource, page: TiffDirectory): Promise<DatasetHandle | undefined> {
  if (!page.has(HEADER) || !page.has(DATA)) return undefined;
  const header = new ByteReader(await page.bytes(HEADER), source.name, true);
  if (header.u32() !== MAPPED_IMAGE)
    header.fail("expected an image, found a line profile or a spectrum of Park Systems");
  const title = text(header, 32);
  const mode = text(header, 8);
  header.seek(100);
  const columns = positiveInteger(source, "Park width", header.u32());
  const rows = positiveInteger(source, "Park height", header.u32());
  const angle = header.f64();
  header.seek(140);
  const [widthNm, heightNm] = [header.f64(), header.f64()].map((size) => size * NANOMETRES_IN_MICROMETRE);
  header.seek(212);
  const bias = header.f64();
  const [gain, scale, offset] = [header.f64(), header.f64() || 1, header.f64()];
  const unit = text(header, 8);
  const type = sampleType(header, await page.number(VERSION, VERSION_WITH_TYPE));
  const wanted = rows * columns * SAMPLE_BYTES[type];
  if (wanted > page.size(DATA)) header.fail(`truncated: ${rows}×${columns} values in ${page.size(DATA)} bytes`);
  const metadata = metadataOf({
    instrument: "Park Systems",
    mode,
    "sample bias (V)": bias,
    "scan angle (deg)": angle,
  });
  const { factor } = valueUnit(unit);
  const info = imageInfo(source, {
    ...{ name: title || "image", rows, columns, heightNm, widthNm, dtype: type, metadata, unit },
    quantity: title || quantityOf(unit),
  });
  return wholeHandle(info, async () => {
    const raw = toFloat32((await page.bytes(DATA)).subarray(0, wanted), type, true);
    return orient(
      raw.map((value) => factor * gain * (value * scale + offset)),
      columns,
      { flipRows: true },
    );
  });
}

/** UTF-16 of a fixed number of characters, ended by a zero where it is shorter. */
function text(reader: ByteReader, characters: number): string {
  return new TextDecoder("utf-16le")
    .decode(reader.take(2 * characters))
    .split("\0")[0]
    .trim();
}

function sampleType(header: ByteReader, version: number): SampleType {
  if (version < VERSION_WITH_TYPE) return SAMPLE_TYPES[0];
  header.seek(348);
  const code = header.u32();
  return SAMPLE_TYPES[code] ?? header.fail(`unknown Park sample type ${code}`);
}
