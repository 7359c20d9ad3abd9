import type { Dataset, DatasetInfo } from "../data/dataset.ts";
import type { ByteSource } from "./source.ts";

/** Which part of a dataset to read. Everything is optional; ranges are half open, in samples of the file. */
export interface Selection {
  /** Index on the first axis of a stack: gives one image. */
  readonly frame?: number;
  /** Part of the image: [first row, first column, rows, columns]. */
  readonly roi?: readonly [number, number, number, number];
}

/** One dataset of an opened file: what it is at once, its numbers when asked for. */
export interface DatasetHandle {
  /** What it is, without its data. */
  readonly info: DatasetInfo;
  /** Reads the numbers, or a part of them; a reader of large files reads only that part from the source. */
  read(selection?: Selection): Promise<Dataset>;
}

/** An opened file. The first dataset is the one to take when the user names none. */
export interface OpenedFile {
  readonly format: string;
  readonly datasets: readonly DatasetHandle[];
  /** Metadata of the file as a whole. */
  readonly metadata: Readonly<Record<string, string | number>>;
}

/** A file format: one module each, one line each in the registry. */
export interface Format {
  /** Short name, as `inspect` prints it: "DM3/DM4". */
  readonly name: string;
  /** For help texts only; a file is recognised by its content. */
  readonly extensions: readonly string[];
  /** Whether the file's first bytes (up to 4096, fewer in a short file) are of this format. */
  detect(head: Uint8Array, source: ByteSource): boolean | Promise<boolean>;
  /** Opens the file; `FormatError` for anything wrong with it, and nothing else. */
  open(source: ByteSource): Promise<OpenedFile>;
}
