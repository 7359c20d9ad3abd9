import { FormatError } from "../errors.ts";
import { startsWith } from "./bytes.ts";
import type { DatasetHandle, Format, OpenedFile } from "./format.ts";
import { type SampleType, toFloat32 } from "./numeric.ts";
import type { ByteSource } from "./source.ts";
import {
  checkChannelCount,
  checkFits,
  imageInfo,
  type Metadata,
  metadataOf,
  orient,
  positiveInteger,
  readHeader,
  scaleBy,
  wholeHandle,
} from "./spm_image.ts";
import { nanometresIn, parseMeasure, valueUnit } from "./spm_units.ts";

const HEADER_END = "\\*File list end";
/** From this version on samples take 4 bytes whatever "Bytes/pixel" says, which still rules their scale. */
const VERSION_OF_32_BIT = 0x09200000;

/** One "\*Name" list of the header; its keys in lower case. */
interface List {
  readonly name: string;
  readonly entries: ReadonlyMap<string, string>;
}

function listsOf(header: string): List[] {
  const lists: { name: string; entries: Map<string, string> }[] = [];
  for (const line of header.split(/\r?\n/)) {
    if (line.startsWith("\\*")) {
      lists.push({ name: line.slice(2).trim(), entries: new Map() });
      continue;
    }
    // "\@2:Z scale: …": the key may hold a colon after the group's number.
    const entry = /^\\(@\d+:[^:]*|[^:]*):\s?(.*)$/.exec(line);
    if (entry) lists.at(-1)?.entries.set(entry[1].trim().toLowerCase(), entry[2].trim());
  }
  return lists;
}

const isImageList = (list: List) => /^(Ciao|AFM|STM|NCAFM)? ?image list$/i.test(list.name);

/** All entries of the lists whose name fits, the first list first. */
function entryIn(lists: readonly List[], names: RegExp, key: string): string | undefined {
  return lists.find((list) => names.test(list.name) && list.entries.has(key))?.entries.get(key);
}

/** "V [Sens. Zsens] (0.006713867 V/LSB) 440.0 V": the soft scale's name and the value that the whole range has. */
function parseScale(
  text: string,
): { readonly soft?: string; readonly value: number; readonly unit: string } | undefined {
  const match = /^(?:[VCS]\s+)?(?:\[([^\]]*)\]\s*)?(?:\([^)]*\)\s*)?(.*)$/.exec(text);
  const measure = match && parseMeasure(match[2]);
  return measure ? { soft: match[1] || undefined, ...measure } : undefined;
}

/** What one count is worth. Units of a sensitivity "nm/V" cancel the volts of the hard value. */
function valueScale(lists: readonly List[], image: List, bytesPerPixel: number): { factor: number; unit: string } {
  const text = image.entries.get("@4:z scale") ?? image.entries.get("@2:z scale") ?? image.entries.get("z scale") ?? "";
  const hard = parseScale(text);
  if (!hard) return { factor: 1, unit: "counts" };
  const perCount = hard.value / 256 ** bytesPerPixel;
  const sensitivity =
    hard.soft && entryIn(lists, /scan(ner)? list|controller list|microscope list/i, `@${hard.soft.toLowerCase()}`);
  const soft = sensitivity ? parseScale(sensitivity) : undefined;
  if (!soft) return { factor: perCount, unit: hard.unit };
  const [unit, divisor] = soft.unit.split("/");
  // "mV" of the hard value against "V" of the sensitivity.
  const milli = divisor === "V" && hard.unit === "mV" ? 1e-3 : divisor === "mV" && hard.unit === "V" ? 1e3 : 1;
  return { factor: perCount * milli * soft.value, unit: divisor === undefined ? hard.unit : unit };
}

/** "500 500 nm", or "1 ~m" for a square: width and height in nm. */
function scanSize(text: string): { widthNm?: number; heightNm?: number } {
  const match = /^([-+.\deE]+)\s+(?:([-+.\deE]+)\s+)?(\S+)$/.exec(text.trim());
  const factor = match ? nanometresIn(match[3]) : undefined;
  if (!match || factor === undefined) return {};
  return { widthNm: Number(match[1]) * factor, heightNm: Number(match[2] ?? match[1]) * factor };
}

/** 'S [Height] "Height Sensor"': the name in quotes, else in brackets. */
function channelName(image: List): string {
  const text =
    image.entries.get("@4:image data") ?? image.entries.get("@2:image data") ?? image.entries.get("image data") ?? "";
  return /"([^"]+)"/.exec(text)?.[1] ?? /\[([^\]]+)\]/.exec(text)?.[1] ?? (text || "image");
}

function metadataFrom(lists: readonly List[]): Metadata {
  const scan = (key: string) => entryIn(lists, /scan list|file list|equipment list|controller list/i, key);
  return metadataOf({
    version: scan("version"),
    date: scan("date"),
    instrument: scan("description"),
    "operating mode": scan("operating mode") ?? scan("microscope"),
    "scan angle (deg)": scan("rotate ang.")?.replace(/[^-+.\d].*$/, ""),
    "scan rate (Hz)": scan("scan rate"),
    setpoint: entryIn(lists, /scan list|controller list/i, "@2:sts setpoint") ?? scan("setpoint"),
    bias: scan("@2:sts bias") ?? scan("bias"),
    comment: scan("note"),
  });
}

function imageHandle(source: ByteSource, lists: readonly List[], image: List, metadata: Metadata): DatasetHandle {
  const name = channelName(image);
  const integer = (key: string, text = image.entries.get(key.toLowerCase())) =>
    positiveInteger(source, `${name}: ${key}`, text);
  const columns = integer("Samps/line");
  const rows = integer("Number of lines");
  const [offset, length] = [integer("Data offset"), integer("Data length")];
  const bytesPerPixel = integer("Bytes/pixel", image.entries.get("bytes/pixel") ?? "2");
  const version = Number.parseInt(entryIn(lists, /file list$/i, "version") ?? "0", 16);
  const wide = bytesPerPixel === 4 || (version >= VERSION_OF_32_BIT && length >= 4 * rows * columns);
  const type: SampleType = wide ? "int32" : "int16";
  if (bytesPerPixel !== 2 && bytesPerPixel !== 4) {
    throw new FormatError(`${source.name}: ${name}: Bytes/pixel: expected 2 or 4, found ${bytesPerPixel}`);
  }
  const bytes = rows * columns * (wide ? 4 : 2);
  if (bytes > length) {
    throw new FormatError(
      `${source.name}: ${name}: ${rows}×${columns} ${type} need ${bytes} bytes, Data length is ${length}`,
    );
  }
  checkFits(source, name, offset, bytes);
  const { factor, unit } = valueScale(lists, image, bytesPerPixel);
  const direction = /retrace/i.test(image.entries.get("line direction") ?? "") ? "backward" : "forward";
  const info = imageInfo(source, {
    name: `${name} (${direction})`,
    rows,
    columns,
    ...scanSize(image.entries.get("scan size") ?? ""),
    dtype: type,
    quantity: name,
    unit,
    metadata,
  });
  return wholeHandle(info, async () => {
    const data = toFloat32(await source.read(offset, bytes), type, true);
    // The first line is the bottom one. Retrace lines are stored in the sense of trace lines.
    return scaleBy(orient(data, columns, { flipRows: true }), factor * valueUnit(unit).factor);
  });
}

/**
 * Bruker (Veeco, Digital Instruments) Nanoscope image. Layout: a text header of lists, one "\*Ciao image list" a channel
 * with the place of its samples, little endian int16 or int32. A count is worth the hard value of "@2:Z scale" over
 * 256^(Bytes/pixel), times the sensitivity that it names. Row 0 is at the top. Force curves are not images and left out.
 * Source: Bruker, "NanoScope file format".
 */
export const nanoscope: Format = {
  name: "Bruker Nanoscope",
  extensions: ["spm", "000", "001"],
  detect: (head) => startsWith(head, "\\*File list") || startsWith(head, "\\*EC File list"),
  async open(source): Promise<OpenedFile> {
    const { text } = await readHeader(source, HEADER_END);
    const lists = listsOf(text);
    const metadata = metadataFrom(lists);
    const images = lists.filter(isImageList);
    if (images.length === 0) throw new FormatError(`${source.name}: no image list in the header, expected an image`);
    checkChannelCount(source, lists.length);
    const datasets = images.map((image) => imageHandle(source, lists, image, metadata));
    return { format: nanoscope.name, datasets, metadata };
  },
};
