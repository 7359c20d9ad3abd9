import type { FitReport, Grid } from "../results/types.ts";
import { MISSING, rgbToHex } from "./colormaps.ts";
import { PointGrid, typicalSpacing } from "./neighbours.ts";
import { type ColorScale, drawGrid } from "./panels.ts";
import { type Limits, robustLimits, symmetricLimits } from "./scales.ts";
import type { Box, Surface } from "./surface.ts";

/** Values at motifs, and maps, over a box that shows the whole image. */

/** Finest raster of a motif field along the longer side: a motif needs a few pixels, the file should stay small. */
const FIELD_SIDE = 240;

/** Distance between neighbouring motifs, pixels. */
export function motifSpacing(report: FitReport): number {
  const { lattice, motifs, image } = report;
  if (lattice) return Math.max(lattice.lengthA, lattice.lengthB);
  return typicalSpacing(motifs.count, image.rows, image.cols);
}

/** Colour scale of a latent: diverging about 0, the prior's mean, where the values lie on both sides of it; otherwise
 * sequential. */
export function latentScale(values: ArrayLike<number>): ColorScale {
  const [low, high] = robustLimits(values);
  const onBothSides = low < 0 && high > 0 && Math.min(-low, high) > 0.25 * Math.max(-low, high);
  return onBothSides ? signedScale(values) : { colormap: "viridis", limits: [low, high] };
}

/** Diverging scale, symmetric about 0. */
export function signedScale(values: ArrayLike<number>): ColorScale {
  return { colormap: "bluered", limits: symmetricLimits(values) };
}

/** Sequential scale from 0, for sizes and deviations. */
export function sizeScale(values: ArrayLike<number>): ColorScale {
  const limits: Limits = [0, robustLimits(values)[1]];
  return { colormap: "viridis", limits };
}

/** Which motif each pixel of a coarse raster over the image belongs to. */
export interface MotifRaster {
  readonly rows: number;
  readonly cols: number;
  /** Index of the nearest motif no farther than 0.75 spacings, or −1. */
  readonly owner: Int32Array;
}

export function motifRaster(report: FitReport): MotifRaster {
  const { image, motifs } = report;
  const step = Math.max(1, Math.max(image.rows, image.cols) / FIELD_SIDE);
  const [rows, cols] = [Math.max(1, Math.round(image.rows / step)), Math.max(1, Math.round(image.cols / step))];
  const reach = 0.75 * motifSpacing(report);
  const points = new PointGrid(motifs.position, reach);
  const owner = new Int32Array(rows * cols);
  for (let i = 0; i < owner.length; i++) {
    const row = ((Math.floor(i / cols) + 0.5) * image.rows) / rows - 0.5;
    const col = (((i % cols) + 0.5) * image.cols) / cols - 0.5;
    owner[i] = points.nearest(row, col, reach);
  }
  return { rows, cols, owner };
}

/** Every pixel takes the value of its motif; NaN where there is none. */
export function motifField({ rows, cols, owner }: MotifRaster, values: ArrayLike<number>): Grid {
  const data = new Float32Array(owner.length);
  for (let i = 0; i < data.length; i++) data[i] = owner[i] < 0 ? Number.NaN : values[owner[i]];
  return { rows, cols, data };
}

/** First and last edge of a map's axis in image pixels. */
function extent(axis: Float64Array): [number, number] {
  const half = axis.length > 1 ? (axis[axis.length - 1] - axis[0]) / (axis.length - 1) / 2 : 0.5;
  return [axis[0] - half, axis[axis.length - 1] + half];
}

/** A latent map where it belongs in the image; the rest is gray, "no value". */
export function drawLatentMap(surface: Surface, box: Box, report: FitReport, latent: number, scale: ColorScale): void {
  const { image, maps } = report;
  surface.fill(box, rgbToHex(MISSING));
  const [rows, cols] = [maps.rowAxis.length, maps.colAxis.length];
  if (rows === 0 || cols === 0) return;
  const [top, bottom] = extent(maps.rowAxis).map((row) => Math.min(image.rows, Math.max(0, row + 0.5)));
  const [left, right] = extent(maps.colAxis).map((col) => Math.min(image.cols, Math.max(0, col + 0.5)));
  const [sx, sy] = [box.width / image.cols, box.height / image.rows];
  const place = { x: box.x + left * sx, y: box.y + top * sy, width: (right - left) * sx, height: (bottom - top) * sy };
  drawGrid(surface, place, { rows, cols, data: maps.z[latent] }, scale, false);
}

/** One column of an (n, columns) array. */
export function columnOf(values: Float64Array, columns: number, column: number): Float64Array {
  return Float64Array.from(
    { length: Math.floor(values.length / Math.max(1, columns)) },
    (_, n) => values[n * columns + column],
  );
}

/** Standard deviation of a motif's position (n): root mean square over row and column, pixels. */
export function positionSd(report: FitReport): Float64Array {
  const { motifs } = report;
  return Float64Array.from({ length: motifs.count }, (_, n) =>
    Math.sqrt((motifs.positionSd[2 * n] ** 2 + motifs.positionSd[2 * n + 1] ** 2) / 2),
  );
}

/** A small length, in picometres where the pixel size is in nanometres, else in pixels. */
export function smallLengthUnit(report: Pick<FitReport, "pixelSize">): {
  readonly factor: number;
  readonly unit: string;
} {
  const { pixelSize } = report;
  if (!pixelSize) return { factor: 1, unit: "px" };
  return pixelSize.unit === "nm"
    ? { factor: 1000 * pixelSize.value, unit: "pm" }
    : { factor: pixelSize.value, unit: pixelSize.unit };
}
