import { type Axis, type Dataset, type DatasetInfo, type DatasetKind, pixelAxis, shapeOf } from "../data/dataset.ts";
import { ShapeError } from "../errors.ts";
import type { DatasetHandle, Selection } from "./format.ts";
import { resolveSelection, selectFrom } from "./select.ts";

/** What the axes of each kind are called, slowest first. */
const AXES: Readonly<Record<DatasetKind, readonly string[]>> = {
  image: ["row", "column"],
  stack: ["frame", "row", "column"],
  spectra: ["sample", "energy"],
  "spectral-map": ["row", "column", "energy"],
};

/**
 * The same numbers in the same order as another kind of dataset, where the file's axes say nothing of their meaning or something else: an image's
 * rows are signals, a spectral map's rows are frames, and so on; of a stack or a spectral map as spectra the first two axes are one. Scales stay.
 * @throws ShapeError where the kind has another number of axes
 */
export function asKind(handle: DatasetHandle, kind: DatasetKind): DatasetHandle {
  if (handle.info.kind === kind) return handle;
  const info = { ...handle.info, kind, axes: axesAs(handle.info, kind) };
  return { info, read: (selection = {}) => readAs(handle, info, selection) };
}

function axesAs(info: DatasetInfo, kind: DatasetKind): Axis[] {
  const names = AXES[kind];
  const { axes } = info;
  if (axes.length === names.length) return axes.map((axis, k) => renamed(axis, names[k]));
  if (kind === "spectra") {
    const samples = axes.slice(0, -1).reduce((product, { size }) => product * size, 1);
    return [pixelAxis("sample", samples), renamed(axes[axes.length - 1], "energy")];
  }
  const wanted = `${kind} has ${names.length} axes (${names.join(", ")})`;
  throw new ShapeError(
    `${info.name}: ${info.kind} of ${shapeOf(info).join("×")} cannot be taken as ${kind}: ${wanted}`,
  );
}

/** What runs along a signal keeps the name that the file gives to it. */
function renamed(axis: Axis, name: string): Axis {
  return name === "energy" && axis.unit !== "px" ? axis : { ...axis, name };
}

async function readAs(handle: DatasetHandle, info: DatasetInfo, selection: Selection): Promise<Dataset> {
  const { frame, roi } = selection;
  resolveSelection(info, selection);
  if (info.kind === "stack" && frame !== undefined) {
    // One row of the map, so that a large file is not read whole for each frame.
    const { data } = await handle.read({ roi: [frame, 0, 1, info.axes[1].size] });
    return selectFrom({ ...info, kind: "image", axes: info.axes.slice(1) }, data, { roi });
  }
  const { data } = await handle.read();
  return selectFrom(info, data, selection);
}
