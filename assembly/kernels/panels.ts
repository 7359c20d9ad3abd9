import { PANEL, columns_at, turn_eight } from "./matmul";
import { four_rows_pair, six_rows_pair } from "./panel_tile_pairs";
import { four_rows, six_rows, two_rows } from "./panel_tiles";
import { Products, Tile, tile_in_use } from "./tile";

/*
 * Products and turning of matrices in panel layout (matmul.ts), rows and columns multiples of 8. Panels are `…Panel` bytes apart, mostly
 * `panel_stride` of the rows.
 */

/** Bytes from panel to panel: a cache line more than the rows take, as panels a power of two apart fall into the same sets of the first cache. */
@inline
export function panel_stride(rows: u32): usize {
  return (<usize>rows << 5) + 64;
}

/** Bytes of a matrix. */
@inline
export function panels_bytes(rows: u32, columns: u32): usize {
  return <usize>(columns >> 3) * panel_stride(rows);
}

/** Of m rows, a multiple of 8, those that go into tiles of 6; the rest is 0, 4 or 8. */
@inline
function rows_by_six(m: u32): u32 {
  const rest = m % 6;
  return rest == 0 ? m : rest == 4 ? m - 4 : m - 8;
}

/** C (m, n) = S + A·B with A (m, k), B (k, n) and S at `start`, which may be C. Writes. */
export function product_panels(
  c: usize, cPanel: usize, start: usize, startPanel: usize, a: usize, aPanel: usize, b: usize, bPanel: usize, m: u32, n: u32, k: u32,
): void {
  const jump = aPanel - 32, tile = tile_in_use(Products.GENERATOR);
  const six: u32 = isDefined(WIDE) || tile == Tile.SIX_BY_EIGHT ? rows_by_six(m) : 0;
  for (let j: u32 = 0, columns: u32 = 0; j < n; j += columns) {
    columns = columns_at(tile, j, n);
    const pair = isDefined(WIDE) && columns > PANEL;
    const two: u32 = tile == Tile.TWO_BY_SIXTEEN && columns > PANEL ? m : 0;
    let at = c, from = start, row = a, i: u32 = 0;
    for (; i < two; i += 2) {
      two_rows(at, cPanel, from, startPanel, row, jump, b, bPanel, k);
      at += 64;
      from += 64;
      row += 64;
    }
    for (; i < six; i += 6) {
      if (pair) six_rows_pair(at, cPanel, from, startPanel, row, jump, b, bPanel, k);
      else six_rows(at, from, row, jump, b, k);
      at += 192;
      from += 192;
      row += 192;
    }
    for (; i < m; i += 4) {
      if (pair) four_rows_pair(at, cPanel, from, startPanel, row, jump, b, bPanel, k);
      else four_rows(at, from, row, jump, b, k);
      at += 128;
      from += 128;
      row += 128;
    }
    const panels = <usize>(columns >> 3);
    c += panels * cPanel;
    start += panels * startPanel;
    b += panels * bPanel;
  }
}

/** out (n, m) = Aᵀ of A (m, n): writes. sums (m) += Σ over the columns of A, where not 0. */
export function turn_panels(out: usize, outPanel: usize, sums: usize, a: usize, aPanel: usize, m: u32, n: u32): void {
  for (let i: u32 = 0; i < m; i += 8, a += 256, out += outPanel) {
    let from = a, to = out;
    let low = f32x4.splat(0), high = low;
    for (let j: u32 = 0; j < n; j += 8, from += aPanel, to += 256) {
      turn_eight(to, from);
      if (!sums) continue;
      low = f32x4.add(low, sum_eight(to));
      high = f32x4.add(high, sum_eight(to + 16));
    }
    if (!sums) continue;
    v128.store(sums, f32x4.add(v128.load(sums), low));
    v128.store(sums, f32x4.add(v128.load(sums, 16), high), 16);
    sums += 32;
  }
}

/** Sum of eight vectors 32 bytes apart. */
@inline
function sum_eight(at: usize): v128 {
  const a = f32x4.add(v128.load(at), v128.load(at, 32)), b = f32x4.add(v128.load(at, 64), v128.load(at, 96));
  const c = f32x4.add(v128.load(at, 128), v128.load(at, 160)), d = f32x4.add(v128.load(at, 192), v128.load(at, 224));
  return f32x4.add(f32x4.add(a, b), f32x4.add(c, d));
}
