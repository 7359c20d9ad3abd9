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
  /** Of the planes of one channel, where they are slices or frames, not both. */
  readonly frame?: FileStep;
  /** What the planes are: sizes of "C", "Z" and "T", and these letters in the order in which they vary, the fastest first. */
  readonly planes?: { readonly order: string; readonly sizes: Readonly<Record<string, number>> };
  readonly metadata: Record<string, string | number>;
}

const IMAGE_DESCRIPTION = 270;
/** FEI: 34680 SFEG, 34682 Helios and later; INI text. */
const FEI_TAGS = [34682, 34680];
const ZEISS_TAG = 34118;
/** Gatan DigitalMicrograph: units and scales of rows, columns and frames. */
const GATAN = {
  ...{ rowUnit: 65003, columnUnit: 65004, frameUnit: 65005 },
  ...{ rowScale: 65009, columnScale: 65010, frameScale: 65011 },
};

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
  const size = (name: string) => Number(entries.get(name) ?? 1);
  const sizes = { C: size("channels"), Z: size("slices"), T: size("frames") };
  const interval = timeStep(Number(entries.get("finterval")), "s");
  const spacing = lengthStep(Number(entries.get("spacing")), entries.get("zunit") ?? unit);
  const metadata = { software: `ImageJ ${entries.get("ImageJ")}` };
  return { row, column, frame: frameStep(sizes, spacing, interval), planes: { order: "CZT", sizes }, metadata };
}

function timeStep(step: number, unit: string): FileStep | undefined {
  return Number.isFinite(step) && step > 0 ? { step, unit } : undefined;
}

/** The step of planes that are slices or frames; none where they are both. */
function frameStep(
  { Z, T }: Readonly<Record<"Z" | "T", number>>,
  spacing: FileStep | undefined,
  interval: FileStep | undefined,
): FileStep | undefined {
  if (Z > 1 && T > 1) return undefined;
  return Z > 1 ? spacing : interval;
}

function omeScale(xml: string): TiffScale {
  const pixels = /<(?:\w+:)?Pixels\b[^>]*>/.exec(xml)?.[0] ?? "";
  const attribute = (name: string) => new RegExp(`\\b${name}\\s*=\\s*["']([^"']*)["']`).exec(pixels)?.[1];
  const unit = (axis: string) => (attribute(`PhysicalSize${axis}Unit`) ?? "µm").replace(/&#(?:181|xB5);/i, "µ");
  const step = (axis: string) => lengthStep(Number(attribute(`PhysicalSize${axis}`)), unit(axis));
  const size = (axis: string) => Number(attribute(`Size${axis}`) ?? 1);
  const sizes = { C: size("C"), Z: size("Z"), T: size("T") };
  const interval = timeStep(Number(attribute("TimeIncrement")), attribute("TimeIncrementUnit") ?? "s");
  const frame = frameStep(sizes, step("Z"), interval);
  const planes = { order: (attribute("DimensionOrder") ?? "XYCZT").slice(2), sizes };
  return { row: step("Y"), column: step("X"), frame, planes, metadata: { software: "OME" } };
}

async function gatanScale(page: TiffDirectory): Promise<TiffScale> {
  const row = lengthStep(await page.number(GATAN.rowScale, 0), await page.text(GATAN.rowUnit));
  const column = lengthStep(await page.number(GATAN.columnScale, 0), await page.text(GATAN.columnUnit));
  const frameUnit = await page.text(GATAN.frameUnit);
  const frameScale = await page.number(GATAN.frameScale, 0);
  const frame = lengthStep(frameScale, frameUnit) ?? (frameUnit === "s" ? timeStep(frameScale, frameUnit) : undefined);
  return { row, column, frame, metadata: { software: "DigitalMicrograph" } };
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
