/** Naive float64 twins of the image kernels. Images are row-major (rows, cols). */

/** Two-dimensional discrete Fourier transform by its sum. */
export function dft2d(re: ArrayLike<number>, im: ArrayLike<number>, rows: number, cols: number) {
  const out = { re: new Float64Array(rows * cols), im: new Float64Array(rows * cols) };
  for (let u = 0; u < rows; u++) {
    for (let v = 0; v < cols; v++) {
      for (let r = 0; r < rows; r++) {
        for (let c = 0; c < cols; c++) {
          const phase = -2 * Math.PI * ((u * r) / rows + (v * c) / cols);
          const [x, y] = [re[r * cols + c], im[r * cols + c]];
          out.re[u * cols + v] += x * Math.cos(phase) - y * Math.sin(phase);
          out.im[u * cols + v] += x * Math.sin(phase) + y * Math.cos(phase);
        }
      }
    }
  }
  return out;
}

/** Unbiased autocorrelation about the mean, 1 at lag 0: lags (0 … maxRow, −maxCol … maxCol). */
export function autocorrelation(
  image: ArrayLike<number>,
  rows: number,
  cols: number,
  maxRow: number,
  maxCol: number,
): number[] {
  let mean = 0;
  for (let i = 0; i < rows * cols; i++) mean += image[i] / (rows * cols);
  const at = (dr: number, dc: number) => {
    let sum = 0;
    let overlap = 0;
    for (let r = 0; r + dr < rows; r++) {
      for (let c = Math.max(0, -dc); c < Math.min(cols, cols - dc); c++) {
        sum += (image[r * cols + c] - mean) * (image[(r + dr) * cols + c + dc] - mean);
        overlap++;
      }
    }
    return sum / overlap;
  };
  const out: number[] = [];
  for (let dr = 0; dr <= maxRow; dr++) {
    for (let dc = -maxCol; dc <= maxCol; dc++) out.push(at(dr, dc) / at(0, 0));
  }
  return out;
}
