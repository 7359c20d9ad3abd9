import { type Dataset, type DatasetInfo, shapeOf } from "../data/dataset.ts";
import { NumericsError, ShapeError } from "../errors.ts";
import type { FitReport, Grid } from "../results/types.ts";

/** The dataset's image. `ShapeError` for anything that is not one image. */
export function imageOf(dataset: Dataset): Grid {
  const shape = shapeOf(dataset);
  if (shape.length !== 2) {
    throw new ShapeError(
      `${dataset.name}: expected one image (rows × columns), got ${dataset.kind} of ${shape.join("×")}`,
    );
  }
  return { rows: shape[0], cols: shape[1], data: dataset.data };
}

/** Pixels that are not finite are counted; they are refused, or replaced by the median of the others. */
export function finitePixels(image: Grid, name: string, fill: boolean): Grid {
  const { data } = image;
  let bad = 0;
  // By index: iterating makes an object a pixel as long as the code is cold.
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) bad++;
  if (bad === 0) return image;
  if (bad === data.length) throw new NumericsError(`${name}: expected finite pixels, all ${bad} are NaN or infinite`);
  if (!fill) {
    throw new NumericsError(
      `${name}: expected finite pixels, ${bad} of ${data.length} are NaN or infinite; --fill replaces them by the median`,
    );
  }
  const finite = data.filter(Number.isFinite).sort();
  const median = finite[finite.length >> 1];
  return { ...image, data: data.map((value) => (Number.isFinite(value) ? value : median)) };
}

/** Means over blocks of `factor` × `factor` pixels; rows and columns left over at the end are dropped. */
export function binned(image: Grid, factor: number): Grid {
  if (factor === 1) return image;
  const [rows, cols] = [Math.floor(image.rows / factor), Math.floor(image.cols / factor)];
  const data = new Float32Array(rows * cols);
  for (let r = 0; r < rows * factor; r++) {
    const out = Math.floor(r / factor) * cols;
    for (let c = 0; c < cols * factor; c++) data[out + Math.floor(c / factor)] += image.data[r * image.cols + c];
  }
  return { rows, cols, data: data.map((sum) => sum / factor ** 2) };
}

/** Coordinate in the input image of a coordinate in the binned one: the centre of the block. */
export function unbinned(coordinate: number, factor: number): number {
  return coordinate * factor + (factor - 1) / 2;
}

/** Size of a pixel; undefined where the file says nothing. */
export function pixelSizeOf({ axes }: DatasetInfo): FitReport["pixelSize"] {
  const [rows, cols] = axes.length > 1 ? axes.slice(-2) : [axes[0], axes[0]];
  const { unit } = cols;
  if (unit === "px") return undefined;
  // Scales may be negative: such an axis runs the other way.
  const [value, rowValue] = [Math.abs(cols.scale), Math.abs(rows.scale)];
  const differs = rows.unit === unit && Math.abs(rowValue / value - 1) > 1e-6;
  return { value, unit, ...(differs ? { rowValue } : {}) };
}
