import { fma } from "./simd";

/*
 * Tiles of C = S + A·B where all four are in panel layout (matmul.ts), so that nothing is packed: 4 or 6 rows of C by one panel or, for V8's
 * revectorizer, by two. A row of A goes on in its next panel, `jump` bytes past the last element of this one; k is a multiple of 8. Each element is
 * the sum over k in ascending order, started from S: bits do not depend on the tile.
 */

export function four_rows(c: usize, start: usize, a: usize, jump: usize, b: usize, k: u32): void {
  let c00 = v128.load(start), c01 = v128.load(start, 16);
  let c10 = v128.load(start, 32), c11 = v128.load(start, 48);
  let c20 = v128.load(start, 64), c21 = v128.load(start, 80);
  let c30 = v128.load(start, 96), c31 = v128.load(start, 112);
  const end = b + (<usize>k << 5);
  while (b < end) {
    const stop = b + 256;
    do {
      const b0 = v128.load(b), b1 = v128.load(b, 16);
      let s = v128.load32_splat(a);
      c00 = fma(s, b0, c00);
      c01 = fma(s, b1, c01);
      s = v128.load32_splat(a, 32);
      c10 = fma(s, b0, c10);
      c11 = fma(s, b1, c11);
      s = v128.load32_splat(a, 64);
      c20 = fma(s, b0, c20);
      c21 = fma(s, b1, c21);
      s = v128.load32_splat(a, 96);
      c30 = fma(s, b0, c30);
      c31 = fma(s, b1, c31);
      a += 4;
      b += 32;
    } while (b < stop);
    a += jump;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(c, c10, 32);
  v128.store(c, c11, 48);
  v128.store(c, c20, 64);
  v128.store(c, c21, 80);
  v128.store(c, c30, 96);
  v128.store(c, c31, 112);
}

/** 12 chains hide the latency of multiply-adds better than 8, where the engine holds them in registers (products over panels: `use_tall_tiles`). */
export function six_rows(c: usize, start: usize, a: usize, jump: usize, b: usize, k: u32): void {
  let c00 = v128.load(start), c01 = v128.load(start, 16);
  let c10 = v128.load(start, 32), c11 = v128.load(start, 48);
  let c20 = v128.load(start, 64), c21 = v128.load(start, 80);
  let c30 = v128.load(start, 96), c31 = v128.load(start, 112);
  let c40 = v128.load(start, 128), c41 = v128.load(start, 144);
  let c50 = v128.load(start, 160), c51 = v128.load(start, 176);
  const end = b + (<usize>k << 5);
  while (b < end) {
    const stop = b + 256;
    do {
      const b0 = v128.load(b), b1 = v128.load(b, 16);
      let s = v128.load32_splat(a);
      c00 = fma(s, b0, c00);
      c01 = fma(s, b1, c01);
      s = v128.load32_splat(a, 32);
      c10 = fma(s, b0, c10);
      c11 = fma(s, b1, c11);
      s = v128.load32_splat(a, 64);
      c20 = fma(s, b0, c20);
      c21 = fma(s, b1, c21);
      s = v128.load32_splat(a, 96);
      c30 = fma(s, b0, c30);
      c31 = fma(s, b1, c31);
      s = v128.load32_splat(a, 128);
      c40 = fma(s, b0, c40);
      c41 = fma(s, b1, c41);
      s = v128.load32_splat(a, 160);
      c50 = fma(s, b0, c50);
      c51 = fma(s, b1, c51);
      a += 4;
      b += 32;
    } while (b < stop);
    a += jump;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(c, c10, 32);
  v128.store(c, c11, 48);
  v128.store(c, c20, 64);
  v128.store(c, c21, 80);
  v128.store(c, c30, 96);
  v128.store(c, c31, 112);
  v128.store(c, c40, 128);
  v128.store(c, c41, 144);
  v128.store(c, c50, 160);
  v128.store(c, c51, 176);
}
