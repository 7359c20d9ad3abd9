import { deflate } from "../formats/deflate.ts";
import type { FitReport } from "../results/types.ts";
import type { Dimension, LabelledArray } from "./arrays.ts";

/** Longest side of a picture's chunk; and values of an array up to which it is one chunk, of a list at most. */
const CHUNK = 512;
const ONE_CHUNK = 1 << 20;

function dtypeOf(data: LabelledArray["data"]): string {
  if (data instanceof Int32Array) return "<i4";
  return data instanceof Float32Array ? "<f4" : "<f8";
}

/** Little-endian bytes of the part of an array from `start` of `size`, filled up with zeros beyond its end. */
function chunkBytes(
  { data }: LabelledArray,
  shape: readonly number[],
  start: readonly number[],
  size: readonly number[],
) {
  const width = data.BYTES_PER_ELEMENT;
  const total = size.reduce((product, n) => product * n, 1);
  const view = new DataView(new ArrayBuffer(total * width));
  for (let i = 0; i < total; i++) {
    let [rest, at, step, inside] = [i, 0, 1, true];
    for (let d = shape.length - 1; d >= 0; d--) {
      const index = start[d] + (rest % size[d]);
      rest = Math.floor(rest / size[d]);
      inside &&= index < shape[d];
      at += index * step;
      step *= shape[d];
    }
    if (!inside) continue;
    if (data instanceof Int32Array) view.setInt32(i * width, data[at], true);
    else if (width === 4) view.setFloat32(i * width, data[at], true);
    else view.setFloat64(i * width, data[at], true);
  }
  return new Uint8Array(view.buffer);
}

/** Starts of all chunks, by their number along each dimension. */
function chunkNumbers(shape: readonly number[], chunks: readonly number[]): number[][] {
  return shape.reduce<number[][]>(
    (all, size, d) => all.flatMap((one) => Array.from({ length: Math.ceil(size / chunks[d]) }, (_, k) => [...one, k])),
    [[]],
  );
}

interface Store {
  readonly files: Map<string, Uint8Array>;
  readonly metadata: Record<string, object>;
}

function putJson({ files, metadata }: Store, path: string, value: object): void {
  metadata[path] = value;
  files.set(path, new TextEncoder().encode(`${JSON.stringify(value, null, 1)}\n`));
}

function putArray(store: Store, array: LabelledArray): void {
  const shape = array.dimensions.map(({ size }) => size);
  const large = array.data.length > ONE_CHUNK;
  const apart = array.shown === 0 ? 0 : shape.length - array.shown;
  const most = array.shown === 2 ? CHUNK : ONE_CHUNK;
  const chunks = shape.map((size, d) => Math.max(1, large ? (d < apart ? 1 : Math.min(size, most)) : size));
  const dtype = dtypeOf(array.data);
  putJson(store, `${array.name}/.zarray`, {
    zarr_format: 2,
    shape,
    chunks,
    dtype,
    compressor: { id: "zlib", level: 6 },
    // Whole numbers have none: a reader would take it for "missing".
    fill_value: dtype.startsWith("<f") ? "NaN" : null,
    order: "C",
    filters: null,
  });
  putJson(store, `${array.name}/.zattrs`, {
    _ARRAY_DIMENSIONS: array.dimensions.map(({ name }) => name),
    long_name: array.title,
    ...(array.unit ? { units: array.unit } : {}),
  });
  for (const number of chunkNumbers(shape, chunks)) {
    const start = number.map((k, d) => k * chunks[d]);
    store.files.set(`${array.name}/${number.join(".")}`, deflate(chunkBytes(array, shape, start, chunks), 6));
  }
}

/** The coordinates of a dimension as an array of its name, as xarray takes them. */
function coordinate({ name, size, scale = 1, offset = 0, unit = "" }: Dimension): LabelledArray {
  const data = Float64Array.from({ length: size }, (_, i) => offset + scale * i);
  return { name, title: name, unit, dimensions: [{ name, size }], data, shown: 0 };
}

/**
 * A result as a Zarr folder, by path: one array a quantity, dimensions named and with coordinates, so that xarray opens it as a
 * dataset (Zarr storage specification version 2, which all versions of zarr read, with consolidated metadata; xarray's
 * `_ARRAY_DIMENSIONS`).
 */
export function zarrFolder(
  arrays: readonly LabelledArray[],
  { title, versions }: Pick<FitReport, "title" | "versions">,
): Map<string, Uint8Array> {
  const store: Store = { files: new Map(), metadata: {} };
  putJson(store, ".zgroup", { zarr_format: 2 });
  putJson(store, ".zattrs", {
    title,
    software: `shift-vae ${versions["shift-vae"] ?? ""}`.trim(),
  });
  const dimensions = new Map(arrays.flatMap((array) => array.dimensions.map((one) => [one.name, one] as const)));
  for (const dimension of dimensions.values()) {
    if (dimension.scale !== undefined) putArray(store, coordinate(dimension));
  }
  for (const array of arrays) putArray(store, array);
  const consolidated = { zarr_consolidated_format: 1, metadata: { ...store.metadata } };
  putJson(store, ".zmetadata", consolidated);
  return store.files;
}
