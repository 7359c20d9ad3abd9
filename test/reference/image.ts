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

/** The pixel that stands for `index` outside 0 … size − 1, the edge pixel not repeated. */
function reflect(index: number, size: number): number {
  if (size === 1) return 0;
  let i = index;
  while (i < 0 || i >= size) i = i < 0 ? -i : 2 * (size - 1) - i;
  return i;
}

/** Gaussian blur by its double sum along each axis, truncated at 4σ, reflect-101 borders. */
export function gaussianBlur(image: ArrayLike<number>, rows: number, cols: number, sigma: number): Float64Array {
  const radius = Math.floor(4 * sigma + 0.5);
  const taps = Array.from({ length: 2 * radius + 1 }, (_, i) => Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)));
  const total = taps.reduce((a, b) => a + b);
  const along = (source: ArrayLike<number>, dr: number, dc: number) =>
    Float64Array.from({ length: rows * cols }, (_, p) => {
      const [r, c] = [Math.floor(p / cols), p % cols];
      return taps.reduce((sum, tap, i) => {
        const t = i - radius;
        return sum + (tap / total) * source[reflect(r + t * dr, rows) * cols + reflect(c + t * dc, cols)];
      }, 0);
    });
  return along(along(image, 1, 0), 0, 1);
}

/** Flat-fielding as assembly/kernels/normalise.ts says it, step by step. */
export function normaliseImage(
  image: ArrayLike<number>,
  rows: number,
  cols: number,
  backgroundSigma: number,
  contrastSigma: number,
  contrastFloor: number,
): Float64Array {
  const mean = (x: Float64Array) => x.reduce((a, b) => a + b, 0) / x.length;
  let x = Float64Array.from(image);
  const m = mean(x);
  x = x.map((v) => v - m);
  if (backgroundSigma > 0) {
    const local = gaussianBlur(x, rows, cols, backgroundSigma);
    x = x.map((v, i) => v - local[i]);
  }
  if (contrastSigma > 0) {
    const least = contrastFloor * Math.sqrt(mean(x.map((v) => v * v)));
    const variance = gaussianBlur(
      x.map((v) => v * v),
      rows,
      cols,
      contrastSigma,
    );
    x = x.map((v, i) => v / Math.max(Math.sqrt(variance[i]), least));
  }
  const centre = mean(x);
  const sd = Math.sqrt(mean(x.map((v) => (v - centre) ** 2)));
  return x.map((v) => (v - centre) / sd);
}
