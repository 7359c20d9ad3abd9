import { fft2d, fft_scratch_bytes, fft_size } from "./fft";

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
  fft2d(re, im, paddedRows, paddedCols, false, im + bytes);
  for (let at: usize = 0; at < bytes; at += 4) {
    const a = load<f32>(re + at);
    const b = load<f32>(im + at);
    store<f32>(re + at, a * a + b * b);
  }
  memory.fill(im, 0, bytes);
  fft2d(re, im, paddedRows, paddedCols, true, im + bytes);
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
