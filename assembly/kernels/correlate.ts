import { fma } from "./simd";

/*
 * Template correlation: the product of each window with the template at every whole-pixel shift,
 *   s(n, ur, uc) = Σ_ij x(n, i, j) · c(ur + i, uc + j),   ur < shiftRows, uc < shiftCols,
 * a matrix product whose right-hand side is the template itself, read at unaligned addresses instead of unfolded.
 * Windows are packed by `pack_rows` (pack.ts): xp (⌈n/4⌉, rows · cols, 4), missing windows zero.
 */

/** Row stride of the scores: shiftCols in whole panels of 8. */
@inline
export function score_stride(shiftCols: u32): u32 {
  return (shiftCols + 7) & ~7;
}

/**
 * s (⌈n/4⌉·4, shiftRows, score_stride(shiftCols)). Writes; of the columns past shiftCols some hold sums of what lies right of
 * the template's rows. c is row-major with row stride `stride` floats and must be readable for 8 floats past its end.
 */
export function correlate_forward(s: usize, xp: usize, c: usize, stride: u32, shiftRows: u32, shiftCols: u32, rows: u32, cols: u32, n: u32): void {
  const lds = score_stride(shiftCols);
  const sample = <usize>(shiftRows * lds) << 2;
  for (let i: u32 = 0; i < n; i += 4) {
    const x = xp + (<usize>(i * rows * cols) << 2);
    for (let ur: u32 = 0; ur < shiftRows; ur++) {
      let at = c + (<usize>(ur * stride) << 2), to = s + <usize>i * sample + (<usize>(ur * lds) << 2);
      let left = shiftCols;
      for (; left > 4; left = left > 8 ? left - 8 : 0, at += 32, to += 32) correlate_tile(to, sample, x, at, <usize>stride << 2, rows, cols);
      if (left > 0) correlate_half(to, sample, x, at, <usize>stride << 2, rows, cols);
    }
  }
}

/** Four windows at eight neighbouring shifts. */
function correlate_tile(s: usize, sample: usize, x: usize, c: usize, stride: usize, rows: u32, cols: u32): void {
  let s00 = f32x4.splat(0), s01 = s00, s10 = s00, s11 = s00, s20 = s00, s21 = s00, s30 = s00, s31 = s00;
  for (let i: u32 = 0; i < rows; i++) {
    let at = c;
    const end = c + (<usize>cols << 2);
    while (at < end) {
      const c0 = v128.load(at), c1 = v128.load(at, 16);
      let v = v128.load32_splat(x);
      s00 = fma(v, c0, s00);
      s01 = fma(v, c1, s01);
      v = v128.load32_splat(x, 4);
      s10 = fma(v, c0, s10);
      s11 = fma(v, c1, s11);
      v = v128.load32_splat(x, 8);
      s20 = fma(v, c0, s20);
      s21 = fma(v, c1, s21);
      v = v128.load32_splat(x, 12);
      s30 = fma(v, c0, s30);
      s31 = fma(v, c1, s31);
      x += 16;
      at += 4;
    }
    c += stride;
  }
  v128.store(s, s00);
  v128.store(s, s01, 16);
  v128.store(s + sample, s10);
  v128.store(s + sample, s11, 16);
  v128.store(s + 2 * sample, s20);
  v128.store(s + 2 * sample, s21, 16);
  v128.store(s + 3 * sample, s30);
  v128.store(s + 3 * sample, s31, 16);
}

/** Four windows at four neighbouring shifts. */
function correlate_half(s: usize, sample: usize, x: usize, c: usize, stride: usize, rows: u32, cols: u32): void {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  for (let i: u32 = 0; i < rows; i++) {
    let at = c;
    const end = c + (<usize>cols << 2);
    while (at < end) {
      const v = v128.load(at);
      s0 = fma(v128.load32_splat(x), v, s0);
      s1 = fma(v128.load32_splat(x, 4), v, s1);
      s2 = fma(v128.load32_splat(x, 8), v, s2);
      s3 = fma(v128.load32_splat(x, 12), v, s3);
      x += 16;
      at += 4;
    }
    c += stride;
  }
  v128.store(s, s0);
  v128.store(s + sample, s1);
  v128.store(s + 2 * sample, s2);
  v128.store(s + 3 * sample, s3);
}

/**
 * Sum and sum of squares of the template under the window at every shift: s1, s2 (shiftRows, score_stride(shiftCols)), f32
 * from f64 sums. Writes. Running sums over rows and columns, so the cost does not depend on the window's size.
 * scratch: 2 · (shiftCols + cols) f64.
 */
export function template_sums(s1: usize, s2: usize, c: usize, stride: u32, shiftRows: u32, shiftCols: u32, rows: u32, cols: u32, scratch: usize): void {
  const width = shiftCols + cols - 1;
  const squares = scratch + (<usize>(shiftCols + cols) << 3);
  memory.fill(scratch, 0, <usize>(shiftCols + cols) << 4);
  for (let r: u32 = 0; r < rows + shiftRows - 1; r++) {
    for (let j: u32 = 0; j < width; j++) {
      const at = <usize>j << 3;
      const enter = <f64>load<f32>(c + (<usize>(r * stride + j) << 2));
      const leave: f64 = r >= rows ? <f64>load<f32>(c + (<usize>((r - rows) * stride + j) << 2)) : 0;
      store<f64>(scratch + at, load<f64>(scratch + at) + enter - leave);
      store<f64>(squares + at, load<f64>(squares + at) + enter * enter - leave * leave);
    }
    if (r + 1 >= rows) {
      const to = <usize>((r + 1 - rows) * score_stride(shiftCols)) << 2;
      slide(s1 + to, scratch, shiftCols, cols);
      slide(s2 + to, squares, shiftCols, cols);
    }
  }
}

/** out (count) = sums of `cols` neighbouring values of v. Writes. */
@inline
function slide(out: usize, v: usize, count: u32, cols: u32): void {
  let sum: f64 = 0;
  for (let j: u32 = 0; j < cols; j++) sum += load<f64>(v + (<usize>j << 3));
  for (let j: u32 = 0; j < count; j++) {
    store<f32>(out + (<usize>j << 2), <f32>sum);
    sum += load<f64>(v + (<usize>(j + cols) << 3)) - load<f64>(v + (<usize>j << 3));
  }
}
