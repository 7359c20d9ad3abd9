import { type FileHandle, mkdir, open, rename, rm, rmdir, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { ConfigError } from "../errors.ts";
import { systemReason } from "../system_error.ts";

function cannotWrite(path: string, error: unknown): ConfigError {
  const reason = systemReason(error);
  return new ConfigError(`--out: ${path}: expected a place that can be written, got ${reason}`, { cause: error });
}

/** A name beside `path` that no other run uses. */
function temporaryName(path: string): string {
  return join(dirname(path), `.${basename(path)}.${Math.random().toString(36).slice(2, 10)}.partial`);
}

async function withHandle(path: string, flags: string, use: (handle: FileHandle) => Promise<void>): Promise<void> {
  const handle = await open(path, flags);
  try {
    await use(handle);
  } finally {
    await handle.close();
  }
}

/**
 * Makes a folder and those above it; gives the topmost that was not there. Node's own recursive mkdir never ends where the system says
 * "no such file" of every new folder, as below /proc.
 */
async function makeFolder(path: string): Promise<string | undefined> {
  try {
    await mkdir(path);
    return path;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && (await stat(path)).isDirectory()) return undefined;
    if (code !== "ENOENT" || dirname(path) === path) throw error;
    const first = await makeFolder(dirname(path));
    await mkdir(path).catch(async (again: NodeJS.ErrnoException) => {
      if (again.code !== "EEXIST" || !(await stat(path)).isDirectory()) throw again;
    });
    return first ?? path;
  }
}

/** A rename lasts once its folder is on the disk; file systems that cannot sync a folder refuse, and that is no loss. */
async function syncFolder(path: string): Promise<void> {
  await withHandle(path, "r", (handle) => handle.sync()).catch(() => undefined);
}

/** A file to write: where, and what it holds. */
export type OutputFile = readonly [path: string, content: Uint8Array | string];
/** Files one after the other; what makes them may wait until each is asked for. */
export type OutputFiles = Iterable<OutputFile> | AsyncIterable<OutputFile>;

/** A file whose content is on the disk, under a name that it does not keep. */
interface Staged {
  readonly temporary: string;
  readonly path: string;
}

async function stage([path, content]: OutputFile, staged: Staged[]): Promise<void> {
  await makeFolder(dirname(path));
  const temporary = temporaryName(path);
  staged.push({ temporary, path });
  await withHandle(temporary, "wx", async (handle) => {
    await handle.writeFile(content);
    await handle.sync();
  });
}

/**
 * Writes files whole or not at all: each under a temporary name beside its place, to the disk, and only when all are
 * there does each take its name, in the order given. Where anything fails, earlier files stay as they were. One file at a time is held.
 * @throws ConfigError that names the file and the system's reason; what making a file throws
 */
export async function writeFiles(files: OutputFiles): Promise<void> {
  const staged: Staged[] = [];
  const blaming = async (path: string, work: Promise<void>) => {
    await work.catch((error) => {
      throw cannotWrite(path, error);
    });
  };
  try {
    for await (const file of files) await blaming(file[0], stage(file, staged));
    for (const { temporary, path } of staged) await blaming(path, rename(temporary, path));
  } catch (error) {
    await Promise.all(staged.map(({ temporary }) => rm(temporary, { force: true })));
    throw error;
  }
  for (const folder of new Set(staged.map(({ path }) => dirname(path)))) await syncFolder(folder);
}

/**
 * Makes a folder where there is none and sees whether files can be written there, before hours of work go into them.
 * @returns takes back the folders that were made, as far as they are still empty
 * @throws ConfigError that names the folder and the system's reason
 */
export async function claimFolder(folder: string): Promise<() => Promise<void>> {
  try {
    const first = await makeFolder(folder);
    const probe = temporaryName(join(folder, "probe"));
    await withHandle(probe, "wx", async () => {});
    await rm(probe);
    return () => removeEmpty(resolve(folder), first && resolve(first));
  } catch (error) {
    throw cannotWrite(folder, error);
  }
}

async function removeEmpty(folder: string, first: string | undefined): Promise<void> {
  for (let at = folder; first && at.startsWith(first); at = dirname(at)) {
    try {
      await rmdir(at);
    } catch {
      return; // Something is in it by now, so it stays.
    }
  }
}
