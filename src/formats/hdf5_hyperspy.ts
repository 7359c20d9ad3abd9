import { type Axis, pixelAxis } from "../data/dataset.ts";
import { arrange } from "./arrange.ts";
import { type Hdf5Dataset, type Hdf5Dialect, leafOf, scalars } from "./hdf5_dialect.ts";
import type { Hdf5File } from "./hdf5_file.ts";
import { fileAxis } from "./units.ts";

/**
 * HyperSpy: Experiments/<name> holds `data` and a group axis-k an axis, with scale, offset, units, size and navigate as
 * attributes (https://hyperspy.org/rosettasciio/file_specification/index.html).
 */
export const hyperspy: Hdf5Dialect = {
  name: "HyperSpy",
  recognise(file) {
    if (!file.has("Experiments")) return undefined;
    const names = file.members("Experiments").filter((name) => file.has(`Experiments/${name}/axis-0`));
    const datasets = names.flatMap((name) => experiment(file, `Experiments/${name}`) ?? []);
    if (datasets.length === 0) return undefined;
    return { datasets, hides: (path) => path.startsWith("Experiments/"), metadata: scalars(file.attributes("")) };
  },
};

function experiment(file: Hdf5File, group: string): Hdf5Dataset | undefined {
  const path = `${group}/data`;
  const type = file.has(path) ? file.numericType(path) : undefined;
  if (!type || type.shape.length === 0 || type.shape.some((size) => size === 0)) return undefined;
  const axes = type.shape.map((size, k) => signalAxis(file, `${group}/axis-${k}`, size));
  const signal = axes.map((_, k) => k).filter((k) => !navigates(file, `${group}/axis-${k}`));
  const spectral = signal.length === 1 ? signal[0] : -1;
  const quantity = metadataText(file, `${group}/metadata/Signal`, "quantity");
  // HyperSpy writes "name (unit)".
  const parts = /^(.*?)\s*(?:\((.*)\))?$/.exec(quantity);
  return {
    path,
    info: {
      name: leafOf(group),
      dtype: type.element.dtype,
      ...(quantity ? { quantity: { name: parts?.[1] ?? quantity, unit: parts?.[2] ?? "" } } : {}),
      metadata: experimentMetadata(file, `${group}/metadata`),
    },
    arrangement: arrange(axes, { isSpectral: (_, k) => k === spectral }),
  };
}

function signalAxis(file: Hdf5File, group: string, size: number): Axis {
  if (!file.has(group)) return pixelAxis(leafOf(group), size);
  const attributes = scalars(file.attributes(group));
  const { name, scale, offset, units } = attributes;
  if (typeof scale !== "number") return pixelAxis(String(name ?? leafOf(group)), size);
  const unit = typeof units === "string" && units !== "_None_" ? units : "";
  return fileAxis(String(name ?? leafOf(group)), size, scale, unit, typeof offset === "number" ? offset : 0);
}

/** A boolean attribute: 0 or 1; older files write it as text. */
function navigates(file: Hdf5File, group: string): boolean {
  const value = file.has(group) ? file.attribute(group, "navigate") : undefined;
  return value === 1 || value === "True";
}

function metadataText(file: Hdf5File, group: string, name: string): string {
  return file.has(group) ? (file.text(group, name) ?? "") : "";
}

function experimentMetadata(file: Hdf5File, group: string): Record<string, string | number> {
  const groups = ["General", "Signal", "Acquisition_instrument/TEM", "Acquisition_instrument/SEM"];
  const present = groups.map((name) => `${group}/${name}`).filter((path) => file.has(path));
  return Object.assign({}, ...present.map((path) => scalars(file.attributes(path))));
}
