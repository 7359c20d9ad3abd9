import type { File } from "h5wasm";
import { FormatError } from "../errors.ts";
import { globalHeapIsSound, globalHeapSize } from "./hdf5_heap.ts";
import { limitMemory, type MemoryLimit } from "./hdf5_memory.ts";
import type { Hdf5Module } from "./hdf5_module.ts";
import type { ByteSource } from "./source.ts";

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
