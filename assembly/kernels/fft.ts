import { load_lanes, store_lanes } from "./lanes";
import { cos64, sin64 } from "./math64";
import { turn } from "./simd";

const TWO_PI: f64 = 6.283185307179586;

/** The smallest power of two that is not below `n`. */
export function fft_size(n: u32): u32 {
  return n < 2 ? 1 : <u32>1 << (32 - clz<u32>(n - 1));
}

/** Columns that `fft2d` transforms together: what lies next to each other in a cache line. */
const BLOCK: usize = 16;

/** Bytes of scratch that the transforms need for sizes up to `n`: twiddles, and a block of sequences. */
export function fft_scratch_bytes(n: usize): usize {
  return (n < 2 ? 16 : n * 4) + n * BLOCK * 8;
}

/** Writes exp(∓2πi·k/n) for k < n/2 as pairs (real, imaginary) of floats; upper sign forward. */
function fft_twiddles(twiddles: usize, n: usize, inverse: bool): void {
  const unit = (inverse ? TWO_PI : -TWO_PI) / <f64>n;
  for (let k: usize = 0; k < n >> 1; k++) {
    store<f32>(twiddles + k * 8, <f32>cos64(unit * <f64>k));
    store<f32>(twiddles + k * 8, <f32>sin64(unit * <f64>k), 4);
  }
}

/** Exchanges `width` floats at `a` and `b`. */
@inline
function swap(a: usize, b: usize, width: usize): void {
  for (let x: usize = 0; x < width * 4; x += 4) {
    const value = load<f32>(a + x);
    store<f32>(a + x, load<f32>(b + x));
    store<f32>(b + x, value);
  }
}

/** Puts sample i where the bits of i, read backwards, say. */
function bit_reverse(re: usize, im: usize, n: usize, width: usize): void {
  const stride = width * 4;
  for (let i: usize = 1, j: usize = 0; i < n; i++) {
    let bit = n >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j ^= bit;
    if (i >= j) continue;
    swap(re + i * stride, re + j * stride, width);
    swap(im + i * stride, im + j * stride, width);
  }
}

/** (a, b) → (a + w·b, a − w·b) on `count` (1–4) neighbouring sequences. */
@inline
function butterfly(aRe: usize, aIm: usize, bRe: usize, bIm: usize, c: v128, s: v128, count: usize): void {
  const br = load_lanes(bRe, count);
  const bi = load_lanes(bIm, count);
  const ar = load_lanes(aRe, count);
  const ai = load_lanes(aIm, count);
  const tr = f32x4.sub(f32x4.mul(br, c), f32x4.mul(bi, s));
  const ti = f32x4.add(f32x4.mul(br, s), f32x4.mul(bi, c));
  store_lanes(aRe, f32x4.add(ar, tr), count);
  store_lanes(aIm, f32x4.add(ai, ti), count);
  store_lanes(bRe, f32x4.sub(ar, tr), count);
  store_lanes(bIm, f32x4.sub(ai, ti), count);
}

/** Butterflies of samples `a` and `b` (byte offsets) of all `width` sequences. */
@inline
function butterflies(re: usize, im: usize, a: usize, b: usize, width: usize, c: v128, s: v128): void {
  const end = (width & ~3) * 4;
  for (let x: usize = 0; x < end; x += 16) butterfly(re + a + x, im + a + x, re + b + x, im + b + x, c, s, 4);
  if (width & 3) butterfly(re + a + end, im + a + end, re + b + end, im + b + end, c, s, width & 3);
}

/**
 * Discrete Fourier transform X_k = Σ_j x_j·exp(∓2πi·jk/n), upper sign forward, in place and without a factor, of `width`
 * interleaved sequences: re and im (n, width), n a power of two. Radix 2, decimation in time (Cooley & Tukey, Math.
 * Comput. 19, 297, 1965). Writes re and im.
 */
function transform(re: usize, im: usize, n: usize, width: usize, twiddles: usize): void {
  const stride = width * 4;
  bit_reverse(re, im, n, width);
  for (let half: usize = 1; half < n; half <<= 1) {
    const step = (n / (2 * half)) * 8;
    for (let first: usize = 0; first < n; first += 2 * half) {
      for (let k: usize = 0; k < half; k++) {
        const c = v128.load32_splat(twiddles + k * step);
        const s = v128.load32_splat(twiddles + k * step, 4);
        butterflies(re, im, (first + k) * stride, (first + k + half) * stride, width, c, s);
      }
    }
  }
}

/** Where in `scratch` a block of sequences of n samples goes: past the twiddles. */
@inline
function block_at(scratch: usize, n: usize): usize {
  return scratch + (n < 2 ? 16 : n * 4);
}

/** Transforms the first `count` rows of re and im (…, n) in place, each by itself, four at a time, turned into interleaved sequences. Writes `scratch`. */
export function fft_rows(re: usize, im: usize, count: usize, n: usize, inverse: bool, scratch: usize): void {
  const blockRe = block_at(scratch, n), blockIm = blockRe + n * 16;
  fft_twiddles(scratch, n, inverse);
  for (let r: usize = 0; r < count; r += 4) {
    const at = r * n * 4, rows = min<usize>(4, count - r);
    gather_rows(blockRe, re + at, n, rows);
    gather_rows(blockIm, im + at, n, rows);
    transform(blockRe, blockIm, n, 4, scratch);
    scatter_rows(re + at, blockRe, n, rows);
    scatter_rows(im + at, blockIm, n, rows);
  }
}

/** out (n, 4) = 1–4 rows of n floats, turned; missing ones are rows that are there. Writes. */
@inline
function gather_rows(out: usize, x: usize, n: usize, rows: usize): void {
  const b = x + (rows > 1 ? n * 4 : 0), c = rows > 2 ? x + n * 8 : x, d = rows > 3 ? x + n * 12 : x;
  const whole = (n & ~3) * 4;
  let p: usize = 0;
  for (; p < whole; p += 16) turn(out + p * 4, 16, v128.load(x + p), v128.load(b + p), v128.load(c + p), v128.load(d + p));
  for (; p < n * 4; p += 4) {
    store<f32>(out + p * 4, load<f32>(x + p));
    store<f32>(out + p * 4, load<f32>(b + p), 4);
    store<f32>(out + p * 4, load<f32>(c + p), 8);
    store<f32>(out + p * 4, load<f32>(d + p), 12);
  }
}

/** The other way round. */
@inline
function scatter_rows(y: usize, block: usize, n: usize, rows: usize): void {
  const whole = rows === 4 ? (n & ~3) * 4 : 0;
  let p: usize = 0;
  for (; p < whole; p += 16) {
    const from = block + p * 4;
    turn(y + p, n * 4, v128.load(from), v128.load(from, 16), v128.load(from, 32), v128.load(from, 48));
  }
  for (; p < n * 4; p += 4) {
    for (let r: usize = 0; r < rows; r++) store<f32>(y + r * n * 4 + p, load<f32>(block + p * 4 + r * 4));
  }
}

/**
 * Transforms the first `count` columns of re and im (n, cols) in place, each by itself, a block of neighbours at a time in memory of their own:
 * ten passes over all of a large array would each read it anew. Writes `scratch`.
 */
export function fft_columns(re: usize, im: usize, n: usize, cols: usize, count: usize, inverse: bool, scratch: usize): void {
  const blockRe = block_at(scratch, n), blockIm = blockRe + n * BLOCK * 4;
  fft_twiddles(scratch, n, inverse);
  for (let first: usize = 0; first < count; first += BLOCK) {
    const width = min<usize>(BLOCK, count - first), at = first * 4;
    copy_columns(blockRe, width, re + at, cols, n, width);
    copy_columns(blockIm, width, im + at, cols, n, width);
    transform(blockRe, blockIm, n, width, scratch);
    copy_columns(re + at, cols, blockRe, width, n, width);
    copy_columns(im + at, cols, blockIm, width, n, width);
  }
}

/** out (n, width) = x, row strides ldo, ldx floats. Writes. */
@inline
function copy_columns(out: usize, ldo: usize, x: usize, ldx: usize, n: usize, width: usize): void {
  const end = (width & ~3) * 4, rest = width & 3;
  for (let r: usize = 0; r < n; r++, out += ldo * 4, x += ldx * 4) {
    for (let at: usize = 0; at < end; at += 16) v128.store(out + at, v128.load(x + at));
    if (rest) store_lanes(out + end, load_lanes(x + end, rest), rest);
  }
}

/**
 * Two-dimensional transform in place of re and im (rows, cols), both powers of two; the inverse divides by rows·cols.
 * Writes re, im, and `scratch` (fft_scratch_bytes of the larger size).
 */
export function fft2d(re: usize, im: usize, rows: usize, cols: usize, inverse: bool, scratch: usize): void {
  fft_rows(re, im, rows, cols, inverse, scratch);
  fft_columns(re, im, rows, cols, cols, inverse, scratch);
  if (!inverse) return;
  const factor = <f32>(1 / (<f64>rows * <f64>cols)); // exact: a power of two
  for (let at: usize = 0; at < rows * cols * 4; at += 4) {
    store<f32>(re + at, factor * load<f32>(re + at));
    store<f32>(im + at, factor * load<f32>(im + at));
  }
}
