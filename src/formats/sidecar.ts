import { type Axis, type DatasetInfo, scaledAxis } from "../data/dataset.ts";
import type { DatasetHandle, OpenedFile } from "./format.ts";
import { at, type Json, numberAt, parseJson, textAt } from "./json_path.ts";
import type { ByteSource } from "./source.ts";
import { normaliseUnit } from "./units.ts";

const LONGEST = 1 << 20;
/** Where the field of view stands: SciLink's notes of an experiment, whole or flat. */
const PLACES = ["experimental_details.spatial_info", "spatial_info"];
const SHOWN = [
  "material_type",
  "experiment_type",
  "experimental_details.voltage",
  "experimental_details.probe_current",
];

/** Whole width and height of the images, nm. */
interface Field {
  readonly width: number;
  readonly height: number;
}

/**
 * Images without a scale of their own, as NPY and PNG have them, take it from the notes beside them: `image.json` beside
 * `image.npy`, with `spatial_info` of `field_of_view_x`, `_y` and `_units` (as https://github.com/ziatdinovmax/SciLink writes
 * them). Notes that say nothing of that kind are left alone.
 */
export async function withSidecar(source: ByteSource, file: OpenedFile): Promise<OpenedFile> {
  if (!source.sibling || !file.datasets.some(({ info }) => lacksScale(info))) return file;
  const notes = await readNotes(source);
  const field = notes === undefined ? undefined : fieldOfView(notes);
  if (notes === undefined || !field) return file;
  const shown = SHOWN.map((path) => [path.split(".").at(-1) as string, textAt(notes, path)] as const);
  const facts = Object.fromEntries(shown.filter((fact): fact is [string, string] => fact[1] !== undefined));
  const datasets = file.datasets.map((handle) => (lacksScale(handle.info) ? scaledHandle(handle, field) : handle));
  return { ...file, datasets, metadata: { ...file.metadata, ...facts } };
}

function lacksScale({ kind, axes }: DatasetInfo): boolean {
  return (kind === "image" || kind === "stack") && axes.slice(-2).every((axis) => axis.unit === "px");
}

async function readNotes(source: ByteSource): Promise<Json | undefined> {
  const stem = source.name
    .split(/[\\/]/)
    .at(-1)
    ?.replace(/\.[^.]*$/, "");
  const notes = stem ? await source.sibling?.(`${stem}.json`) : undefined;
  if (!notes) return undefined;
  try {
    return notes.size > LONGEST ? undefined : parseJson(new TextDecoder().decode(await notes.read(0, notes.size)));
  } finally {
    await notes.close();
  }
}

function fieldOfView(notes: Json): Field | undefined {
  const place = PLACES.find((path) => at(notes, path) !== undefined);
  if (!place) return undefined;
  const { unit, factor } = normaliseUnit(textAt(notes, `${place}.field_of_view_units`) ?? "");
  const width = (numberAt(notes, `${place}.field_of_view_x`) ?? 0) * factor;
  const height = (numberAt(notes, `${place}.field_of_view_y`) ?? 0) * factor;
  const usable = unit === "nm" && width > 0 && height > 0 && Number.isFinite(width * height);
  return usable ? { width, height } : undefined;
}

function scaledHandle({ info, read }: DatasetHandle, { width, height }: Field): DatasetHandle {
  const [rows, columns] = info.axes.slice(-2).map((axis) => axis.size);
  const steps = [height / rows, width / columns];
  const scaled = <Info extends DatasetInfo>(part: Info): Info => {
    const leading = part.axes.slice(0, -2);
    const axis = ({ name, size, offset }: Axis, k: number) => scaledAxis(name, size, steps[k], "nm", offset * steps[k]);
    return { ...part, axes: [...leading, ...part.axes.slice(-2).map(axis)] };
  };
  return { info: scaled(info), read: async (selection) => scaled(await read(selection)) };
}
