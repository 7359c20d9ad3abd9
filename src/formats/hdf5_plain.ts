import type { Arrangement } from "./arrange.ts";
import { luminance } from "./colour.ts";
import { type FileArray, mergeLeadingAxes, mergeTrailingAxes } from "./file_array.ts";
import { guessAxes } from "./guess_axes.ts";
import { type Hdf5Dataset, leafOf, scalars } from "./hdf5_dialect.ts";
import type { Hdf5File } from "./hdf5_file.ts";

/** Most datasets that are listed; a file may hold thousands of scalars and tables. */
const MAX_LISTED = 500;

/**
 * Every numeric array that no dialect has claimed, by its path, without units: those of two or more dimensions
 * first. Arrays of MATLAB v7.3 (attribute MATLAB_class) lie transposed, since MATLAB is column-major.
 */
export function plainDatasets(file: Hdf5File, claimed: (path: string) => boolean): Hdf5Dataset[] {
  const found: Hdf5Dataset[] = [];
  for (const path of file.datasets) {
    if (found.length >= MAX_LISTED) break;
    if (claimed(path)) continue;
    const type = file.numericType(path);
    if (!type || type.shape.length === 0 || type.shape.some((size) => size === 0)) continue;
    const matlab = file.text(path, "MATLAB_class") !== undefined;
    const arrangement = guessArrangement(type.shape, type.element.dtype, matlab);
    if (!arrangement) continue;
    const name = matlab ? leafOf(path) : path;
    found.push({
      path,
      info: { name, dtype: type.element.dtype, metadata: scalars(file.attributes(path)) },
      arrangement,
    });
  }
  return found.sort((a, b) => Number(a.arrangement.kind === "spectra") - Number(b.arrangement.kind === "spectra"));
}

/** undefined for transposed arrays of more than three dimensions: their merged axes are not neighbours in the file. */
function guessArrangement(fileShape: readonly number[], dtype: string, transposed: boolean): Arrangement | undefined {
  const rank = fileShape.length;
  const shape = transposed ? fileShape.toReversed() : fileShape;
  const { kind, axes, channels } = guessAxes(shape, dtype);
  const fileAxisOf = (k: number) => (transposed ? rank - 1 - k : k);
  if (channels > 1) {
    return { kind, axes, view: (array) => colourView(array, fileAxisOf(2)), order: transposed ? [1, 0] : [0, 1] };
  }
  const kept = shape.map((_, k) => k).filter((k) => shape[k] !== 1);
  if (kept.length <= axes.length) {
    const padded = [...new Array<number>(axes.length - kept.length).fill(-1), ...kept.map(fileAxisOf)];
    return { kind, axes, order: padded };
  }
  if (transposed) return undefined;
  if (kind === "stack") {
    const [row, column] = kept.slice(-2);
    return { kind, axes, view: (array) => mergeLeadingAxes(array, rank - row), order: [0, 1, column - row + 1] };
  }
  const [row, column, energy] = kept;
  return { kind, axes, view: (array) => mergeTrailingAxes(array, energy), order: [row, column, energy] };
}

/** A colour image as its luma: the axis of the channels (the file's last or, transposed, its first) is gone. */
function colourView(array: FileArray, channelAxis: number): FileArray {
  const channels = array.shape[channelAxis];
  const first = channelAxis === 0;
  return {
    shape: array.shape.toSpliced(channelAxis, 1),
    async readBlock(start, count) {
      const full = await array.readBlock(start.toSpliced(channelAxis, 0, 0), count.toSpliced(channelAxis, 0, channels));
      return luminance(first ? interleave(full, channels) : full, channels);
    },
  };
}

function interleave(planes: Float32Array, channels: number): Float32Array {
  const pixels = planes.length / channels;
  return Float32Array.from(planes, (_, i) => planes[(i % channels) * pixels + Math.floor(i / channels)]);
}
