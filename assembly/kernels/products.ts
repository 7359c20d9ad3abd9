import { PANEL, TILE_ROWS, TURNED, columns_at, padded, rows_at, tile_product, turn_panel } from "./matmul";
import { pack_rows } from "./pack";
import { Products, Tile, tile_in_use } from "./tile";

/*
 * The matrix product in three forms, on the tiles of matmul.ts. Where each row of the result or of an operand is wanted, or differs from 0, in a
 * band of columns only, the rest is left out: row i has columns first … last − 1, u32 each, at bands + 8·i; bands 0 stands for whole rows. Bits are
 * those of the whole product. Rows next to each other share tiles, so it pays where neighbours have much the same band. Each form has its loops once
 * for each tile: a choice within them costs short products 4 %.
 */

/** Least first column of the bands of `rows` rows, on whole panels. */
@inline
function band_first(bands: usize, rows: u32): u32 {
  if (!bands) return 0;
  let first = load<u32>(bands);
  for (let r: u32 = 1; r < rows; r++) first = min(first, load<u32>(bands + (<usize>r << 3)));
  return first & ~(PANEL - 1);
}

/** Greatest end of the bands of `rows` rows, on whole panels but at most n. */
@inline
function band_last(bands: usize, rows: u32, n: u32): u32 {
  if (!bands) return n;
  let last = load<u32>(bands, 4);
  for (let r: u32 = 1; r < rows; r++) last = max(last, load<u32>(bands + (<usize>r << 3), 4));
  return min(n, padded(last));
}

/** Whether the `columns` columns from j on are outside the bands of `rows` rows. */
@inline
function outside(bands: usize, rows: u32, j: u32, columns: u32): bool {
  if (!bands) return false;
  for (let r: u32 = 0; r < rows; r++, bands += 8) if (load<u32>(bands) < j + columns && load<u32>(bands, 4) > j) return false;
  return true;
}

/** Bands of the rows from i on. */
@inline
function bands_at(bands: usize, i: u32): usize {
  return bands ? bands + (<usize>i << 3) : 0;
}

/**
 * C = A·B + bias: A (m, k) packed by `pack_rows`, B (k, n) in panels, bias (padded n) or 0, C (m, n) row-major with row
 * stride ldc ≥ padded(n). Writes, the padding too (zeros where bias and B are zero there), in the bands of C's rows; elsewhere C
 * stays or becomes anything.
 */
export function matmul_ab(c: usize, a: usize, b: usize, bias: usize, m: u32, n: u32, k: u32, ldc: u32, bands: usize): void {
  const tile = tile_in_use(Products.LAYERS);
  if (tile == Tile.SIX_BY_EIGHT) product_ab(Tile.SIX_BY_EIGHT, c, a, b, bias, m, n, k, ldc, bands);
  else if (tile == Tile.TWO_BY_SIXTEEN) product_ab(Tile.TWO_BY_SIXTEEN, c, a, b, bias, m, n, k, ldc, bands);
  else product_ab(Tile.FOUR_BY_EIGHT, c, a, b, bias, m, n, k, ldc, bands);
}

@inline
function product_ab(tile: Tile, c: usize, a: usize, b: usize, bias: usize, m: u32, n: u32, k: u32, ldc: u32, bands: usize): void {
  const cRow = <usize>ldc << 2, group = <usize>k << 4;
  for (let j: u32 = 0, columns: u32 = 0; j < n; j += columns) {
    columns = columns_at(tile, j, n);
    const panel = b + (<usize>j * k << 2);
    const start = bias ? bias + (<usize>j << 2) : 0;
    for (let i: u32 = 0, rows: u32 = 0; i < m; i += rows) {
      rows = rows_at(tile, columns, i, m);
      if (outside(bands_at(bands, i), rows, j, columns)) continue;
      const at = c + <usize>i * cRow + (<usize>j << 2);
      tile_product(tile, rows, columns, i, at, 32, cRow, start, 0, a + <usize>(i >> 2) * group, group, panel, <usize>k << 5, k);
    }
  }
}

/** Rows that are packed in one band: whole groups of four, and no tile is of rows of two of them. */
const BANDED_ROWS: u32 = 12;

/** Packs A (m, n) as `pack_rows` does, in the bands of its rows only, twelve by twelve. Writes those. */
export function pack_rows_banded(out: usize, a: usize, m: u32, n: u32, lda: u32, bands: usize): void {
  for (let i: u32 = 0; i < m; i += BANDED_ROWS) {
    const rows = min(BANDED_ROWS, m - i), at = bands_at(bands, i);
    const first = band_first(at, rows), last = band_last(at, rows, n);
    for (let g = i; g < i + rows && first < last; g += TILE_ROWS) {
      const to = out + (<usize>(g * n + first * TILE_ROWS) << 2), from = a + (<usize>(g * lda + first) << 2);
      pack_rows(to, from, min(TILE_ROWS, m - g), last - first, lda);
    }
  }
}

/**
 * C = A·Bᵀ: A (m, n), 0 outside the bands of its rows and packed by `pack_rows_banded`, B (k, n) in panels, C (m, k) row-major with row stride
 * ldc ≥ padded(k). Writes, the padding too (zeros). Bᵀ is turned into panels as it goes, in `scratch` of `matmul_abt_scratch` floats.
 */
export function matmul_abt(c: usize, a: usize, b: usize, m: u32, n: u32, k: u32, ldc: u32, scratch: usize, bands: usize): void {
  const tile = tile_in_use(Products.LAYERS);
  if (tile == Tile.SIX_BY_EIGHT) product_abt(Tile.SIX_BY_EIGHT, c, a, b, m, n, k, ldc, scratch, bands);
  else if (tile == Tile.TWO_BY_SIXTEEN) product_abt(Tile.TWO_BY_SIXTEEN, c, a, b, m, n, k, ldc, scratch, bands);
  else product_abt(Tile.FOUR_BY_EIGHT, c, a, b, m, n, k, ldc, scratch, bands);
}

@inline
function product_abt(tile: Tile, c: usize, a: usize, b: usize, m: u32, n: u32, k: u32, ldc: u32, scratch: usize, bands: usize): void {
  const cRow = <usize>ldc << 2, group = <usize>n << 4;
  for (let p: u32 = 0, columns: u32 = 0; p < k; p += columns) {
    columns = columns_at(tile, p, k);
    for (let j: u32 = 0; j < n; j += TURNED) {
      const count = min(TURNED, n - j);
      const panel = <usize>padded(count) << 5;
      for (let q: u32 = 0; q < columns; q += PANEL) {
        turn_panel(scratch + (q > 0 ? panel : 0), b + (<usize>(j * k + (p + q) * PANEL) << 2), count, k, min(PANEL, k - p - q));
      }
      for (let i: u32 = 0, rows: u32 = 0; i < m; i += rows) {
        rows = rows_at(tile, columns, i, m);
        const at = c + <usize>i * cRow + (<usize>p << 2);
        const first = band_first(bands_at(bands, i), rows), last = band_last(bands_at(bands, i), rows, n);
        const from = max(j, first), to = min(j + count, last);
        // The first block writes, with zeros where the band has not begun.
        if (from >= to && j > 0) continue;
        const inner = from < to ? to - from : 0, skipped = <usize>(from - j);
        const row = a + <usize>(i >> 2) * group + (<usize>from << 4);
        tile_product(tile, rows, columns, i, at, 32, cRow, j > 0 ? at : 0, cRow, row, group, scratch + (skipped << 5), panel, inner);
      }
    }
  }
}

/** First row of the m whose band reaches into the `columns` columns from j on, or m. */
@inline
function first_row(bands: usize, m: u32, j: u32, columns: u32): u32 {
  let i: u32 = 0;
  while (i < m && outside(bands_at(bands, i), 1, j, columns)) i++;
  return i;
}

/** One past the last such row, or 0. */
@inline
function last_row(bands: usize, m: u32, j: u32, columns: u32): u32 {
  while (m > 0 && outside(bands_at(bands, m - 1), 1, j, columns)) m--;
  return m;
}

/**
 * C += Aᵀ·B, sums += Σ over the rows of B: A (k, m) packed by `pack_columns`, B (k, n) row-major with row stride ldb and 0 outside the bands of its
 * rows, C (m, n) in panel layout, sums (padded n). `scratch`: 16·k floats. Accumulates (+=), or writes where not `add`: what zeros before it would
 * give, at less traffic.
 */
export function matmul_atb(c: usize, sums: usize, a: usize, b: usize, m: u32, n: u32, k: u32, ldb: u32, scratch: usize, bands: usize, add: bool): void {
  const tile = tile_in_use(Products.LAYERS);
  if (tile == Tile.SIX_BY_EIGHT) product_atb(Tile.SIX_BY_EIGHT, c, sums, a, b, m, n, k, ldb, scratch, bands, add);
  else if (tile == Tile.TWO_BY_SIXTEEN) product_atb(Tile.TWO_BY_SIXTEEN, c, sums, a, b, m, n, k, ldb, scratch, bands, add);
  else product_atb(Tile.FOUR_BY_EIGHT, c, sums, a, b, m, n, k, ldb, scratch, bands, add);
}

@inline
function product_atb(tile: Tile, c: usize, sums: usize, a: usize, b: usize, m: u32, n: u32, k: u32, ldb: u32, scratch: usize, bands: usize, add: bool): void {
  const group = <usize>k << 4;
  if (!add) memory.fill(sums, 0, <usize>padded(n) << 2);
  for (let j: u32 = 0, columns: u32 = 0; j < n; j += columns) {
    columns = columns_at(tile, j, n);
    const first = first_row(bands, k, j, columns), last = last_row(bands, k, j, columns);
    if (first >= last) {
      if (!add) memory.fill(c + (<usize>(j * m) << 2), 0, <usize>(m * columns) << 2);
      continue;
    }
    const inner = last - first, next = <usize>inner << 5;
    for (let q: u32 = 0; q < columns; q += PANEL) {
      const at = <usize>(j + q) << 2;
      pack_panel(scratch + (q > 0 ? next : 0), sums + at, b + (<usize>(first * ldb) << 2) + at, inner, <usize>ldb << 2);
    }
    for (let i: u32 = 0, rows: u32 = 0; i < m; i += rows) {
      rows = rows_at(tile, columns, i, m);
      const at = c + (<usize>(j * m + i * PANEL) << 2), row = a + <usize>(i >> 2) * group + (<usize>first << 4);
      tile_product(tile, rows, columns, i, at, <usize>m << 5, 32, add ? at : 0, 32, row, group, scratch, next, inner);
    }
  }
}

/** out (rows, 8) = 8 columns of b, rows ldb bytes apart: writes; sums (8) += their sums. */
@inline
function pack_panel(out: usize, sums: usize, b: usize, rows: u32, ldb: usize): void {
  let low = v128.load(sums), high = v128.load(sums, 16);
  for (let p: u32 = 0; p < rows; p++, b += ldb, out += 32) {
    const left = v128.load(b), right = v128.load(b, 16);
    v128.store(out, left);
    v128.store(out, right, 16);
    low = f32x4.add(low, left);
    high = f32x4.add(high, right);
  }
  v128.store(sums, low);
  v128.store(sums, high, 16);
}
