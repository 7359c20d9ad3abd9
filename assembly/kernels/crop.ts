import { spline_forward } from "./spline";

/*
 * Cutting windows from an image (rows, cols), row-major. Outside, the image is its own mirror about the edge pixels
 * (reflect-101), so that a window re-centred on a motif at the edge is whole.
 */

@inline
function mirrored(index: i32, size: i32): i32 {
  if (index >= 0 && index < size) return index;
  if (size == 1) return 0;
  const period = 2 * (size - 1);
  index = index % period;
  if (index < 0) index += period;
  return index < size ? index : period - index;
}

/** out (height, width) = image from the whole pixel (row, col) on; the window lies inside. Writes. */
export function crop_forward(out: usize, image: usize, cols: u32, row: u32, col: u32, height: u32, width: u32): void {
  const whole = <usize>(width & ~3) << 2, end = <usize>width << 2;
  let from = image + (<usize>(row * cols + col) << 2);
  // In vectors, not by memory.copy: a call of the engine costs more than so short a row.
  for (let i: u32 = 0; i < height; i++, from += <usize>cols << 2, out += end) {
    let at: usize = 0;
    for (; at < whole; at += 16) v128.store(out + at, v128.load(from + at));
    for (; at < end; at += 4) store<f32>(out + at, load<f32>(from + at));
  }
}

/** tile (height, stride) = the mirrored image from the whole pixel (top, left) on, the first `width` columns of each row. Writes. */
export function crop_mirrored(tile: usize, image: usize, rows: u32, cols: u32, top: i32, left: i32, height: u32, width: u32, stride: u32): void {
  for (let i: u32 = 0; i < height; i++) {
    const from = image + (<usize>(<u32>mirrored(top + <i32>i, <i32>rows) * cols) << 2);
    const to = tile + (<usize>(i * stride) << 2);
    for (let j: u32 = 0; j < width; j++) store<f32>(to + (<usize>j << 2), load<f32>(from + (<usize>mirrored(left + <i32>j, <i32>cols) << 2)));
  }
}

/** Fraction of a position, short of the value that 1 + fraction would round up to 2. */
@inline
function fraction(position: f32): f32 {
  return min(position - floor(position), <f32>0.9999998);
}

/** Floats of scratch for `crop_at`: the tile that a window needs at the edge. */
export function crop_scratch(height: u32, width: u32): u32 {
  return (height + 3) * (width + 8) + 16;
}

/**
 * out (height, width) = the image smoothed by the cubic B-spline, sampled from (row, col) on, anywhere. Writes.
 * The smoothing hardly depends on the fraction of the position, so an encoder cannot read the fraction from the noise.
 * Readable for 16 floats past the image's end. `tile`: crop_scratch floats, `scratch`: spline_scratch floats.
 */
export function crop_at(out: usize, image: usize, rows: u32, cols: u32, row: f32, col: f32, height: u32, width: u32, flat: bool, tile: usize, scratch: usize): void {
  const top = <i32>floor(row) - 1, left = <i32>floor(col) - 1;
  const inside = left >= 0 && left + <i32>width + 3 <= <i32>cols && (flat || (top >= 0 && top + <i32>height + 3 <= <i32>rows));
  if (inside) {
    spline_forward(out, image, cols, row, col, height, width, flat, scratch);
    return;
  }
  const tileRows: u32 = flat ? height : height + 3;
  const stride = width + 8;
  crop_mirrored(tile, image, rows, cols, flat ? 0 : top, left, tileRows, width + 3, stride);
  spline_forward(out, tile, stride, 1 + fraction(row), 1 + fraction(col), height, width, flat, scratch);
}
