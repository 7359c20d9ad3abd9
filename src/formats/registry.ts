import type { Dataset, DatasetKind } from "../data/dataset.ts";
import { FormatError, ShapeError, ShiftVaeError } from "../errors.ts";
import { latin1 } from "./bytes.ts";
import type { DatasetHandle, Format, OpenedFile, Selection } from "./format.ts";
import { asKind } from "./reinterpret.ts";
import { withSidecar } from "./sidecar.ts";
import type { ByteSource } from "./source.ts";

/**
 * All formats, asked in this order: signatures first, and of those small readers and common files, text that could be anything last. A module is imported when its
 * turn comes; heavy libraries are imported by its `open`, so that recognising a file costs next to nothing.
 * One line each: `() => import("./tiff.ts").then((m) => m.tiff),`
 */
const FORMATS: readonly (() => Promise<Format>)[] = [
  () => import("./npy.ts").then((m) => m.npy),
  () => import("./png.ts").then((m) => m.png),
  () => import("./tiff.ts").then((m) => m.tiff),
  () => import("./hdf5.ts").then((m) => m.hdf5),
  () => import("./dm.ts").then((m) => m.dm),
  () => import("./ser.ts").then((m) => m.ser),
  () => import("./jpeg.ts").then((m) => m.jpeg),
  () => import("./npz.ts").then((m) => m.npz),
  () => import("./zarr.ts").then((m) => m.zarr),
  () => import("./mat.ts").then((m) => m.mat),
  () => import("./sxm.ts").then((m) => m.sxm),
  () => import("./nanonis3ds.ts").then((m) => m.nanonis3ds),
  () => import("./nanonisdat.ts").then((m) => m.nanonisdat),
  () => import("./gwy.ts").then((m) => m.gwy),
  () => import("./wsxm.ts").then((m) => m.wsxm),
  () => import("./iso28600.ts").then((m) => m.iso28600),
  () => import("./matrix.ts").then((m) => m.matrix),
  () => import("./createc.ts").then((m) => m.createc),
  () => import("./nanoscope.ts").then((m) => m.nanoscope),
  () => import("./ibw.ts").then((m) => m.ibw),
  () => import("./mrc.ts").then((m) => m.mrc),
  () => import("./csv.ts").then((m) => m.csv),
];

const HEAD_BYTES = 4096;

/** Every format that can be read, for help texts. */
export function allFormats(): Promise<Format[]> {
  return Promise.all(FORMATS.map((load) => load()));
}

/**
 * Opens a file of any known format, recognised by its content.
 * @throws FormatError where the file is empty, of no known format, or not what its format promises.
 */
export async function openFile(source: ByteSource): Promise<OpenedFile> {
  if (source.size === 0) throw new FormatError(`${source.name}: the file is empty`);
  const head = await source.read(0, Math.min(HEAD_BYTES, source.size));
  for (const load of FORMATS) {
    const format = await load();
    if (!(await format.detect(head, source))) continue;
    const blame = `${source.name}: damaged or unsupported ${format.name} file`;
    return guarded(blame, async () => withSidecar(source, await format.open(source)));
  }
  const known = (await allFormats()).map((format) => format.name);
  throw new FormatError(
    `${source.name}: not a known format: first bytes ${describeBytes(head)}; known: ${known.join(", ")}`,
  );
}

/** Opens a file, or a Zarr folder, by its path, hands it to `use`, and closes it whatever happens. */
export async function withFile<T>(path: string, use: (file: OpenedFile) => Promise<T>): Promise<T> {
  if (await isFolder(path)) return use(await openFolder(path));
  const { sourceFromFile } = await import("./source.ts");
  const source = await sourceFromFile(path);
  try {
    return await use(await openFile(source));
  } finally {
    await source.close();
  }
}

async function isFolder(path: string): Promise<boolean> {
  const { stat } = await import("node:fs/promises");
  return stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );
}

async function openFolder(path: string): Promise<OpenedFile> {
  const { folderStore } = await import("./zarr_store.ts");
  const { openZarr } = await import("./zarr.ts");
  return guarded(`${path}: damaged or unsupported Zarr folder`, async () => openZarr(await folderStore(path)));
}

/** Which dataset of a file, and which part of it. */
export interface DatasetChoice extends Selection {
  /** Name of the dataset or channel (the case is ignored where that is unambiguous), or its index; the first by default. */
  readonly dataset?: string | number;
  /** What its axes mean, where the file's shape alone would be read otherwise: 100 × 300 numbers as "spectra", not as an image. */
  readonly as?: DatasetKind;
}

/**
 * Reads one dataset of a file.
 * @throws FormatError for anything wrong with the file, ShapeError where the file has no such dataset, frame or part.
 */
export async function readDataset(file: string | ByteSource, choice: DatasetChoice = {}): Promise<Dataset> {
  const { dataset: _dataset, as: _as, ...selection } = choice;
  if (typeof file === "string") {
    return withFile(file, (opened) => pickDataset(opened, file, choice).read(selection));
  }
  return pickDataset(await openFile(file), file.name, choice).read(selection);
}

/** The dataset of that name or index, the first where none is named, as the kind that is asked for. `ShapeError` lists what there is. */
export function pickDataset(file: OpenedFile, fileName: string, choice: DatasetChoice = {}): DatasetHandle {
  const { dataset = 0, as } = choice;
  const found = datasetOf(file, fileName, dataset);
  return as === undefined ? found : asKind(found, as);
}

function datasetOf(file: OpenedFile, fileName: string, choice: string | number): DatasetHandle {
  const { datasets } = file;
  if (datasets.length === 0) throw new FormatError(`${fileName}: the ${file.format} file holds no numeric dataset`);
  const index = typeof choice === "number" ? choice : findByName(datasets, choice);
  const found = datasets[index];
  if (found) return found;
  const names = datasets.slice(0, 20).map((handle, i) => `${i}: ${handle.info.name}`);
  const more = datasets.length > 20 ? `, … (${datasets.length} in all)` : "";
  throw new ShapeError(`${fileName}: no dataset ${JSON.stringify(choice)}; there are ${names.join(", ")}${more}`);
}

function findByName(datasets: readonly DatasetHandle[], name: string): number {
  const exact = datasets.findIndex((handle) => handle.info.name === name);
  if (exact >= 0) return exact;
  const same = (handle: DatasetHandle) => handle.info.name.toLowerCase() === name.toLowerCase();
  const matches = datasets.filter(same);
  if (matches.length === 1) return datasets.indexOf(matches[0]);
  return /^\d+$/.test(name) ? Number(name) : -1;
}

/** Opens, and sees to it that opening and every later read throw errors of ours only. */
async function guarded(blame: string, open: () => Promise<OpenedFile>): Promise<OpenedFile> {
  const file = await formatErrorsOnly(blame, open);
  const datasets = file.datasets.map((handle) => ({
    info: handle.info,
    read: (selection?: Selection) => formatErrorsOnly(blame, () => handle.read(selection)),
  }));
  return { ...file, datasets };
}

/** Libraries throw what they like on hostile bytes; a user sees a `FormatError` that names the file. */
async function formatErrorsOnly<T>(blame: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof ShiftVaeError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new FormatError(`${blame}: ${reason}`, { cause: error });
  }
}

function describeBytes(head: Uint8Array): string {
  const first = head.subarray(0, 8);
  const hex = Array.from(first, (byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return `${hex} (${JSON.stringify(latin1(first).replace(/[^ -~]/g, "."))})`;
}
