/** Naive float64 twins of the spatial generator's kernels. */

/** Coordinates (rows · cols, 2) under a pose: sc·R(φ)q + d with q down the rows in (−1, 1) and against the columns in (1, −1). */
export function spatialGrid(
  rows: number,
  cols: number,
  [angle, d0, d1, scale]: ArrayLike<number> & Iterable<number>,
): Float64Array {
  const at = (i: number, size: number) => (size === 1 ? 0 : -1 + i * (2 / (size - 1)));
  const out: number[] = [];
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) {
      const [radius, turn] = [Math.hypot(at(i, rows), at(j, cols)), Math.atan2(-at(j, cols), at(i, rows)) + angle];
      out.push(scale * radius * Math.cos(turn) + d0, scale * radius * Math.sin(turn) + d1);
    }
  }
  return Float64Array.from(out);
}

/** tanh(u[j] + Σ_k x[p, k]·w[k, j]): (pixels, width). */
export function coordinateLayer(x: ArrayLike<number>, w: ArrayLike<number>, u: ArrayLike<number>): Float64Array {
  const width = u.length;
  return Float64Array.from({ length: (x.length / 2) * width }, (_, i) => {
    const [p, j] = [Math.floor(i / width), i % width];
    return Math.tanh(u[j] + x[2 * p] * w[j] + x[2 * p + 1] * w[width + j]);
  });
}

/** b + Σ_j tanh(a[p, j])·w[j]: (pixels). */
export function unitLayer(a: ArrayLike<number>, w: ArrayLike<number>, b: number): Float64Array {
  return Float64Array.from({ length: a.length / w.length }, (_, p) => {
    let sum = b;
    for (let j = 0; j < w.length; j++) sum += Math.tanh(a[p * w.length + j]) * w[j];
    return sum;
  });
}

/** −log of the normal density of every x about sigmoid(a), summed. */
export function sigmoidGaussian(a: ArrayLike<number>, x: ArrayLike<number>, sigma: number): number {
  let sum = 0;
  for (let p = 0; p < x.length; p++) {
    const mean = 1 / (1 + Math.exp(-a[p]));
    const density = Math.exp(-((x[p] - mean) ** 2) / (2 * sigma ** 2)) / (sigma * Math.sqrt(2 * Math.PI));
    sum -= Math.log(density);
  }
  return sum;
}
