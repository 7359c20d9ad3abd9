import { getHeapStatistics } from "node:v8";
import { shapeOf } from "../../src/data/dataset.ts";
import { FormatError } from "../../src/errors.ts";
import type { OpenedFile } from "../../src/formats/format.ts";
import { openFile, withFile } from "../../src/formats/registry.ts";
import { type ByteSource, sourceFromBytes } from "../../src/formats/source.ts";
import { damageFolder, type FolderSpecimen, layOut } from "./folder.ts";
import { mutate, seededRandom } from "./mutate.ts";

/** A valid file, and the files that belong beside it. */
export interface FileSpecimen {
  /** Where the reader needs it: to find the files beside it. */
  readonly name?: string;
  readonly bytes: Uint8Array;
  readonly siblings?: Readonly<Record<string, Uint8Array>>;
}

export type Specimen = FileSpecimen | FolderSpecimen;

/** Makes a valid file. */
export type Sample = () => Uint8Array | Specimen | Promise<Uint8Array | Specimen>;

/** What one damaged file cost, and whether it was refused. */
export interface Attempt {
  readonly refused: boolean;
  /** Of this process, ms. */
  readonly cpu: number;
  /** Most bytes that opening, or reading one dataset, allocated beyond three times its need; negative where it was less. */
  readonly excess: number;
}

const FILE_NAME = "fuzzed-file";
const MOST_DATASETS = 8;
/** The best compression read (LZW: 2731 bytes out of one) of samples of one bit. */
const MOST_SAMPLES_PER_BYTE = 8 * 2731;
/** CPU time that no file may take, ms. */
const MOST_CPU = 2000;
/**
 * What a file may cost: so many times its bytes and the numbers it gives, and what any file may: objects, messages, and the
 * half megabyte that a look into compressed data allocates and drops, a dozen times over.
 */
const MEMORY_FACTOR = 3;
const MEMORY_ANY_FILE = 8 << 20;

/** The `index`-th damaged version of a file: the same for the same seed, name and index. */
export function damaged(specimen: Specimen, seed: number, name: string, index: number): Specimen {
  const random = seededRandom(hash(`${seed}/${name}/${index}`));
  if ("files" in specimen) return damageFolder(specimen, random);
  const { name: fileName, bytes, siblings = {} } = specimen;
  const names = Object.keys(siblings);
  const chosen = names[random(2 * names.length)];
  if (chosen === undefined) return { name: fileName, bytes: mutate(bytes, random), siblings };
  return { name: fileName, bytes, siblings: { ...siblings, [chosen]: mutate(siblings[chosen], random) } };
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) value = Math.imul(value ^ text.charCodeAt(i), 0x01000193);
  return value >>> 0;
}

/** What a file took of memory above what it may. */
class MemoryExceeded extends Error {}

/**
 * Opens a damaged file and reads its first datasets; throws where what is not allowed happens. Memory is counted as allocated, with what the engine
 * itself takes at that moment (compiled code, tables that grow): about one file in 100,000 seems to take 10 MB and takes none when it is read again. It
 * counts where it is too much twice.
 */
export async function attempt(specimen: Specimen): Promise<Attempt> {
  return attemptOnce(specimen).catch((error) => {
    if (error instanceof MemoryExceeded) return attemptOnce(specimen);
    throw error;
  });
}

async function attemptOnce(specimen: Specimen): Promise<Attempt> {
  if ("files" in specimen) {
    const path = layOut(specimen);
    return attemptAt(specimen, [path], (use) => withFile(path, use));
  }
  const names = [specimen.name ?? FILE_NAME, ...Object.keys(specimen.siblings ?? {})];
  return attemptAt(specimen, names, async (use) => use(await openFile(sourceOf(specimen))));
}

type Open = (use: (file: OpenedFile) => Promise<void>) => Promise<void>;

async function attemptAt(specimen: Specimen, names: readonly string[], open: Open): Promise<Attempt> {
  const began = process.cpuUsage();
  const memory = meter(sizeOf(specimen));
  const error = await open((file) => readAll(file, sizeOf(specimen), memory.check)).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  const { user, system } = process.cpuUsage(began);
  const cpu = (user + system) / 1000;
  if (error !== undefined && !(error instanceof FormatError)) throw error;
  if (error && !names.some((name) => error.message.includes(name))) {
    throw new Error(`a message without the file's name: ${error.message}`);
  }
  if (cpu > MOST_CPU) throw new Error(`took ${cpu.toFixed(0)} ms, at most ${MOST_CPU} are allowed`);
  memory.check(0);
  if (memory.excess() > MEMORY_ANY_FILE) {
    throw new MemoryExceeded(`took ${memory.excess()} bytes beyond three times its need`);
  }
  return { refused: error !== undefined, cpu, excess: memory.excess() };
}

async function readAll(file: OpenedFile, bytes: number, check: (result: number) => void): Promise<void> {
  check(0);
  for (const handle of file.datasets.slice(0, MOST_DATASETS)) {
    const { data, ...info } = await handle.read();
    check(data.byteLength);
    const samples = shapeOf(info).reduce((product, size) => product * size, 1);
    if (data.length !== samples) throw new Error(`${data.length} values for ${samples} samples`);
    if (data.length > MOST_SAMPLES_PER_BYTE * bytes) throw new Error(`${data.length} values out of nothing`);
  }
}

/** What was allocated since the last check: a bound on what was held at once, but for what was collected in between. */
function meter(fileBytes: number) {
  let before = allocated();
  let excess = Number.NEGATIVE_INFINITY;
  return {
    check(result: number): void {
      const now = allocated();
      excess = Math.max(excess, now - before - MEMORY_FACTOR * (fileBytes + result));
      before = now;
    },
    excess: () => excess,
  };
}

function allocated(): number {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}

function sizeOf(specimen: Specimen): number {
  if ("files" in specimen) return Object.values(specimen.files).reduce((total, file) => total + file.length, 0);
  const { bytes, siblings = {} } = specimen;
  return Object.values(siblings).reduce((total, sibling) => total + sibling.length, bytes.length);
}

function sourceOf({ name = FILE_NAME, bytes, siblings = {} }: FileSpecimen): ByteSource {
  return {
    ...sourceFromBytes(name, bytes),
    sibling: async (name) => (Object.hasOwn(siblings, name) ? sourceFromBytes(name, siblings[name]) : undefined),
  };
}
