import { type Dataset, pixelAxis, scaledAxis } from "../dataset.ts";
import type { Rng } from "../rng.ts";
import type { SimulationOptions } from "./kind.ts";

/** How the scan sees the specimen. All coordinates are in pixels; without drift and jitter both frames are the same. */
export interface Scan {
  readonly rows: number;
  readonly cols: number;
  /** (rows, 2) specimen minus image coordinate of the row, (row, column), from drift. */
  readonly drift: Float64Array;
  /** (rows) additional displacement along the row: noise of the scan coils, part of no true position. */
  readonly jitter: Float64Array;
  /** Image position (row, column), jitter left out, of a point of the specimen. */
  toImage(row: number, col: number): [number, number];
}

/**
 * A raster scan with slow rows. Drift is a straight line plus half a sine, `drift` px long in a random direction, the
 * bend a fifth of it across; jitter is white from row to row. Drift inside a row is left out: it is `drift`/rows px.
 *
 * @param options rows, cols, drift (px), jitter (px rms)
 */
export function rasterScan(options: SimulationOptions, rng: Rng): Scan {
  const { rows, cols, drift: length, jitter: jitterRms } = options;
  const angle = rng.uniform(0, 2 * Math.PI);
  const direction = [Math.sin(angle), Math.cos(angle)];
  const driftAt = (row: number): [number, number] => {
    const time = row / (rows - 1) - 0.5;
    const bend = 0.2 * Math.cos(Math.PI * time);
    return [length * (time * direction[0] - bend * direction[1]), length * (time * direction[1] + bend * direction[0])];
  };
  const drift = new Float64Array(2 * rows);
  for (let r = 0; r < rows; r++) drift.set(driftAt(r), 2 * r);
  const jitter = Float64Array.from({ length: rows }, () => jitterRms * rng.normal());
  return { rows, cols, drift, jitter, toImage };

  function toImage(row: number, col: number): [number, number] {
    // A contraction: drift changes by far less than one pixel from row to row.
    let r = row;
    for (let i = 0; i < 20; i++) r = row - driftAt(r)[0];
    return [r, col - driftAt(r)[1]];
  }
}

/** Gaussian columns, as numbers in arrays of one length. Positions in the frame of the specimen. */
export interface Columns {
  readonly row: ArrayLike<number>;
  readonly col: ArrayLike<number>;
  readonly amplitude: ArrayLike<number>;
  /** Standard deviation, px. */
  readonly width: ArrayLike<number>;
}

/** Gaussians are cut at this many standard deviations: exp(−18) of the amplitude. */
const CUT = 6;

/** Adds amplitude · exp(−r²/(2·width²)) for every column to `image` (rows·cols), as the scan sees it. */
export function renderColumns(image: Float64Array, columns: Columns, scan: Scan): void {
  for (let k = 0; k < columns.row.length; k++) {
    const [imageRow, imageCol] = scan.toImage(columns.row[k], columns.col[k]);
    const reach = CUT * columns.width[k];
    const scale = -0.5 / columns.width[k] ** 2;
    const lastRow = Math.min(scan.rows - 1, Math.ceil(imageRow + reach));
    for (let r = Math.max(0, Math.floor(imageRow - reach)); r <= lastRow; r++) {
      const offset = scan.drift[2 * r + 1] + scan.jitter[r];
      const dr = r + scan.drift[2 * r] - columns.row[k];
      const rowFactor = columns.amplitude[k] * Math.exp(scale * dr * dr);
      const lastCol = Math.min(scan.cols - 1, Math.ceil(imageCol + reach));
      for (let c = Math.max(0, Math.floor(imageCol - reach)); c <= lastCol; c++) {
        const dc = c + offset - columns.col[k];
        image[r * scan.cols + c] += rowFactor * Math.exp(scale * dc * dc);
      }
    }
  }
}

/**
 * The measured image: Poisson counts where `countsPerUnit` > 0 (the values are then counts), plus Gaussian noise of
 * `noise` units of the image.
 */
export function measure(image: Float64Array, countsPerUnit: number, noise: number, rng: Rng): Float32Array {
  const unit = countsPerUnit > 0 ? countsPerUnit : 1;
  return Float32Array.from(image, (value) => {
    const mean = countsPerUnit > 0 ? rng.poisson(Math.max(0, value * unit)) : value;
    return noise > 0 ? mean + unit * noise * rng.normal() : mean;
  });
}

/** Counts per unit of brightness for `dose` expected counts in a Gaussian column. */
export function countsPerUnit(dose: number, amplitude: number, width: number): number {
  return dose / (2 * Math.PI * width * width * amplitude);
}

/** An image as a dataset, with its pixel size in nm (0: unknown). */
export function imageDataset(
  name: string,
  data: Float32Array,
  options: SimulationOptions,
  quantity?: Dataset["quantity"],
): Dataset {
  const { rows, cols, pixel } = options;
  const axis = (label: string, size: number) =>
    pixel > 0 ? scaledAxis(label, size, pixel, "nm") : pixelAxis(label, size);
  return {
    name,
    kind: "image",
    axes: [axis("row", rows), axis("column", cols)],
    dtype: "float32",
    quantity,
    metadata: { simulated: name, seed: options.seed },
    data,
  };
}
