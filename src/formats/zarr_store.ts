import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { FormatError } from "../errors.ts";
import { type ByteSource, sourceFromFile } from "./source.ts";
import { listZip, openZipMember } from "./zip.ts";

/** The files of a Zarr hierarchy, in a folder or in a ZIP archive. Keys are absolute: "/0/zarr.json". */
export interface ZarrStore {
  /** For messages. */
  readonly name: string;
  /** Keys of the metadata documents (zarr.json, .zarray, .zgroup), chunks not listed. */
  readonly documents: readonly string[];
  /** Bytes that the store holds in all, where that is known at once. */
  readonly size: number | undefined;
  /** A whole file, undefined where there is none. */
  get(key: string): Promise<Uint8Array | undefined>;
  /** A stretch of a file, or its last bytes: what sharded arrays need. */
  getRange(key: string, range: ByteRange): Promise<Uint8Array | undefined>;
}

export type ByteRange = { readonly offset: number; readonly length: number } | { readonly suffixLength: number };

const DOCUMENT = /(^|\/)(zarr\.json|\.zarray|\.zgroup)$/;
const MAX_DEPTH = 16;
const MAX_DOCUMENTS = 10_000;

export function isZarrKey(key: string): boolean {
  return DOCUMENT.test(key);
}

/** The hierarchy in a ZIP archive; it may stand in a folder of the archive. */
export async function zipStore(source: ByteSource): Promise<ZarrStore> {
  const members = await listZip(source);
  const documents = members.map((member) => member.name).filter(isZarrKey);
  const top = documents.map((name) => name.replace(DOCUMENT, "$1")).sort((a, b) => a.length - b.length)[0] ?? "";
  const byKey = new Map(members.map((member) => [`/${member.name.slice(top.length)}`, member]));
  return {
    name: source.name,
    documents: documents.filter((name) => name.startsWith(top)).map((name) => `/${name.slice(top.length)}`),
    size: source.size,
    ...readers(async (key) => {
      const member = byKey.get(key);
      return member ? openZipMember(source, member) : undefined;
    }),
  };
}

/** Both ways to read, over one way to open; what was opened is closed again. */
function readers(open: (key: string) => Promise<ByteSource | undefined>): Pick<ZarrStore, "get" | "getRange"> {
  const read = async (key: string, rangeOf: (size: number) => readonly [number, number]) => {
    const file = await open(key);
    if (!file) return undefined;
    try {
      return await file.read(...rangeOf(file.size));
    } finally {
      await file.close();
    }
  };
  return {
    get: (key) => read(key, (size) => [0, size]),
    getRange: (key, range) =>
      read(key, (size) =>
        "suffixLength" in range ? [size - range.suffixLength, range.suffixLength] : [range.offset, range.length],
      ),
  };
}

/** The hierarchy in a folder, as Zarr is mostly found. Throws a `FormatError` where the folder holds none. */
export async function folderStore(path: string): Promise<ZarrStore> {
  const documents = await findDocuments(path, "", 0);
  if (documents.length === 0) throw new FormatError(`${path}: expected a file or a Zarr folder, found another folder`);
  return {
    name: path,
    documents: documents.map((name) => `/${name}`),
    size: undefined,
    ...readers(async (key) => {
      if (key.split("/").includes("..")) throw new FormatError(`${path}: the key ${key} leads out of the folder`);
      const file = join(path, key);
      const isFile = await stat(file).then(
        (info) => info.isFile(),
        () => false,
      );
      return isFile ? sourceFromFile(file) : undefined;
    }),
  };
}

/** Descends into groups only: the folders below an array hold its chunks. A folder without metadata is not entered. */
async function findDocuments(root: string, below: string, depth: number): Promise<string[]> {
  const entries = await readdir(join(root, below), { withFileTypes: true });
  const own = entries.filter((entry) => entry.isFile() && isZarrKey(entry.name)).map((entry) => entry.name);
  const isArray = own.includes(".zarray") || (own.includes("zarr.json") && (await isArrayDocument(join(root, below))));
  const found = own.map((name) => below + name);
  if (isArray || own.length === 0 || depth >= MAX_DEPTH) return found;
  for (const entry of entries) {
    if (!entry.isDirectory()) continue;
    found.push(...(await findDocuments(root, `${below}${entry.name}/`, depth + 1)));
    if (found.length > MAX_DOCUMENTS) throw new FormatError(`${root}: more than ${MAX_DOCUMENTS} Zarr nodes`);
  }
  return found;
}

async function isArrayDocument(folder: string): Promise<boolean> {
  return /"node_type"\s*:\s*"array"/.test(await readFile(join(folder, "zarr.json"), "utf8"));
}
