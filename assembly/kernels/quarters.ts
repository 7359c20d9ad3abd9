import { panel_stride, product_panels } from "./panels";

/*
 * Products of matrices in panel layout (panels.ts) by quarters, seven products of half the size instead of eight: one level of Winograd's form of
 * Strassen's algorithm (V. Strassen, Numer. Math. 13, 354 (1969); S. Winograd, Linear Algebra Appl. 4, 381 (1971)). Rows and columns are multiples
 * of 16. With C = A·B,
 *
 *     A = [a r; k o],  B = [e f; g h],   W = k·f + three(A)·three(B),  V = W + down(A)·down(B),  S = across(A)·across(B)
 *     C = [V + S,  V + r·four(B);  W + S + four(A)·g,  k·f + o·h]
 *
 * where across, down, three and four are sums of so many of a matrix's quarters. Their signs are such that all terms are added, which three choices
 * below give: `first_sums` of A with `second_sums` of B, and `second_sums` of A with `turned_sums` of B. A matrix's sums, [three across; down four],
 * lie behind its last panel like as many columns more. Rounding is about three times that of whole products and goes with a matrix's largest
 * elements: what would be 0 there, as of units that only fill a panel, need not be here.
 */

/** Bytes from a matrix's quarters to those right of them. */
@inline
function half(columns: u32, panel: usize): usize {
  return <usize>(columns >> 4) * panel;
}

const FIRST: u32 = 0;
const SECOND: u32 = 1;
const TURNED: u32 = 2;

/** Two quarters' sum, or the first less the second. */
@inline
function joined(a: v128, b: v128, plus: bool): v128 {
  return plus ? f32x4.add(a, b) : f32x4.sub(a, b);
}

/** The three quarters' sum that goes with `across` and `down`. */
@inline
function three_of(b: v128, c: v128, across: v128, down: v128, kind: u32): v128 {
  return kind == FIRST ? f32x4.sub(c, across) : kind == SECOND ? f32x4.sub(across, c) : f32x4.sub(b, down);
}

/** The sums of a matrix (rows, columns) with one choice of signs. Writes. Two vectors a turn, for V8's revectorizer to join. */
@inline
function sums(x: usize, panel: usize, rows: u32, columns: u32, kind: u32): void {
  const right = half(columns, panel), below = <usize>rows << 4;
  for (let q: u32 = 0; q < columns >> 4; q++, x += panel) {
    for (let at = x, end = x + below; at < end; at += 32) {
      const down = at + below, over = at + right, last = over + below, to = at + 2 * right;
      const a0 = v128.load(at), a1 = v128.load(at, 16), b0 = v128.load(over), b1 = v128.load(over, 16);
      const c0 = v128.load(down), c1 = v128.load(down, 16), d0 = v128.load(last), d1 = v128.load(last, 16);
      const r0 = joined(a0, b0, kind == FIRST), r1 = joined(a1, b1, kind == FIRST);
      const k0 = joined(a0, c0, kind == TURNED), k1 = joined(a1, c1, kind == TURNED);
      const t0 = three_of(b0, c0, r0, k0, kind), t1 = three_of(b1, c1, r1, k1, kind);
      v128.store(to, t0);
      v128.store(to, t1, 16);
      v128.store(to + right, r0);
      v128.store(to + right, r1, 16);
      v128.store(to + below, k0);
      v128.store(to + below, k1, 16);
      v128.store(to + right + below, f32x4.add(t0, d0));
      v128.store(to + right + below, f32x4.add(t1, d1), 16);
    }
  }
}

export function first_sums(x: usize, panel: usize, rows: u32, columns: u32): void {
  sums(x, panel, rows, columns, FIRST);
}

export function second_sums(x: usize, panel: usize, rows: u32, columns: u32): void {
  sums(x, panel, rows, columns, SECOND);
}

export function turned_sums(x: usize, panel: usize, rows: u32, columns: u32): void {
  sums(x, panel, rows, columns, TURNED);
}

/** Bytes of `scratch` in `product_quarters`. */
export function quarters_scratch(m: u32, n: u32): usize {
  return <usize>(n >> 3) * panel_stride(m >> 1);
}

/** C (m, n) = A·B with A (m, k), B (k, n) and their sums. Writes. `zeros`: (m/2, 8) zeros. */
export function product_quarters(
  c: usize, cPanel: usize, a: usize, aPanel: usize, b: usize, bPanel: usize, m: u32, n: u32, k: u32, zeros: usize, scratch: usize,
): void {
  const right = half(n, cPanel), below = <usize>m << 4;
  const aRight = half(k, aPanel), aBelow = below, aSums = a + 2 * aRight;
  const bRight = half(n, bPanel), bBelow = <usize>k << 4, bSums = b + 2 * bRight;
  m >>= 1;
  n >>= 1;
  k >>= 1;
  const wPanel = panel_stride(m), w = scratch, s = w + <usize>(n >> 3) * wPanel;
  product_panels(w, wPanel, zeros, 0, a + aBelow, aPanel, b + bRight, bPanel, m, n, k);
  product_panels(c + right + below, cPanel, w, wPanel, a + aRight + aBelow, aPanel, b + bRight + bBelow, bPanel, m, n, k);
  product_panels(w, wPanel, w, wPanel, aSums, aPanel, bSums, bPanel, m, n, k);
  product_panels(c, cPanel, w, wPanel, aSums + aBelow, aPanel, bSums + bBelow, bPanel, m, n, k);
  product_panels(c + right, cPanel, c, cPanel, a + aRight, aPanel, bSums + bRight + bBelow, bPanel, m, n, k);
  product_panels(s, wPanel, zeros, 0, aSums + aRight, aPanel, bSums + bRight, bPanel, m, n, k);
  add_to_both(c, cPanel, w, s, wPanel, m, n);
  product_panels(c + below, cPanel, w, wPanel, aSums + aRight + aBelow, aPanel, b + bBelow, bPanel, m, n, k);
}

/** C += S and W += S, all (m, n). */
function add_to_both(c: usize, cPanel: usize, w: usize, s: usize, wPanel: usize, m: u32, n: u32): void {
  const bytes = <usize>m << 5;
  for (let q: u32 = 0; q < n >> 3; q++, c += cPanel, w += wPanel, s += wPanel) {
    for (let at: usize = 0; at < bytes; at += 32) {
      const low = v128.load(s + at), high = v128.load(s + at, 16);
      const c0 = f32x4.add(v128.load(c + at), low), c1 = f32x4.add(v128.load(c + at, 16), high);
      const w0 = f32x4.add(v128.load(w + at), low), w1 = f32x4.add(v128.load(w + at, 16), high);
      v128.store(c + at, c0);
      v128.store(c + at, c1, 16);
      v128.store(w + at, w0);
      v128.store(w + at, w1, 16);
    }
  }
}

/**
 * Adds the seven products of A·B to those in G (m, 2·n): three(A)·three(B), r·four(B), four(A)·g and o·h are its first quarters, k·f, S and
 * down(A)·down(B) those behind. `join_quarters` makes the sum of all A·B of them.
 */
export function add_quarters(g: usize, gPanel: usize, a: usize, aPanel: usize, b: usize, bPanel: usize, m: u32, n: u32, k: u32): void {
  const right = half(n, gPanel), below = <usize>m << 4, more = g + 2 * right;
  const aRight = half(k, aPanel), aBelow = below, aSums = a + 2 * aRight;
  const bRight = half(n, bPanel), bBelow = <usize>k << 4, bSums = b + 2 * bRight;
  m >>= 1;
  n >>= 1;
  k >>= 1;
  add_product(g, gPanel, aSums, aPanel, bSums, bPanel, m, n, k);
  add_product(g + right, gPanel, a + aRight, aPanel, bSums + bRight + bBelow, bPanel, m, n, k);
  add_product(g + below, gPanel, aSums + aRight + aBelow, aPanel, b + bBelow, bPanel, m, n, k);
  add_product(g + right + below, gPanel, a + aRight + aBelow, aPanel, b + bRight + bBelow, bPanel, m, n, k);
  add_product(more, gPanel, a + aBelow, aPanel, b + bRight, bPanel, m, n, k);
  add_product(more + right, gPanel, aSums + aRight, aPanel, bSums + bRight, bPanel, m, n, k);
  add_product(more + below, gPanel, aSums + aBelow, aPanel, bSums + bBelow, bPanel, m, n, k);
}

@inline
function add_product(g: usize, gPanel: usize, a: usize, aPanel: usize, b: usize, bPanel: usize, m: u32, n: u32, k: u32): void {
  product_panels(g, gPanel, g, gPanel, a, aPanel, b, bPanel, m, n, k);
}

/** G (m, n) = the sum of the products whose quarters `add_quarters` left there. In place. */
export function join_quarters(g: usize, gPanel: usize, m: u32, n: u32): void {
  const right = half(n, gPanel), below = <usize>m << 4, more = 2 * right;
  for (let q: u32 = 0; q < n >> 4; q++, g += gPanel) {
    for (let at = g, end = g + below; at < end; at += 16) {
      const kf = v128.load(at + more), s = v128.load(at + more + right);
      const w = f32x4.add(v128.load(at), kf), v = f32x4.add(w, v128.load(at + more + below));
      v128.store(at, f32x4.add(v, s));
      v128.store(at + right, f32x4.add(v128.load(at + right), v));
      v128.store(at + below, f32x4.add(v128.load(at + below), f32x4.add(w, s)));
      v128.store(at + right + below, f32x4.add(v128.load(at + right + below), kf));
    }
  }
}
