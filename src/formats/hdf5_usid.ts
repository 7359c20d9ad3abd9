import { type Axis, pixelAxis } from "../data/dataset.ts";
import { arrange } from "./arrange.ts";
import { type FileArray, splitFirstAxis } from "./file_array.ts";
import { axisFromValues, type Hdf5Dataset, type Hdf5Dialect, scalars } from "./hdf5_dialect.ts";
import type { Hdf5File } from "./hdf5_file.ts";

const LINKS = ["Position_Indices", "Position_Values", "Spectroscopic_Indices", "Spectroscopic_Values"] as const;
type Link = (typeof LINKS)[number];

/**
 * USID of Pycroscopy: a main dataset (positions, spectroscopic steps) with references to four tables, the indices and
 * values of its positions and of its spectroscopic steps
 * (https://pycroscopy.github.io/USID/usid_model.html#main-datasets).
 */
export const usid: Hdf5Dialect = {
  name: "USID",
  recognise(file) {
    const mains = file.datasets.flatMap((path) => {
      const tables = tablesOf(file, path);
      return tables ? [{ path, tables }] : [];
    });
    if (mains.length === 0) return undefined;
    const auxiliary = new Set(mains.flatMap(({ tables }) => Object.values(tables)));
    return {
      datasets: mains.flatMap(({ path, tables }) => mainDataset(file, path, tables) ?? []),
      hides: (path) => auxiliary.has(path) || /(Indices|Values)$/.test(path),
      metadata: scalars(file.attributes("")),
    };
  },
};

function tablesOf(file: Hdf5File, path: string): Record<Link, string> | undefined {
  const names = file.attributeNames(path);
  if (!LINKS.every((link) => names.includes(link))) return undefined;
  const target = (link: Link) => file.text(path, link) ?? "";
  const [positions, positionValues, steps, stepValues] = LINKS.map(target);
  return {
    Position_Indices: positions,
    Position_Values: positionValues,
    Spectroscopic_Indices: steps,
    Spectroscopic_Values: stepValues,
  };
}

function mainDataset(file: Hdf5File, path: string, tables: Record<Link, string>): Hdf5Dataset | undefined {
  const type = file.numericType(path);
  if (type?.shape.length !== 2 || type.shape.some((size) => size === 0)) return undefined;
  const [positions, steps] = type.shape;
  const grid = gridAxes(file, tables, positions);
  const axes = [...grid, spectralAxis(file, tables, steps)];
  const arrangement = arrange(axes, { isSpectral: (_, k) => k === grid.length, rowsAlongY: true });
  const split = (array: FileArray) =>
    splitFirstAxis(
      array,
      grid.map((axis) => axis.size),
    );
  return {
    path,
    info: {
      name: path,
      dtype: type.element.dtype,
      quantity: { name: file.text(path, "quantity") ?? "", unit: file.text(path, "units") ?? "" },
      metadata: scalars(Object.fromEntries(Object.entries(file.attributes(path)).filter(([k]) => k === "timestamp"))),
    },
    arrangement: { ...arrangement, view: (array) => arrangement.view?.(split(array)) ?? split(array) },
  };
}

/** The table (rows of `columns` values) of a dataset; undefined where it has another size. */
function tableOf(file: Hdf5File, path: string, size: number): readonly number[] | undefined {
  if (!file.has(path)) return undefined;
  const values = file.values(path);
  if (!Array.isArray(values) || values.length === 0 || values.length % size !== 0) return undefined;
  return values.every((value) => typeof value === "number") ? values : undefined;
}

/** Axes of the grid of positions, slowest first; one axis of positions where they do not form a whole grid. */
function gridAxes(file: Hdf5File, tables: Record<Link, string>, positions: number): Axis[] {
  const indices = tableOf(file, tables.Position_Indices, positions);
  const values = tableOf(file, tables.Position_Values, positions);
  const irregular = [pixelAxis("position", positions)];
  if (!indices) return irregular;
  const dimensions = indices.length / positions;
  const labels = file.attribute(tables.Position_Indices, "labels");
  const units = file.attribute(tables.Position_Indices, "units");
  const found = Array.from({ length: dimensions }, (_, d) => {
    const column = Array.from({ length: positions }, (_, p) => indices[p * dimensions + d]);
    // How many positions in a row share an index tells how slow a dimension is.
    const changes = column.findIndex((index) => index !== column[0]);
    return { d, size: new Set(column).size, stride: changes < 0 ? positions : changes };
  }).sort((a, b) => b.stride - a.stride);
  if (found.reduce((total, { size }) => total * size, 1) !== positions) return irregular;
  let inner = positions;
  for (const { size, stride } of found) {
    inner /= size;
    if (size > 1 && stride !== inner) return irregular;
  }
  const text = (list: unknown, d: number) => (Array.isArray(list) ? String(list[d] ?? "") : "");
  return found.map(({ d, size, stride }) => {
    const coordinates = Array.from({ length: size }, (_, k) => values?.[k * stride * dimensions + d] ?? Number.NaN);
    return axisFromValues(text(labels, d), size, values ? coordinates : undefined, text(units, d));
  });
}

/** One axis of spectroscopic steps; several dimensions (a bias loop at each frequency) stay flattened, in steps. */
function spectralAxis(file: Hdf5File, tables: Record<Link, string>, steps: number): Axis {
  const values = tableOf(file, tables.Spectroscopic_Values, steps);
  const labels = file.attribute(tables.Spectroscopic_Values, "labels");
  const units = file.attribute(tables.Spectroscopic_Values, "units");
  const names = Array.isArray(labels) ? labels.map(String) : [];
  if (!values || values.length !== steps) return pixelAxis(names.join(" × ") || "step", steps);
  return axisFromValues(names[0] ?? "step", steps, values, Array.isArray(units) ? String(units[0] ?? "") : "");
}
