import { type DatasetInfo, shapeOf } from "../data/dataset.ts";
import type { DatasetHandle } from "./format.ts";
import { resolveSelection, sampleCount } from "./select.ts";

/** A numeric array of any rank inside a file, read in blocks. Shape slowest first, as it lies in the file. */
export interface FileArray {
  readonly shape: readonly number[];
  /** Along which axis, and in multiples of how many samples, the file is best read part by part; the first by default. */
  readonly slabs?: { readonly axis: number; readonly multiple: number };
  /** The block from `start` of `count` samples an axis, row-major. */
  readBlock(start: readonly number[], count: readonly number[]): Promise<Float32Array>;
}

/** Samples of one slab: bounds what a read needs beyond its result to some tens of megabytes. */
const SLAB_SAMPLES = 2 ** 22;
/** Slabs of whole chunks may be larger, up to this, since a chunk that is cut is decoded once for every part. */
const MAX_SLAB_SAMPLES = 2 ** 26;

const product = (sizes: readonly number[]) => sizes.reduce((total, size) => total * size, 1);

/** Distance in samples between neighbours on each axis of a row-major array. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let k = shape.length - 2; k >= 0; k--) strides[k] = strides[k + 1] * shape[k + 1];
  return strides;
}

/**
 * A dataset over a file's array. `order[k]` is the file's axis behind axis k of the dataset, or −1 for an axis of
 * size 1 that the file does not have; file axes that are not named have size 1.
 */
export function arrayHandle(info: DatasetInfo, array: FileArray, order: readonly number[]): DatasetHandle {
  return {
    info,
    async read(selection) {
      const region = resolveSelection(info, selection);
      const { firstFrame, frames, row, rows, column, columns, depth } = region;
      const stack = info.kind === "stack";
      const start = stack ? [firstFrame, row, column] : [row, column, 0];
      const count = stack ? [frames, rows, columns] : [rows, columns, depth];
      const rank = info.axes.length;
      sampleCount(info.name, shapeOf(region.info));
      return { ...region.info, data: await gather(array, order, start.slice(0, rank), count.slice(0, rank)) };
    },
  };
}

/** Reads a block and lays it out in the dataset's order, slab by slab. */
async function gather(
  array: FileArray,
  order: readonly number[],
  start: readonly number[],
  count: readonly number[],
): Promise<Float32Array> {
  const rank = array.shape.length;
  const fileStart = new Array<number>(rank).fill(0);
  const fileCount = new Array<number>(rank).fill(1);
  const targetStrides = new Array<number>(rank).fill(0);
  const strides = stridesOf(count);
  order.forEach((axis, k) => {
    if (axis < 0) return;
    fileStart[axis] = start[k];
    fileCount[axis] = count[k];
    targetStrides[axis] = strides[k];
  });
  const out = new Float32Array(product(count));
  const { axis, multiple } = array.slabs ?? { axis: 0, multiple: 1 };
  const perSlab = slabSize(product(fileCount) / fileCount[axis], multiple);
  const inOrder = axis === 0 && order.every((k, i) => k < 0 || order.slice(0, i).every((earlier) => earlier < k));
  const [first, end] = [fileStart[axis], fileStart[axis] + fileCount[axis]];
  for (let at = first; at < end; ) {
    // Slabs end where chunks do, wherever the block starts.
    const next = Math.min(end, (Math.floor(at / perSlab) + 1) * perSlab);
    const slab = fileCount.with(axis, next - at);
    const block = await array.readBlock(fileStart.with(axis, at), slab);
    const target = (at - first) * targetStrides[axis];
    if (inOrder) out.set(block, target);
    else scatter(block, slab, out, target, targetStrides);
    at = next;
  }
  return out;
}

/** How many samples along the axis of slabs go into one, `rest` being the size of a slab of one. */
function slabSize(rest: number, multiple: number): number {
  if (rest * multiple > MAX_SLAB_SAMPLES) return Math.max(1, Math.floor(SLAB_SAMPLES / rest));
  return multiple * Math.max(1, Math.floor(SLAB_SAMPLES / (rest * multiple)));
}

/** out[target + Σ index·stride] = block[index], for all indices. */
function scatter(
  block: Float32Array,
  shape: readonly number[],
  out: Float32Array,
  target: number,
  strides: readonly number[],
): void {
  const last = shape.length - 1;
  let from = 0;
  const visit = (axis: number, to: number): void => {
    const [size, stride] = [shape[axis], strides[axis]];
    for (let i = 0; i < size; i++) {
      if (axis === last) out[to + i * stride] = block[from++];
      else visit(axis + 1, to + i * stride);
    }
  };
  visit(0, target);
}

/** The same samples with axis 0 seen as several axes (positions of a grid as rows and columns). */
export function splitFirstAxis(array: FileArray, sizes: readonly number[]): FileArray {
  const rest = array.shape.slice(1);
  return {
    shape: [...sizes, ...rest],
    async readBlock(start, count) {
      const split = sizes.length;
      return readRuns(sizes, start.slice(0, split), count.slice(0, split), product(count.slice(split)), (first, run) =>
        array.readBlock([first, ...start.slice(split)], [run, ...count.slice(split)]),
      );
    },
  };
}

/** The same samples with all axes but the last `keep` seen as one (scan positions of 4D-STEM as frames). */
export function mergeLeadingAxes(array: FileArray, keep: number): FileArray {
  const split = array.shape.length - keep;
  const leading = array.shape.slice(0, split);
  const strides = stridesOf(leading);
  return {
    shape: [product(leading), ...array.shape.slice(split)],
    async readBlock(start, count) {
      const inner = product(count.slice(1));
      const out = new Float32Array(count[0] * inner);
      const last = leading[split - 1];
      // Runs along the last of the merged axes, so that neighbours come in one request.
      for (let done = 0; done < count[0]; ) {
        const index = start[0] + done;
        const run = Math.min(count[0] - done, last - (index % last));
        const at = strides.map((stride, k) => Math.floor(index / stride) % leading[k]);
        const sizes = at.map((_, k) => (k === split - 1 ? run : 1));
        out.set(await array.readBlock([...at, ...start.slice(1)], [...sizes, ...count.slice(1)]), done * inner);
        done += run;
      }
      return out;
    },
  };
}

/** The same samples with all axes from `first` on seen as one; blocks take that axis whole. */
export function mergeTrailingAxes(array: FileArray, first: number): FileArray {
  const trailing = array.shape.slice(first);
  return {
    shape: [...array.shape.slice(0, first), product(trailing)],
    readBlock: (start, count) =>
      array.readBlock([...start.slice(0, first), ...trailing.map(() => 0)], [...count.slice(0, first), ...trailing]),
  };
}

/**
 * Reads a block of an array of `sizes` as runs that are contiguous in row-major order; `read(first, length)` gives
 * `length · perIndex` samples from the flat index `first` on.
 */
export async function readRuns(
  sizes: readonly number[],
  start: readonly number[],
  count: readonly number[],
  perIndex: number,
  read: (first: number, length: number) => Promise<Float32Array>,
): Promise<Float32Array> {
  // Axes from `run` on are contiguous: all after it are taken whole.
  let run = sizes.length - 1;
  while (run > 0 && count[run] === sizes[run]) run--;
  const strides = stridesOf(sizes);
  const length = product(count.slice(run));
  const runs = product(count.slice(0, run));
  const outer = stridesOf(count.slice(0, run));
  const out = runs === 1 ? undefined : new Float32Array(runs * length * perIndex);
  for (let i = 0; i < runs; i++) {
    let first = start[run] * strides[run];
    for (let k = 0; k < run; k++) first += (start[k] + (Math.floor(i / outer[k]) % count[k])) * strides[k];
    const block = await read(first, length);
    if (!out) return block;
    out.set(block, i * length * perIndex);
  }
  return out ?? new Float32Array(0);
}
