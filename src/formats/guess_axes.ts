import { type Axis, type DatasetKind, pixelAxis } from "../data/dataset.ts";

/** Axes of an array that says nothing of its meaning. */
export interface GuessedAxes {
  readonly kind: DatasetKind;
  readonly axes: readonly Axis[];
  /** Interleaved colour channels behind each (row, column); 1 for everything but colour images. */
  readonly channels: number;
}

const SMALLEST_IMAGE = 16;
const LARGEST_MAP = 64;
const LONGEST_IMAGE_ASPECT = 8;

/**
 * What a bare array (NPY, MAT, plain HDF5) most likely is. The memory order stays, axes are only named and merged:
 *
 * - axes of size 1 are dropped; one axis left: one spectrum;
 * - two axes: an image, unless one is more than 8 times the other: spectra (samples, energies);
 * - three, uint8, the last ≤ 4: a colour image;
 * - three, the first two ≤ 64 and the last longer than both: a spectral map (rows, columns, energies), e.g. 32×32×102;
 * - three otherwise: a stack where both of the last two are ≥ 16, else a spectral map;
 * - more: the leading axes merge into the frames of a stack where both of the last two are ≥ 16, else the trailing
 *   axes merge into the energies of a spectral map.
 */
export function guessAxes(shape: readonly number[], dtype: string): GuessedAxes {
  const last = shape.at(-1) ?? 1;
  if (shape.length === 3 && dtype === "uint8" && last <= 4 && shape[0] > 1 && shape[1] > 1) {
    return { kind: "image", axes: imageAxes(shape[0], shape[1]), channels: last };
  }
  const sizes = shape.filter((size) => size !== 1);
  if (sizes.length <= 1) return { ...spectra(1, sizes[0] ?? 1), channels: 1 };
  if (sizes.length === 2) return { ...twoAxes(sizes[0], sizes[1]), channels: 1 };
  return { ...manyAxes(sizes), channels: 1 };
}

function twoAxes(first: number, second: number): Omit<GuessedAxes, "channels"> {
  const aspect = Math.max(first, second) / Math.min(first, second);
  if (aspect > LONGEST_IMAGE_ASPECT) return spectra(first, second);
  return { kind: "image", axes: imageAxes(first, second) };
}

function manyAxes(sizes: readonly number[]): Omit<GuessedAxes, "channels"> {
  const [first, second, ...rest] = sizes;
  const [rows, columns] = sizes.slice(-2);
  const smallMap = sizes.length === 3 && Math.max(first, second) <= LARGEST_MAP && columns > Math.max(first, second);
  if (!smallMap && Math.min(rows, columns) >= SMALLEST_IMAGE) {
    const frames = product(sizes.slice(0, -2));
    return { kind: "stack", axes: [pixelAxis("frame", frames), ...imageAxes(rows, columns)] };
  }
  return { kind: "spectral-map", axes: [...imageAxes(first, second), pixelAxis("energy", product(rest))] };
}

function imageAxes(rows: number, columns: number): Axis[] {
  return [pixelAxis("row", rows), pixelAxis("column", columns)];
}

function spectra(samples: number, energies: number): Omit<GuessedAxes, "channels"> {
  return { kind: "spectra", axes: [pixelAxis("sample", samples), pixelAxis("energy", energies)] };
}

function product(sizes: readonly number[]): number {
  return sizes.reduce((total, size) => total * size, 1);
}
