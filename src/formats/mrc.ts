import { type Axis, pixelAxis } from "../data/dataset.ts";
import { arrange, arrangedHandle } from "./arrange.ts";
import { ByteReader, startsWith } from "./bytes.ts";
import { ELEMENTS, type Element, rawArray } from "./elements.ts";
import type { Format } from "./format.ts";
import { fileAxis } from "./units.ts";

const HEADER_BYTES = 1024;

const MODES: Readonly<Record<number, Element>> = {
  0: ELEMENTS.int8,
  1: ELEMENTS.int16,
  2: ELEMENTS.float32,
  3: ELEMENTS.complexInt16,
  4: ELEMENTS.complex64,
  6: ELEMENTS.uint16,
  12: ELEMENTS.float16,
};

/** IMOD writes unsigned bytes in mode 0 unless it says otherwise: a stamp, and bit 0 of its flags for signed. */
const IMOD_STAMP = 1146047817;

interface MrcHeader {
  readonly littleEndian: boolean;
  /** Sections, rows, columns. */
  readonly shape: readonly [number, number, number];
  readonly mode: number;
  readonly element: Element | undefined;
  readonly extendedBytes: number;
  /** Whether the sections are slices of a volume, not a stack of images. */
  readonly volume: boolean;
  /** Spacing of sections, rows and columns in Å; 0 where unknown. */
  readonly spacing: readonly [number, number, number];
  readonly label: string;
}

/**
 * MRC2014, also .map and .ccp4 (A. Cheng et al., J. Struct. Biol. 192, 146 (2015), and
 * https://www.ccpem.ac.uk/mrc-format/mrc2014/). Rows come as they lie in the file.
 */
export const mrc: Format = {
  name: "MRC",
  extensions: ["mrc", "mrcs", "map", "ccp4", "st", "rec"],
  detect(head, source) {
    if (head.length < HEADER_BYTES) return false;
    if (startsWith(head, "MAP", 208)) return true;
    // Files before 2000 have no signature: their size must agree with the header to the byte.
    const header = readHeader(head, source.name);
    const samples = header.shape.reduce((total, size) => total * size, header.element?.bytes ?? 0);
    const plausible = header.shape.every((size) => size > 0) && header.extendedBytes >= 0;
    return plausible && samples > 0 && HEADER_BYTES + header.extendedBytes + samples === source.size;
  },
  async open(source) {
    const header = readHeader(await source.read(0, HEADER_BYTES), source.name);
    const { shape, mode, element, extendedBytes, littleEndian } = header;
    const reader = new ByteReader(new Uint8Array(0), source.name);
    if (!element) return reader.fail(`unsupported MRC mode ${mode}; supported are ${Object.keys(MODES).join(", ")}`);
    if (extendedBytes < 0) reader.fail(`an extended header of ${extendedBytes} bytes`);
    const name = source.name.split(/[\\/]/).at(-1) ?? source.name;
    const array = rawArray(source, name, { offset: HEADER_BYTES + extendedBytes, shape, element, littleEndian });
    const info = { name, dtype: element.dtype, metadata: metadataOf(header) };
    const arrangement = arrange(axesOf(header), { isSpectral: () => false });
    return { format: "MRC", datasets: [arrangedHandle(info, arrangement, array)], metadata: {} };
  },
};

/** The machine stamp at byte 212 tells the byte order; where it is missing, the order in which the mode makes sense. */
function isLittleEndian(bytes: Uint8Array, name: string): boolean {
  if (bytes[212] === 0x44) return true;
  if (bytes[212] === 0x11) return false;
  const reader = new ByteReader(bytes, name, true);
  reader.seek(12);
  return Object.hasOwn(MODES, reader.i32());
}

function readHeader(bytes: Uint8Array, name: string): MrcHeader {
  const littleEndian = isLittleEndian(bytes, name);
  const reader = new ByteReader(bytes, name, littleEndian);
  const [columns, rows, sections, mode] = [reader.i32(), reader.i32(), reader.i32(), reader.i32()];
  reader.skip(12);
  const intervals = [reader.i32(), reader.i32(), reader.i32()];
  const cell = [reader.f32(), reader.f32(), reader.f32()];
  reader.skip(12);
  // Which of the axes x, y, z (1, 2, 3) run along columns, rows, sections.
  const written = [reader.i32(), reader.i32(), reader.i32()];
  const along = written.toSorted().join("") === "123" ? written : [1, 2, 3];
  reader.skip(12);
  const [spaceGroup, extendedBytes] = [reader.i32(), reader.i32()];
  reader.seek(152);
  const unsigned = mode === 0 && reader.i32() === IMOD_STAMP && (reader.i32() & 1) === 0;
  reader.seek(220);
  const labels = reader.i32();
  const spacing = (k: number) => {
    const axis = along[k] - 1;
    const step = cell[axis] / intervals[axis];
    return Number.isFinite(step) && step > 0 ? step : 0;
  };
  return {
    littleEndian,
    shape: [sections, rows, columns],
    mode,
    element: unsigned ? ELEMENTS.uint8 : Object.hasOwn(MODES, mode) ? MODES[mode] : undefined,
    extendedBytes,
    volume: spaceGroup !== 0,
    spacing: [spacing(2), spacing(1), spacing(0)],
    label: labels > 0 ? reader.latin1(80).replaceAll("\0", "").trim() : "",
  };
}

function axesOf({ shape, spacing, volume }: MrcHeader): Axis[] {
  const axis = (name: string, k: number) => fileAxis(name, shape[k], spacing[k], "Å");
  const frame = volume ? axis("frame", 0) : pixelAxis("frame", shape[0]);
  return [frame, axis("row", 1), axis("column", 2)];
}

function metadataOf({ mode, label }: MrcHeader): Record<string, string | number> {
  return label === "" ? { mode } : { mode, label };
}
