import { gaussian_blur, gaussian_blur_scratch_bytes } from "./gaussian_blur";
import { hsum_f64x2, load_lanes, store_lanes, sum64 } from "./lanes";

/** Σ (x − mean)² of `count` (1–4) neighbours onto the two lanes. */
@inline
function add_squares(sum: v128, x: usize, mean: v128, count: usize): v128 {
  const v = load_lanes(x, count);
  const low = f64x2.sub(f64x2.promote_low_f32x4(v), mean);
  let high = f64x2.sub(f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 0, 1)), mean);
  sum = f64x2.add(sum, f64x2.mul(count > 1 ? low : f64x2.replace_lane(low, 1, 0), low));
  if (count < 3) return sum;
  if (count == 3) high = f64x2.replace_lane(high, 1, 0);
  return f64x2.add(sum, f64x2.mul(high, high));
}

/** Standard deviation of `n` floats about `mean`. */
function deviation(x: usize, n: usize, mean: f64): f64 {
  const whole = (n & ~3) * 4, about = f64x2.splat(mean);
  let sum = f64x2.splat(0);
  for (let at: usize = 0; at < whole; at += 16) sum = add_squares(sum, x + at, about, 4);
  if (n & 3) sum = add_squares(sum, x + whole, about, n & 3);
  return sqrt<f64>(hsum_f64x2(sum) / <f64>n);
}

/** out = (x − mean)·factor of `count` (1–4) neighbours. */
@inline
function scale_lanes(out: usize, x: usize, mean: v128, factor: v128, count: usize): void {
  const v = load_lanes(x, count);
  const low = f64x2.mul(f64x2.sub(f64x2.promote_low_f32x4(v), mean), factor);
  const high = f64x2.mul(f64x2.sub(f64x2.promote_low_f32x4(v128.shuffle<f32>(v, v, 2, 3, 0, 1)), mean), factor);
  store_lanes(out, v128.shuffle<f32>(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(high), 0, 1, 4, 5), count);
}

/** out = (x − mean)·factor, `n` floats, in f64. */
function shift_and_scale(out: usize, x: usize, n: usize, mean: f64, factor: f64): void {
  const whole = (n & ~3) * 4, about = f64x2.splat(mean), by = f64x2.splat(factor);
  for (let at: usize = 0; at < whole; at += 16) scale_lanes(out + at, x + at, about, by, 4);
  if (n & 3) scale_lanes(out + whole, x + whole, about, by, n & 3);
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
  for (let r: u32 = 0, at = image; r < rows; r++, at += <usize>cols * 4) {
    byRow += (<f64>r - middleRow) * (sum64(at, cols) - <f64>cols * mean);
    byCol += sum_by_column(at, cols, middleCol);
  }
  // About the centre the three terms are orthogonal on the grid; one row or column has no slope.
  const slopeRow = rows > 1 ? byRow / (spread(rows) * <f64>cols) : 0;
  const slopeCol = cols > 1 ? byCol / (spread(cols) * <f64>rows) : 0;
  for (let r: u32 = 0, at: usize = 0; r < rows; r++, at += <usize>cols * 4) {
    subtract_slope(out + at, image + at, cols, mean + slopeRow * (<f64>r - middleRow) - slopeCol * middleCol, slopeCol);
  }
}

/** Σ (c − middle)·x of a row; the mean falls out. */
function sum_by_column(x: usize, cols: u32, middle: f64): f64 {
  const whole = cols & ~1, two = f64x2.splat(2);
  let sum = f64x2.splat(0), place = f64x2(-middle, 1 - middle);
  for (let c: u32 = 0; c < whole; c += 2, place = f64x2.add(place, two)) {
    sum = f64x2.add(sum, f64x2.mul(place, f64x2.promote_low_f32x4(v128.load64_zero(x + (<usize>c << 2)))));
  }
  return hsum_f64x2(sum) + (cols & 1 ? (<f64>whole - middle) * <f64>load<f32>(x + (<usize>whole << 2)) : 0);
}

/** out = x − (start + slope·c) along a row. */
function subtract_slope(out: usize, x: usize, cols: u32, start: f64, slope: f64): void {
  const whole = cols & ~1, first = f64x2.splat(start), by = f64x2.splat(slope), two = f64x2.splat(2);
  let place = f64x2(0, 1);
  for (let c: u32 = 0; c < whole; c += 2, place = f64x2.add(place, two)) {
    const at = <usize>c << 2;
    const value = f64x2.promote_low_f32x4(v128.load64_zero(x + at));
    const left = f64x2.sub(value, f64x2.add(first, f64x2.mul(by, place)));
    v128.store64_lane(out + at, f32x4.demote_f64x2_zero(left), 0);
  }
  if (cols & 1) {
    const at = <usize>whole << 2;
    store<f32>(out + at, <f32>(<f64>load<f32>(x + at) - (start + slope * <f64>whole)));
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
  const whole = bytes & ~15;
  for (let at: usize = 0; at < whole; at += 16) v128.store(x + at, f32x4.sub(v128.load(x + at), v128.load(scratch + at)));
  for (let at = whole; at < bytes; at += 4) store<f32>(x + at, load<f32>(x + at) - load<f32>(scratch + at));
}

@inline
function square_lanes(out: usize, x: usize, count: usize): void {
  const v = load_lanes(x, count);
  store_lanes(out, f32x4.mul(v, v), count);
}

/** x /= √variance, but not less than `floor`; interpolation may undershoot 0. */
@inline
function divide_lanes(x: usize, variance: usize, floor: v128, count: usize): void {
  const positive = f32x4.max(load_lanes(variance, count), f32x4.splat(0));
  store_lanes(x, f32x4.div(load_lanes(x, count), f32x4.max(f32x4.sqrt(positive), floor)), count);
}

/** x /= its local standard deviation about 0 over `sigma` pixels, but not less than `least`. */
function divide_local_deviation(x: usize, rows: u32, cols: u32, sigma: f64, least: f32, scratch: usize): void {
  const bytes: usize = 4 * <usize>rows * cols;
  const whole = bytes & ~15, floor = f32x4.splat(least);
  for (let at: usize = 0; at < whole; at += 16) square_lanes(scratch + at, x + at, 4);
  if (bytes & 15) square_lanes(scratch + whole, x + whole, (bytes & 15) / 4);
  gaussian_blur(scratch, scratch, rows, cols, sigma, scratch + bytes);
  for (let at: usize = 0; at < whole; at += 16) divide_lanes(x + at, scratch + at, floor, 4);
  if (bytes & 15) divide_lanes(x + whole, scratch + whole, floor, (bytes & 15) / 4);
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
