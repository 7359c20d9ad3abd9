import { type Axis, pixelAxis } from "../data/dataset.ts";
import { arrange } from "./arrange.ts";
import { axisFromValues, type Hdf5Dataset, type Hdf5Dialect, leafOf, scalars } from "./hdf5_dialect.ts";
import type { Hdf5File } from "./hdf5_file.ts";

/** Attributes that describe the array itself and are shown elsewhere. */
const STRUCTURAL = new Set(["DIMENSION_LIST", "DIMENSION_LABELS", "units", "quantity", "main_data_name"]);

/**
 * NSID of pyNSID and sidpy: a main dataset with `data_type` and `quantity`, whose axes are HDF5 dimension scales with
 * `units` and `dimension_type` (https://pycroscopy.github.io/pyNSID/nsid.html).
 */
export const nsid: Hdf5Dialect = {
  name: "NSID",
  recognise(file) {
    const mains = file.datasets.filter((path) => isMain(file, path));
    if (mains.length === 0) return undefined;
    const datasets = mains.flatMap((path) => mainDataset(file, path) ?? []);
    return { datasets, hides: (path) => file.text(path, "CLASS") === "DIMENSION_SCALE" };
  },
};

function isMain(file: Hdf5File, path: string): boolean {
  const names = file.attributeNames(path);
  return ["DIMENSION_LIST", "data_type", "quantity", "units"].every((name) => names.includes(name));
}

function mainDataset(file: Hdf5File, path: string): Hdf5Dataset | undefined {
  const type = file.numericType(path);
  if (!type || type.shape.length === 0 || type.shape.some((size) => size === 0)) return undefined;
  const list = file.attribute(path, "DIMENSION_LIST");
  const scales = Array.isArray(list) ? list.map(String) : [];
  const axes = type.shape.map((size, k) => scaleAxis(file, scales[k] ?? "", size, k));
  const spectral = new Set(axes.map((_, k) => k).filter((k) => isSpectral(file, scales[k] ?? "")));
  const dataType = file.text(path, "data_type") ?? "";
  if (spectral.size === 0 && /SPECTR/.test(dataType)) spectral.add(axes.length - 1);
  const attributes = Object.entries(file.attributes(path)).filter(([name]) => !STRUCTURAL.has(name));
  return {
    path,
    info: {
      name: path,
      dtype: type.element.dtype,
      quantity: { name: file.text(path, "quantity") ?? "", unit: file.text(path, "units") ?? "" },
      metadata: scalars(Object.fromEntries(attributes)),
    },
    arrangement: arrange(axes, { isSpectral: (_, k) => spectral.has(k), rowsAlongY: true }),
  };
}

function scaleAxis(file: Hdf5File, scale: string, size: number, k: number): Axis {
  if (!file.has(scale)) return pixelAxis(`axis ${k}`, size);
  const name = file.text(scale, "name") ?? leafOf(scale);
  return axisFromValues(name, size, file.values(scale), file.text(scale, "units") ?? "");
}

function isSpectral(file: Hdf5File, scale: string): boolean {
  return file.has(scale) && /^SPECTRAL/i.test(file.text(scale, "dimension_type") ?? "");
}
