import type { LatentMaps, Motifs } from "./types.ts";

/** Map points across a motif spacing. */
const POINTS_PER_SPACING = 6;
/** Width of the Gaussian average, and distance to the nearest motif beyond which the map is empty, in spacings. */
const SMOOTHING = 0.35;
const REACH = 1.1;

/** Where maps of an image are sampled: rows and columns in its pixels. */
export interface MapAxes {
  readonly rowAxis: Float64Array;
  readonly colAxis: Float64Array;
}

function mapAxes(rows: number, cols: number, spacing: number): MapAxes {
  const step = Math.max(1, Math.round(spacing / POINTS_PER_SPACING));
  const axis = (size: number) => Float64Array.from({ length: Math.ceil(size / step) }, (_, i) => i * step);
  return { rowAxis: axis(rows), colAxis: axis(cols) };
}

/** First index of an ascending axis at or after a coordinate. */
function firstFrom(axis: Float64Array, coordinate: number): number {
  const at = axis.findIndex((value) => value >= coordinate);
  return at < 0 ? axis.length : at;
}

/**
 * Values of motifs over the image: their mean with Gaussian weights of the distance, NaN far from any motif. Values that are
 * not finite do not count.
 * @param position (n, 2), px
 * @param values (n)
 * @returns row-major (rowAxis.length, colAxis.length)
 */
export function motifMap(
  { rowAxis, colAxis }: MapAxes,
  position: Float64Array,
  values: Float64Array,
  spacing: number,
): Float32Array {
  const [weight, sum] = [
    new Float64Array(rowAxis.length * colAxis.length),
    new Float64Array(rowAxis.length * colAxis.length),
  ];
  const reach = REACH * spacing;
  for (let k = 0; k < values.length; k++) {
    if (!Number.isFinite(values[k])) continue;
    const [row, col] = [position[2 * k], position[2 * k + 1]];
    const firstCol = firstFrom(colAxis, col - reach);
    for (let r = firstFrom(rowAxis, row - reach); r < rowAxis.length && rowAxis[r] <= row + reach; r++) {
      for (let c = firstCol; c < colAxis.length && colAxis[c] <= col + reach; c++) {
        const square = (rowAxis[r] - row) ** 2 + (colAxis[c] - col) ** 2;
        if (square > reach * reach) continue;
        const w = Math.exp(-square / (2 * (SMOOTHING * spacing) ** 2));
        const at = r * colAxis.length + c;
        weight[at] += w;
        sum[at] += w * values[k];
      }
    }
  }
  return Float32Array.from(sum, (s, i) => (weight[i] > 0 ? s / weight[i] : Number.NaN));
}

/** Every latent over the image. @param spacing distance between motifs, px */
export function latentMaps(motifs: Motifs, rows: number, cols: number, spacing: number): LatentMaps {
  const axes = mapAxes(rows, cols, spacing);
  const L = motifs.latentDim;
  const latent = (l: number) => Float64Array.from({ length: motifs.count }, (_, k) => motifs.z[k * L + l]);
  return { ...axes, z: Array.from({ length: L }, (_, l) => motifMap(axes, motifs.position, latent(l), spacing)) };
}
