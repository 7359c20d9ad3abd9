import { type Axis, pixelAxis } from "../data/dataset.ts";
import { FormatError } from "../errors.ts";
import { type Arrangement, arrangedHandle } from "./arrange.ts";
import { ByteReader, startsWith } from "./bytes.ts";
import { decodeElements, ELEMENTS, type Element } from "./elements.ts";
import { type FileArray, splitFirstAxis } from "./file_array.ts";
import type { Format } from "./format.ts";
import type { ByteSource } from "./source.ts";
import { fileAxis } from "./units.ts";

const DATA_TYPES: Readonly<Record<number, Element>> = {
  1: ELEMENTS.uint8,
  2: ELEMENTS.uint16,
  3: ELEMENTS.uint32,
  4: ELEMENTS.int8,
  5: ELEMENTS.int16,
  6: ELEMENTS.int32,
  7: ELEMENTS.float32,
  8: ELEMENTS.float64,
  9: ELEMENTS.complex64,
  10: ELEMENTS.complex128,
};

const SPECTRA = 0x4120;
const IMAGES = 0x4122;
const HEADER_BYTES = 30;
const MAX_DIMENSIONS = 8;

/**
 * Series of ES Vision / TIA (Emispec, FEI): spectra or images, one element each, with a header of its own
 * (layout: C. Boothroyd, https://personal.ntu.edu.sg/cbb/info/TIAformat/index.html).
 */
export const ser: Format = {
  name: "TIA SER",
  extensions: ["ser"],
  detect: (head) =>
    startsWith(head, [0x49, 0x49, 0x97, 0x01]) && head[5] === 2 && (head[4] === 0x10 || head[4] === 0x20),
  async open(source) {
    const series = await readSeries(source);
    const element = await readElementHeader(source, series.offsets[0], series.spectra);
    const array = elementArray(source, series, element);
    const name = source.name.split(/[\\/]/).at(-1) ?? source.name;
    const info = { name, dtype: element.type.dtype, metadata: { elements: series.offsets.length } };
    const handle = arrangedHandle(info, arrangementOf(series, element), array);
    return { format: `TIA SER 0x${series.version.toString(16).padStart(4, "0")}`, datasets: [handle], metadata: {} };
  },
};

/** One axis of the scan that made the series: fastest first in the file. */
interface ScanDimension {
  readonly size: number;
  readonly offset: number;
  readonly delta: number;
  readonly element: number;
  readonly unit: string;
}

interface Series {
  readonly version: number;
  readonly spectra: boolean;
  readonly dimensions: readonly ScanDimension[];
  /** Where each element that was acquired starts. */
  readonly offsets: readonly number[];
}

interface ElementCalibration {
  readonly offset: number;
  readonly delta: number;
  readonly element: number;
}

interface ElementHeader {
  /** [channels] or [rows, columns], and the calibration of each. */
  readonly shape: readonly number[];
  readonly calibrations: readonly ElementCalibration[];
  readonly type: Element;
  readonly headerBytes: number;
}

async function readSeries(source: ByteSource): Promise<Series> {
  const head = new ByteReader(await source.read(0, Math.min(HEADER_BYTES + 4, source.size)), source.name);
  head.skip(4);
  const version = head.u16();
  const wide = version >= 0x220;
  const type = head.u32();
  if (type !== SPECTRA && type !== IMAGES)
    head.fail(`expected data of type 0x4120 or 0x4122, found 0x${type.toString(16)}`);
  head.skip(4);
  const total = head.u32();
  const valid = Math.min(head.u32(), total);
  const tableOffset = wide ? head.u64() : head.u32();
  const dimensionCount = head.u32();
  if (dimensionCount > MAX_DIMENSIONS) head.fail(`${dimensionCount} dimensions of the series are absurd`);
  const dimensions = await readDimensions(source, head.position, dimensionCount);
  if (valid === 0) head.fail("the series has no valid element");
  const table = new ByteReader(await source.read(tableOffset, valid * (wide ? 8 : 4)), source.name);
  const offsets = Array.from({ length: valid }, () => (wide ? table.u64() : table.u32()));
  return { version, spectra: type === SPECTRA, dimensions, offsets };
}

async function readDimensions(source: ByteSource, start: number, count: number): Promise<ScanDimension[]> {
  // Descriptions and units are short; the fixed part of a dimension is 32 bytes.
  const bytes = await source.read(start, Math.min(source.size - start, count * 4096));
  const reader = new ByteReader(bytes, source.name);
  return Array.from({ length: count }, () => {
    const [size, offset, delta, element] = [reader.u32(), reader.f64(), reader.f64(), reader.i32()];
    reader.skip(reader.u32());
    return { size, offset, delta, element, unit: reader.latin1(reader.u32()) };
  });
}

async function readElementHeader(source: ByteSource, offset: number, spectra: boolean): Promise<ElementHeader> {
  const headerBytes = spectra ? 26 : 50;
  const reader = new ByteReader(await source.read(offset, headerBytes), source.name);
  const calibration = () => ({ offset: reader.f64(), delta: reader.f64(), element: reader.u32() });
  const calibrations = spectra ? [calibration()] : [calibration(), calibration()].toReversed();
  const code = reader.u16();
  const type = DATA_TYPES[code] ?? reader.fail(`data type ${code} is unknown`);
  const shape = spectra ? [reader.u32()] : [reader.u32(), reader.u32()].toReversed();
  const bytes = shape.reduce((total, size) => total * size, type.bytes);
  if (bytes === 0) reader.fail(`expected sizes of at least 1, found ${shape.join("×")}`);
  if (!(offset + headerBytes + bytes <= source.size)) {
    reader.fail(
      `truncated: an element of ${shape.join("×")} ${type.dtype} at ${offset}, the file has ${source.size} bytes`,
    );
  }
  return { shape, calibrations, type, headerBytes };
}

/** The elements as one array (elements, channels) or (elements, rows, columns). Rows of images lie bottom up. */
function elementArray(source: ByteSource, series: Series, first: ElementHeader): FileArray {
  const { shape, type } = first;
  const [rows, columns] = shape.length === 2 ? shape : [1, shape[0]];
  const readElement = async (index: number, row: number, count: number): Promise<Float32Array> => {
    const offset = series.offsets[index];
    const header = await readElementHeader(source, offset, series.spectra);
    if (header.type !== type || header.shape.some((size, k) => size !== shape[k])) {
      throw new FormatError(
        `${source.name}: element ${index} is ${header.shape.join("×")}, element 0 ${shape.join("×")}`,
      );
    }
    const lowest = rows - row - count;
    const start = offset + header.headerBytes + lowest * columns * type.bytes;
    return decodeElements(await source.read(start, count * columns * type.bytes), type, true);
  };
  return {
    shape: [series.offsets.length, ...shape],
    async readBlock(start, count) {
      const [row, column] = start.length === 3 ? start.slice(1) : [0, start[1]];
      const [rowCount, width] = count.length === 3 ? count.slice(1) : [1, count[1]];
      const out = new Float32Array(count[0] * rowCount * width);
      for (let k = 0; k < count[0]; k++) {
        const upward = await readElement(start[0] + k, row, rowCount);
        for (let r = 0; r < rowCount; r++) {
          const from = (rowCount - 1 - r) * columns + column;
          out.set(upward.subarray(from, from + width), (k * rowCount + r) * width);
        }
      }
      return out;
    },
  };
}

/** `offset` is the coordinate of sample `element`, not of the first. */
function calibrated(name: string, size: number, c: ElementCalibration, unit: string): Axis {
  return fileAxis(name, size, c.delta, unit, c.offset - c.element * c.delta);
}

/** SI units throughout; the file does not say whether an image is of real space (m) or a diffraction pattern (1/m). */
function imageUnit(calibration: ElementCalibration): string {
  return Math.abs(calibration.delta) > 1 ? "1/m" : "m";
}

function arrangementOf(series: Series, { shape, calibrations }: ElementHeader): Arrangement {
  const count = series.offsets.length;
  if (series.spectra) return spectraArrangement(series, calibrated("energy", shape[0], calibrations[0], "eV"));
  const [row, column] = ["row", "column"].map((name, k) =>
    calibrated(name, shape[k], calibrations[k], imageUnit(calibrations[k])),
  );
  if (count === 1) return { kind: "image", axes: [row, column], order: [1, 2] };
  return { kind: "stack", axes: [pixelAxis("frame", count), row, column], order: [0, 1, 2] };
}

/** A whole two-dimensional scan is a spectral map; all else, broken-off scans included, is a list of spectra. */
function spectraArrangement({ dimensions, offsets }: Series, energy: Axis): Arrangement {
  const count = offsets.length;
  const scanned = dimensions.filter((dimension) => dimension.size > 1);
  const whole = scanned.reduce((total, { size }) => total * size, 1) === count;
  if (scanned.length === 2 && whole) {
    const [columns, rows] = scanned;
    const view = (array: FileArray) => splitFirstAxis(array, [rows.size, columns.size]);
    const axes = [scanAxis("row", rows), scanAxis("column", columns), energy];
    return { kind: "spectral-map", axes, view, order: [0, 1, 2] };
  }
  const sample = scanned.length === 1 && whole ? scanAxis("sample", scanned[0]) : pixelAxis("sample", count);
  return { kind: "spectra", axes: [sample, energy], order: [0, 1] };
}

function scanAxis(name: string, { size, offset, delta, element, unit }: ScanDimension): Axis {
  return calibrated(name, size, { offset, delta, element }, unit === "Number" ? "" : unit);
}
