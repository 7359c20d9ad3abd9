import { load_lanes } from "./lanes";
import { TILE_ROWS } from "./matmul";
import { turn } from "./simd";

/*
 * The first operands of the products in products.ts in the order in which a tile reads them: groups of 4 rows.
 */

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
