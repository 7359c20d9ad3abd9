import { fma, hsum } from "./simd";

/*
 * One packed, register-blocked matrix product in three forms.
 *
 * Panel layout of a matrix (rows × columns): columns in groups of 8, the last group filled with zeros; group j holds its
 * rows one after the other, 8 floats each, so element (p, c) is at ((c / 8) · rows + p) · 8 + c % 8. Weights and their
 * gradients live in this layout for good, so a training step packs activations only.
 * Row-major matrices have a row stride that is a multiple of 8 floats, and zeros in the columns past the last.
 */

/** Rows of A that one tile takes: 6×8 keeps 12 accumulators, 2 columns vectors and 1 splat in 16 registers. */
export const TILE_ROWS: u32 = 6;
/** Columns in a panel. */
export const PANEL: u32 = 8;

/** Columns rounded up to whole panels. */
@inline
export function padded(columns: u32): u32 {
  return (columns + 7) & ~7;
}

/** Floats that `pack_rows` and `pack_columns` write for A (m, k). */
export function packed_rows_size(m: u32, k: u32): u32 {
  return ((m + TILE_ROWS - 1) / TILE_ROWS) * TILE_ROWS * k;
}

/** Packs A (m, k), row-major with row stride lda floats, in groups of 6 rows: out (⌈m/6⌉, k, 6), missing rows zero. Writes. */
export function pack_rows(out: usize, a: usize, m: u32, k: u32, lda: u32): void {
  for (let i: u32 = 0; i < m; i += TILE_ROWS) {
    const rows = min(TILE_ROWS, m - i);
    for (let r: u32 = 0; r < TILE_ROWS; r++) {
      let to = out + (<usize>r << 2);
      if (r < rows) {
        let from = a + (<usize>(i + r) * lda << 2);
        const end = from + (<usize>k << 2);
        while (from < end) {
          store<f32>(to, load<f32>(from));
          from += 4;
          to += 24;
        }
      } else {
        for (let p: u32 = 0; p < k; p++, to += 24) store<f32>(to, 0);
      }
    }
    out += <usize>k * 24;
  }
}

/** Packs Aᵀ of A (k, m), row-major with row stride lda floats, as `pack_rows` packs its argument: out (⌈m/6⌉, k, 6). Writes. */
export function pack_columns(out: usize, a: usize, m: u32, k: u32, lda: u32): void {
  for (let i: u32 = 0; i < m; i += TILE_ROWS) {
    const rows = min(TILE_ROWS, m - i);
    let from = a + (<usize>i << 2);
    for (let p: u32 = 0; p < k; p++) {
      if (rows == TILE_ROWS) {
        v128.store(out, v128.load(from));
        store<u64>(out, load<u64>(from, 16), 16);
      } else {
        for (let r: u32 = 0; r < TILE_ROWS; r++) store<f32>(out + (<usize>r << 2), r < rows ? load<f32>(from + (<usize>r << 2)) : 0);
      }
      out += 24;
      from += <usize>lda << 2;
    }
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
 * One 6×8 tile of C (+)= A·B: `a` a packed group of 6 rows, `b` a panel, `bias` 8 floats or 0; rows (1…6) are stored.
 * Each element is the sum over p in ascending order, started from the bias or from C itself.
 */
function tile(c: usize, cRow: usize, a: usize, b: usize, k: u32, rows: u32, bias: usize, accumulate: bool): void {
  let c00 = f32x4.splat(0), c01 = c00;
  if (bias) {
    c00 = v128.load(bias);
    c01 = v128.load(bias, 16);
  }
  let c10 = c00, c11 = c01, c20 = c00, c21 = c01, c30 = c00, c31 = c01, c40 = c00, c41 = c01, c50 = c00, c51 = c01;
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
    s = v128.load32_splat(a, 16);
    c40 = fma(s, b0, c40);
    c41 = fma(s, b1, c41);
    s = v128.load32_splat(a, 20);
    c50 = fma(s, b0, c50);
    c51 = fma(s, b1, c51);
    a += 24;
    b += 32;
  }
  put(c, c00, c01, accumulate);
  if (rows > 1) put(c + cRow, c10, c11, accumulate);
  if (rows > 2) put(c + 2 * cRow, c20, c21, accumulate);
  if (rows > 3) put(c + 3 * cRow, c30, c31, accumulate);
  if (rows > 4) put(c + 4 * cRow, c40, c41, accumulate);
  if (rows > 5) put(c + 5 * cRow, c50, c51, accumulate);
}

@inline
function put(c: usize, low: v128, high: v128, accumulate: bool): void {
  if (accumulate) {
    low = f32x4.add(v128.load(c), low);
    high = f32x4.add(v128.load(c, 16), high);
  }
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
      tile(c + <usize>i * cRow + (<usize>j << 2), cRow, a + (<usize>i * k << 2), panel, k, min(TILE_ROWS, m - i), bias ? bias + (<usize>j << 2) : 0, false);
    }
  }
}

/** C += Aᵀ·B: A (k, m) packed by `pack_columns`, B (k, n) in panels, C (m, n) in panel layout. Accumulates (+=). */
export function matmul_atb(c: usize, a: usize, b: usize, m: u32, n: u32, k: u32): void {
  for (let j: u32 = 0; j < n; j += PANEL) {
    const panel = b + (<usize>j * k << 2);
    const cPanel = c + (<usize>j * m << 2);
    for (let i: u32 = 0; i < m; i += TILE_ROWS) {
      tile(cPanel + (<usize>i << 5), 32, a + (<usize>i * k << 2), panel, k, min(TILE_ROWS, m - i), 0, true);
    }
  }
}

/**
 * C = A·Bᵀ: A (m, n) row-major with row stride lda (a multiple of 8, zeros past n), B (k, n) in panels, C (m, k)
 * row-major with row stride ldc. Both operands run along n, so neither is packed anew. Writes columns 0…k−1 only.
 */
export function matmul_abt(c: usize, a: usize, b: usize, m: u32, n: u32, k: u32, lda: u32, ldc: u32): void {
  const aRow = <usize>lda << 2;
  const cRow = <usize>ldc << 2;
  for (let i: u32 = 0; i < m; i += 4) {
    const rows = min<u32>(4, m - i);
    const from = a + <usize>i * aRow;
    const to = c + <usize>i * cRow;
    let p: u32 = 0;
    for (; p + 2 < k; p += 3) dots3(to + (<usize>p << 2), cRow, from, aRow, b + (<usize>p << 5), n, k, rows);
    for (; p < k; p++) dots1(to + (<usize>p << 2), cRow, from, aRow, b + (<usize>p << 5), n, k, rows);
  }
}

/** Four rows of A against three rows of B; rows that are missing read the first one again and are not stored. */
function dots3(c: usize, cRow: usize, a: usize, aRow: usize, b: usize, n: u32, k: u32, rows: u32): void {
  const bPanel = <usize>k << 5;
  let a1 = a + (rows > 1 ? aRow : 0), a2 = a + (rows > 2 ? 2 * aRow : 0), a3 = a + (rows > 3 ? 3 * aRow : 0);
  let s00 = f32x4.splat(0), s01 = s00, s02 = s00, s10 = s00, s11 = s00, s12 = s00;
  let s20 = s00, s21 = s00, s22 = s00, s30 = s00, s31 = s00, s32 = s00;
  for (let j: u32 = 0; j < n; j += PANEL) {
    for (let half: usize = 0; half < 32; half += 16) {
      const b0 = v128.load(b + half), b1 = v128.load(b + half, 32), b2 = v128.load(b + half, 64);
      let x = v128.load(a + half);
      s00 = fma(x, b0, s00);
      s01 = fma(x, b1, s01);
      s02 = fma(x, b2, s02);
      x = v128.load(a1 + half);
      s10 = fma(x, b0, s10);
      s11 = fma(x, b1, s11);
      s12 = fma(x, b2, s12);
      x = v128.load(a2 + half);
      s20 = fma(x, b0, s20);
      s21 = fma(x, b1, s21);
      s22 = fma(x, b2, s22);
      x = v128.load(a3 + half);
      s30 = fma(x, b0, s30);
      s31 = fma(x, b1, s31);
      s32 = fma(x, b2, s32);
    }
    a += 32;
    a1 += 32;
    a2 += 32;
    a3 += 32;
    b += bPanel;
  }
  put3(c, s00, s01, s02);
  if (rows > 1) put3(c + cRow, s10, s11, s12);
  if (rows > 2) put3(c + 2 * cRow, s20, s21, s22);
  if (rows > 3) put3(c + 3 * cRow, s30, s31, s32);
}

@inline
function put3(c: usize, s0: v128, s1: v128, s2: v128): void {
  store<f32>(c, hsum(s0));
  store<f32>(c, hsum(s1), 4);
  store<f32>(c, hsum(s2), 8);
}

/** Up to four rows of A against one row of B: the columns that three do not divide. */
function dots1(c: usize, cRow: usize, a: usize, aRow: usize, b: usize, n: u32, k: u32, rows: u32): void {
  const bPanel = <usize>k << 5;
  for (let r: u32 = 0; r < rows; r++) {
    let x = a + <usize>r * aRow;
    let y = b;
    let s = f32x4.splat(0);
    for (let j: u32 = 0; j < n; j += PANEL) {
      s = fma(v128.load(x), v128.load(y), s);
      s = fma(v128.load(x, 16), v128.load(y, 16), s);
      x += 32;
      y += bPanel;
    }
    store<f32>(c + <usize>r * cRow, hsum(s));
  }
}
