import { gaussian_blur, gaussian_blur_scratch_bytes } from "./gaussian_blur";

/** Σ x of `n` floats in f64, in order. */
function sum64(x: usize, n: usize): f64 {
  let sum: f64 = 0;
  for (let at: usize = 0; at < n * 4; at += 4) sum += <f64>load<f32>(x + at);
  return sum;
}

/** Standard deviation of `n` floats about `mean`. */
function deviation(x: usize, n: usize, mean: f64): f64 {
  let sum: f64 = 0;
  for (let at: usize = 0; at < n * 4; at += 4) {
    const d = <f64>load<f32>(x + at) - mean;
    sum += d * d;
  }
  return sqrt<f64>(sum / <f64>n);
}

/** out = (x − mean)·factor, `n` floats. */
function shift_and_scale(out: usize, x: usize, n: usize, mean: f64, factor: f64): void {
  for (let at: usize = 0; at < n * 4; at += 4) {
    store<f32>(out + at, <f32>((<f64>load<f32>(x + at) - mean) * factor));
  }
}

/** Σ (i − (n − 1)/2)² for i < n. */
@inline
function spread(n: f64): f64 {
  return (n * (n * n - 1)) / 12;
}

/** out = image (rows, cols) less its least-squares plane a + b·row + c·column. Writes out, which may be the image. */
export function remove_plane(out: usize, image: usize, rows: u32, cols: u32): void {
  const n = <f64>rows * <f64>cols;
  const middleRow = 0.5 * <f64>(rows - 1);
  const middleCol = 0.5 * <f64>(cols - 1);
  const mean = sum64(image, <usize>rows * cols) / n;
  let byRow: f64 = 0;
  let byCol: f64 = 0;
  for (let r: u32 = 0, at = image; r < rows; r++) {
    for (let c: u32 = 0; c < cols; c++, at += 4) {
      const value = <f64>load<f32>(at) - mean;
      byRow += (<f64>r - middleRow) * value;
      byCol += (<f64>c - middleCol) * value;
    }
  }
  // About the centre the three terms are orthogonal on the grid; one row or column has no slope.
  const slopeRow = rows > 1 ? byRow / (spread(rows) * <f64>cols) : 0;
  const slopeCol = cols > 1 ? byCol / (spread(cols) * <f64>rows) : 0;
  for (let r: u32 = 0, at: usize = 0; r < rows; r++) {
    for (let c: u32 = 0; c < cols; c++, at += 4) {
      const plane = mean + slopeRow * (<f64>r - middleRow) + slopeCol * (<f64>c - middleCol);
      store<f32>(out + at, <f32>(<f64>load<f32>(image + at) - plane));
    }
  }
}

/** Bytes of scratch for `normalise_image`. */
export function normalise_scratch_bytes(rows: u32, cols: u32, background_sigma: f64, contrast_sigma: f64): usize {
  let blur: usize = 0;
  if (background_sigma > 0) blur = gaussian_blur_scratch_bytes(rows, cols, background_sigma);
  if (contrast_sigma > 0) blur = max<usize>(blur, gaussian_blur_scratch_bytes(rows, cols, contrast_sigma));
  return 4 * <usize>rows * cols + blur;
}

/** x −= its local mean over `sigma` pixels. */
function subtract_local_mean(x: usize, rows: u32, cols: u32, sigma: f64, scratch: usize): void {
  const bytes: usize = 4 * <usize>rows * cols;
  gaussian_blur(scratch, x, rows, cols, sigma, scratch + bytes);
  for (let at: usize = 0; at < bytes; at += 4) store<f32>(x + at, load<f32>(x + at) - load<f32>(scratch + at));
}

/** x /= its local standard deviation about 0 over `sigma` pixels, but not less than `least`. */
function divide_local_deviation(x: usize, rows: u32, cols: u32, sigma: f64, least: f32, scratch: usize): void {
  const bytes: usize = 4 * <usize>rows * cols;
  for (let at: usize = 0; at < bytes; at += 4) store<f32>(scratch + at, load<f32>(x + at) * load<f32>(x + at));
  gaussian_blur(scratch, scratch, rows, cols, sigma, scratch + bytes);
  for (let at: usize = 0; at < bytes; at += 4) {
    const variance = max<f32>(load<f32>(scratch + at), 0); // interpolation may undershoot
    store<f32>(x + at, load<f32>(x + at) / max<f32>(sqrt<f32>(variance), least));
  }
}

/**
 * Flat-fields an image (rows, cols): subtracts the local mean (Gaussian of `background_sigma` pixels), divides by the
 * local standard deviation (`contrast_sigma`; at least `contrast_floor` of the whole image's, so that empty regions are
 * not blown up), and makes the whole zero mean and unit variance. A sigma of 0 leaves its step out.
 *
 * Writes out, which may be the image, and `scratch` (normalise_scratch_bytes). Returns the standard deviation before the
 * last step: 0 for an image without contrast (out is 0 then), NaN where a pixel is not finite.
 */
export function normalise_image(
  out: usize,
  image: usize,
  rows: u32,
  cols: u32,
  background_sigma: f64,
  contrast_sigma: f64,
  contrast_floor: f64,
  scratch: usize,
): f64 {
  const n = <usize>rows * cols;
  // Half a unit in the last place: what is below it is rounding, not contrast.
  const rounding = 6e-8 * deviation(image, n, 0);
  // In f64, so that a large offset does not cost the contrast its bits.
  shift_and_scale(out, image, n, sum64(image, n) / <f64>n, 1);
  if (background_sigma > 0) subtract_local_mean(out, rows, cols, background_sigma, scratch);
  if (contrast_sigma > 0) {
    const least = <f32>(contrast_floor * deviation(out, n, 0));
    if (least > 0) divide_local_deviation(out, rows, cols, contrast_sigma, least, scratch);
  }
  const mean = sum64(out, n) / <f64>n;
  const sd = deviation(out, n, mean);
  if (sd <= rounding) {
    memory.fill(out, 0, n * 4);
    return 0;
  }
  shift_and_scale(out, out, n, mean, 1 / sd);
  return sd;
}
