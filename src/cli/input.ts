import type { Hash } from "node:crypto";
import { basename } from "node:path";
import { type Dataset, type DatasetInfo, shapeOf, withPixelSize } from "../data/dataset.ts";
import { NumericsError, ShapeError } from "../errors.ts";
import type { OpenedFile } from "../formats/format.ts";
import { type DatasetChoice, pickDataset, withFile } from "../formats/registry.ts";

/** One image of a file, and what to call it. `dataset.name` is the file's path, for messages. */
export interface InputImage {
  readonly dataset: Dataset;
  /** For headings: the file's name, and the channel where there are several. */
  readonly title: string;
  readonly format: string;
  /** Name of the dataset in the file. */
  readonly channel: string;
  /** The frame that was read, of a stack. */
  readonly frame?: number;
  /** Pixel size that was given, nm; it overrides that of the file. */
  readonly pixelSize?: number;
}

/**
 * Reads one image: the one asked for, or the first that is not the same everywhere (a channel that the instrument held still).
 * @param pixelSize nm, in place of what the file says
 * @throws FormatError, ShapeError; where the dataset is no image, the message says what to choose instead
 */
export function readImage(path: string, choice: DatasetChoice, pixelSize?: number): Promise<InputImage> {
  return withFile(path, (file) => imageOfFile(path, file, choice, pixelSize));
}

/** Reads one image of an opened file, as `readImage` does. */
export async function imageOfFile(
  path: string,
  file: OpenedFile,
  choice: DatasetChoice,
  pixelSize?: number,
): Promise<InputImage> {
  const { dataset: wanted, as, ...selection } = choice;
  const { info, read } = pickDataset(file, path, choice);
  const frame = selection.frame ?? (info.kind === "stack" && info.axes[0].size === 1 ? 0 : undefined);
  if (info.kind !== "image" && !(info.kind === "stack" && frame !== undefined)) {
    throw new ShapeError(`${path}: ${whatToChoose(info, file)}`);
  }
  const asked = await read({ ...selection, frame });
  const other =
    wanted === undefined && as === undefined && isConstant(asked) ? await firstThatVaries(file, selection) : undefined;
  if (!other) refuseConstant(path, asked, file);
  const dataset = other ?? asked;
  const several = file.datasets.length > 1;
  const stack = !other && info.kind === "stack";
  const named = { ...dataset, name: path };
  return {
    dataset: pixelSize === undefined ? named : withPixelSize(named, pixelSize),
    title: `${basename(path)}${several ? `, ${dataset.name}` : ""}${stack ? `, frame ${frame}` : ""}`,
    format: file.format,
    channel: dataset.name,
    frame: stack ? frame : undefined,
    pixelSize,
  };
}

async function firstThatVaries(file: OpenedFile, { roi }: DatasetChoice): Promise<Dataset | undefined> {
  for (const { info, read } of file.datasets) {
    if (info.kind !== "image") continue;
    const dataset = await read({ roi });
    if (!isConstant(dataset)) return dataset;
  }
  return undefined;
}

function isConstant({ data }: Dataset): boolean {
  return Number.isFinite(data[0]) && data.every((value) => value === data[0]);
}

/** The input's part of result.json. */
export function inputFacts(
  path: string,
  { dataset, format, channel, frame, pixelSize }: Omit<InputImage, "title">,
): object {
  const { axes, dtype, quantity, metadata } = dataset;
  const scaleFrom = pixelSize === undefined ? "file" : "--pixel-size";
  return {
    path,
    format,
    dataset: channel,
    frame,
    axes,
    scaleFrom,
    dtype,
    quantity,
    metadata,
    sha256: pixelHash(dataset),
  };
}

/** SHA-256, from a library that takes as long to load as many modules and is not needed before a fit is done. */
export function sha256(): Hash {
  return process.getBuiltinModule("node:crypto").createHash("sha256");
}

/** SHA-256 of the pixels: tells whether two runs saw the same image. */
export function pixelHash({ data }: Dataset): string {
  return sha256()
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest("hex");
}

const MOST_LISTED = 8;

/** The images of a file, as --dataset takes them; empty where there is none but `except`. */
function listImages(file: OpenedFile, except?: string): string {
  const images = file.datasets.map((handle, i) => ({ i, info: handle.info }));
  const others = images.filter(({ info }) => info.kind === "image" && info.name !== except);
  return others
    .slice(0, MOST_LISTED)
    .map(({ i, info }) => `${i} (${info.name})`)
    .join(", ");
}

function refuseConstant(path: string, dataset: Dataset, file: OpenedFile): void {
  if (!isConstant(dataset)) return;
  const others = listImages(file, dataset.name);
  const advice = others ? `; other images of this file: --dataset ${others}` : "";
  throw new NumericsError(`${path}: expected pixels that differ, all are ${dataset.data[0]}${advice}`);
}

function whatToChoose(info: DatasetInfo, file: OpenedFile): string {
  const shape = shapeOf(info).join("×");
  if (info.kind === "stack") {
    return `expected one image, got a stack of ${info.axes[0].size} frames (${shape}); choose one with --frame 0 to ${info.axes[0].size - 1}`;
  }
  const what = info.kind === "spectra" ? "spectra" : "a spectral map";
  const images = listImages(file);
  const advice = images
    ? `choose an image of this file with --dataset: ${images}`
    : `this file holds no image; where its axes are another kind's, say so with --as ${info.kind === "spectra" ? "image" : "stack"}`;
  return `expected one image, got ${what} (${info.name}, ${shape}); ${advice}`;
}
