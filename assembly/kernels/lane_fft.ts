import { cos64, sin64 } from "./math64";
import { fma, fnma } from "./simd";

/*
 * Discrete Fourier transforms of sequences side by side in vectors: re and im (n, width), n a power of two, width a multiple of 4, in place and without
 * a factor. `lane_dif` gives X_k = Σ_j x_j·exp(−2πi·jk/n) with k in bit-reversed order, `lane_dit` takes it from there to natural order: between the
 * two only what treats all k alike may happen. Exchanging re and im gives the other sign. Radix 4, with one stage of radix 2 where n asks for it
 * (Gentleman & Sande, AFIPS 29, 563, 1966; Cooley & Tukey, Math. Comput. 19, 297, 1965).
 */

/** The smallest power of two that is not below `n`. */
@inline
export function lane_size(n: u32): u32 {
  return n < 2 ? 1 : <u32>1 << (32 - clz<u32>(n - 1));
}

/** Bytes of the twiddles for n. */
@inline
export function lane_twiddle_bytes(n: u32): usize {
  return <usize>n << 3;
}

/** exp(−2πi·k/n) for k < n as pairs (real, imaginary). Writes. */
export function lane_twiddles(out: usize, n: u32): void {
  const unit = -6.283185307179586 / <f64>n;
  for (let k: u32 = 0; k < n; k++, out += 8) {
    store<f32>(out, <f32>cos64(unit * <f64>k));
    store<f32>(out, <f32>sin64(unit * <f64>k), 4);
  }
}

/** Whether n is an odd power of two, which takes a stage of radix 2. */
@inline
function odd_power(n: u32): bool {
  return (ctz<u32>(n) & 1) != 0;
}

/** Stores (a + ib)·(c + is). */
@inline
function put_product(re: usize, im: usize, a: v128, b: v128, c: v128, s: v128): void {
  v128.store(re, fnma(b, s, f32x4.mul(a, c)));
  v128.store(im, fma(b, c, f32x4.mul(a, s)));
}

/** Natural to bit-reversed order. */
export function lane_dif(re: usize, im: usize, n: u32, width: u32, twiddles: usize): void {
  const row = <usize>width << 2;
  let size = n;
  if (odd_power(n)) {
    const half = <usize>(n >> 1) * row;
    for (let at: usize = 0, w = twiddles; at < half; at += row, w += 8) {
      const c = v128.load32_splat(w), s = v128.load32_splat(w, 4);
      for (let p = re + at, q = im + at, end = p + row; p < end; p += 16, q += 16) {
        const ar = v128.load(p), ai = v128.load(q), br = v128.load(p + half), bi = v128.load(q + half);
        v128.store(p, f32x4.add(ar, br));
        v128.store(q, f32x4.add(ai, bi));
        put_product(p + half, q + half, f32x4.sub(ar, br), f32x4.sub(ai, bi), c, s);
      }
    }
    size >>= 1;
  }
  for (; size > 1; size >>= 2) {
    const quarter = <usize>(size >> 2) * row, step = <usize>(n / size) << 3;
    for (let at: usize = 0, w: usize = 0; at < quarter; at += row, w += step) {
      const c1 = v128.load32_splat(twiddles + w), s1 = v128.load32_splat(twiddles + w, 4);
      const c2 = v128.load32_splat(twiddles + 2 * w), s2 = v128.load32_splat(twiddles + 2 * w, 4);
      const c3 = v128.load32_splat(twiddles + 3 * w), s3 = v128.load32_splat(twiddles + 3 * w, 4);
      for (let first: usize = at; first < <usize>n * row; first += 4 * quarter) {
        for (let p = re + first, q = im + first, end = p + row; p < end; p += 16, q += 16) {
          dif_four(p, q, quarter, c1, s1, c2, s2, c3, s3);
        }
      }
    }
  }
}

/** Two stages on four elements. */
@inline
function dif_four(p: usize, q: usize, d: usize, c1: v128, s1: v128, c2: v128, s2: v128, c3: v128, s3: v128): void {
  const x0r = v128.load(p), x0i = v128.load(q), x2r = v128.load(p + 2 * d), x2i = v128.load(q + 2 * d);
  const ur = f32x4.add(x0r, x2r), ui = f32x4.add(x0i, x2i), tr = f32x4.sub(x0r, x2r), ti = f32x4.sub(x0i, x2i);
  const x1r = v128.load(p + d), x1i = v128.load(q + d), x3r = v128.load(p + 3 * d), x3i = v128.load(q + 3 * d);
  const vr = f32x4.add(x1r, x3r), vi = f32x4.add(x1i, x3i);
  // −i·(x1 − x3)
  const dr = f32x4.sub(x1i, x3i), di = f32x4.sub(x3r, x1r);
  v128.store(p, f32x4.add(ur, vr));
  v128.store(q, f32x4.add(ui, vi));
  put_product(p + d, q + d, f32x4.sub(ur, vr), f32x4.sub(ui, vi), c2, s2);
  put_product(p + 2 * d, q + 2 * d, f32x4.add(tr, dr), f32x4.add(ti, di), c1, s1);
  put_product(p + 3 * d, q + 3 * d, f32x4.sub(tr, dr), f32x4.sub(ti, di), c3, s3);
}

/** Bit-reversed to natural order. */
export function lane_dit(re: usize, im: usize, n: u32, width: u32, twiddles: usize): void {
  const row = <usize>width << 2;
  const fours = odd_power(n) ? n >> 1 : n;
  for (let size: u32 = 4; size <= fours; size <<= 2) {
    const quarter = <usize>(size >> 2) * row, step = <usize>(n / size) << 3;
    for (let at: usize = 0, w: usize = 0; at < quarter; at += row, w += step) {
      const c1 = v128.load32_splat(twiddles + w), s1 = v128.load32_splat(twiddles + w, 4);
      const c2 = v128.load32_splat(twiddles + 2 * w), s2 = v128.load32_splat(twiddles + 2 * w, 4);
      const c3 = v128.load32_splat(twiddles + 3 * w), s3 = v128.load32_splat(twiddles + 3 * w, 4);
      for (let first: usize = at; first < <usize>n * row; first += 4 * quarter) {
        for (let p = re + first, q = im + first, end = p + row; p < end; p += 16, q += 16) {
          dit_four(p, q, quarter, c1, s1, c2, s2, c3, s3);
        }
      }
    }
  }
  if (!odd_power(n)) return;
  const half = <usize>(n >> 1) * row;
  for (let at: usize = 0, w = twiddles; at < half; at += row, w += 8) {
    const c = v128.load32_splat(w), s = v128.load32_splat(w, 4);
    for (let p = re + at, q = im + at, end = p + row; p < end; p += 16, q += 16) {
      const ar = v128.load(p), ai = v128.load(q), zr = v128.load(p + half), zi = v128.load(q + half);
      const br = fnma(zi, s, f32x4.mul(zr, c)), bi = fma(zi, c, f32x4.mul(zr, s));
      v128.store(p, f32x4.add(ar, br));
      v128.store(q, f32x4.add(ai, bi));
      v128.store(p + half, f32x4.sub(ar, br));
      v128.store(q + half, f32x4.sub(ai, bi));
    }
  }
}

/** Two stages on four elements. */
@inline
function dit_four(p: usize, q: usize, d: usize, c1: v128, s1: v128, c2: v128, s2: v128, c3: v128, s3: v128): void {
  const z2r = v128.load(p + 2 * d), z2i = v128.load(q + 2 * d), z3r = v128.load(p + 3 * d), z3i = v128.load(q + 3 * d);
  const ar = fnma(z2i, s1, f32x4.mul(z2r, c1)), ai = fma(z2i, c1, f32x4.mul(z2r, s1));
  const br = fnma(z3i, s3, f32x4.mul(z3r, c3)), bi = fma(z3i, c3, f32x4.mul(z3r, s3));
  const sr = f32x4.add(ar, br), si = f32x4.add(ai, bi);
  // −i·(a − b)
  const dr = f32x4.sub(ai, bi), di = f32x4.sub(br, ar);
  const z0r = v128.load(p), z0i = v128.load(q), z1r = v128.load(p + d), z1i = v128.load(q + d);
  const er = fnma(z1i, s2, f32x4.mul(z1r, c2)), ei = fma(z1i, c2, f32x4.mul(z1r, s2));
  const ur = f32x4.add(z0r, er), ui = f32x4.add(z0i, ei), vr = f32x4.sub(z0r, er), vi = f32x4.sub(z0i, ei);
  v128.store(p, f32x4.add(ur, sr));
  v128.store(q, f32x4.add(ui, si));
  v128.store(p + d, f32x4.add(vr, dr));
  v128.store(q + d, f32x4.add(vi, di));
  v128.store(p + 2 * d, f32x4.sub(ur, sr));
  v128.store(q + 2 * d, f32x4.sub(ui, si));
  v128.store(p + 3 * d, f32x4.sub(vr, dr));
  v128.store(q + 3 * d, f32x4.sub(vi, di));
}
