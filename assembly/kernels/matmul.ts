import { load_lanes } from "./lanes";
import { fma } from "./simd";

/*
 * One packed, register-blocked matrix product in three forms.
 *
 * Panel layout of a matrix (rows × columns): columns in groups of 8, the last group filled with zeros; group j holds its
 * rows one after the other, 8 floats each, so element (p, c) is at ((c / 8) · rows + p) · 8 + c % 8. Weights and their
 * gradients live in this layout for good, so a training step packs activations only.
 * Row-major matrices have a row stride that is a multiple of 8 floats, and zeros in the columns past the last.
 */

/**
 * Rows of A that one tile takes. 4×8 keeps 8 accumulators, 2 vectors of B, a splat and a product in registers, as many chains as two
 * units of latency 4 want; V8 of Node 20 spills with 6×8 in the loop and halves its speed (docs/performance.md).
 */
export const TILE_ROWS: u32 = 4;
/** Columns in a panel. */
export const PANEL: u32 = 8;

/** Columns rounded up to whole panels. */
@inline
export function padded(columns: u32): u32 {
  return (columns + 7) & ~7;
}

/** Floats that `pack_rows` and `pack_columns` write for A (m, k). */
export function packed_rows_size(m: u32, k: u32): u32 {
  return ((m + 3) & ~3) * k;
}

/** Packs A (m, k), row-major with row stride lda floats, in groups of 4 rows: out (⌈m/4⌉, k, 4), missing rows zero. Writes. */
export function pack_rows(out: usize, a: usize, m: u32, k: u32, lda: u32): void {
  const row = <usize>lda << 2;
  for (let i: u32 = 0; i < m; i += TILE_ROWS, a += 4 * row) {
    if (m - i >= TILE_ROWS) pack_four_rows(out, a, row, k);
    else pack_last_rows(out, a, row, k, m - i);
    out += <usize>k << 4;
  }
}

/** Four whole rows, turned four columns at a time. */
@inline
function pack_four_rows(out: usize, a: usize, row: usize, k: u32): void {
  const whole = <usize>(k & ~3) << 2, end = <usize>k << 2;
  const b = a + row, c = b + row, d = c + row;
  let p: usize = 0;
  for (; p < whole; p += 16, out += 64) turn(out, 16, v128.load(a + p), v128.load(b + p), v128.load(c + p), v128.load(d + p));
  for (; p < end; p += 4, out += 16) {
    store<f32>(out, load<f32>(a + p));
    store<f32>(out, load<f32>(b + p), 4);
    store<f32>(out, load<f32>(c + p), 8);
    store<f32>(out, load<f32>(d + p), 12);
  }
}

/** Stores the columns of four rows, `step` bytes apart. */
@inline
function turn(out: usize, step: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab = v128.shuffle<f32>(a, b, 0, 4, 1, 5), cd = v128.shuffle<f32>(c, d, 0, 4, 1, 5);
  v128.store(out, v128.shuffle<f32>(ab, cd, 0, 1, 4, 5));
  v128.store(out + step, v128.shuffle<f32>(ab, cd, 2, 3, 6, 7));
  const ef = v128.shuffle<f32>(a, b, 2, 6, 3, 7), gh = v128.shuffle<f32>(c, d, 2, 6, 3, 7);
  v128.store(out + 2 * step, v128.shuffle<f32>(ef, gh, 0, 1, 4, 5));
  v128.store(out + 3 * step, v128.shuffle<f32>(ef, gh, 2, 3, 6, 7));
}

/** The last 1…3 rows. */
@inline
function pack_last_rows(out: usize, a: usize, row: usize, k: u32, rows: u32): void {
  for (let p: u32 = 0; p < k; p++, a += 4, out += 16) {
    let v = v128.load32_zero(a);
    if (rows > 1) v = v128.load_lane<f32>(a + row, v, 1);
    if (rows > 2) v = v128.load_lane<f32>(a + 2 * row, v, 2);
    v128.store(out, v);
  }
}

/** Packs Aᵀ of A (k, m), row-major with row stride lda floats, as `pack_rows` packs its argument: out (⌈m/4⌉, k, 4). Writes. */
export function pack_columns(out: usize, a: usize, m: u32, k: u32, lda: u32): void {
  for (let i: u32 = 0; i < m; i += TILE_ROWS, a += 16) {
    const columns = <usize>min(TILE_ROWS, m - i);
    let from = a;
    for (let p: u32 = 0; p < k; p++, out += 16, from += <usize>lda << 2) v128.store(out, load_lanes(from, columns));
  }
}

/** Packs B (k, n), row-major with row stride ldb floats (a multiple of 8, zeros past n), into panel layout. Writes. */
export function pack_panels(out: usize, b: usize, k: u32, n: u32, ldb: u32): void {
  for (let j: u32 = 0; j < n; j += PANEL) {
    let from = b + (<usize>j << 2);
    for (let p: u32 = 0; p < k; p++) {
      v128.store(out, v128.load(from));
      v128.store(out, v128.load(from, 16), 16);
      out += 32;
      from += <usize>ldb << 2;
    }
  }
}

/**
 * One 4×8 tile of C = S + A·B: `a` a packed group of 4 rows, `b` a panel, `start` the first row of S and `step` bytes to its next one
 * (0 for the same row in all), or 0; rows (1…4) are stored. Each element is the sum over p in ascending order, started from S or 0.
 */
function tile(c: usize, cRow: usize, a: usize, b: usize, k: u32, rows: u32, start: usize, step: usize): void {
  let c00 = f32x4.splat(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  if (start) {
    c00 = v128.load(start);
    c01 = v128.load(start, 16);
    if (rows > 1) start += step;
    c10 = v128.load(start);
    c11 = v128.load(start, 16);
    if (rows > 2) start += step;
    c20 = v128.load(start);
    c21 = v128.load(start, 16);
    if (rows > 3) start += step;
    c30 = v128.load(start);
    c31 = v128.load(start, 16);
  }
  const end = b + (<usize>k << 5);
  while (b < end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16);
    let s = v128.load32_splat(a);
    c00 = fma(s, b0, c00);
    c01 = fma(s, b1, c01);
    s = v128.load32_splat(a, 4);
    c10 = fma(s, b0, c10);
    c11 = fma(s, b1, c11);
    s = v128.load32_splat(a, 8);
    c20 = fma(s, b0, c20);
    c21 = fma(s, b1, c21);
    s = v128.load32_splat(a, 12);
    c30 = fma(s, b0, c30);
    c31 = fma(s, b1, c31);
    a += 16;
    b += 32;
  }
  put(c, c00, c01);
  if (rows > 1) put(c + cRow, c10, c11);
  if (rows > 2) put(c + 2 * cRow, c20, c21);
  if (rows > 3) put(c + 3 * cRow, c30, c31);
}

@inline
function put(c: usize, low: v128, high: v128): void {
  v128.store(c, low);
  v128.store(c, high, 16);
}

/**
 * C = A·B + bias: A (m, k) packed by `pack_rows`, B (k, n) in panels, bias (padded n) or 0, C (m, n) row-major with row
 * stride ldc ≥ padded(n). Writes, the padding too (zeros where bias and B are zero there).
 */
export function matmul_ab(c: usize, a: usize, b: usize, bias: usize, m: u32, n: u32, k: u32, ldc: u32): void {
  const cRow = <usize>ldc << 2;
  for (let j: u32 = 0; j < n; j += PANEL) {
    const panel = b + (<usize>j * k << 2);
    for (let i: u32 = 0; i < m; i += TILE_ROWS) {
      tile(c + <usize>i * cRow + (<usize>j << 2), cRow, a + (<usize>i * k << 2), panel, k, min(TILE_ROWS, m - i), bias ? bias + (<usize>j << 2) : 0, 0);
    }
  }
}

/** C += Aᵀ·B: A (k, m) packed by `pack_columns`, B (k, n) in panels, C (m, n) in panel layout. Accumulates (+=). */
export function matmul_atb(c: usize, a: usize, b: usize, m: u32, n: u32, k: u32): void {
  for (let j: u32 = 0; j < n; j += PANEL) {
    const panel = b + (<usize>j * k << 2);
    const cPanel = c + (<usize>j * m << 2);
    for (let i: u32 = 0; i < m; i += TILE_ROWS) {
      const at = cPanel + (<usize>i << 5);
      tile(at, 32, a + (<usize>i * k << 2), panel, k, min(TILE_ROWS, m - i), at, 32);
    }
  }
}

/** Rows of Bᵀ that are turned at a time, so that they and as much of A stay in the first cache. */
const TURNED: u32 = 256;

/** Floats of scratch for `matmul_abt`. */
export function matmul_abt_scratch(n: u32): u32 {
  return PANEL * min(TURNED, padded(n));
}

/**
 * C = A·Bᵀ: A (m, n) packed by `pack_rows`, B (k, n) in panels, C (m, k) row-major with row stride ldc ≥ padded(k). Writes,
 * the padding too (zeros). Bᵀ is turned into panels as it goes, in `scratch` of `matmul_abt_scratch` floats.
 */
export function matmul_abt(c: usize, a: usize, b: usize, m: u32, n: u32, k: u32, ldc: u32, scratch: usize): void {
  const cRow = <usize>ldc << 2;
  for (let p: u32 = 0; p < k; p += PANEL) {
    for (let j: u32 = 0; j < n; j += TURNED) {
      const count = min(TURNED, n - j);
      turn_panel(scratch, b + (<usize>(j * k + p * PANEL) << 2), count, k, min(PANEL, k - p));
      for (let i: u32 = 0; i < m; i += TILE_ROWS) {
        const at = c + <usize>i * cRow + (<usize>p << 2);
        const group = a + (<usize>i * n << 2) + (<usize>j << 4);
        tile(at, cRow, group, scratch, count, min(TILE_ROWS, m - i), j > 0 ? at : 0, cRow);
      }
    }
  }
}

/** out (count, 8) = `rows` (1…8) rows of panels of k rows, from `b` on, turned; missing rows zero. Writes whole blocks of 8. */
function turn_panel(out: usize, b: usize, count: u32, k: u32, rows: u32): void {
  if (rows < PANEL) memory.fill(out, 0, <usize>padded(count) << 5);
  for (let j: u32 = 0; j < count; j += PANEL, b += <usize>k << 5, out += 256) {
    if (rows == PANEL) {
      turn_four(out, b);
      turn_four(out + 128, b + 16);
      turn_four(out + 16, b + 128);
      turn_four(out + 144, b + 144);
    } else {
      for (let r: u32 = 0; r < rows; r++) {
        const from = b + (<usize>r << 5), to = out + (<usize>r << 2);
        for (let c: usize = 0; c < 8; c++) store<f32>(to + (c << 5), load<f32>(from + (c << 2)));
      }
    }
  }
}

/** A block of 4×4 floats turned, 32 bytes from row to row on either side. */
@inline
function turn_four(out: usize, from: usize): void {
  turn(out, 32, v128.load(from), v128.load(from, 32), v128.load(from, 64), v128.load(from, 96));
}
