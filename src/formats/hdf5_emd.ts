import { type Axis, pixelAxis } from "../data/dataset.ts";
import { arrange } from "./arrange.ts";
import { axisFromValues, type Hdf5Dataset, type Hdf5Dialect, leafOf, parentOf, scalars } from "./hdf5_dialect.ts";
import type { Hdf5File } from "./hdf5_file.ts";
import { isEnergyUnit } from "./units.ts";

/**
 * Berkeley EMD: groups with `emd_group_type` hold `data` and one vector an axis, dim1 … dimN with `name` and `units`
 * (https://emdatasets.com/format); version 1.0, as py4DSTEM writes it, counts from dim0.
 */
export const berkeleyEmd: Hdf5Dialect = {
  name: "Berkeley EMD",
  recognise(file) {
    const groups = file.groups.filter((path) => file.attributeNames(path).includes("emd_group_type"));
    const datasets = groups.flatMap((group) => emdDataset(file, group) ?? []);
    if (datasets.length === 0) return undefined;
    const known = new Set(groups);
    return { datasets, hides: (path) => known.has(parentOf(path)), metadata: fileMetadata(file) };
  },
};

function fileMetadata(file: Hdf5File): Record<string, string | number> {
  const groups = ["microscope", "user", "sample", "comments"].filter((group) => file.has(group));
  return Object.assign({}, ...groups.map((group) => scalars(file.attributes(group))));
}

function emdDataset(file: Hdf5File, group: string): Hdf5Dataset | undefined {
  const path = `${group}/data`;
  const type = file.datasets.includes(path) ? file.numericType(path) : undefined;
  if (!type || type.shape.length === 0 || type.shape.some((size) => size === 0)) return undefined;
  const first = file.has(`${group}/dim0`) ? 0 : 1;
  const units = type.shape.map((_, k) => unitsOf(file, `${group}/dim${first + k}`));
  const axes = type.shape.map((size, k) => dimAxis(file, `${group}/dim${first + k}`, size, units[k]));
  return {
    path,
    info: { name: leafOf(group), dtype: type.element.dtype, metadata: scalars(file.attributes(group)) },
    arrangement: arrange(axes, { isSpectral: (_, k) => isEnergyUnit(units[k]) }),
  };
}

function unitsOf(file: Hdf5File, path: string): string {
  return file.has(path) ? (file.text(path, "units") ?? "") : "";
}

function dimAxis(file: Hdf5File, path: string, size: number, unit: string): Axis {
  if (!file.has(path)) return pixelAxis(leafOf(path), size);
  return axisFromValues(file.text(path, "name") ?? leafOf(path), size, file.values(path), unit);
}
