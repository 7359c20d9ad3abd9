import { fma } from "./simd";

/*
 * Tiles of C = S + A·B, each element the sum over k in ascending order, started from S or 0: bits do not depend on the tile. `b` is a panel, 8 floats a
 * row (matmul.ts). A lies in one of two ways, `Fours` or `Panels`, which the functions are made for at compile time.
 */

/** A in groups of 4 rows (pack.ts). The class's size is the distance from row to row; columns are 16 bytes apart. */
@unmanaged
export class Fours {
  row: f32;
}

/** A in panels: rows 32 bytes apart, columns 4; after 8 of them it goes on `jump` bytes past the last. k is a multiple of 8. */
@unmanaged
export class Panels {
  row0: f64;
  row1: f64;
  row2: f64;
  row3: f64;
}

@inline
function in_panels<A>(): bool {
  return offsetof<A>() == 32;
}

/** Bytes from column to column of A. */
@inline
function column<A>(): usize {
  return in_panels<A>() ? 4 : 16;
}

/** Where a run of columns of A without a jump ends, in b. */
@inline
function run_end<A>(b: usize, end: usize): usize {
  return in_panels<A>() ? b + 256 : end;
}

/** Rows 1…4 of 8 columns are stored; `start` is 0, or the first row of S and `step` bytes to its next one (0 for the same row in all). */
@inline
export function four_by_eight<A>(c: usize, cRow: usize, rows: u32, start: usize, step: usize, a: usize, jump: usize, b: usize, k: u32): void {
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  if (start) {
    c00 = v128.load(start);
    c01 = v128.load(start, 16);
    start += rows > 1 ? step : 0;
    c10 = v128.load(start);
    c11 = v128.load(start, 16);
    start += rows > 2 ? step : 0;
    c20 = v128.load(start);
    c21 = v128.load(start, 16);
    start += rows > 3 ? step : 0;
    c30 = v128.load(start);
    c31 = v128.load(start, 16);
  }
  const end = b + (<usize>k << 5);
  let stop = run_end<A>(b, end);
  do {
    while (b < stop) {
      const b0 = v128.load(b), b1 = v128.load(b, 16);
      let s = v128.load32_splat(a);
      c00 = fma(s, b0, c00);
      c01 = fma(s, b1, c01);
      s = v128.load32_splat(a, offsetof<A>());
      c10 = fma(s, b0, c10);
      c11 = fma(s, b1, c11);
      s = v128.load32_splat(a, 2 * offsetof<A>());
      c20 = fma(s, b0, c20);
      c21 = fma(s, b1, c21);
      s = v128.load32_splat(a, 3 * offsetof<A>());
      c30 = fma(s, b0, c30);
      c31 = fma(s, b1, c31);
      a += column<A>();
      b += 32;
    }
    if (!in_panels<A>()) break;
    a += jump;
    stop += 256;
  } while (b < end);
  put(c, c00, c01);
  if (rows > 1) put(c + cRow, c10, c11);
  if (rows > 2) put(c + 2 * cRow, c20, c21);
  if (rows > 3) put(c + 3 * cRow, c30, c31);
}

/**
 * 4 rows of C, S and A at c, start, a, and 2 more at c2, start2, a2: groups of four rows do not divide into sixes otherwise. In panels a2 follows
 * from a.
 */
@inline
export function six_by_eight<A>(c: usize, c2: usize, cRow: usize, start: usize, start2: usize, step: usize, a: usize, a2: usize, jump: usize, b: usize, k: u32): void {
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00, c40 = c00, c41 = c00, c50 = c00, c51 = c00;
  if (start) {
    c00 = v128.load(start);
    c01 = v128.load(start, 16);
    c10 = v128.load(start + step);
    c11 = v128.load(start + step, 16);
    c20 = v128.load(start + 2 * step);
    c21 = v128.load(start + 2 * step, 16);
    c30 = v128.load(start + 3 * step);
    c31 = v128.load(start + 3 * step, 16);
    c40 = v128.load(start2);
    c41 = v128.load(start2, 16);
    c50 = v128.load(start2 + step);
    c51 = v128.load(start2 + step, 16);
  }
  const end = b + (<usize>k << 5);
  let stop = run_end<A>(b, end);
  do {
    while (b < stop) {
      const b0 = v128.load(b), b1 = v128.load(b, 16);
      let s = v128.load32_splat(a);
      c00 = fma(s, b0, c00);
      c01 = fma(s, b1, c01);
      s = v128.load32_splat(a, offsetof<A>());
      c10 = fma(s, b0, c10);
      c11 = fma(s, b1, c11);
      s = v128.load32_splat(a, 2 * offsetof<A>());
      c20 = fma(s, b0, c20);
      c21 = fma(s, b1, c21);
      s = v128.load32_splat(a, 3 * offsetof<A>());
      c30 = fma(s, b0, c30);
      c31 = fma(s, b1, c31);
      s = in_panels<A>() ? v128.load32_splat(a, 4 * offsetof<A>()) : v128.load32_splat(a2);
      c40 = fma(s, b0, c40);
      c41 = fma(s, b1, c41);
      s = in_panels<A>() ? v128.load32_splat(a, 5 * offsetof<A>()) : v128.load32_splat(a2, offsetof<A>());
      c50 = fma(s, b0, c50);
      c51 = fma(s, b1, c51);
      a += column<A>();
      if (!in_panels<A>()) a2 += column<A>();
      b += 32;
    }
    if (!in_panels<A>()) break;
    a += jump;
    stop += 256;
  } while (b < end);
  put(c, c00, c01);
  put(c + cRow, c10, c11);
  put(c + 2 * cRow, c20, c21);
  put(c + 3 * cRow, c30, c31);
  put(c2, c40, c41);
  put(c2 + cRow, c50, c51);
}

/** Rows 1…2 of two panels at once: the second one of C, S and B is `cOver`, `startOver` and `bOver` bytes past the first. */
@inline
export function two_by_sixteen<A>(
  c: usize, cOver: usize, cRow: usize, rows: u32, start: usize, startOver: usize, step: usize, a: usize, jump: usize, b: usize, bOver: usize, k: u32,
): void {
  let c00 = f32x4.splat(0), c01 = c00, c02 = c00, c03 = c00, c10 = c00, c11 = c00, c12 = c00, c13 = c00;
  if (start) {
    let other = start + startOver;
    c00 = v128.load(start);
    c01 = v128.load(start, 16);
    c02 = v128.load(other);
    c03 = v128.load(other, 16);
    start += rows > 1 ? step : 0;
    other = start + startOver;
    c10 = v128.load(start);
    c11 = v128.load(start, 16);
    c12 = v128.load(other);
    c13 = v128.load(other, 16);
  }
  const end = b + (<usize>k << 5);
  let d = b + bOver;
  let stop = run_end<A>(b, end);
  do {
    while (b < stop) {
      const b0 = v128.load(b), b1 = v128.load(b, 16), b2 = v128.load(d), b3 = v128.load(d, 16);
      let s = v128.load32_splat(a);
      c00 = fma(s, b0, c00);
      c01 = fma(s, b1, c01);
      c02 = fma(s, b2, c02);
      c03 = fma(s, b3, c03);
      s = v128.load32_splat(a, offsetof<A>());
      c10 = fma(s, b0, c10);
      c11 = fma(s, b1, c11);
      c12 = fma(s, b2, c12);
      c13 = fma(s, b3, c13);
      a += column<A>();
      b += 32;
      d += 32;
    }
    if (!in_panels<A>()) break;
    a += jump;
    stop += 256;
  } while (b < end);
  put(c, c00, c01);
  put(c + cOver, c02, c03);
  if (rows > 1) {
    put(c + cRow, c10, c11);
    put(c + cRow + cOver, c12, c13);
  }
}

@inline
export function put(c: usize, low: v128, high: v128): void {
  v128.store(c, low);
  v128.store(c, high, 16);
}
