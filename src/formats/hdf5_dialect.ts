import { type Axis, type DatasetInfo, pixelAxis } from "../data/dataset.ts";
import type { Arrangement } from "./arrange.ts";
import type { AttributeValue, Hdf5File } from "./hdf5_file.ts";
import { fileAxis } from "./units.ts";

/** A dataset that a dialect found in an HDF5 file. */
export interface Hdf5Dataset {
  readonly path: string;
  readonly info: Omit<DatasetInfo, "kind" | "axes">;
  readonly arrangement: Arrangement;
}

/** What a dialect makes of a file. */
export interface Recognised {
  readonly datasets: readonly Hdf5Dataset[];
  /** Whether a dataset is an axis, an index table or a text of this dialect, not data to list. */
  readonly hides: (path: string) => boolean;
  readonly metadata?: Readonly<Record<string, string | number>>;
}

/** A convention of laying out data and metadata in HDF5. */
export interface Hdf5Dialect {
  readonly name: string;
  /** undefined where the file does not follow the convention. */
  recognise(file: Hdf5File): Recognised | undefined;
}

/** The parent group of a path; "" for the root. */
export function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf("/")));
}

/** The part of a path after the last slash. */
export function leafOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Attributes that are one text or one number, for `DatasetInfo.metadata`. */
export function scalars(attributes: Readonly<Record<string, AttributeValue>>): Record<string, string | number> {
  const found: Record<string, string | number> = {};
  for (const [name, value] of Object.entries(attributes)) {
    const single = Array.isArray(value) && value.length === 1 ? value[0] : value;
    if (typeof single === "number" || (typeof single === "string" && single !== "")) found[name] = single;
  }
  return found;
}

/** An axis from the coordinates of its samples: of all of them, or of the first two. */
export function axisFromValues(name: string, size: number, values: AttributeValue | undefined, unit: string): Axis {
  const numbers = Array.isArray(values) ? values.filter((value) => typeof value === "number") : [];
  if (numbers.length < 2) return pixelAxis(name, size);
  const step = (numbers[numbers.length - 1] - numbers[0]) / (numbers.length - 1);
  return fileAxis(name, size, step, unit, numbers[0]);
}
