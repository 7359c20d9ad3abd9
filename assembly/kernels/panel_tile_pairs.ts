import { fma } from "./simd";

/*
 * The tiles of panel_tiles.ts on two neighbouring panels of C, S and B at once, `cPanel`, `startPanel` and `bPanel` bytes apart: for V8's
 * revectorizer, which makes one 256-bit operation of two and needs twice the chains. The same bits.
 */

export function four_rows_pair(c: usize, cPanel: usize, start: usize, startPanel: usize, a: usize, jump: usize, b: usize, bPanel: usize, k: u32): void {
  const other = start + startPanel, over = c + cPanel;
  let c00 = v128.load(start), c01 = v128.load(start, 16), c02 = v128.load(other), c03 = v128.load(other, 16);
  let c10 = v128.load(start, 32), c11 = v128.load(start, 48), c12 = v128.load(other, 32), c13 = v128.load(other, 48);
  let c20 = v128.load(start, 64), c21 = v128.load(start, 80), c22 = v128.load(other, 64), c23 = v128.load(other, 80);
  let c30 = v128.load(start, 96), c31 = v128.load(start, 112), c32 = v128.load(other, 96), c33 = v128.load(other, 112);
  const end = b + (<usize>k << 5);
  let d = b + bPanel;
  const begin = b, step = jump + 4;
  while (b < end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16), b2 = v128.load(d), b3 = v128.load(d, 16);
    let s = v128.load32_splat(a);
    c00 = fma(s, b0, c00);
    c01 = fma(s, b1, c01);
    c02 = fma(s, b2, c02);
    c03 = fma(s, b3, c03);
    s = v128.load32_splat(a, 32);
    c10 = fma(s, b0, c10);
    c11 = fma(s, b1, c11);
    c12 = fma(s, b2, c12);
    c13 = fma(s, b3, c13);
    s = v128.load32_splat(a, 64);
    c20 = fma(s, b0, c20);
    c21 = fma(s, b1, c21);
    c22 = fma(s, b2, c22);
    c23 = fma(s, b3, c23);
    s = v128.load32_splat(a, 96);
    c30 = fma(s, b0, c30);
    c31 = fma(s, b1, c31);
    c32 = fma(s, b2, c32);
    c33 = fma(s, b3, c33);
    b += 32;
    d += 32;
    a += select<usize>(4, step, ((b - begin) & 255) != 0);
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(over, c02);
  v128.store(over, c03, 16);
  v128.store(c, c10, 32);
  v128.store(c, c11, 48);
  v128.store(over, c12, 32);
  v128.store(over, c13, 48);
  v128.store(c, c20, 64);
  v128.store(c, c21, 80);
  v128.store(over, c22, 64);
  v128.store(over, c23, 80);
  v128.store(c, c30, 96);
  v128.store(c, c31, 112);
  v128.store(over, c32, 96);
  v128.store(over, c33, 112);
}

export function six_rows_pair(c: usize, cPanel: usize, start: usize, startPanel: usize, a: usize, jump: usize, b: usize, bPanel: usize, k: u32): void {
  const other = start + startPanel, over = c + cPanel;
  let c00 = v128.load(start), c01 = v128.load(start, 16), c02 = v128.load(other), c03 = v128.load(other, 16);
  let c10 = v128.load(start, 32), c11 = v128.load(start, 48), c12 = v128.load(other, 32), c13 = v128.load(other, 48);
  let c20 = v128.load(start, 64), c21 = v128.load(start, 80), c22 = v128.load(other, 64), c23 = v128.load(other, 80);
  let c30 = v128.load(start, 96), c31 = v128.load(start, 112), c32 = v128.load(other, 96), c33 = v128.load(other, 112);
  let c40 = v128.load(start, 128), c41 = v128.load(start, 144), c42 = v128.load(other, 128), c43 = v128.load(other, 144);
  let c50 = v128.load(start, 160), c51 = v128.load(start, 176), c52 = v128.load(other, 160), c53 = v128.load(other, 176);
  const end = b + (<usize>k << 5);
  let d = b + bPanel;
  const begin = b, step = jump + 4;
  while (b < end) {
    const b0 = v128.load(b), b1 = v128.load(b, 16), b2 = v128.load(d), b3 = v128.load(d, 16);
    let s = v128.load32_splat(a);
    c00 = fma(s, b0, c00);
    c01 = fma(s, b1, c01);
    c02 = fma(s, b2, c02);
    c03 = fma(s, b3, c03);
    s = v128.load32_splat(a, 32);
    c10 = fma(s, b0, c10);
    c11 = fma(s, b1, c11);
    c12 = fma(s, b2, c12);
    c13 = fma(s, b3, c13);
    s = v128.load32_splat(a, 64);
    c20 = fma(s, b0, c20);
    c21 = fma(s, b1, c21);
    c22 = fma(s, b2, c22);
    c23 = fma(s, b3, c23);
    s = v128.load32_splat(a, 96);
    c30 = fma(s, b0, c30);
    c31 = fma(s, b1, c31);
    c32 = fma(s, b2, c32);
    c33 = fma(s, b3, c33);
    s = v128.load32_splat(a, 128);
    c40 = fma(s, b0, c40);
    c41 = fma(s, b1, c41);
    c42 = fma(s, b2, c42);
    c43 = fma(s, b3, c43);
    s = v128.load32_splat(a, 160);
    c50 = fma(s, b0, c50);
    c51 = fma(s, b1, c51);
    c52 = fma(s, b2, c52);
    c53 = fma(s, b3, c53);
    b += 32;
    d += 32;
    a += select<usize>(4, step, ((b - begin) & 255) != 0);
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(over, c02);
  v128.store(over, c03, 16);
  v128.store(c, c10, 32);
  v128.store(c, c11, 48);
  v128.store(over, c12, 32);
  v128.store(over, c13, 48);
  v128.store(c, c20, 64);
  v128.store(c, c21, 80);
  v128.store(over, c22, 64);
  v128.store(over, c23, 80);
  v128.store(c, c30, 96);
  v128.store(c, c31, 112);
  v128.store(over, c32, 96);
  v128.store(over, c33, 112);
  v128.store(c, c40, 128);
  v128.store(c, c41, 144);
  v128.store(over, c42, 128);
  v128.store(over, c43, 144);
  v128.store(c, c50, 160);
  v128.store(c, c51, 176);
  v128.store(over, c52, 160);
  v128.store(over, c53, 176);
}
