import type { File } from "h5wasm";
import { FormatError } from "../errors.ts";
import { globalHeapIsSound, globalHeapSize } from "./hdf5_heap.ts";
import { limitMemory, type MemoryLimit } from "./hdf5_memory.ts";
import type { ByteSource } from "./source.ts";

/** The parts of the compiled HDF5 library (h5wasm) that reading needs. */
export interface Hdf5Module {
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
  UTF8ToString(address: number): string;
  open(path: string, mode: number, trackOrder: boolean, libverLow: number, libverHigh: number): bigint;
  close_file(file: bigint): number;
  get_type(file: bigint, path: string): number;
  get_names(file: bigint, path: string, recursive: boolean): string[];
  get_attribute_names(file: bigint, path: string): string[];
  get_attribute_metadata(file: bigint, path: string, name: string): Hdf5Type;
  get_attribute_data(file: bigint, path: string, name: string, address: bigint): number;
  get_dataset_metadata(file: bigint, path: string): Hdf5Type;
  get_dataset_filters(file: bigint, path: string): { readonly id: number; readonly name: string }[];
  get_dataset_data(
    file: bigint,
    path: string,
    count: bigint[] | null,
    offset: bigint[] | null,
    strides: bigint[] | null,
    address: bigint,
  ): number;
  reclaim_vlen_memory(file: bigint, path: string, attribute: string, address: bigint): number;
  get_referenced_name(file: bigint, reference: Uint8Array, isObject: boolean): string | null;
}

/** Element type and extent of a dataset or attribute. */
export interface Hdf5Type {
  /** Class of the type: a value of `Hdf5Class`. */
  readonly type: number;
  readonly size: number;
  readonly signed: boolean;
  readonly littleEndian: boolean;
  readonly vlen: boolean;
  /** null for an object without data. */
  readonly shape: number[] | null;
  readonly total_size: number;
  readonly cset?: number;
  readonly chunks: number[] | null;
  readonly compound_type?: { readonly members: readonly (Hdf5Type & { readonly name: string; offset: number })[] };
  readonly vlen_type?: Hdf5Type;
  readonly virtual_sources?: readonly unknown[];
}

/** H5T_class_t of the HDF5 library. */
export const Hdf5Class = {
  integer: 0,
  float: 1,
  string: 3,
  compound: 6,
  reference: 7,
  enumeration: 8,
  vlen: 9,
} as const;

/** What the library's virtual file system needs of a file. */
interface VirtualNode {
  usedBytes: number;
  stream_ops: object;
}

interface VirtualFileSystem {
  streams: { stream_ops: object }[];
  create(path: string, mode?: number): VirtualNode;
  unlink(path: string): void;
  readFile(path: string): Uint8Array;
}

const READ_ONLY = 0;

interface Library {
  /** The library's own interface, for writing. */
  readonly File: typeof File;
  readonly module: Hdf5Module;
  readonly files: VirtualFileSystem;
  readonly memory: MemoryLimit;
}

let library: Promise<Library> | undefined;
let opened = 0;

/** Loads the library on first use. Its diagnostics, pages of text on every failure, are dropped: callers throw `FormatError`. */
export function openLibrary(): Promise<Library> {
  library ??= import("h5wasm").then(async ({ File, ready }) => {
    const module = await ready;
    // The library's type declarations leave out these parts of Emscripten's file system.
    const files = module.FS as typeof module.FS & VirtualFileSystem;
    const discard = { write: (_stream: object, _buffer: object, _offset: number, length: number) => length };
    for (const stream of files.streams.slice(1, 3)) stream.stream_ops = { ...stream.stream_ops, ...discard };
    return { File, module, files, memory: limitMemory(module) };
  });
  return library;
}

/** Of this name and number (EIO), the library takes an exception for a failed read, which it handles. */
class VirtualReadError extends Error {
  override readonly name = "ErrnoError";
  readonly errno = 29;
}

/** A read that the library asks for, from `position` of the file into `buffer[offset … offset + length)`. */
type VirtualRead = (stream: object, buffer: Int8Array, offset: number, length: number, position: number) => number;

/** Reads may look a little past the end; one that wants far more comes from a size that lies, and would be filled with zeros. */
const MAX_BYTES_PAST_END = 1 << 16;

function readerOf(source: ByteSource, whole: Uint8Array | undefined): VirtualRead {
  const fill = (target: Uint8Array, position: number) => {
    if (whole) target.set(whole.subarray(position, position + target.length));
    else source.readSync?.(target, position);
  };
  return (_stream, buffer, offset, length, position) => {
    if (length > source.size - position + MAX_BYTES_PAST_END) throw new VirtualReadError();
    const size = Math.min(length, source.size - position);
    if (size <= 0) return 0;
    const target = new Uint8Array(buffer.buffer, buffer.byteOffset + offset, size);
    fill(target, position);
    let heap = target;
    const heapSize = globalHeapSize(target) ?? 0;
    if (heapSize > target.length) {
      // The library reads a large collection in two pieces, and walks over both.
      if (heapSize > source.size - position) throw new VirtualReadError();
      heap = new Uint8Array(heapSize);
      fill(heap, position);
    }
    if (!globalHeapIsSound(heap)) throw new VirtualReadError();
    return size;
  };
}

/** Memory that the library may take for a file, by the file's size. */
const MEMORY_FACTOR = 3;

/**
 * Opens the HDF5 file behind a source, hands it to `use`, and closes it. The library sees a virtual file whose reads go to
 * the source, so nothing is loaded that is not needed (a source without `readSync` is read whole), and links to
 * other files lead nowhere. The library may take three times the file's size, and `need` bytes where data is read.
 * @throws FormatError for whatever goes wrong in the library.
 */
export async function withHdf5<T>(
  source: ByteSource,
  use: (module: Hdf5Module, file: bigint) => T,
  need = 0,
): Promise<T> {
  const { module, files, memory } = await openLibrary();
  const whole = source.readSync ? undefined : await source.read(0, source.size);
  const path = `/source-${opened++}`;
  const node = files.create(path);
  node.usedBytes = source.size;
  node.stream_ops = { ...node.stream_ops, read: readerOf(source, whole) };
  let file = -1n;
  memory.set(MEMORY_FACTOR * source.size + need);
  try {
    file = module.open(path, READ_ONLY, false, -1, -1);
    if (file < 0n) throw new FormatError(`${source.name}: damaged HDF5 file: it cannot be opened`);
    return use(module, file);
  } catch (error) {
    if (error instanceof FormatError) throw error;
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw new FormatError(`${source.name}: damaged HDF5 file: ${reason}`);
  } finally {
    if (file >= 0n) module.close_file(file);
    files.unlink(path);
  }
}
