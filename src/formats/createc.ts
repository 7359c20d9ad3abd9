import { FormatError } from "../errors.ts";
import { latin1 } from "./bytes.ts";
import type { DatasetHandle, Format, OpenedFile } from "./format.ts";
import { checkDeflateRatio, inflateExactly } from "./inflate.ts";
import { SAMPLE_BYTES, type SampleType, toFloat32 } from "./numeric.ts";
import { sampleCount } from "./select.ts";
import type { ByteSource } from "./source.ts";
import { checkFits, imageInfo, type Metadata, metadataOf, positiveInteger, scaleBy, wholeHandle } from "./spm_image.ts";

const HEADER_BYTES = 16_384;
/** The converters span −10 to +10 V. */
const CONVERTER_VOLTS = 20;

/** How the samples lie, by the first line of the file: 16 bit, 32 bit, 32 bit compressed. */
interface Version {
  readonly type: SampleType;
  readonly compressed: boolean;
  /** Bytes without a meaning before the first sample (of the decompressed data in the last version). */
  readonly skip: number;
}

const VERSIONS: Readonly<Record<string, Version>> = {
  "[Parameter]": { type: "int16", compressed: false, skip: 2 },
  "[Paramet32]": { type: "float32", compressed: false, skip: 4 },
  "[Paramco32]": { type: "float32", compressed: true, skip: 4 },
};

/** "Key / Other key=value" lines by each of their keys; the first one wins. */
function entriesOf(text: string): Map<string, string> {
  const entries = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const equals = line.indexOf("=");
    if (equals <= 0) continue;
    const keys = line.slice(0, equals).split(" / ");
    for (const key of keys) {
      const tidy = key.trim().replace(/\[[Åå]\]/, "[A]");
      if (!entries.has(tidy)) entries.set(tidy, line.slice(equals + 1).trim());
    }
  }
  return entries;
}

interface Channel {
  readonly name: string;
  readonly quantity: string;
  /** What a count is worth in `unit`. */
  readonly scale: number;
  readonly unit: string;
  /** Index of the plane in the file. */
  readonly plane: number;
}

/** Worth of one count: heights from "Dacto[A]z" (Å), currents from the range of the converter and the preamplifier. */
function scalesOf(entries: ReadonlyMap<string, string>, version: Version): { height: number; current: number } {
  const number = (key: string) => {
    const text = entries.get(key);
    return text ? Number(text) : Number.NaN;
  };
  const bits = Number(/\d+/.exec(entries.get("DAC-Type") ?? "")?.[0] ?? (version.type === "int16" ? 16 : 20));
  const volts = CONVERTER_VOLTS / 2 ** bits;
  const angstroms = number("Dacto[A]z");
  const gain = number("Gainpreamp");
  return {
    height: (Number.isFinite(angstroms) ? angstroms : volts * number("GainZ") * number("ZPiezoconst")) / 10,
    current: volts / 10 ** gain,
  };
}

/** Half of the planes are forward, half backward; bits of "Channelselectval" say what they are, by default height and current. */
function channelsOf(entries: ReadonlyMap<string, string>, version: Version, planes: number): Channel[] {
  const scales = scalesOf(entries, version);
  const selected = Number(entries.get("Channelselectval"));
  const bits = Array.from({ length: 31 }, (_, bit) => bit).filter((bit) => Math.floor(selected / 2 ** bit) % 2 === 1);
  const both = planes % 2 === 0 && (planes > 2 || bits.length === 1);
  const perDirection = both ? planes / 2 : planes;
  const signals = bits.length === perDirection ? bits : Array.from({ length: perDirection }, (_, i) => i);
  return Array.from({ length: planes }, (_, plane) => {
    const signal = signals[plane % perDirection];
    const direction = plane < perDirection ? "forward" : "backward";
    const known = [
      { quantity: "Z", scale: scales.height, unit: "nm" },
      { quantity: "Current", scale: scales.current, unit: "A" },
    ][signal];
    const usable = known && Number.isFinite(known.scale) && known.scale !== 0;
    const meaning = usable ? known : { quantity: known?.quantity ?? `ADC${signal - 1}`, scale: 1, unit: "counts" };
    return { ...meaning, name: `${meaning.quantity} (${direction})`, plane };
  });
}

function metadataFrom(entries: ReadonlyMap<string, string>): Metadata {
  const bias = entries.get("BiasVolt.[mV]") ?? entries.get("Biasvolt[mV]") ?? entries.get("BiasVoltage");
  return metadataOf({
    title: entries.get("Titel"),
    "bias (V)": Number(bias ?? Number.NaN) / 1000,
    "setpoint (A)": entries.get("Current[A]") ?? entries.get("FBLogIset"),
    date: entries.get("PSTMAFM.EXE_Date"),
    "temperature (K)": entries.get("T_ADC2[K]"),
    "scan angle (deg)": entries.get("Rotation"),
    "seconds an image": entries.get("Sec/Image:"),
    comment: entries.get("memo:0"),
  });
}

/** Samples of the image that the file names: the compressed data may hold one plane, or any number more. */
function planeLoader(source: ByteSource, version: Version, planeBytes: number, plane: number) {
  const end = version.skip + (plane + 1) * planeBytes;
  return async () => {
    const packed = version.compressed ? source.size - HEADER_BYTES : end;
    const bytes = await source.read(HEADER_BYTES, packed);
    const samples = version.compressed ? await inflateExactly(source.name, bytes, end, "zlib") : bytes;
    return toFloat32(samples.subarray(end - planeBytes, end), version.type, true);
  };
}

/** Length of the scan in nm: "Length x[A]", else what the converters' steps amount to; undefined where nothing is said. */
function lengthOf(entries: ReadonlyMap<string, string>, axis: "x" | "y", size: number): number | undefined {
  const angstroms = Number(entries.get(`Length ${axis}[A]`) ?? Number.NaN);
  if (angstroms > 0) return angstroms / 10;
  const [step, perStep] = [`Delta ${axis.toUpperCase()}`, "Dacto[A]xy"].map((key) =>
    Number(entries.get(key) ?? Number.NaN),
  );
  return Number.isFinite(step * perStep) ? (Math.abs(step * perStep) * size) / 10 : undefined;
}

/**
 * Createc scan. Layout: a text header of "key=value" lines padded to 16384 bytes, then the planes, all forward ones
 * before all backward ones, little endian; in "[Paramco32]" files one zlib stream. Values are converter counts, which
 * the header's calibration turns into nm and A. Backward planes are stored in the sense of the forward ones, row 0 at
 * the top. An interrupted scan has zeros where nothing was measured; "ImageYPosMax" cuts them off.
 * Source: Createc STMAFM file description.
 */
export const createc: Format = {
  name: "Createc",
  extensions: ["dat"],
  detect: (head) => Object.hasOwn(VERSIONS, latin1(head.subarray(0, 11))),
  async open(source): Promise<OpenedFile> {
    checkFits(source, "the header", 0, HEADER_BYTES);
    const header = latin1(await source.read(0, HEADER_BYTES));
    if (!Object.hasOwn(VERSIONS, header.slice(0, 11)))
      throw new FormatError(`${source.name}: expected a Createc header`);
    const version = VERSIONS[header.slice(0, 11)];
    const entries = entriesOf(header.replaceAll("\0", "\n"));
    const columns = positiveInteger(source, "Num.X", entries.get("Num.X"));
    const allRows = positiveInteger(source, "Num.Y", entries.get("Num.Y"));
    const planes = positiveInteger(source, "Channels", entries.get("Channels") ?? 1);
    if (planes > 64) throw new FormatError(`${source.name}: Channels: ${planes}, expected at most 64`);
    const planeBytes = sampleCount(source.name, [allRows, columns]) * SAMPLE_BYTES[version.type];
    const wanted = version.skip + planes * planeBytes;
    if (version.compressed) checkDeflateRatio(source.name, source.size - HEADER_BYTES, wanted);
    else checkFits(source, `${planes} planes of ${allRows}×${columns}`, HEADER_BYTES, wanted);
    const nextRow = Number(entries.get("ImageYPosMax"));
    const rows = nextRow > 1 && nextRow <= allRows ? nextRow - 1 : allRows;
    const metadata = metadataFrom(entries);
    const height = lengthOf(entries, "y", allRows);
    const datasets: DatasetHandle[] = channelsOf(entries, version, planes).map((channel) => {
      const info = imageInfo(source, {
        name: channel.name,
        rows,
        columns,
        heightNm: height === undefined ? undefined : (height * rows) / allRows,
        widthNm: lengthOf(entries, "x", columns),
        dtype: version.type,
        quantity: channel.quantity,
        unit: channel.unit,
        metadata,
      });
      const load = planeLoader(source, version, planeBytes, channel.plane);
      return wholeHandle(info, async () => scaleBy((await load()).subarray(0, rows * columns), channel.scale));
    });
    return { format: createc.name, datasets, metadata };
  },
};
