import { fft_columns, fft_rows, fft_scratch_bytes, fft_size } from "./fft";

/** Bytes of scratch for `autocorrelation`. */
export function autocorrelation_scratch_bytes(rows: u32, cols: u32, maxRow: u32, maxCol: u32): usize {
  const paddedRows = fft_size(rows + maxRow);
  const paddedCols = fft_size(cols + maxCol);
  return 8 * <usize>paddedRows * paddedCols + fft_scratch_bytes(max(paddedRows, paddedCols));
}

/** Mean of `n` floats, in order, in f64. */
function mean_of(x: usize, n: usize): f64 {
  let sum: f64 = 0;
  for (let i: usize = 0; i < n; i++) sum += load<f32>(x + i * 4);
  return sum / <f64>n;
}

/** Writes image − mean into the corner of a zeroed array with rows of `paddedCols`. */
function place(re: usize, image: usize, rows: usize, cols: usize, paddedCols: usize): void {
  const mean = mean_of(image, rows * cols);
  for (let r: usize = 0; r < rows; r++) {
    for (let c: usize = 0; c < cols; c++) {
      const value = <f64>load<f32>(image + (r * cols + c) * 4) - mean;
      store<f32>(re + (r * paddedCols + c) * 4, <f32>value);
    }
  }
}

/** re = re² + im², im = 0 in the first `half` columns. */
function power_spectrum(re: usize, im: usize, rows: usize, cols: usize, half: usize): void {
  for (let r: usize = 0; r < rows; r++) {
    for (let c: usize = 0; c < half; c++) {
      const at = (r * cols + c) * 4;
      const a = load<f32>(re + at), b = load<f32>(im + at);
      store<f32>(re + at, a * a + b * b);
      store<f32>(im + at, 0);
    }
  }
}

/** Columns past `half` of the first rows: those of a real image's spectrum are the conjugates of the first ones. Writes. */
function mirror_columns(re: usize, im: usize, rows: usize, cols: usize, half: usize): void {
  for (let r: usize = 0; r < rows; r++) {
    for (let c = half; c < cols; c++) {
      const to = (r * cols + c) * 4, from = (r * cols + cols - c) * 4;
      store<f32>(re + to, load<f32>(re + from));
      store<f32>(im + to, -load<f32>(im + from));
    }
  }
}

/**
 * Unbiased autocorrelation of an image (rows, cols) about its mean m, normalised to 1 at lag 0:
 *
 *     A(d) = [Σ_p (x_p − m)(x_{p+d} − m) / N(d)] / [Σ_p (x_p − m)² / N(0)],   N(d) pixels overlap at lag d
 *
 * for lags 0 ≤ d_row ≤ maxRow, |d_col| ≤ maxCol, each below the image's size; A(−d) = A(d) gives the rest. A constant
 * image gives 0. Zero padding keeps the transform's wrap-around out (Wiener–Khinchin theorem). Writes out (maxRow + 1, 2·maxCol + 1),
 * and `scratch` (autocorrelation_scratch_bytes; 8 bytes a padded pixel, so hand over a part of a large image).
 */
export function autocorrelation(
  out: usize,
  image: usize,
  rows: u32,
  cols: u32,
  maxRow: u32,
  maxCol: u32,
  scratch: usize,
): void {
  const paddedRows = fft_size(rows + maxRow);
  const paddedCols = fft_size(cols + maxCol);
  const bytes: usize = 4 * <usize>paddedRows * paddedCols;
  const re = scratch;
  const im = scratch + bytes;
  memory.fill(re, 0, 2 * bytes);
  place(re, image, rows, cols, paddedCols);
  const half = paddedCols / 2 + 1;
  const transforms = im + bytes;
  // Rows past the image are zero, and so are their transforms.
  fft_rows(re, im, rows, paddedCols, false, transforms);
  fft_columns(re, im, paddedRows, paddedCols, half, false, transforms);
  power_spectrum(re, im, paddedRows, paddedCols, half);
  fft_columns(re, im, paddedRows, paddedCols, half, true, transforms);
  mirror_columns(re, im, maxRow + 1, paddedCols, half);
  // Of the rows only those of the lags; a factor falls out in the division by lag 0.
  fft_rows(re, im, maxRow + 1, paddedCols, true, transforms);
  const variance = <f64>load<f32>(re) / (<f64>rows * <f64>cols);
  for (let r: u32 = 0; r <= maxRow; r++) {
    for (let c: u32 = 0; c <= 2 * maxCol; c++) {
      const lag = <i32>c - <i32>maxCol;
      const overlap = <f64>(rows - r) * <f64>(cols - abs<i32>(lag));
      const at = <usize>r * paddedCols + ((lag + paddedCols) & (paddedCols - 1));
      const value = variance > 0 ? <f64>load<f32>(re + at * 4) / (overlap * variance) : 0;
      store<f32>(out + (<usize>r * (2 * maxCol + 1) + c) * 4, <f32>value);
    }
  }
}
