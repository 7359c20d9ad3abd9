import type { DatasetInfo } from "../data/dataset.ts";
import { FormatError } from "../errors.ts";
import { startsWith } from "./bytes.ts";
import type { DatasetHandle, Format, OpenedFile } from "./format.ts";
import { type GwyArray, type GwyObject, type GwyValue, readGwyTree } from "./gwy_tree.ts";
import { SAMPLE_BYTES, toFloat32 } from "./numeric.ts";
import { sampleCount } from "./select.ts";
import type { ByteSource } from "./source.ts";
import { checkChannelCount, imageInfo, type Metadata, metadataOf, scaleBy, wholeHandle } from "./spm_image.ts";
import { nanometresIn, valueUnit } from "./spm_units.ts";
import { fileAxis } from "./units.ts";

/** Entries of the "/N/meta" container that are worth showing, by the names that importers give them. */
const METADATA =
  /bias|current|set ?point|date|time|temperature|angle|tilt|offset|gain|mode|comment|scan (size|speed|rate)/i;

const isObject = (value: GwyValue | undefined): value is GwyObject =>
  typeof value === "object" && "components" in value;
const isArray = (value: GwyValue | undefined): value is GwyArray => typeof value === "object" && "count" in value;

function numberOf(object: GwyObject, name: string): number {
  const value = object.components.get(name);
  return typeof value === "number" ? value : Number.NaN;
}

function textOf(object: GwyObject | undefined, name: string): string {
  const value = object?.components.get(name);
  return typeof value === "string" ? value : "";
}

function unitOf(object: GwyObject, name: string): string {
  const unit = object.components.get(name);
  return isObject(unit) ? textOf(unit, "unitstr") : "";
}

function metaOf(root: GwyObject, id: string): Metadata {
  const meta = root.components.get(`/${id}/meta`);
  if (!isObject(meta)) return {};
  const shown = [...meta.components].filter(([key, value]) => typeof value === "string" && METADATA.test(key));
  return metadataOf(Object.fromEntries(shown.slice(0, 40)) as Record<string, string>);
}

/** "data" of an object, with as many float64 as its resolutions say. */
function dataOf(source: ByteSource, name: string, object: GwyObject, shape: readonly number[]): GwyArray {
  const data = object.components.get("data");
  const count = sampleCount(`${source.name}: ${name}`, shape);
  if (!isArray(data) || data.type !== "float64" || data.count !== count) {
    const found = isArray(data) ? `${data.count} ${data.type}` : "none";
    throw new FormatError(`${source.name}: ${name}: expected ${shape.join("×")} float64 values, found ${found}`);
  }
  return data;
}

interface GwyFile {
  readonly source: ByteSource;
  readonly bytes: Uint8Array;
}

function decode(bytes: Uint8Array, array: GwyArray): Float32Array {
  const { offset, count, type } = array;
  return toFloat32(bytes.subarray(offset, offset + count * SAMPLE_BYTES[type]), type, true);
}

function fieldHandle(file: GwyFile, name: string, field: GwyObject, metadata: Metadata): DatasetHandle {
  const { source, bytes } = file;
  const [rows, columns] = [numberOf(field, "yres"), numberOf(field, "xres")];
  const data = dataOf(source, name, field, [rows, columns]);
  const lateral = nanometresIn(unitOf(field, "si_unit_xy") || "m") ?? Number.NaN;
  const unit = unitOf(field, "si_unit_z");
  const info = imageInfo(source, {
    name,
    rows,
    columns,
    heightNm: numberOf(field, "yreal") * lateral,
    widthNm: numberOf(field, "xreal") * lateral,
    dtype: "float64",
    quantity: name,
    unit,
    metadata,
  });
  return wholeHandle(info, async () => scaleBy(decode(bytes, data), valueUnit(unit).factor));
}

/** A brick is (z, y, x) in the file: the plane of each z after the other. */
function brickHandle(file: GwyFile, name: string, brick: GwyObject, metadata: Metadata): DatasetHandle {
  const { source, bytes } = file;
  const [depth, rows, columns] = ["zres", "yres", "xres"].map((key) => numberOf(brick, key));
  const data = dataOf(source, name, brick, [depth, rows, columns]);
  const lateral = nanometresIn(unitOf(brick, "si_unit_x") || "m") ?? Number.NaN;
  const unit = unitOf(brick, "si_unit_w");
  const size = { heightNm: numberOf(brick, "yreal") * lateral, widthNm: numberOf(brick, "xreal") * lateral };
  const plane = imageInfo(source, { name, rows, columns, ...size, dtype: "float64", quantity: name, unit, metadata });
  const step = numberOf(brick, "zreal") / depth;
  const axis = fileAxis("energy", depth, step, unitOf(brick, "si_unit_z"), numberOf(brick, "zoff") || 0);
  const info: DatasetInfo = { ...plane, kind: "spectral-map", axes: [...plane.axes, axis] };
  return wholeHandle(info, async () => {
    const planes = decode(bytes, data);
    const out = new Float32Array(planes.length);
    const area = rows * columns;
    for (let z = 0; z < depth; z++) for (let p = 0; p < area; p++) out[p * depth + z] = planes[z * area + p];
    return scaleBy(out, valueUnit(unit).factor);
  });
}

/**
 * Gwyddion native file: every data field ("/N/data", titled by "/N/data/title") is an image, every brick ("/brick/N") a
 * (rows, columns, z) map. Row 0 is at the top. Masks and presentations are left out.
 * Source: Gwyddion user guide, "Gwyddion native format".
 */
export const gwy: Format = {
  name: "Gwyddion",
  extensions: ["gwy"],
  detect: (head) => startsWith(head, "GWYP"),
  async open(source): Promise<OpenedFile> {
    const bytes = await source.read(0, source.size);
    const root = readGwyTree(source, bytes);
    const numbered = (pattern: RegExp) =>
      [...root.components]
        .flatMap(([key, value]) => {
          const id = pattern.exec(key)?.[1];
          return id !== undefined && isObject(value) ? [{ key, id, object: value }] : [];
        })
        .sort((a, b) => Number(a.id) - Number(b.id));
    const titleOf = (key: string) => textOf(root, `${key}/title`).trim() || key.replace(/^\//, "");
    const fields = numbered(/^\/(\d+)\/data$/).map(({ key, id, object }) =>
      fieldHandle({ source, bytes }, titleOf(key), object, metaOf(root, id)),
    );
    const bricks = numbered(/^\/brick\/(\d+)$/).map(({ key, object }) =>
      brickHandle({ source, bytes }, titleOf(key), object, {}),
    );
    const datasets = [...fields, ...bricks];
    checkChannelCount(source, datasets.length);
    if (datasets.length === 0) throw new FormatError(`${source.name}: the file holds no data field and no brick`);
    return { format: gwy.name, datasets, metadata: datasets[0].info.metadata };
  },
};
