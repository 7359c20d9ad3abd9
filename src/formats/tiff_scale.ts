import type { TiffDirectory } from "./tiff_ifd.ts";
import { normaliseUnit } from "./units.ts";

/** Step of an axis as the file gives it. */
export interface FileStep {
  readonly step: number;
  readonly unit: string;
}

/** What the first page says of the axes, and metadata worth showing. */
export interface TiffScale {
  readonly row?: FileStep;
  readonly column?: FileStep;
  readonly frame?: FileStep;
  readonly metadata: Record<string, string | number>;
}

const IMAGE_DESCRIPTION = 270;
/** FEI: 34680 SFEG, 34682 Helios and later; INI text. */
const FEI_TAGS = [34682, 34680];
const ZEISS_TAG = 34118;
/** Gatan DigitalMicrograph: units 65003 (rows), 65004 (columns); scales 65009 (rows), 65010 (columns). */
const GATAN = { rowUnit: 65003, columnUnit: 65004, rowScale: 65009, columnScale: 65010 };

/**
 * Pixel size of a TIFF, from whichever writer left one that means a length: ImageJ, OME-XML, DigitalMicrograph, FEI, Zeiss.
 * The plain resolution tags (pixels an inch or centimetre) are about printing and are not taken for a pixel size.
 */
export async function readTiffScale(page: TiffDirectory): Promise<TiffScale> {
  const description = await page.text(IMAGE_DESCRIPTION);
  if (description.startsWith("ImageJ=")) return imagejScale(page, parseLines(description));
  if (/<(?:\w+:)?OME\b/.test(description)) return omeScale(description);
  if (page.has(GATAN.rowScale)) return gatanScale(page);
  for (const tag of FEI_TAGS) {
    if (page.has(tag)) return feiScale(await page.text(tag));
  }
  if (page.has(ZEISS_TAG)) return zeissScale(await page.text(ZEISS_TAG));
  return { metadata: description ? { description: description.slice(0, 500) } : {} };
}

function parseLines(text: string): Map<string, string> {
  const entries = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const at = line.indexOf("=");
    if (at > 0) entries.set(line.slice(0, at).trim(), line.slice(at + 1).trim());
  }
  return entries;
}

/** A step is worth having where it is a positive number in a unit of length (or inverse length). */
function lengthStep(step: number, unit: string): FileStep | undefined {
  const known = ["nm", "1/nm"].includes(normaliseUnit(unit).unit);
  return known && Number.isFinite(step) && step > 0 ? { step, unit } : undefined;
}

/** ImageJ (ij.io.TiffEncoder): resolution tags in pixels a `unit`; "\u00B5" is written out; inch and cm are for printing. */
async function imagejScale(page: TiffDirectory, entries: Map<string, string>): Promise<TiffScale> {
  const unit = (entries.get("unit") ?? "").replace(/\\u([0-9a-fA-F]{4})/g, (_, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  const printing = unit === "inch" || unit === "cm";
  const column = printing ? undefined : lengthStep(1 / (await page.number(282, 0)), unit);
  const row = printing ? undefined : lengthStep(1 / (await page.number(283, 0)), entries.get("yunit") ?? unit);
  const interval = Number(entries.get("finterval"));
  const seconds = interval > 0 ? { step: interval, unit: "s" } : undefined;
  const spacing = lengthStep(Number(entries.get("spacing")), entries.get("zunit") ?? unit);
  const frame = entries.has("slices") && !entries.has("frames") ? spacing : seconds;
  return { row, column, frame, metadata: { software: `ImageJ ${entries.get("ImageJ")}` } };
}

function omeScale(xml: string): TiffScale {
  const pixels = /<(?:\w+:)?Pixels\b[^>]*>/.exec(xml)?.[0] ?? "";
  const attribute = (name: string) => new RegExp(`\\b${name}\\s*=\\s*["']([^"']*)["']`).exec(pixels)?.[1];
  const unit = (axis: string) => (attribute(`PhysicalSize${axis}Unit`) ?? "µm").replace(/&#(?:181|xB5);/i, "µ");
  const step = (axis: string) => lengthStep(Number(attribute(`PhysicalSize${axis}`)), unit(axis));
  return { row: step("Y"), column: step("X"), metadata: { software: "OME" } };
}

async function gatanScale(page: TiffDirectory): Promise<TiffScale> {
  const row = lengthStep(await page.number(GATAN.rowScale, 0), await page.text(GATAN.rowUnit));
  const column = lengthStep(await page.number(GATAN.columnScale, 0), await page.text(GATAN.columnUnit));
  return { row, column, metadata: { software: "DigitalMicrograph" } };
}

/** FEI writes sections of key=value; the pixel size is in metres. */
function feiScale(text: string): TiffScale {
  const entries = parseLines(text);
  const metadata: Record<string, string | number> = { instrument: entries.get("SystemType") ?? "FEI" };
  for (const key of ["HV", "Beam", "Dwelltime", "DwellTime", "Date", "Time"]) {
    const value = entries.get(key);
    if (value) metadata[key] = value;
  }
  return {
    row: lengthStep(Number(entries.get("PixelHeight")), "m"),
    column: lengthStep(Number(entries.get("PixelWidth")), "m"),
    metadata,
  };
}

/** Zeiss SmartSEM: "Image Pixel Size = 2.8 nm". */
function zeissScale(text: string): TiffScale {
  const found = /Pixel Size = ([\d.eE+-]+) (\S+)/.exec(text);
  const step = found ? lengthStep(Number(found[1]), found[2]) : undefined;
  return { row: step, column: step, metadata: { instrument: "Zeiss" } };
}
