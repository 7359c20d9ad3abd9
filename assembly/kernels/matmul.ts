import { fma, turn } from "./simd";
import { Tile } from "./tile";
import { Fours, four_by_eight, put, six_by_eight, two_by_sixteen } from "./tile_loops";

/*
 * The tile of the matrix products, packed and register-blocked; products.ts has the three forms.
 *
 * Panel layout of a matrix (rows × columns): columns in groups of 8, the last group filled with zeros; group j holds its
 * rows one after the other, 8 floats each, so element (p, c) is at ((c / 8) · rows + p) · 8 + c % 8. Weights and their
 * gradients live in this layout for good, so a training step packs activations only.
 * Row-major matrices have a row stride that is a multiple of 8 floats, and zeros in the columns past the last.
 */

/**
 * Rows in a group of A (pack.ts lays A out so), whatever the tile (tile.ts).
 */
export const TILE_ROWS: u32 = 4;
/** Columns in a panel. */
export const PANEL: u32 = 8;

/** Columns rounded up to whole panels. */
@inline
export function padded(columns: u32): u32 {
  return (columns + 7) & ~7;
}

/** Tiles on A in groups of four rows, each a function of its own for the engine's register allocator (tile_loops.ts). */
function four_rows(c: usize, cRow: usize, rows: u32, start: usize, step: usize, a: usize, b: usize, k: u32): void {
  four_by_eight<Fours>(c, cRow, rows, start, step, a, 0, b, k);
}

function six_rows(c: usize, c2: usize, cRow: usize, start: usize, start2: usize, step: usize, a: usize, a2: usize, b: usize, k: u32): void {
  six_by_eight<Fours>(c, c2, cRow, start, start2, step, a, a2, 0, b, k);
}

function two_rows(c: usize, over: usize, cRow: usize, rows: u32, start: usize, step: usize, a: usize, b: usize, next: usize, k: u32): void {
  two_by_sixteen<Fours>(c, over, cRow, rows, start, over, step, a, 0, b, next, k);
}

/**
 * Two neighbouring tiles at once, 4×16: the second panel is `next` bytes past b, its C and S `over` bytes past theirs; otherwise as `tile`,
 * with the same bits.
 */
function tile_pair(c: usize, over: usize, cRow: usize, a: usize, b: usize, next: usize, k: u32, rows: u32, start: usize, step: usize): void {
  let c00 = f32x4.splat(0), c01 = c00, c02 = c00, c03 = c00, c10 = c00, c11 = c00, c12 = c00, c13 = c00;
  let c20 = c00, c21 = c00, c22 = c00, c23 = c00, c30 = c00, c31 = c00, c32 = c00, c33 = c00;
  if (start) {
    let other = start + over;
    c00 = v128.load(start);
    c01 = v128.load(start, 16);
    c02 = v128.load(other);
    c03 = v128.load(other, 16);
    start += rows > 1 ? step : 0;
    other = start + over;
    c10 = v128.load(start);
    c11 = v128.load(start, 16);
    c12 = v128.load(other);
    c13 = v128.load(other, 16);
    start += rows > 2 ? step : 0;
    other = start + over;
    c20 = v128.load(start);
    c21 = v128.load(start, 16);
    c22 = v128.load(other);
    c23 = v128.load(other, 16);
    start += rows > 3 ? step : 0;
    other = start + over;
    c30 = v128.load(start);
    c31 = v128.load(start, 16);
    c32 = v128.load(other);
    c33 = v128.load(other, 16);
  }
  const end = b + (<usize>k << 5);
  let d = b + next;
  while (b < end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16), b2 = v128.load(d), b3 = v128.load(d, 16);
    let s = v128.load32_splat(a);
    c00 = fma(s, b0, c00);
    c01 = fma(s, b1, c01);
    c02 = fma(s, b2, c02);
    c03 = fma(s, b3, c03);
    s = v128.load32_splat(a, 4);
    c10 = fma(s, b0, c10);
    c11 = fma(s, b1, c11);
    c12 = fma(s, b2, c12);
    c13 = fma(s, b3, c13);
    s = v128.load32_splat(a, 8);
    c20 = fma(s, b0, c20);
    c21 = fma(s, b1, c21);
    c22 = fma(s, b2, c22);
    c23 = fma(s, b3, c23);
    s = v128.load32_splat(a, 12);
    c30 = fma(s, b0, c30);
    c31 = fma(s, b1, c31);
    c32 = fma(s, b2, c32);
    c33 = fma(s, b3, c33);
    a += 16;
    b += 32;
    d += 32;
  }
  put(c, c00, c01);
  put(c + over, c02, c03);
  if (rows > 1) {
    put(c + cRow, c10, c11);
    put(c + cRow + over, c12, c13);
  }
  if (rows > 2) {
    put(c + 2 * cRow, c20, c21);
    put(c + 2 * cRow + over, c22, c23);
  }
  if (rows > 3) {
    put(c + 3 * cRow, c30, c31);
    put(c + 3 * cRow + over, c32, c33);
  }
}

/** Columns that the tiles at column j of n take: two panels where the tile is that wide. */
@inline
export function columns_at(tile: Tile, j: u32, n: u32): u32 {
  return (isDefined(WIDE) || tile == Tile.TWO_BY_SIXTEEN) && j + PANEL < n ? 2 * PANEL : PANEL;
}

/** Rows that the tile at row i of m takes, of so many columns: 6 up to the last group of four that no three others make twelve with. */
@inline
export function rows_at(tile: Tile, columns: u32, i: u32, m: u32): u32 {
  if (tile == Tile.SIX_BY_EIGHT && i < m - m % 12) return 6;
  return min(tile == Tile.TWO_BY_SIXTEEN && columns > PANEL ? 2 : TILE_ROWS, m - i);
}

/**
 * The tile of `rows` × `columns` (`rows_at`, `columns_at`) at row i of C = S + A·B: `a` is the group of four that row i is in, groups `group` bytes apart;
 * `b` a panel, the second one `next` bytes past it and `over` bytes in C and S; `start` row i of S and `step` bytes to its next one (0 for the same row
 * in all), or 0. Given a tile that is known when compiled, only that is left of the choice.
 */
@inline
export function tile_product(
  tile: Tile, rows: u32, columns: u32, i: u32,
  c: usize, over: usize, cRow: usize, start: usize, step: usize, a: usize, group: usize, b: usize, next: usize, k: u32,
): void {
  if (isDefined(WIDE) && columns > PANEL) tile_pair(c, over, cRow, a, b, next, k, rows, start, step);
  else if (tile == Tile.TWO_BY_SIXTEEN && columns > PANEL) two_rows(c, over, cRow, rows, start, step, a + ((i & 3) << 2), b, next, k);
  else if (tile != Tile.SIX_BY_EIGHT || rows <= TILE_ROWS) four_rows(c, cRow, rows, start, step, a, b, k);
  else if (i & 2) six_rows(c + 2 * cRow, c, cRow, start ? start + 2 * step : 0, start, step, a + group, a + 8, b, k);
  else six_rows(c, c + 4 * cRow, cRow, start, start + 4 * step, step, a, a + group, b, k);
}

/** Rows of Bᵀ that are turned at a time, so that they and as much of A stay in the first cache. */
export const TURNED: u32 = 256;

/** Floats of scratch for `matmul_abt`. */
export function matmul_abt_scratch(n: u32): u32 {
  return 2 * PANEL * min(TURNED, padded(n));
}

/** out (count, 8) = `rows` (1…8) rows of panels of k rows, from `b` on, turned; missing rows zero. Writes whole blocks of 8. */
export function turn_panel(out: usize, b: usize, count: u32, k: u32, rows: u32): void {
  if (rows < PANEL) memory.fill(out, 0, <usize>padded(count) << 5);
  for (let j: u32 = 0; j < count; j += PANEL, b += <usize>k << 5, out += 256) {
    if (rows == PANEL) {
      turn_eight(out, b);
    } else {
      for (let r: u32 = 0; r < rows; r++) {
        const from = b + (<usize>r << 5), to = out + (<usize>r << 2);
        for (let c: usize = 0; c < 8; c++) store<f32>(to + (c << 5), load<f32>(from + (c << 2)));
      }
    }
  }
}

/** A block of 8×8 floats turned, 32 bytes from row to row on either side. */
@inline
export function turn_eight(out: usize, from: usize): void {
  turn_four(out, from);
  turn_four(out + 128, from + 16);
  turn_four(out + 16, from + 128);
  turn_four(out + 144, from + 144);
}

/** A block of 4×4 floats turned, 32 bytes from row to row on either side. */
@inline
function turn_four(out: usize, from: usize): void {
  turn(out, 32, v128.load(from), v128.load(from, 32), v128.load(from, 64), v128.load(from, 96));
}
