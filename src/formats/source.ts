import { readSync } from "node:fs";
import { access, type FileHandle, open } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { FormatError } from "../errors.ts";
import { systemReason } from "../system_error.ts";

/** Random access to the bytes of a file, on disk or in memory, so that readers take only what they need. */
export interface ByteSource {
  /** For messages: the path or the file's name. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Exactly `length` bytes from `offset`; a `FormatError` where the file ends before that. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Fills `target` from `offset` at once, where the source can: for libraries that read through a callback. */
  readSync?(target: Uint8Array, offset: number): void;
  /** Another file beside this one, by its name; undefined where there is none. The caller closes it. */
  sibling?(name: string): Promise<ByteSource | undefined>;
  /** Nothing is read after this. */
  close(): Promise<void>;
}

function checkRange(source: { name: string; size: number }, offset: number, length: number): void {
  const ok = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (!ok || offset + length > source.size) {
    throw new FormatError(
      `${source.name}: truncated: ${length} bytes wanted at ${offset}, the file has ${source.size}`,
    );
  }
}

export function sourceFromBytes(name: string, bytes: Uint8Array): ByteSource {
  return {
    name,
    size: bytes.length,
    async read(offset, length) {
      checkRange({ name, size: bytes.length }, offset, length);
      return bytes.subarray(offset, offset + length);
    },
    readSync(target, offset) {
      checkRange({ name, size: bytes.length }, offset, target.length);
      target.set(bytes.subarray(offset, offset + target.length));
    },
    async close() {},
  };
}

export async function sourceFromFile(path: string): Promise<ByteSource> {
  let handle: FileHandle;
  try {
    handle = await open(path, "r");
  } catch (error) {
    throw new FormatError(`${path}: cannot be opened: ${systemReason(error)}`);
  }
  const info = await handle.stat();
  if (!info.isFile()) {
    await handle.close();
    throw new FormatError(`${path}: expected a file, found a ${info.isDirectory() ? "folder" : "special file"}`);
  }
  const size = info.size;
  return {
    name: path,
    size,
    async read(offset, length) {
      checkRange({ name: path, size }, offset, length);
      const out = new Uint8Array(length);
      let done = 0;
      while (done < length) {
        const { bytesRead } = await handle.read(out, done, length - done, offset + done);
        if (bytesRead === 0) throw new FormatError(`${path}: truncated while reading`);
        done += bytesRead;
      }
      return out;
    },
    readSync(target, offset) {
      checkRange({ name: path, size }, offset, target.length);
      let done = 0;
      while (done < target.length) {
        const bytesRead = readSync(handle.fd, target, done, target.length - done, offset + done);
        if (bytesRead === 0) throw new FormatError(`${path}: truncated while reading`);
        done += bytesRead;
      }
    },
    async sibling(name) {
      const beside = join(dirname(path), basename(name));
      const found = await access(beside).then(
        () => true,
        () => false,
      );
      return found ? sourceFromFile(beside) : undefined;
    },
    close: () => handle.close(),
  };
}
