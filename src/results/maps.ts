import type { LatentMaps, Motifs } from "./types.ts";

/** Map points across a motif spacing. */
const POINTS_PER_SPACING = 6;
/** Width of the Gaussian average, and distance to the nearest motif beyond which the map is empty, in spacings. */
const SMOOTHING = 0.35;
const REACH = 1.1;

/** Every latent over the image: the mean of the motifs' values with Gaussian weights of the distance, NaN far from any motif. */
export function latentMaps(motifs: Motifs, rows: number, cols: number, spacing: number): LatentMaps {
  const step = Math.max(1, Math.round(spacing / POINTS_PER_SPACING));
  const axis = (size: number) => Float64Array.from({ length: Math.ceil(size / step) }, (_, i) => i * step);
  const [rowAxis, colAxis] = [axis(rows), axis(cols)];
  const size = rowAxis.length * colAxis.length;
  const L = motifs.latentDim;
  const weight = new Float64Array(size);
  const sums = Array.from({ length: L }, () => new Float64Array(size));
  const reach = REACH * spacing;
  for (let k = 0; k < motifs.count; k++) {
    const [row, col] = [motifs.position[2 * k], motifs.position[2 * k + 1]];
    for (let r = Math.max(0, Math.ceil((row - reach) / step)); r < rowAxis.length && rowAxis[r] <= row + reach; r++) {
      for (let c = Math.max(0, Math.ceil((col - reach) / step)); c < colAxis.length && colAxis[c] <= col + reach; c++) {
        const square = (rowAxis[r] - row) ** 2 + (colAxis[c] - col) ** 2;
        if (square > reach * reach) continue;
        const w = Math.exp(-square / (2 * (SMOOTHING * spacing) ** 2));
        const at = r * colAxis.length + c;
        weight[at] += w;
        for (let l = 0; l < L; l++) sums[l][at] += w * motifs.z[k * L + l];
      }
    }
  }
  return {
    rowAxis,
    colAxis,
    z: sums.map((sum) => Float32Array.from(sum, (s, i) => (weight[i] > 0 ? s / weight[i] : Number.NaN))),
  };
}
