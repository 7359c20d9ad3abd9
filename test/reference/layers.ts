/** Naive float64 twins of the layers' kernels: products, convolution, changes of size. Arrays are row-major, nothing padded. */

/** C (m, n) = A (m, k) · B (k, n) + bias (n). */
export function matmul(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  m: number,
  n: number,
  k: number,
  bias?: ArrayLike<number>,
): Float64Array {
  const c = new Float64Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = bias ? bias[j] : 0;
      for (let p = 0; p < k; p++) sum += a[i * k + p] * b[p * n + j];
      c[i * n + j] = sum;
    }
  }
  return c;
}

/** Aᵀ (cols, rows) of A (rows, cols). */
export function transpose(a: ArrayLike<number>, rows: number, cols: number): Float64Array {
  return Float64Array.from({ length: rows * cols }, (_, i) => a[(i % rows) * cols + Math.floor(i / rows)]);
}

export interface ConvolutionShape {
  readonly n: number;
  readonly rows: number;
  readonly cols: number;
  readonly inC: number;
  readonly outC: number;
  readonly stride: number;
}

/**
 * 3×3 convolution with zero padding 1: x (n, rows, cols, inC), w (3, 3, inC, outC), b (outC) →
 * (n, ⌈rows/stride⌉, ⌈cols/stride⌉, outC).
 */
export function conv2d(
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  b: ArrayLike<number>,
  shape: ConvolutionShape,
): Float64Array {
  const { n, rows, cols, inC, outC, stride } = shape;
  const [outRows, outCols] = [Math.ceil(rows / stride), Math.ceil(cols / stride)];
  const pixel = (s: number, r: number, c: number, channel: number) =>
    r < 0 || c < 0 || r >= rows || c >= cols ? 0 : x[((s * rows + r) * cols + c) * inC + channel];
  const y = new Float64Array(n * outRows * outCols * outC);
  for (let i = 0; i < y.length; i++) {
    const [o, c, r] = [i % outC, Math.floor(i / outC) % outCols, Math.floor(i / outC / outCols) % outRows];
    const s = Math.floor(i / outC / outCols / outRows);
    let sum = b[o];
    for (let tap = 0; tap < 9; tap++) {
      const [dr, dc] = [Math.floor(tap / 3) - 1, (tap % 3) - 1];
      for (let k = 0; k < inC; k++)
        sum += pixel(s, r * stride + dr, c * stride + dc, k) * w[(tap * inC + k) * outC + o];
    }
    y[i] = sum;
  }
  return y;
}

/** Nearest-neighbour upsampling by 2: (n, rows, cols, channels) → (n, 2·rows, 2·cols, channels). */
export function upsample2(x: ArrayLike<number>, n: number, rows: number, cols: number, channels: number): Float64Array {
  return Float64Array.from({ length: 4 * n * rows * cols * channels }, (_, i) => {
    const pixel = Math.floor(i / channels);
    const [c, r, s] = [
      pixel % (2 * cols),
      Math.floor(pixel / 2 / cols) % (2 * rows),
      Math.floor(pixel / 4 / cols / rows),
    ];
    return x[((s * rows + (r >> 1)) * cols + (c >> 1)) * channels + (i % channels)];
  });
}

/** First channel of the top-left (outRows, outCols) of x (n, rows, cols, channels), plus b (outRows, outCols). */
export function canvas(
  x: ArrayLike<number>,
  b: ArrayLike<number>,
  shape: { n: number; rows: number; cols: number; channels: number; outRows: number; outCols: number },
): Float64Array {
  const { n, rows, cols, channels, outRows, outCols } = shape;
  return Float64Array.from({ length: n * outRows * outCols }, (_, i) => {
    const p = i % (outRows * outCols);
    const [r, c, s] = [Math.floor(p / outCols), p % outCols, Math.floor(i / outRows / outCols)];
    return b[p] + x[((s * rows + r) * cols + c) * channels];
  });
}
