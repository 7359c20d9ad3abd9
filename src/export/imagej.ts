import { pixelSides } from "../results/lattice_errors.ts";
import type { FitReport } from "../results/types.ts";
import { hasSites, lengthUnit, quantityMaps } from "./quantities.ts";

/** Field types of TIFF 6.0, section 2. */
const Type = { byte: 1, ascii: 2, short: 3, long: 4, rational: 5 } as const;
const TYPE_BYTES = { 1: 1, 2: 1, 3: 2, 4: 4, 5: 8 } as const;

interface Field {
  readonly tag: number;
  readonly type: (typeof Type)[keyof typeof Type];
  readonly count: number;
  /** Big-endian. */
  readonly bytes: Uint8Array;
}

function numbersField(tag: number, type: 3 | 4, values: readonly number[]): Field {
  const size = TYPE_BYTES[type];
  const view = new DataView(new ArrayBuffer(values.length * size));
  values.forEach((value, i) => {
    if (type === Type.short) view.setUint16(2 * i, value);
    else view.setUint32(4 * i, value);
  });
  return { tag, type, count: values.length, bytes: new Uint8Array(view.buffer) };
}

function textField(tag: number, text: string): Field {
  const bytes = new TextEncoder().encode(`${text}\0`);
  return { tag, type: Type.ascii, count: bytes.length, bytes };
}

/** Pixels a unit, as a ratio whose larger part is near 4·10⁹, so that nothing is lost. */
function resolutionField(tag: number, side: number): Field {
  const most = 4e9;
  const smaller = Math.max(1, Math.floor(most * Math.min(side, 1 / side)));
  const larger = Math.round(smaller * Math.max(side, 1 / side));
  const view = new DataView(new ArrayBuffer(8));
  view.setUint32(0, side < 1 ? larger : smaller);
  view.setUint32(4, side < 1 ? smaller : larger);
  return { tag, type: Type.rational, count: 1, bytes: new Uint8Array(view.buffer) };
}

/** Labels of the slices as ImageJ keeps them in its own tags: "IJIJ", one entry of kind "labl", then UTF-16 texts. */
function labelFields(labels: readonly string[]): Field[] {
  const header = 12;
  const sizes = labels.map((label) => 2 * label.length);
  const view = new DataView(new ArrayBuffer(header + sizes.reduce((a, b) => a + b, 0)));
  view.setUint32(0, 0x494a494a);
  view.setUint32(4, 0x6c61626c);
  view.setUint32(8, labels.length);
  let at = header;
  for (const label of labels) {
    for (let i = 0; i < label.length; i++, at += 2) view.setUint16(at, label.charCodeAt(i));
  }
  const bytes = new Uint8Array(view.buffer);
  return [
    numbersField(50838, Type.long, [header, ...sizes]),
    { tag: 50839, type: Type.byte, count: bytes.length, bytes },
  ];
}

/** Directory of one slice; what does not fit into its entries follows it. `at` is where it begins in the file. */
function directory(fields: readonly Field[], at: number, last: boolean): Uint8Array {
  const table = 2 + 12 * fields.length + 4;
  const outside = fields.reduce(
    (sum, { bytes }) => sum + (bytes.length > 4 ? bytes.length + (bytes.length % 2) : 0),
    0,
  );
  const out = new Uint8Array(table + outside);
  const view = new DataView(out.buffer);
  view.setUint16(0, fields.length);
  let next = table;
  fields.forEach(({ tag, type, count, bytes }, i) => {
    const entry = 2 + 12 * i;
    view.setUint16(entry, tag);
    view.setUint16(entry + 2, type);
    view.setUint32(entry + 4, count);
    const inside = bytes.length <= 4;
    out.set(bytes, inside ? entry + 8 : next);
    if (inside) return;
    view.setUint32(entry + 8, at + next);
    next += bytes.length + (bytes.length % 2);
  });
  view.setUint32(table - 4, last ? 0 : at + out.length);
  return out;
}

/** A stack of 32-bit slices with the same size. */
export interface Stack {
  readonly rows: number;
  readonly cols: number;
  readonly slices: readonly { readonly label: string; readonly values: Float32Array }[];
  /** Of a movie: how many frames the slices are, one frame's after the other's. */
  readonly frames?: number;
  /** Sides of a pixel (row, column), and their unit. */
  readonly sides: readonly [number, number];
  readonly unit: string;
  /** Coordinates of the first pixel, in pixels of the stack (row, column). */
  readonly origin: readonly [number, number];
}

function finiteRange(values: Float32Array): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low <= high ? [low, high] : [0, 1];
}

/** What ImageJ reads from a file's description: number of slices, unit, range shown. */
function description({ slices, frames = 1, unit, origin }: Stack): string {
  const [low, high] = finiteRange(slices[0].values);
  const lines = [
    "ImageJ=1.53t",
    `images=${slices.length}`,
    ...(frames > 1
      ? [`channels=${slices.length / frames}`, `frames=${frames}`, "hyperstack=true", "mode=grayscale"]
      : [`slices=${slices.length}`]),
    `unit=${unit === "px" ? "pixel" : unit}`,
  ];
  const place = [`xorigin=${origin[1]}`, `yorigin=${origin[0]}`];
  return `${[...lines, "loop=false", ...place, `min=${low}`, `max=${high}`].join("\n")}\n`;
}

/**
 * A TIFF file as ImageJ saves stacks: big-endian, 32-bit float, labelled slices, pixels a unit as resolution
 * (TIFF revision 6.0, Aldus 1992; ImageJ's tags: ij.io.TiffEncoder).
 */
export function imagejTiff(stack: Stack): Uint8Array {
  const { rows, cols, slices, sides } = stack;
  const bytes = 4 * rows * cols;
  const first = 8 + slices.length * bytes;
  const directories: Uint8Array[] = [];
  let at = first;
  slices.forEach((_, k) => {
    const fields = [
      numbersField(256, Type.long, [cols]),
      numbersField(257, Type.long, [rows]),
      numbersField(258, Type.short, [32]),
      numbersField(259, Type.short, [1]),
      numbersField(262, Type.short, [1]),
      ...(k === 0 ? [textField(270, description(stack))] : []),
      numbersField(273, Type.long, [8 + k * bytes]),
      numbersField(277, Type.short, [1]),
      numbersField(278, Type.long, [rows]),
      numbersField(279, Type.long, [bytes]),
      resolutionField(282, sides[1]),
      resolutionField(283, sides[0]),
      numbersField(296, Type.short, [1]),
      numbersField(339, Type.short, [3]),
      ...(k === 0 ? labelFields(slices.map(({ label }) => label)) : []),
    ];
    const made = directory(fields, at, k === slices.length - 1);
    directories.push(made);
    at += made.length;
  });
  const out = new Uint8Array(at);
  const view = new DataView(out.buffer);
  out.set([0x4d, 0x4d, 0, 42]);
  view.setUint32(4, first);
  slices.forEach(({ values }, k) => {
    values.forEach((value, i) => {
      view.setFloat32(8 + k * bytes + 4 * i, value);
    });
  });
  let end = first;
  for (const part of directories) {
    out.set(part, end);
    end += part.length;
  }
  return out;
}

function stepOf(axis: Float64Array): number {
  return axis.length > 1 ? axis[1] - axis[0] : 1;
}

/** All maps of a fit as a stack: labels with their units, the scale in nm where it is known; of a movie those of every frame. */
export function mapsTiff(reports: readonly FitReport[]): Uint8Array {
  const [report] = reports;
  const sites = reports.some(hasSites);
  const { rowAxis, colAxis } = report.maps;
  const sides = pixelSides(report.pixelSize);
  const steps = [stepOf(rowAxis), stepOf(colAxis)];
  return imagejTiff({
    rows: rowAxis.length,
    cols: colAxis.length,
    slices: reports.flatMap((one) =>
      quantityMaps(one, sites).map(({ title, unit, values }) => ({
        label: unit ? `${title} (${unit})` : title,
        values,
      })),
    ),
    frames: reports.length,
    sides: [steps[0] * sides[0], steps[1] * sides[1]],
    unit: lengthUnit(report),
    // ImageJ's origin is where the coordinate 0 is, in pixels; the coordinate of the first sample is 0 or more.
    origin: [-rowAxis[0] / steps[0] || 0, -colAxis[0] / steps[1] || 0],
  });
}
