import type { Axis, Dataset, DatasetInfo } from "../data/dataset.ts";
import { shapeOf } from "../data/dataset.ts";
import { FormatError, ShapeError } from "../errors.ts";
import type { Selection } from "./format.ts";

/** Most samples that one read may give: 2 GB of Float32. Larger stacks are read by frame or by part. */
export const MAX_SAMPLES = 2 ** 29;

/** A selection with everything filled in and checked: which frames, and which rows and columns of each. */
export interface Region {
  readonly firstFrame: number;
  readonly frames: number;
  readonly row: number;
  readonly column: number;
  readonly rows: number;
  readonly columns: number;
  /** Values behind each (row, column): the energies of a spectral map, else 1. */
  readonly depth: number;
  /** The dataset after the selection: axes cut, a single frame's axis dropped. */
  readonly info: DatasetInfo;
}

/** The product of the sizes; a `FormatError` beyond `limit`, before anything is allocated. */
export function sampleCount(name: string, shape: readonly number[], limit = MAX_SAMPLES): number {
  const count = shape.reduce((product, size) => product * size, 1);
  if (!shape.every((size) => Number.isSafeInteger(size) && size > 0)) {
    throw new FormatError(`${name}: expected sizes of at least 1, found the shape ${shape.join("×")}`);
  }
  if (count > limit) {
    throw new FormatError(
      `${name}: ${shape.join("×")} = ${count} samples are more than one read can hold (${limit}); select a frame or a part`,
    );
  }
  return count;
}

function cut(axis: Axis, start: number, size: number): Axis {
  return { ...axis, size, offset: axis.offset + axis.scale * start };
}

function checkPart(info: DatasetInfo, what: string, start: number, count: number, size: number): void {
  const ok = Number.isInteger(start) && Number.isInteger(count) && start >= 0 && count > 0 && start + count <= size;
  if (!ok) {
    throw new ShapeError(`${info.name}: ${what} ${start} to ${start + count} asked for, there are 0 to ${size}`);
  }
}

/** Axes of one plane: (rows, columns) of an image, a frame or a spectral map, (samples, energies) of spectra. */
function planeOf(info: DatasetInfo): { frameAxis?: Axis; rowAxis: Axis; columnAxis: Axis; energyAxis?: Axis } {
  const [first, second, third] = info.axes;
  if (info.kind === "stack") return { frameAxis: first, rowAxis: second, columnAxis: third };
  return { rowAxis: first, columnAxis: second, energyAxis: third };
}

/**
 * Checks a selection against a dataset; `ShapeError` where it is out of range. A region of interest without a frame
 * is cut from every frame of a stack; on spectra its rows are samples and its columns energies.
 */
export function resolveSelection(info: DatasetInfo, selection: Selection = {}): Region {
  const { frameAxis, rowAxis, columnAxis, energyAxis } = planeOf(info);
  const { frame } = selection;
  if (frame !== undefined) checkPart(info, "frame", frame, 1, frameAxis?.size ?? 1);
  const [row, column, rows, columns] = selection.roi ?? [0, 0, rowAxis.size, columnAxis.size];
  checkPart(info, `${rowAxis.name}s`, row, rows, rowAxis.size);
  checkPart(info, `${columnAxis.name}s`, column, columns, columnAxis.size);

  const single = frame !== undefined && frameAxis !== undefined;
  const axes = [cut(rowAxis, row, rows), cut(columnAxis, column, columns)];
  if (energyAxis) axes.push(energyAxis);
  if (frameAxis && !single) axes.unshift(frameAxis);
  return {
    firstFrame: frame ?? 0,
    frames: single ? 1 : (frameAxis?.size ?? 1),
    row,
    column,
    rows,
    columns,
    depth: energyAxis?.size ?? 1,
    info: { ...info, axes, kind: single ? "image" : info.kind },
  };
}

/** Cuts the selection out of a dataset that is wholly in memory. Without a selection the data is passed on, not copied. */
export function selectFrom(info: DatasetInfo, data: Float32Array, selection: Selection = {}): Dataset {
  const region = resolveSelection(info, selection);
  const { frames, rows, columns, depth } = region;
  const width = columns * depth;
  if (frames * rows * width === data.length) return { ...region.info, data };
  const shape = shapeOf(info);
  const [allRows, allColumns] = info.kind === "stack" ? [shape[1], shape[2]] : [shape[0], shape[1]];
  const out = new Float32Array(frames * rows * width);
  for (let f = 0; f < frames; f++) {
    for (let r = 0; r < rows; r++) {
      const from = (((region.firstFrame + f) * allRows + region.row + r) * allColumns + region.column) * depth;
      out.set(data.subarray(from, from + width), (f * rows + r) * width);
    }
  }
  return { ...region.info, data: out };
}
