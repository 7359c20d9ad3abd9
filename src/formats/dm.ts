import type { Axis, DatasetInfo } from "../data/dataset.ts";
import { FormatError } from "../errors.ts";
import { arrange, arrangedHandle } from "./arrange.ts";
import {
  isArray,
  isGroup,
  numberTag,
  readTagDirectory,
  type TagDirectory,
  type TagGroup,
  tagAt,
  textTag,
} from "./dm_tags.ts";
import { ELEMENTS, type Element, rawArray } from "./elements.ts";
import type { DatasetHandle, Format } from "./format.ts";
import type { ByteSource } from "./source.ts";
import { fileAxis, isEnergyUnit } from "./units.ts";

/** ImageData.DataType, by the numbering of Gatan's DigitalMicrograph; packed complex (5, 27, 28) is not read. */
const DATA_TYPES: Readonly<Record<number, Element>> = {
  1: ELEMENTS.int16,
  2: ELEMENTS.float32,
  3: ELEMENTS.complex64,
  6: ELEMENTS.uint8,
  7: ELEMENTS.int32,
  8: ELEMENTS.bgra,
  9: ELEMENTS.int8,
  10: ELEMENTS.uint16,
  11: ELEMENTS.uint32,
  12: ELEMENTS.float64,
  13: ELEMENTS.complex128,
  14: ELEMENTS.uint8,
  23: ELEMENTS.bgra,
  39: ELEMENTS.int64,
  40: ELEMENTS.uint64,
};

const MAX_RANK = 5;

/** Gatan DigitalMicrograph 3 and 4: images, spectra, stacks and spectrum images, each with its calibrations. */
export const dm: Format = {
  name: "DM3/DM4",
  extensions: ["dm3", "dm4"],
  detect(head) {
    if (head.length < 16) return false;
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
    const version = view.getUint32(0);
    const flags = version === 3 ? 8 : 12;
    // Byte order (0 or 1), then the root group's sorted and closed flags.
    if ((version !== 3 && version !== 4) || view.getUint32(flags) > 1) return false;
    return head.length >= flags + 6 && head[flags + 4] <= 1 && head[flags + 5] <= 1;
  },
  async open(source) {
    const directory = await readTagDirectory(source);
    const images = tagAt(directory.root, "ImageList");
    const list = isGroup(images) ? [...images.tags.values()].filter(isGroup) : [];
    const thumbnails = thumbnailIndices(directory.root);
    const kept = list.filter((_, k) => list.length === 1 || !thumbnails.has(k));
    const problems: string[] = [];
    const datasets = kept.flatMap((image, k) => imageDataset(source, directory, image, k, problems) ?? []);
    if (datasets.length === 0) {
      throw new FormatError(`${source.name}: no image that can be read${problems.map((text) => `; ${text}`).join("")}`);
    }
    return { format: `DM${directory.version}`, datasets, metadata: { version: directory.version } };
  },
};

function thumbnailIndices(root: TagGroup): Set<number> {
  const thumbnails = tagAt(root, "Thumbnails");
  const groups = isGroup(thumbnails) ? [...thumbnails.tags.values()].filter(isGroup) : [];
  return new Set(groups.map((group) => numberTag(group, "ImageIndex") ?? -1));
}

function imageDataset(
  source: ByteSource,
  { littleEndian }: TagDirectory,
  image: TagGroup,
  index: number,
  problems: string[],
): DatasetHandle | undefined {
  const data = tagAt(image, "ImageData", "Data");
  const dimensions = tagAt(image, "ImageData", "Dimensions");
  if (!isArray(data) || !isGroup(dimensions)) return undefined;
  const name = textTag(image, "Name") ?? `image ${index}`;
  const type = numberTag(image, "ImageData", "DataType") ?? 0;
  const element = DATA_TYPES[type];
  if (!element) {
    problems.push(`${name}: unsupported data type ${type}`);
    return undefined;
  }
  // The directory gives x, y, z; x is fastest.
  const shape = [...dimensions.tags.values()].map(Number).toReversed();
  if (shape.length === 0 || shape.length > MAX_RANK) {
    throw new FormatError(`${source.name}: ${name}: expected 1 to ${MAX_RANK} dimensions, found ${shape.length}`);
  }
  const array = rawArray(source, name, { offset: data.offset, shape, element, littleEndian });
  const declared = shape.reduce((total, size) => total * size, element.bytes);
  if (declared > data.bytes) {
    throw new FormatError(
      `${source.name}: ${name}: ${shape.join("×")} ${element.dtype} need ${declared} bytes, found ${data.bytes}`,
    );
  }
  const { axes, spectral } = calibratedAxes(image, shape);
  const arrangement = arrange(axes, { isSpectral: (_, k) => k === spectral });
  const info = { name, dtype: element.dtype, ...quantityOf(image), metadata: metadataOf(image) };
  return arrangedHandle(info, arrangement, array);
}

/** Axes in the file's order, slowest first, and which of them is the energy (−1: none). */
function calibratedAxes(image: TagGroup, shape: readonly number[]): { axes: Axis[]; spectral: number } {
  const rank = shape.length;
  const calibration = (k: number) => tagAt(image, "ImageData", "Calibrations", "Dimension", rank - 1 - k);
  const units = shape.map((_, k) => {
    const group = calibration(k);
    return isGroup(group) ? (textTag(group, "Units") ?? "") : "";
  });
  const measured = units.findIndex((unit, k) => shape[k] > 1 && isEnergyUnit(unit));
  // Spectrum images have their energies on the slowest axis, calibrated or not.
  const spectrumImage = /^spectrum image$/i.test(textTag(image, "ImageTags", "Meta Data", "Format") ?? "");
  const spectral = measured < 0 && spectrumImage && rank === 3 ? 0 : measured;
  const axes = shape.map((size, k) => {
    const group = calibration(k);
    const name = k === spectral ? "energy" : rank === 1 ? "channel" : `axis ${k}`;
    const scale = isGroup(group) ? (numberTag(group, "Scale") ?? 0) : 0;
    const origin = isGroup(group) ? (numberTag(group, "Origin") ?? 0) : 0;
    // The origin is the index at which the coordinate is zero.
    return fileAxis(name, size, scale, units[k], -origin * scale);
  });
  return { axes, spectral };
}

/** The unit of a value, where the file's numbers are in it as they stand. */
function quantityOf(image: TagGroup): Pick<DatasetInfo, "quantity"> {
  const brightness = tagAt(image, "ImageData", "Calibrations", "Brightness");
  if (!isGroup(brightness)) return {};
  const unit = textTag(brightness, "Units");
  const plain = (numberTag(brightness, "Scale") ?? 1) === 1 && (numberTag(brightness, "Origin") ?? 0) === 0;
  return unit && plain ? { quantity: { name: "intensity", unit } } : {};
}

/** What is worth showing of the hundreds of tags of an image: name, then where it stands in ImageTags. */
const SHOWN: readonly (readonly [string, ...string[]])[] = [
  ["voltage (V)", "Microscope Info", "Voltage"],
  ["magnification", "Microscope Info", "Indicated Magnification"],
  ["operation mode", "Microscope Info", "Operation Mode"],
  ["microscope", "Microscope Info", "Microscope"],
  ["camera length (mm)", "Microscope Info", "STEM Camera Length"],
  ["convergence angle (mrad)", "EELS", "Convergence semi-angle (mrad)"],
  ["collection angle (mrad)", "EELS", "Collection semi-angle (mrad)"],
  ["exposure (s)", "EELS", "Acquisition", "Exposure (s)"],
  ["exposure (s)", "Acquisition", "Parameters", "High Level", "Exposure (s)"],
  ["dwell time (µs)", "DigiScan", "Sample Time"],
  ["detector", "DataBar", "Signal Name"],
  ["device", "DataBar", "Device Name"],
  ["device", "Acquisition", "Device", "Name"],
  ["date", "DataBar", "Acquisition Date"],
  ["time", "DataBar", "Acquisition Time"],
  ["signal", "Meta Data", "Signal"],
  ["format", "Meta Data", "Format"],
];

function metadataOf(image: TagGroup): Record<string, string | number> {
  const metadata: Record<string, string | number> = {};
  for (const [name, ...path] of SHOWN) {
    const value = numberTag(image, "ImageTags", ...path) ?? textTag(image, "ImageTags", ...path);
    if (value !== undefined && !Object.hasOwn(metadata, name)) metadata[name] = value;
  }
  return metadata;
}
