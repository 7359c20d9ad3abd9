import { zlibSync } from "fflate";

/** The files of a folder by their path in it. */
export type Files = Record<string, Uint8Array>;

/** One array of 16-bit integers in chunks, as Zarr version 2 has it: big-endian, columns first, chunks in nested folders. */
export interface ZarrArray {
  /** Folders from the root, "" for an array at the root itself. */
  readonly path: string;
  readonly shape: readonly number[];
  readonly chunks: readonly number[];
  /** Row-major. */
  readonly values: readonly number[];
}

/** Attributes of the root as OME-Zarr 0.4 has them: axes of a stack, and what step each array has. */
export interface Multiscales {
  readonly axes: readonly { readonly name: string; readonly unit: string }[];
  readonly scales: Readonly<Record<string, readonly number[]>>;
}

const json = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));

/** A Zarr version 2 hierarchy with a document in every group (https://zarr-specs.readthedocs.io/en/latest/v2/v2.0.html). */
export function writeZarrFolder(arrays: readonly ZarrArray[], { axes, scales }: Multiscales): Files {
  const files: Files = {};
  for (const array of arrays) {
    const folders = array.path.split("/");
    for (let depth = 0; depth < folders.length; depth++) {
      files[[...folders.slice(0, depth), ".zgroup"].join("/")] = json({ zarr_format: 2 });
    }
    writeArray(files, array);
  }
  const datasets = Object.entries(scales).map(([path, scale]) => ({
    path,
    coordinateTransformations: [{ type: "scale", scale }],
  }));
  files[".zattrs"] = json({ multiscales: [{ version: "0.4", axes, datasets }] });
  return files;
}

function writeArray(files: Files, { path, shape, chunks, values }: ZarrArray): void {
  files[`${path}/.zarray`] = json({
    ...{ zarr_format: 2, shape, chunks, dtype: ">i2", order: "F", fill_value: -1, filters: null },
    ...{ compressor: { id: "zlib", level: 1 }, dimension_separator: "/" },
  });
  const counts = shape.map((size, axis) => Math.ceil(size / chunks[axis]));
  for (let c = 0; c < counts.reduce((product, count) => product * count, 1); c++) {
    const place = indexOf(c, counts);
    const length = chunks.reduce((product, size) => product * size, 1);
    const chunk = new DataView(new ArrayBuffer(2 * length));
    for (let i = 0; i < length; i++) {
      // Columns first: the first index moves fastest, over whole chunks, also where they reach beyond the array.
      const inside = indexOf(i, chunks.toReversed()).toReversed();
      const index = inside.map((k, axis) => place[axis] * chunks[axis] + k);
      const beyond = index.some((k, axis) => k >= shape[axis]);
      const flat = index.reduce((offset, k, axis) => offset * shape[axis] + k, 0);
      chunk.setInt16(2 * i, beyond ? -1 : values[flat]);
    }
    files[`${path}/${place.join("/")}`] = zlibSync(new Uint8Array(chunk.buffer));
  }
}

/** The last index moves fastest. */
function indexOf(flat: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index.unshift(flat % shape[axis]);
    flat = Math.floor(flat / shape[axis]);
  }
  return index;
}
