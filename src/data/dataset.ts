/** One dimension of a dataset. `offset + scale * index` is the coordinate of a sample, in `unit`. */
export interface Axis {
  /** "frame", "row", "column", "energy", … */
  readonly name: string;
  /** Number of samples. */
  readonly size: number;
  /** Step between samples in `unit`; 1 when `unit` is "px". */
  readonly scale: number;
  /** Coordinate of the first sample, in `unit`. */
  readonly offset: number;
  /** "nm", "eV", "s", …, or "px" where the file says nothing. Lengths are given in nm whatever the file used. */
  readonly unit: string;
}

export const datasetKinds = ["image", "stack", "spectra", "spectral-map"] as const;
/** What the axes mean: an image (rows, columns), a stack (frames, rows, columns), spectra (samples, energies),
 * a spectral map (rows, columns, energies). */
export type DatasetKind = (typeof datasetKinds)[number];

/** Where the data came from and what is known of it, without the numbers. */
export interface DatasetInfo {
  /** Name of the channel, HDF5 path, or the file's own name where it holds one dataset only. */
  readonly name: string;
  /** What the axes mean. */
  readonly kind: DatasetKind;
  /** One axis a dimension, slowest first (row-major order). */
  readonly axes: readonly Axis[];
  /** Element type in the file, NumPy's words: "uint16", "float32", "uint8 RGB", … */
  readonly dtype: string;
  /** What a value means: { name: "height", unit: "nm" }; undefined where the file says nothing. */
  readonly quantity?: {
    /** "Topography", "counts". */
    readonly name: string;
    /** "" where it has none. */
    readonly unit: string;
  };
  /** The metadata worth showing: voltage, bias, date, instrument, dwell time … */
  readonly metadata: Readonly<Record<string, string | number>>;
}

/** Numbers with axes. `data` is row-major and has one value a sample (colour is reduced to luminance by the reader). */
export interface Dataset extends DatasetInfo {
  /** Row-major over `axes`, float32. */
  readonly data: Float32Array;
}

export function shapeOf(info: DatasetInfo): number[] {
  return info.axes.map((axis) => axis.size);
}

/** A spatial axis with nothing known of its scale. */
export function pixelAxis(name: string, size: number): Axis {
  return { name, size, scale: 1, offset: 0, unit: "px" };
}

/** An axis with a known step. */
export function scaledAxis(name: string, size: number, scale: number, unit: string, offset = 0): Axis {
  return { name, size, scale, offset, unit };
}

/** The first and the last spatial axis of each kind. */
const SPATIAL: Readonly<Record<DatasetKind, readonly [from: number, to: number]>> = {
  image: [0, 1],
  stack: [1, 2],
  spectra: [0, -1],
  "spectral-map": [0, 1],
};

/** The same dataset with pixels of the given side in nm along rows and columns, whatever its file says. */
export function withPixelSize<T extends DatasetInfo>(dataset: T, side: number): T {
  const [from, to] = SPATIAL[dataset.kind];
  const axes = dataset.axes.map((axis, k) => {
    if (k < from || k > to) return axis;
    return { ...axis, scale: side, offset: (axis.offset / (axis.scale || 1)) * side, unit: "nm" };
  });
  return { ...dataset, axes };
}
