import { type FileHandle, open } from "node:fs/promises";
import { ByteWriter } from "./byte_writer.ts";
import { writeMrc } from "./mrc_writer.ts";

/** A stack whose first frame has pixels; the others are holes in the file, read as zeros, that take no room on the disk. */
export interface SparseStack {
  readonly frames: number;
  readonly rows: number;
  readonly columns: number;
  /** (rows, columns) */
  readonly first: Float32Array;
}

const SHORT = 3;
const LONG8 = 16;
const DIRECTORY_BYTES = 256;

/** A BigTIFF of float32 pages, one strip each, every directory before its page, as cameras write them. */
export function writeBigTiffStack(path: string, stack: SparseStack): Promise<void> {
  const { frames, rows, columns, first } = stack;
  const pageBytes = 4 * rows * columns;
  const at = (frame: number) => 16 + frame * (DIRECTORY_BYTES + pageBytes);
  return writeFile(path, async (file) => {
    const header = new ByteWriter().latin1("II").u16(43, true).u16(8, true).u16(0, true).u64(at(0), true);
    await file.write(header.done(), 0, 16, 0);
    for (let frame = 0; frame < frames; frame++) {
      const next = frame + 1 < frames ? at(frame + 1) : 0;
      const directory = directoryOf(rows, columns, at(frame) + DIRECTORY_BYTES, next);
      await file.write(directory, 0, directory.length, at(frame));
    }
    await file.write(bytesOf(first), 0, pageBytes, at(0) + DIRECTORY_BYTES);
    await file.truncate(at(frames));
  });
}

/** BigTIFF: count of entries, entries of 20 bytes (tag, type, count, value), offset of the next directory. */
function directoryOf(rows: number, columns: number, dataAt: number, next: number): Uint8Array {
  const entries: readonly (readonly [tag: number, type: number, value: number])[] = [
    [256, LONG8, columns],
    [257, LONG8, rows],
    [258, SHORT, 32],
    [259, SHORT, 1],
    [262, SHORT, 1],
    [273, LONG8, dataAt],
    [277, SHORT, 1],
    [278, LONG8, rows],
    [279, LONG8, 4 * rows * columns],
    [339, SHORT, 3],
  ];
  const out = new ByteWriter().u64(entries.length, true);
  for (const [tag, type, value] of entries) out.u16(tag, true).u16(type, true).u64(1, true).u64(value, true);
  return out.u64(next, true).done();
}

/** An MRC stack of float32. */
export function writeMrcStack(path: string, stack: SparseStack): Promise<void> {
  const { frames, rows, columns, first } = stack;
  const shape = [frames, rows, columns] as const;
  const header = writeMrc({ shape, values: [], kind: "float32", mode: 2, littleEndian: true, voxel: [0.2, 0.2, 1] });
  return writeFile(path, async (file) => {
    await file.write(header, 0, header.length, 0);
    await file.write(bytesOf(first), 0, 4 * first.length, header.length);
    await file.truncate(header.length + 4 * frames * rows * columns);
  });
}

/** Little endian, as every machine is that this runs on. */
function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

async function writeFile(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, "w");
  try {
    await write(file);
  } finally {
    await file.close();
  }
}
