import { type Axis, type DatasetInfo, pixelAxis, shapeOf } from "../data/dataset.ts";
import { FormatError } from "../errors.ts";
import { ByteReader, latin1 } from "./bytes.ts";
import type { DatasetHandle, Format, OpenedFile } from "./format.ts";
import { SAMPLE_BYTES, type SampleType, toFloat32 } from "./numeric.ts";
import { sampleCount } from "./select.ts";
import type { ByteSource } from "./source.ts";
import {
  checkChannelCount,
  checkFits,
  imageInfo,
  type Metadata,
  metadataOf,
  orient,
  scaleBy,
  wholeHandle,
} from "./spm_image.ts";
import { nanometresIn, valueUnit } from "./spm_units.ts";
import { fileAxis } from "./units.ts";

/** Sizes of the first header by version; the wave header and the data follow. Versions before 5 are one-dimensional. */
const BIN_HEADER: Readonly<Record<number, number>> = { 1: 8, 2: 16, 3: 20, 5: 64 };
const WAVE_HEADER_2 = 110;
const WAVE_HEADER_5 = 320;
const LABEL_BYTES = 32;

const TYPES: Readonly<Record<number, SampleType>> = {
  2: "float32",
  4: "float64",
  8: "int8",
  16: "int16",
  32: "int32",
  72: "uint8",
  80: "uint16",
  96: "uint32",
  128: "int64",
  192: "uint64",
};

interface Dimension {
  readonly size: number;
  readonly scale: number;
  readonly offset: number;
  readonly unit: string;
  /** One name an index, where the file gives them. */
  readonly labels: readonly string[];
}

interface Wave {
  readonly name: string;
  readonly type: SampleType;
  readonly littleEndian: boolean;
  readonly offset: number;
  /** Fastest first, as Igor stores them. */
  readonly dimensions: readonly Dimension[];
  readonly dataUnit: string;
  readonly note: Metadata;
}

const cString = (text: string) => text.split("\0", 1)[0].trim();

/** Version and byte order: the version is a small 16-bit integer, so that only one order makes sense. */
function versionOf(head: Uint8Array): { version: number; littleEndian: boolean } | undefined {
  if (head.length < 2) return undefined;
  const littleEndian = head[0] !== 0;
  const version = littleEndian ? head[0] + 256 * head[1] : head[1];
  return Object.hasOwn(BIN_HEADER, version) ? { version, littleEndian } : undefined;
}

/** The sum of all 16-bit words of both headers is 0: Igor's checksum, and a good way to tell a file without a signature. */
function checksumHolds(head: Uint8Array): boolean {
  const kind = versionOf(head);
  if (!kind) return false;
  const length = BIN_HEADER[kind.version] + (kind.version === 5 ? WAVE_HEADER_5 : WAVE_HEADER_2);
  if (head.length < length) return false;
  const reader = new ByteReader(head, "", kind.littleEndian);
  let sum = 0;
  while (reader.position < length) sum += reader.i16();
  return (sum & 0xffff) === 0;
}

/** "Key: value" lines of the wave note that are worth showing. Asylum Research writes some hundreds. */
const NOTE_KEYS =
  /^(Date|Time|ImagingMode|ScanSize|ScanRate|ScanAngle|ScanMode|AmplitudeSetpointVolts|DeflectionSetpointVolts|TipVoltage|SurfaceVoltage|DriveAmplitude|DriveFrequency|SpringConstant|InvOLS|XOffset|YOffset|MicroscopeModel|BaseName)$/;

function noteOf(text: string): Metadata {
  const entries: Record<string, string> = {};
  for (const line of text.split(/\r\n?|\n/)) {
    const colon = line.indexOf(":");
    const key = line.slice(0, colon).trim();
    if (colon > 0 && NOTE_KEYS.test(key)) entries[key] = line.slice(colon + 1);
  }
  return metadataOf(entries);
}

function typeOf(source: ByteSource, type: number): SampleType {
  if (type === 0) throw new FormatError(`${source.name}: a text wave, expected numbers`);
  if (Object.hasOwn(TYPES, type)) return TYPES[type];
  throw new FormatError(`${source.name}: ${type & 1 ? "complex numbers" : `number type ${type}`} cannot be read`);
}

async function readWave2(source: ByteSource, version: number, littleEndian: boolean): Promise<Wave> {
  const start = BIN_HEADER[version];
  const reader = new ByteReader(await source.read(0, start + WAVE_HEADER_2), source.name, littleEndian);
  reader.seek(6);
  const noteSize = version === 1 ? 0 : reader.i32();
  reader.seek(start);
  const type = typeOf(source, reader.i16());
  reader.skip(4);
  const name = cString(reader.latin1(20));
  reader.skip(8);
  const dataUnit = cString(reader.latin1(4));
  const unit = cString(reader.latin1(4));
  const size = reader.i32();
  reader.skip(2);
  const [scale, offset] = [reader.f64(), reader.f64()];
  const data = start + WAVE_HEADER_2;
  // 16 bytes of padding stand between the data and the note.
  const noteStart = data + size * SAMPLE_BYTES[type] + 16;
  const note = noteSize > 0 && noteStart + noteSize <= source.size ? await source.read(noteStart, noteSize) : undefined;
  return {
    name,
    type,
    littleEndian,
    offset: data,
    dimensions: [{ size, scale, offset, unit, labels: [] }],
    dataUnit,
    note: note ? noteOf(latin1(note)) : {},
  };
}

async function readWave5(source: ByteSource, littleEndian: boolean): Promise<Wave> {
  const start = BIN_HEADER[5];
  const reader = new ByteReader(await source.read(0, start + WAVE_HEADER_5), source.name, littleEndian);
  const four = <T>(read: () => T): T[] => [0, 1, 2, 3].map(read);
  reader.seek(8);
  const [formulaSize, noteSize, dataUnitsSize] = [reader.i32(), reader.i32(), reader.i32()];
  const dimUnitsSizes = four(() => reader.i32());
  const dimLabelsSizes = four(() => reader.i32());
  reader.seek(start + 16);
  const type = typeOf(source, reader.i16());
  reader.seek(start + 28);
  const name = cString(reader.latin1(32));
  reader.seek(start + 68);
  const sizes = four(() => reader.i32());
  const scales = four(() => reader.f64());
  const offsets = four(() => reader.f64());
  const shortDataUnit = cString(reader.latin1(4));
  const shortUnits = four(() => cString(reader.latin1(4)));
  const rank = sizes.indexOf(0) < 0 ? 4 : sizes.indexOf(0);
  if (rank === 0) throw new FormatError(`${source.name}: the wave ${name} is empty`);
  const samples = sizes.slice(0, rank).reduce((total, size) => total * size, 1);
  const data = start + WAVE_HEADER_5;
  const tail = await readTail(source, data + samples * SAMPLE_BYTES[type] + Math.max(0, formulaSize), [
    noteSize,
    dataUnitsSize,
    ...dimUnitsSizes,
    ...dimLabelsSizes,
  ]);
  const dimensions = sizes.slice(0, rank).map((size, d) => ({
    size,
    scale: scales[d],
    offset: offsets[d],
    unit: cString(latin1(tail[2 + d])) || shortUnits[d],
    labels: labelsOf(tail[6 + d], size),
  }));
  const dataUnit = cString(latin1(tail[1])) || shortDataUnit;
  return { name, type, littleEndian, offset: data, dimensions, dataUnit, note: noteOf(latin1(tail[0])) };
}

/** The optional parts behind the data, one after the other; from the first that does not fit on, they are empty. */
async function readTail(source: ByteSource, start: number, sizes: readonly number[]): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = [];
  let at = start;
  for (const size of sizes) {
    const fits = size > 0 && at >= 0 && at + size <= source.size;
    parts.push(fits ? await source.read(at, size) : new Uint8Array(0));
    at += Math.max(0, size);
  }
  return parts;
}

/** Names of 32 bytes: first the dimension's own, then one an index. */
function labelsOf(bytes: Uint8Array, size: number): string[] {
  const count = Math.min(size, Math.floor(bytes.length / LABEL_BYTES) - 1);
  return Array.from({ length: Math.max(0, count) }, (_, i) =>
    cString(latin1(bytes.subarray((i + 1) * LABEL_BYTES, (i + 2) * LABEL_BYTES))),
  );
}

/** Units of Asylum Research's channels, which their files do not repeat: by the beginning of the channel's name. */
const CHANNEL_UNITS: readonly (readonly [RegExp, string])[] = [
  [/^(Height|ZSensor|Deflection|Amplitude|Lateral)/, "m"],
  [/^Phase/, "deg"],
  [/^Frequency/, "Hz"],
  [/^Current/, "A"],
  [/^(Bias|Potential|NapPotential|SurfacePotential)/, "V"],
];

/** The wave's own unit is the first channel's: it says nothing of the others. */
function channelUnit(wave: Wave, channel: string): string {
  if (wave.dimensions.length === 2) return wave.dataUnit;
  return CHANNEL_UNITS.find(([pattern]) => pattern.test(channel))?.[1] ?? "";
}

/** Layers of (columns, rows): images. An axis of rows in a length counts upwards, so that its last row is the top. */
function layerHandles(source: ByteSource, wave: Wave, layers: readonly string[]): DatasetHandle[] {
  const [x, y] = wave.dimensions;
  const [nmX, nmY] = [nanometresIn(x.unit), nanometresIn(y.unit)];
  return layers.map((name, layer) => {
    const unit = channelUnit(wave, name);
    const bytes = x.size * y.size * SAMPLE_BYTES[wave.type];
    const info = imageInfo(source, {
      name,
      rows: y.size,
      columns: x.size,
      heightNm: nmY === undefined ? undefined : y.size * y.scale * nmY,
      widthNm: nmX === undefined ? undefined : x.size * x.scale * nmX,
      dtype: wave.type,
      quantity: name.replace(/(Re)?[Tt]race$/, ""),
      unit,
      metadata: wave.note,
    });
    return wholeHandle(info, async () => {
      const raw = await source.read(wave.offset + layer * bytes, bytes);
      const data = toFloat32(raw, wave.type, wave.littleEndian);
      return scaleBy(orient(data, x.size, { flipRows: nmY !== undefined && y.scale > 0 }), valueUnit(unit).factor);
    });
  });
}

/** A wave without named layers: a spectrum, or a stack of its last dimensions. */
function plainHandle(source: ByteSource, wave: Wave): DatasetHandle {
  const { dimensions, name, type, dataUnit, note } = wave;
  const axisOf = (title: string, d: Dimension): Axis => fileAxis(title, d.size, d.scale, d.unit, d.offset);
  const [x, y] = dimensions;
  const frames = dimensions.slice(2).reduce((total, d) => total * d.size, 1);
  const axes = y
    ? [pixelAxis("frame", frames), axisOf("row", y), axisOf("column", x)]
    : [pixelAxis("sample", 1), axisOf("energy", x)];
  const quantity = dataUnit ? { name, unit: valueUnit(dataUnit).unit } : undefined;
  const info: DatasetInfo = {
    name,
    kind: y ? "stack" : "spectra",
    axes,
    dtype: type,
    quantity,
    metadata: note,
  };
  return wholeHandle(info, async () => {
    const bytes = sampleCount(name, shapeOf(info)) * SAMPLE_BYTES[type];
    const data = toFloat32(await source.read(wave.offset, bytes), type, wave.littleEndian);
    return scaleBy(data, valueUnit(dataUnit).factor);
  });
}

/**
 * Igor Pro binary wave, versions 1, 2, 3 and 5, either byte order. Named layers of version 5 (the channels of an Asylum
 * Research AFM) are images with row 0 at the top; a wave of two dimensions is one image, of one a spectrum, others a
 * stack. Source: WaveMetrics Technical Note 003, "Igor Binary Format".
 */
export const ibw: Format = {
  name: "Igor IBW",
  extensions: ["ibw"],
  detect: checksumHolds,
  async open(source): Promise<OpenedFile> {
    const kind = versionOf(await source.read(0, 2));
    if (!kind) throw new FormatError(`${source.name}: expected version 1, 2, 3 or 5 of an Igor binary wave`);
    const { version, littleEndian } = kind;
    const wave = await (version === 5 ? readWave5(source, littleEndian) : readWave2(source, version, littleEndian));
    const sizes = wave.dimensions.map((dimension) => dimension.size);
    const samples = sampleCount(source.name, sizes, Number.MAX_SAFE_INTEGER);
    checkFits(source, `the wave ${sizes.join("×")} ${wave.type}`, wave.offset, samples * SAMPLE_BYTES[wave.type]);
    const layers = wave.dimensions[2]?.labels ?? [];
    const named = wave.dimensions.length === 3 && layers.length > 0;
    if (named) checkChannelCount(source, sizes[2]);
    const names = Array.from({ length: named ? sizes[2] : 0 }, (_, i) => layers[i] || `layer ${i}`);
    const images = wave.dimensions.length === 2 ? [wave.name] : named ? names : undefined;
    const datasets = images ? layerHandles(source, wave, images) : [plainHandle(source, wave)];
    return { format: ibw.name, datasets, metadata: wave.note };
  },
};
