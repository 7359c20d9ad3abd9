import { type Axis, type DatasetInfo, type DatasetKind, pixelAxis } from "../data/dataset.ts";
import { arrayHandle, type FileArray, mergeLeadingAxes } from "./file_array.ts";
import type { DatasetHandle } from "./format.ts";

/** What a file's array means as a dataset: which kind, with which axes, and how the file's axes map to them. */
export interface Arrangement {
  readonly kind: DatasetKind;
  readonly axes: readonly Axis[];
  /** How the file's array is seen before `order` applies: axes merged or split; as it is where undefined. */
  readonly view?: (array: FileArray) => FileArray;
  /** For `arrayHandle`. */
  readonly order: readonly number[];
}

export interface ArrangeOptions {
  /** Which axis, if any, runs along the spectra. */
  readonly isSpectral: (axis: Axis, index: number) => boolean;
  /** Whether an image whose axes are named x, y in this order is to be transposed: rows are y here. */
  readonly rowsAlongY?: boolean;
}

/** File axes (by index) behind rows and columns, in this order. */
function imageOrder(fileAxes: readonly Axis[], pair: readonly number[], rowsAlongY = false): readonly number[] {
  const [first, second] = pair.map((index) => fileAxes[index].name.toLowerCase());
  return rowsAlongY && first.startsWith("x") && second.startsWith("y") ? pair.toReversed() : pair;
}

/**
 * Arranges an array of any rank, given its axes in the file's order (slowest first). Axes of size 1 are dropped; what
 * is left is read as one spectrum (1), an image or spectra (2), a stack or a spectral map (3); more axes are merged
 * to frames or samples.
 */
export function arrange(fileAxes: readonly Axis[], { isSpectral, rowsAlongY }: ArrangeOptions): Arrangement {
  const kept = fileAxes.map((_, index) => index).filter((index) => fileAxes[index].size > 1);
  if (kept.length === 0) kept.push(fileAxes.length - 1);
  const pick = (order: readonly number[], names: readonly string[]) =>
    order.map((index, k) => (k < names.length ? { ...fileAxes[index], name: names[k] } : fileAxes[index]));
  if (kept.length === 1) {
    return { kind: "spectra", axes: [pixelAxis("sample", 1), fileAxes[kept[0]]], order: [-1, kept[0]] };
  }
  const spectral = kept.findLast((index) => isSpectral(fileAxes[index], index));
  if (kept.length > 3) return merge(fileAxes, kept, spectral === kept.at(-1) ? 1 : 2, rowsAlongY);
  if (spectral !== undefined) {
    const rest = kept.filter((index) => index !== spectral);
    if (rest.length === 1)
      return { kind: "spectra", axes: pick([...rest, spectral], ["sample"]), order: [...rest, spectral] };
    const order = [...imageOrder(fileAxes, rest, rowsAlongY), spectral];
    return { kind: "spectral-map", axes: pick(order, ["row", "column"]), order };
  }
  const frames = kept.slice(0, -2);
  const order = [...frames, ...imageOrder(fileAxes, kept.slice(-2), rowsAlongY)];
  const names = [...frames.map(() => "frame"), "row", "column"];
  return { kind: frames.length === 1 ? "stack" : "image", axes: pick(order, names), order };
}

/** More than three axes: all but the last `keep` become samples (keep = 1) or frames (keep = 2). */
function merge(fileAxes: readonly Axis[], kept: readonly number[], keep: 1 | 2, rowsAlongY?: boolean): Arrangement {
  const last = kept.slice(-keep);
  const merged = last[0];
  const count = fileAxes.slice(0, merged).reduce((total, axis) => total * axis.size, 1);
  const view = (array: FileArray) => mergeLeadingAxes(array, array.shape.length - merged);
  if (keep === 1) {
    return { kind: "spectra", axes: [pixelAxis("sample", count), fileAxes[last[0]]], view, order: [0, 1] };
  }
  const [row, column] = imageOrder(fileAxes, last, rowsAlongY);
  const axes = [pixelAxis("frame", count), { ...fileAxes[row], name: "row" }, { ...fileAxes[column], name: "column" }];
  return { kind: "stack", axes, view, order: [0, row - merged + 1, column - merged + 1] };
}

/** The dataset that an arrangement makes of a file's array. */
export function arrangedHandle(
  info: Omit<DatasetInfo, "kind" | "axes">,
  { kind, axes, order, view }: Arrangement,
  array: FileArray,
): DatasetHandle {
  return arrayHandle({ ...info, kind, axes }, view ? view(array) : array, order);
}
