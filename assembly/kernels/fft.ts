import { load_lanes, store_lanes } from "./lanes";
import { cos64, sin64 } from "./math64";
import { turn } from "./simd";

const TWO_PI: f64 = 6.283185307179586;
const HALF_ROOT_3: f32 = 0.8660254037844386;

/** The smallest 2^k or 3·2^k that is not below `n`: the sizes that transform. */
export function fft_size(n: u32): u32 {
  if (n < 2) return 1;
  const power = <u32>1 << (32 - clz<u32>(n - 1));
  return power >= 4 && power / 4 * 3 >= n ? power / 4 * 3 : power;
}

/** Columns that `fft_columns` transforms together: what lies next to each other in a cache line. */
const BLOCK: usize = 16;

/** Bytes of scratch that the transforms need for sizes up to `n`: twiddles, and two blocks of sequences. */
export function fft_scratch_bytes(n: usize): usize {
  return n * 8 + 2 * n * BLOCK * 8;
}

/** Writes exp(−2πi·k/n) for k < n as pairs (real, imaginary) of floats. */
function fft_twiddles(twiddles: usize, n: usize): void {
  const unit = -TWO_PI / <f64>n;
  for (let k: usize = 0; k < n; k++) {
    store<f32>(twiddles + k * 8, <f32>cos64(unit * <f64>k));
    store<f32>(twiddles + k * 8, <f32>sin64(unit * <f64>k), 4);
  }
}

/** (re, im)·w of `count` (1–4) neighbours, to outRe and outIm. */
@inline
function put_turned(outRe: usize, outIm: usize, re: v128, im: v128, c: v128, s: v128, count: usize): void {
  store_lanes(outRe, f32x4.sub(f32x4.mul(re, c), f32x4.mul(im, s)), count);
  store_lanes(outIm, f32x4.add(f32x4.mul(re, s), f32x4.mul(im, c)), count);
}

/** Sums of two parts of `run` floats each, m·run apart at x, and the differences turned, to two neighbouring parts at y; twiddle w^1. */
@inline
function two(yRe: usize, yIm: usize, xRe: usize, xIm: usize, step: usize, to: usize, w: usize, count: usize): void {
  const ar = load_lanes(xRe, count), ai = load_lanes(xIm, count);
  const br = load_lanes(xRe + step, count), bi = load_lanes(xIm + step, count);
  store_lanes(yRe, f32x4.add(ar, br), count);
  store_lanes(yIm, f32x4.add(ai, bi), count);
  put_turned(yRe + to, yIm + to, f32x4.sub(ar, br), f32x4.sub(ai, bi), v128.load32_splat(w), v128.load32_splat(w, 4), count);
}

/** The same of three parts; twiddles w^1 and w^2. */
@inline
function three(yRe: usize, yIm: usize, xRe: usize, xIm: usize, step: usize, to: usize, w1: usize, w2: usize, count: usize): void {
  const ar = load_lanes(xRe, count), ai = load_lanes(xIm, count);
  const br = load_lanes(xRe + step, count), bi = load_lanes(xIm + step, count);
  const cr = load_lanes(xRe + 2 * step, count), ci = load_lanes(xIm + 2 * step, count);
  const sr = f32x4.add(br, cr), si = f32x4.add(bi, ci), half = f32x4.splat(0.5), root = f32x4.splat(HALF_ROOT_3);
  const mr = f32x4.sub(ar, f32x4.mul(half, sr)), mi = f32x4.sub(ai, f32x4.mul(half, si));
  // −i·(√3/2)·(b − c)
  const dr = f32x4.mul(root, f32x4.sub(bi, ci)), di = f32x4.mul(root, f32x4.sub(cr, br));
  store_lanes(yRe, f32x4.add(ar, sr), count);
  store_lanes(yIm, f32x4.add(ai, si), count);
  put_turned(yRe + to, yIm + to, f32x4.add(mr, dr), f32x4.add(mi, di), v128.load32_splat(w1), v128.load32_splat(w1, 4), count);
  put_turned(yRe + 2 * to, yIm + 2 * to, f32x4.sub(mr, dr), f32x4.sub(mi, di), v128.load32_splat(w2), v128.load32_splat(w2, 4), count);
}

/** The same of four parts; twiddles w^1, w^2 and w^3. */
@inline
function four(yRe: usize, yIm: usize, xRe: usize, xIm: usize, step: usize, to: usize, w1: usize, w2: usize, w3: usize, count: usize): void {
  const ar = load_lanes(xRe, count), ai = load_lanes(xIm, count);
  const br = load_lanes(xRe + step, count), bi = load_lanes(xIm + step, count);
  const cr = load_lanes(xRe + 2 * step, count), ci = load_lanes(xIm + 2 * step, count);
  const dr = load_lanes(xRe + 3 * step, count), di = load_lanes(xIm + 3 * step, count);
  const sr = f32x4.add(ar, cr), si = f32x4.add(ai, ci), tr = f32x4.add(br, dr), ti = f32x4.add(bi, di);
  const ur = f32x4.sub(ar, cr), ui = f32x4.sub(ai, ci);
  // −i·(b − d)
  const vr = f32x4.sub(bi, di), vi = f32x4.sub(dr, br);
  store_lanes(yRe, f32x4.add(sr, tr), count);
  store_lanes(yIm, f32x4.add(si, ti), count);
  put_turned(yRe + to, yIm + to, f32x4.add(ur, vr), f32x4.add(ui, vi), v128.load32_splat(w1), v128.load32_splat(w1, 4), count);
  put_turned(yRe + 2 * to, yIm + 2 * to, f32x4.sub(sr, tr), f32x4.sub(si, ti), v128.load32_splat(w2), v128.load32_splat(w2, 4), count);
  put_turned(yRe + 3 * to, yIm + 3 * to, f32x4.sub(ur, vr), f32x4.sub(ui, vi), v128.load32_splat(w3), v128.load32_splat(w3, 4), count);
}

/** One pass: `radix` parts of n samples into one, of sequences whose neighbours are `run` floats; twiddles lie `pitch` bytes a power of exp(−2πi/n). */
@inline
function pass(radix: u32, yRe: usize, yIm: usize, xRe: usize, xIm: usize, n: usize, run: usize, twiddles: usize, pitch: usize): void {
  const m = n / radix, to = run * 4, step = m * to, whole = (run & ~3) * 4, rest = run & 3;
  for (let p: usize = 0; p < m; p++) {
    const w = p * pitch, w1 = twiddles + w, w2 = w1 + w, w3 = w2 + w;
    const x = p * to, y = p * to * radix;
    for (let at: usize = 0; at < whole; at += 16) {
      if (radix == 4) four(yRe + y + at, yIm + y + at, xRe + x + at, xIm + x + at, step, to, w1, w2, w3, 4);
      else if (radix == 3) three(yRe + y + at, yIm + y + at, xRe + x + at, xIm + x + at, step, to, w1, w2, 4);
      else two(yRe + y + at, yIm + y + at, xRe + x + at, xIm + x + at, step, to, w1, 4);
    }
    if (rest == 0) continue;
    if (radix == 4) four(yRe + y + whole, yIm + y + whole, xRe + x + whole, xIm + x + whole, step, to, w1, w2, w3, rest);
    else if (radix == 3) three(yRe + y + whole, yIm + y + whole, xRe + x + whole, xIm + x + whole, step, to, w1, w2, rest);
    else two(yRe + y + whole, yIm + y + whole, xRe + x + whole, xIm + x + whole, step, to, w1, rest);
  }
}

/**
 * Discrete Fourier transform X_k = Σ_j x_j·exp(−2πi·jk/n), without a factor, of `width` interleaved sequences: re and im (n, width), n one of
 * `fft_size`. Passes of radix 4, 2 and 3, decimation in frequency, each from one block into the other and in order at the end (Stockham; Cochran et
 * al., Proc. IEEE 55, 1664, 1967): what a pass reads together lies together. Exchanging re and im gives the inverse. Gives where
 * the result is, as bytes past re and im: 0, or `other`, the way to the other block. Writes both.
 */
function transform(re: usize, im: usize, other: usize, n: usize, width: usize, twiddles: usize): usize {
  let run = width, pitch: usize = 8, from: usize = 0;
  while (n > 1) {
    const xRe = re + from, xIm = im + from, to = other - from, yRe = re + to, yIm = im + to;
    let radix: usize = 4;
    if ((n & 3) == 0) pass(4, yRe, yIm, xRe, xIm, n, run, twiddles, pitch);
    else if ((n & 1) == 0) {
      radix = 2;
      pass(2, yRe, yIm, xRe, xIm, n, run, twiddles, pitch);
    } else {
      radix = 3;
      pass(3, yRe, yIm, xRe, xIm, n, run, twiddles, pitch);
    }
    n /= radix;
    run *= radix;
    pitch *= radix;
    from = to;
  }
  return from;
}

/** Where in `scratch` a block of sequences of n samples goes: past the twiddles. */
@inline
function block_at(scratch: usize, n: usize): usize {
  return scratch + n * 8;
}

/** Transforms the first `count` rows of re and im (…, n) in place, each by itself, four at a time, turned into interleaved sequences. Writes `scratch`. */
export function fft_rows(re: usize, im: usize, count: usize, n: usize, inverse: bool, scratch: usize): void {
  const blockRe = block_at(scratch, n), blockIm = blockRe + n * 16, other = n * 32;
  fft_twiddles(scratch, n);
  for (let r: usize = 0; r < count; r += 4) {
    const at = r * n * 4, rows = min<usize>(4, count - r);
    gather_rows(blockRe, re + at, n, rows);
    gather_rows(blockIm, im + at, n, rows);
    const found = inverse ? transform(blockIm, blockRe, other, n, 4, scratch) : transform(blockRe, blockIm, other, n, 4, scratch);
    scatter_rows(re + at, blockRe + found, n, rows);
    scatter_rows(im + at, blockIm + found, n, rows);
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
  const blockRe = block_at(scratch, n), blockIm = blockRe + n * BLOCK * 4, other = n * BLOCK * 8;
  fft_twiddles(scratch, n);
  for (let first: usize = 0; first < count; first += BLOCK) {
    const width = min<usize>(BLOCK, count - first), at = first * 4;
    copy_columns(blockRe, width, re + at, cols, n, width);
    copy_columns(blockIm, width, im + at, cols, n, width);
    const found = inverse ? transform(blockIm, blockRe, other, n, width, scratch) : transform(blockRe, blockIm, other, n, width, scratch);
    copy_columns(re + at, cols, blockRe + found, width, n, width);
    copy_columns(im + at, cols, blockIm + found, width, n, width);
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
 * Two-dimensional transform in place of re and im (rows, cols), both one of `fft_size`; the inverse divides by rows·cols.
 * Writes re, im, and `scratch` (fft_scratch_bytes of the larger size).
 */
export function fft2d(re: usize, im: usize, rows: usize, cols: usize, inverse: bool, scratch: usize): void {
  fft_rows(re, im, rows, cols, inverse, scratch);
  fft_columns(re, im, rows, cols, cols, inverse, scratch);
  if (!inverse) return;
  const factor = <f32>(1 / (<f64>rows * <f64>cols));
  for (let at: usize = 0; at < rows * cols * 4; at += 4) {
    store<f32>(re + at, factor * load<f32>(re + at));
    store<f32>(im + at, factor * load<f32>(im + at));
  }
}
