import type { DataType, Array as ZarrArray } from "zarrita";
import type { Dataset, DatasetInfo } from "../data/dataset.ts";
import { FormatError } from "../errors.ts";
import { startsWith } from "./bytes.ts";
import { luminance } from "./colour.ts";
import type { DatasetHandle, Format, OpenedFile, Selection } from "./format.ts";
import { guessAxes } from "./guess_axes.ts";
import { type Region, resolveSelection, sampleCount, selectFrom } from "./select.ts";
import { guardCodecs } from "./zarr_codecs.ts";
import { imageAxes, multiscaleAxes, type ZarrAxis } from "./zarr_multiscales.ts";
import { isZarrKey, type ZarrStore, zipStore } from "./zarr_store.ts";
import { listZip } from "./zip.ts";

/** Best ratio of deflate; a larger promise is an array of little but fill values, or a lie. */
const MAX_RATIO = 1032;
/** A chunk takes at least its entry in the index of a shard, or more in a ZIP directory; small arrays may have holes. */
const BYTES_PER_CHUNK = 16;
const FEW_CHUNKS = 1024;
const MAX_CHUNK_SAMPLES = 2 ** 27;
const MAX_CHUNKS = 2 ** 20;
const MAX_ARRAYS = 1000;

/**
 * Zarr v2 and v3 in a ZIP archive (a folder goes through `openZarr`): every array of numbers is a dataset, OME-Zarr multiscales
 * give the axes. zarrita decodes the chunks: gzip, zlib, Blosc, LZ4, Zstandard, sharding. Where there are no axes, these are
 * guessed from the shape.
 */
export const zarr: Format = {
  name: "Zarr",
  extensions: [".zarr", ".zarr.zip"],
  async detect(head, source) {
    if (!startsWith(head, "PK\x03\x04")) return false;
    return (await listZip(source)).some((member) => isZarrKey(member.name));
  },
  open: async (source) => openZarr(await zipStore(source)),
};

let library: Promise<typeof import("zarrita")> | undefined;

function loadLibrary(): Promise<typeof import("zarrita")> {
  library ??= import("zarrita").then((module) => {
    guardCodecs(module.registry);
    return module;
  });
  return library;
}

export async function openZarr(store: ZarrStore): Promise<OpenedFile> {
  const { open, root: rootOf } = await loadLibrary();
  const root = rootOf(store);
  const datasets: DatasetHandle[] = [];
  for (const path of await arrayPaths(store)) {
    const array = await open(path === "" ? root : root.resolve(path), { kind: "array" });
    const described = multiscaleAxes(await attributesOf(store, parentOf(path)), path.split("/").at(-1) ?? "");
    const handle = arrayHandle(store, path, array, described);
    if (handle) datasets.push(handle);
  }
  if (datasets.length === 0) throw new FormatError(`${store.name}: the Zarr hierarchy holds no array of numbers`);
  return { format: "Zarr", datasets, metadata: {} };
}

/** Paths of the arrays below the root, without slashes at either end, in order ("0" before "1" before "10"). */
async function arrayPaths(store: ZarrStore): Promise<string[]> {
  const paths: string[] = [];
  for (const key of store.documents) {
    const array = key.endsWith("/.zarray") || (key.endsWith("/zarr.json") && (await isArray(store, key)));
    if (array) paths.push(key.replace(/\/[^/]*$/, "").slice(1));
  }
  if (paths.length > MAX_ARRAYS) throw new FormatError(`${store.name}: more than ${MAX_ARRAYS} arrays`);
  return paths.sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

async function isArray(store: ZarrStore, key: string): Promise<boolean> {
  const document = await readJson(store, key);
  return typeof document === "object" && document !== null && "node_type" in document && document.node_type === "array";
}

async function readJson(store: ZarrStore, key: string): Promise<unknown> {
  const bytes = await store.get(key);
  if (!bytes) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    throw new FormatError(`${store.name}: ${key} is no JSON document`);
  }
}

/** The attributes of a group: beside it in v2, inside of its document in v3. */
async function attributesOf(store: ZarrStore, group: string): Promise<unknown> {
  const document = await readJson(store, `${group}/zarr.json`);
  if (typeof document === "object" && document !== null && "attributes" in document) return document.attributes;
  return readJson(store, `${group}/.zattrs`);
}

function parentOf(path: string): string {
  return path.includes("/") ? `/${path.replace(/\/[^/]*$/, "")}` : "";
}

function arrayHandle(
  store: ZarrStore,
  path: string,
  array: ZarrArray<DataType>,
  described: readonly ZarrAxis[] | undefined,
): DatasetHandle | undefined {
  const { shape, dtype } = array;
  if (!/^(u?int|float)\d+$/.test(dtype) || shape.length === 0) return undefined;
  const name = path || "array";
  checkSizes(`${store.name}: ${name}`, store, array);
  const guessed = guessAxes(shape, dtype);
  const planar = described !== undefined && shape.length >= 2;
  const axes = planar ? imageAxes(shape, described) : guessed.axes;
  const kind = planar ? (axes.length > 2 ? "stack" : "image") : guessed.kind;
  const channels = planar ? 1 : guessed.channels;
  const word = channels === 1 ? dtype : `${dtype} × ${channels} channels`;
  const info: DatasetInfo = { name, kind, axes, dtype: word, metadata: { shape: shape.join("×") } };
  return { info, read: (selection) => readArray(array, info, channels, selection) };
}

function checkSizes(name: string, store: ZarrStore, { shape, chunks }: ZarrArray<DataType>): void {
  const count = sampleCount(name, shape, Number.MAX_SAFE_INTEGER);
  sampleCount(name, chunks, MAX_CHUNK_SAMPLES);
  if (shape.length !== chunks.length)
    throw new FormatError(`${name}: ${shape.length} axes in chunks of ${chunks.length}`);
  if (store.size !== undefined && Math.max(count, sampleCount(name, chunks)) > store.size * MAX_RATIO) {
    throw new FormatError(`${name}: ${store.size} bytes cannot hold an array ${shape.join("×")}`);
  }
  const pieces = shape.reduce((product, size, axis) => product * Math.ceil(size / chunks[axis]), 1);
  const limit = store.size === undefined ? MAX_CHUNKS : Math.max(FEW_CHUNKS, store.size / BYTES_PER_CHUNK);
  if (pieces > limit) throw new FormatError(`${name}: an array of ${pieces} chunks is absurd`);
}

/** Images and stacks are read frame by frame and only where the region is; all else is read whole and cut. */
async function readArray(
  array: ZarrArray<DataType>,
  info: DatasetInfo,
  channels: number,
  selection?: Selection,
): Promise<Dataset> {
  const region = resolveSelection(info, selection);
  sampleCount(info.name, [region.frames, region.rows, region.columns, region.depth]);
  const [rows, columns] = info.axes.slice(-2).map((axis) => axis.size);
  const planar = info.kind === "image" || info.kind === "stack";
  if (planar && channels === 1 && array.shape.at(-2) === rows && array.shape.at(-1) === columns) {
    return { ...region.info, data: await readFrames(array, region) };
  }
  const whole = await readBlock(
    array,
    array.shape.map(() => 0),
    array.shape,
  );
  return selectFrom(info, channels === 1 ? whole : luminance(whole, channels), selection);
}

async function readFrames(array: ZarrArray<DataType>, region: Region): Promise<Float32Array> {
  const { firstFrame, frames, row, column, rows, columns } = region;
  const leading = array.shape.slice(0, -2);
  const data = new Float32Array(frames * rows * columns);
  for (let frame = 0; frame < frames; frame++) {
    const index = unravel(firstFrame + frame, leading);
    const block = await readBlock(array, [...index, row, column], [...leading.map(() => 1), rows, columns]);
    data.set(block, frame * rows * columns);
  }
  return data;
}

function unravel(flat: number, shape: readonly number[]): number[] {
  const index = shape.map(() => 0);
  let rest = flat;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = rest % shape[axis];
    rest = Math.floor(rest / shape[axis]);
  }
  return index;
}

/** A block as row-major Float32, whatever the order of the array. */
async function readBlock(
  array: ZarrArray<DataType>,
  start: readonly number[],
  count: readonly number[],
): Promise<Float32Array> {
  const { get, slice } = await import("zarrita");
  const { data, stride } = await get(
    array,
    start.map((from, axis) => slice(from, from + count[axis])),
  );
  const values = data as ArrayLike<number | bigint>;
  const out = new Float32Array(count.reduce((product, size) => product * size, 1));
  const index = count.map(() => 0);
  let at = 0;
  for (let to = 0; to < out.length; to++) {
    out[to] = Number(values[at]);
    for (let axis = count.length - 1; axis >= 0; axis--) {
      index[axis]++;
      at += stride[axis];
      if (index[axis] < count[axis]) break;
      at -= stride[axis] * count[axis];
      index[axis] = 0;
    }
  }
  return out;
}
