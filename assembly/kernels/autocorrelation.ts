import { fft_columns, fft_rows, fft_scratch_bytes, fft_size } from "./fft";
import { load_lanes, store_lanes, sum64 } from "./lanes";
import { exp64 } from "./math64";

/*
 * Unbiased autocorrelation of an image (rows, cols) about its mean m, normalised to 1 at lag 0:
 *
 *     A(d) = [Σ_p (x_p − m)(x_{p+d} − m) / N(d)] / [Σ_p (x_p − m)² / N(0)],   N(d) pixels overlap at lag d
 *
 * for lags 0 ≤ d_row ≤ maxRow, |d_col| ≤ maxCol, each below the image's size; A(−d) = A(d) gives the rest. In two parts (Wiener–Khinchin theorem): the
 * power spectrum, kept; and from it the autocorrelation of what is left when slow background is taken out, as often as it is asked for.
 * Zero padding keeps the transform's wrap-around out.
 */

const TWO_PI_SQUARED: f64 = 19.739208802178716;

/** Columns of the power spectrum: those past the middle of a real image's are the same. */
@inline
function half_of(paddedCols: u32): u32 {
  return paddedCols / 2 + 1;
}

/** Floats of the power spectrum: a column of the padded rows for each frequency along a row, frequency 0 to the highest. */
export function power_spectrum_size(rows: u32, cols: u32, maxRow: u32, maxCol: u32): usize {
  return <usize>fft_size(rows + maxRow) * half_of(fft_size(cols + maxCol));
}

/** Bytes of scratch for `power_spectrum` and `autocorrelation`. */
export function autocorrelation_scratch_bytes(rows: u32, cols: u32, maxRow: u32, maxCol: u32): usize {
  const paddedRows = fft_size(rows + maxRow);
  const paddedCols = fft_size(cols + maxCol);
  return 8 * <usize>paddedRows * paddedCols + fft_scratch_bytes(max(paddedRows, paddedCols)) + 4 * <usize>(paddedRows + paddedCols);
}

/** Writes image − mean into the corner of a zeroed array with rows of `paddedCols`. */
function place(re: usize, image: usize, rows: usize, cols: usize, paddedCols: usize): void {
  const mean = f32x4.splat(<f32>(sum64(image, rows * cols) / <f64>(rows * cols)));
  const whole = (cols & ~3) * 4;
  for (let r: usize = 0; r < rows; r++) {
    const to = re + r * paddedCols * 4, from = image + r * cols * 4;
    for (let c: usize = 0; c < whole; c += 16) v128.store(to + c, f32x4.sub(v128.load(from + c), mean));
    if (cols & 3) store_lanes(to + whole, f32x4.sub(load_lanes(from + whole, cols & 3), mean), cols & 3);
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

/** power (paddedRows, half) = |X|² of the image about its mean, zero-padded for the lags. Writes power (power_spectrum_size) and `scratch`. */
export function power_spectrum(power: usize, image: usize, rows: u32, cols: u32, maxRow: u32, maxCol: u32, scratch: usize): void {
  const paddedRows = fft_size(rows + maxRow), paddedCols = fft_size(cols + maxCol), half = half_of(paddedCols);
  const bytes: usize = 4 * <usize>paddedRows * paddedCols;
  const re = scratch, im = scratch + bytes, transforms = im + bytes;
  memory.fill(re, 0, 2 * bytes);
  place(re, image, rows, cols, paddedCols);
  // Rows past the image are zero, and so are their transforms.
  fft_rows(re, im, rows, paddedCols, false, transforms);
  fft_columns(re, im, paddedRows, paddedCols, half, false, transforms);
  for (let r: u32 = 0; r < paddedRows; r++) {
    const from = <usize>(r * paddedCols) << 2, to = power + (<usize>(r * half) << 2);
    for (let c: u32 = 0; c < half; c += 4) {
      const at = from + (<usize>c << 2), count = min(4, half - c);
      const a = load_lanes(re + at, count), b = load_lanes(im + at, count);
      store_lanes(to + (<usize>c << 2), f32x4.add(f32x4.mul(a, a), f32x4.mul(b, b)), count);
    }
  }
}

/** out (n) = exp(−2π²σ²f²) at the frequencies f of n samples, cycles a pixel: what a Gaussian of σ pixels leaves of them. Writes. */
function gaussian_response(out: usize, n: u32, sigma: f64): void {
  for (let k: u32 = 0; k < n; k++) {
    const f = <f64>min(k, n - k) / <f64>n;
    store<f32>(out + (<usize>k << 2), <f32>exp64(-TWO_PI_SQUARED * sigma * sigma * f * f));
  }
}

/** re = power·(1 − G)² in the first `half` columns, G the response of a Gaussian of `background` pixels; without one (0), power. im = 0. Writes. */
function filtered(re: usize, im: usize, power: usize, rows: u32, cols: u32, half: u32, background: f64, responses: usize): void {
  const across = responses + (<usize>rows << 2);
  memory.fill(im, 0, <usize>(rows * cols) << 2);
  if (background > 0) {
    gaussian_response(responses, rows, background);
    gaussian_response(across, cols, background);
  }
  for (let r: u32 = 0; r < rows; r++) {
    const from = power + (<usize>(r * half) << 2), to = <usize>(r * cols) << 2;
    const g: f32 = background > 0 ? load<f32>(responses + (<usize>r << 2)) : 0;
    const one = f32x4.splat(1), along = f32x4.splat(g);
    for (let c: u32 = 0; c < half; c += 4) {
      const at = <usize>c << 2, count = min(4, half - c);
      const left = background > 0 ? f32x4.sub(one, f32x4.mul(along, load_lanes(across + at, count))) : one;
      store_lanes(re + to + at, f32x4.mul(load_lanes(from + at, count), f32x4.mul(left, left)), count);
    }
  }
}

/**
 * Autocorrelation from the image's power spectrum, of what is left without its mean over a Gaussian of σ = `background` pixels (0: of all; near the image's edge
 * the mean counts what is outside as 0). Of a constant image 0. Writes out (maxRow + 1, 2·maxCol + 1) and `scratch` (autocorrelation_scratch_bytes; 8
 * bytes a padded pixel, so hand over a part of a large image).
 */
export function autocorrelation(
  out: usize, power: usize, rows: u32, cols: u32, maxRow: u32, maxCol: u32, background: f64, scratch: usize,
): void {
  const paddedRows = fft_size(rows + maxRow), paddedCols = fft_size(cols + maxCol), half = half_of(paddedCols);
  const bytes: usize = 4 * <usize>paddedRows * paddedCols;
  const re = scratch, im = scratch + bytes, transforms = im + bytes;
  filtered(re, im, power, paddedRows, paddedCols, half, background, transforms + fft_scratch_bytes(max(paddedRows, paddedCols)));
  fft_columns(re, im, paddedRows, paddedCols, half, true, transforms);
  mirror_columns(re, im, maxRow + 1, paddedCols, half);
  // Of the rows only those of the lags; a factor falls out in the division by lag 0.
  fft_rows(re, im, maxRow + 1, paddedCols, true, transforms);
  const variance = <f64>load<f32>(re) / (<f64>rows * <f64>cols);
  for (let r: u32 = 0; r <= maxRow; r++) {
    for (let c: u32 = 0; c <= 2 * maxCol; c++) {
      const lag = <i32>c - <i32>maxCol;
      const overlap = <f64>(rows - r) * <f64>(cols - abs<i32>(lag));
      const at = <usize>r * paddedCols + (lag < 0 ? lag + paddedCols : lag);
      const value = variance > 0 ? <f64>load<f32>(re + at * 4) / (overlap * variance) : 0;
      store<f32>(out + (<usize>r * (2 * maxCol + 1) + c) * 4, <f32>value);
    }
  }
}
