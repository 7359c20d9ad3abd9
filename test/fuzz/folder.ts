import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { mutate, type Random } from "./mutate.ts";

/** A valid folder: its files by their path in it. */
export interface FolderSpecimen {
  readonly files: Readonly<Record<string, Uint8Array>>;
}

const isDocument = (path: string) => /(^|\/)(\.z\w+|zarr\.json)$/.test(path);

type Change = (files: Record<string, Uint8Array>, name: string, random: Random) => void;

const mutateFile: Change = (files, name, random) => {
  files[name] = mutate(files[name], random);
};

/** What can be wrong with a folder beyond the bytes in its files. */
const CHANGES: readonly Change[] = [
  function lose(files, name) {
    delete files[name];
  },
  function exchange(files, name, random) {
    const names = Object.keys(files);
    files[names[random(names.length)]] = files[name];
  },
  function folderForFile(files, name) {
    files[`${name}/inside`] = files[name];
    delete files[name];
  },
  function arrayBelow(files, name, random) {
    files[`${dirname(name)}/deeper/${random(2)}/.zarray`] = files[name];
  },
];

/** One to three changes, mostly to the documents: damaged, missing, under another's name, or a folder where a file was. */
export function damageFolder({ files }: FolderSpecimen, random: Random): FolderSpecimen {
  const out: Record<string, Uint8Array> = { ...files };
  for (let n = 1 + random(3); n > 0 && Object.keys(out).length > 0; n--) {
    const all = Object.keys(out);
    const documents = all.filter(isDocument);
    const from = documents.length > 0 && random(3) > 0 ? documents : all;
    const name = from[random(from.length)];
    const change = CHANGES[random(3 * CHANGES.length)] ?? mutateFile;
    change(out, name, random);
  }
  return { files: possible(out) };
}

/** Without the files whose path is also that of a folder of another. */
function possible(files: Record<string, Uint8Array>): Record<string, Uint8Array> {
  const names = Object.keys(files);
  const isFolder = (name: string) => names.some((other) => other.startsWith(`${name}/`));
  return Object.fromEntries(Object.entries(files).filter(([name]) => !isFolder(name)));
}

/** The folder on disk and what lies in it: the next version of a folder differs from the last one by few files. */
let laid: { readonly path: string; files: FolderSpecimen["files"] } | undefined;

/** The path of a folder with these files, which holds until the next call; it is taken away when the process ends. */
export function layOut({ files }: FolderSpecimen): string {
  if (!laid) {
    const path = mkdtempSync(join(tmpdir(), "shift-vae-fuzz-"));
    process.once("exit", () => rmSync(path, { recursive: true }));
    laid = { path, files: {} };
  }
  const { path, files: before } = laid;
  const changed = Object.keys({ ...before, ...files }).filter((name) => before[name] !== files[name]);
  for (const name of changed) rmSync(join(path, name), { recursive: true, force: true });
  for (const name of changed) {
    if (!files[name]) continue;
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), files[name]);
  }
  laid.files = files;
  return path;
}
