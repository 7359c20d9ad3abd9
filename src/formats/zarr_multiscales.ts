import { type Axis, pixelAxis } from "../data/dataset.ts";
import { fileAxis } from "./units.ts";

/** Step and unit of one axis of an array. */
export interface ZarrAxis {
  readonly name: string;
  readonly step: number;
  readonly unit: string;
}

/** OME-Zarr writes units in full (https://ngff.openmicroscopy.org/0.5, "axes"). */
const UNITS: Readonly<Record<string, string>> = { second: "s", millisecond: "ms", electronvolt: "eV", picometer: "pm" };

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function records(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

/**
 * Axes of the array `path` as the group above it describes them in OME-Zarr multiscales, versions 0.4 ("multiscales") and 0.5
 * ("ome/multiscales"); undefined where it does not.
 */
export function multiscaleAxes(attributes: unknown, path: string): ZarrAxis[] | undefined {
  const holder = isRecord(attributes) && isRecord(attributes.ome) ? attributes.ome : attributes;
  for (const scales of records(isRecord(holder) ? holder.multiscales : undefined)) {
    const dataset = records(scales.datasets).find((candidate) => candidate.path === path);
    if (!dataset) continue;
    const own = scaleOf(dataset);
    const common = scaleOf(scales);
    return records(scales.axes).map((axis, i) => {
      const unit = typeof axis.unit === "string" ? axis.unit : "";
      return { name: String(axis.name), step: (own[i] ?? 1) * (common[i] ?? 1), unit: UNITS[unit] ?? unit };
    });
  }
  return undefined;
}

function scaleOf(holder: Record<string, unknown>): number[] {
  const transform = records(holder.coordinateTransformations).find((candidate) => candidate.type === "scale");
  return Array.isArray(transform?.scale) ? transform.scale.map(Number) : [];
}

/** Axes of an image or stack whose last two are rows and columns: all others are its frames. */
export function imageAxes(shape: readonly number[], described: readonly ZarrAxis[]): Axis[] {
  const named = (name: string, at: number) =>
    described[at] ? fileAxis(name, shape[at], described[at].step, described[at].unit) : pixelAxis(name, shape[at]);
  const rank = shape.length;
  const axes = [named("row", rank - 2), named("column", rank - 1)];
  const leading = shape.slice(0, -2);
  const frames = leading.reduce((product, size) => product * size, 1);
  if (frames === 1) return axes;
  const moving = leading.findIndex((size) => size > 1);
  const single = leading.filter((size) => size > 1).length === 1;
  return [single ? named("frame", moving) : pixelAxis("frame", frames), ...axes];
}
