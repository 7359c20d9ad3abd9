import { score_stride } from "./correlate";
import { lane_dif, lane_dit, lane_size, lane_twiddle_bytes, lane_twiddles } from "./lane_fft";
import { fma, fnma, turn } from "./simd";

/*
 * Template correlation (correlate.ts) by Fourier transforms. With N at least window + shifts − 1 along each axis no sum wraps around, and
 *   s(u) = Σ_p x(p)·c(u + p) = 1/N · Σ_k C(k)·X(k)·exp(2πi·ku/N),   C(k) = Σ c(p)·exp(−2πi·kp/N),   X(k) = Σ x(p)·exp(+2πi·kp/N).
 * This is linear in x, and c is real: two windows are real and imaginary part of one array, and four such arrays the lanes of vectors, so that eight
 * windows go through together and rows and columns need no turning. Spectra stay in bit-reversed order. Their spectrum serves all templates.
 * Arrays are re, then im: (N rows, N columns, 4) each.
 */

/** Sequences that the columns' transform takes at a time, in vectors of 4. */
const BLOCK: u32 = 4;

/** Points of the transforms along an axis, for a template of so many pixels. */
@inline
export function transform_rows(templateRows: u32): u32 {
  return lane_size(templateRows);
}

@inline
export function transform_cols(templateCols: u32): u32 {
  return max(BLOCK, lane_size(templateCols));
}

/** Bytes of the twiddles of both axes. */
export function correlation_twiddle_bytes(nRows: u32, nCols: u32): usize {
  return lane_twiddle_bytes(nRows) + lane_twiddle_bytes(nCols);
}

/** Writes them: columns' axis first. */
export function correlation_twiddles(out: usize, nRows: u32, nCols: u32): void {
  lane_twiddles(out, nCols);
  lane_twiddles(out + lane_twiddle_bytes(nCols), nRows);
}

/** Bytes of the spectrum of eight windows, of a template's, and of scratch: products' rows, and a block of columns. */
export function windows_spectrum_bytes(nRows: u32, nCols: u32): usize {
  return <usize>(nRows * nCols) << 5;
}

export function template_spectrum_bytes(nRows: u32, nCols: u32): usize {
  return <usize>(nRows * nCols) << 3;
}

export function correlation_scratch_bytes(nRows: u32, nCols: u32, shiftRows: u32): usize {
  return (<usize>(shiftRows * nCols) << 5) + (<usize>(nRows * BLOCK) << 5);
}

/** Spectrum of the windows xp (2, rows · cols, 4), groups of four as `pack_rows` gives them; the second group may be missing (0). Writes. */
export function windows_spectrum(out: usize, first: usize, second: usize, rows: u32, cols: u32, nRows: u32, nCols: u32, twiddles: usize, scratch: usize): void {
  const re = out, im = out + (<usize>(nRows * nCols) << 4), row = <usize>nCols << 4;
  memory.fill(re, 0, <usize>rows * row);
  memory.fill(im, 0, <usize>rows * row);
  for (let i: u32 = 0; i < rows; i++) {
    const from = <usize>(i * cols) << 4, bytes = <usize>cols << 4;
    memory.copy(re + i * row, first + from, bytes);
    if (second) memory.copy(im + i * row, second + from, bytes);
    // re and im exchanged: the sign of X.
    lane_dif(im + i * row, re + i * row, nCols, 4, twiddles);
  }
  forward_columns(im, re, rows, nRows, nCols, twiddles + lane_twiddle_bytes(nCols), scratch);
}

/** Columns' transforms of an array whose rows from `rows` on count as zero. Writes. */
function forward_columns(re: usize, im: usize, rows: u32, nRows: u32, nCols: u32, twiddles: usize, scratch: usize): void {
  if (nRows == 1) return;
  const row = <usize>nCols << 4, width = 4 * BLOCK;
  const blockRe = scratch, blockIm = scratch + (<usize>(nRows * width) << 2);
  for (let at: usize = 0; at < row; at += 4 * width) {
    copy_block(blockRe, 4 * width, re + at, row, rows);
    copy_block(blockIm, 4 * width, im + at, row, rows);
    const filled = <usize>(rows * width) << 2, rest = <usize>((nRows - rows) * width) << 2;
    memory.fill(blockRe + filled, 0, rest);
    memory.fill(blockIm + filled, 0, rest);
    lane_dif(blockRe, blockIm, nRows, width, twiddles);
    copy_block(re + at, row, blockRe, 4 * width, nRows);
    copy_block(im + at, row, blockIm, 4 * width, nRows);
  }
}

/** `rows` times BLOCK vectors, `to` and `from` bytes apart. */
@inline
function copy_block(out: usize, to: usize, x: usize, from: usize, rows: u32): void {
  for (let r: u32 = 0; r < rows; r++, out += to, x += from) {
    v128.store(out, v128.load(x));
    v128.store(out, v128.load(x, 16), 16);
    v128.store(out, v128.load(x, 32), 32);
    v128.store(out, v128.load(x, 48), 48);
  }
}

/**
 * Spectrum of a template c (rows, cols) with row stride `stride`, divided by the number of points: out (nRows, nCols) pairs. Writes, with `spectrum` as
 * work space of `windows_spectrum_bytes`.
 */
export function template_spectrum(
  out: usize, c: usize, stride: u32, rows: u32, cols: u32, nRows: u32, nCols: u32, twiddles: usize, spectrum: usize, scratch: usize,
): void {
  const plane = <usize>(nRows * nCols) << 4, re = spectrum, im = spectrum + plane, row = <usize>nCols << 4;
  memory.fill(re, 0, 2 * plane);
  const factor = <f32>(1 / (<f64>nRows * <f64>nCols));
  for (let i: u32 = 0; i < rows; i++) {
    for (let j: u32 = 0; j < cols; j++) store<f32>(re + i * row + (<usize>j << 4), factor * load<f32>(c + (<usize>(i * stride + j) << 2)));
    lane_dif(re + i * row, im + i * row, nCols, 4, twiddles);
  }
  forward_columns(re, im, rows, nRows, nCols, twiddles + lane_twiddle_bytes(nCols), scratch);
  for (let at: usize = 0; at < plane; at += 16, out += 8) {
    store<f32>(out, load<f32>(re + at));
    store<f32>(out, load<f32>(im + at), 4);
  }
}

/**
 * Scores of eight windows, or of four where `count` is no more, as `correlate_forward` gives them: s (8 or 4, shiftRows, score_stride(shiftCols)). Writes;
 * the columns past shiftCols hold other shifts, or what lies past a row: finite numbers.
 */
export function correlate_spectra(
  s: usize, windows: usize, template: usize, shiftRows: u32, shiftCols: u32, nRows: u32, nCols: u32, count: u32, twiddles: usize, scratch: usize,
): void {
  const re = scratch, im = scratch + (<usize>(shiftRows * nCols) << 4), row = <usize>nCols << 4;
  multiply_columns(re, im, windows, template, shiftRows, nRows, nCols, twiddles + lane_twiddle_bytes(nCols), scratch + (<usize>(shiftRows * nCols) << 5));
  const lds = score_stride(shiftCols), sample = <usize>(shiftRows * lds) << 2;
  for (let r: u32 = 0; r < shiftRows; r++) {
    const rowRe = re + r * row, rowIm = im + r * row;
    lane_dit(rowIm, rowRe, nCols, 4, twiddles);
    const to = s + (<usize>(r * lds) << 2);
    put_scores(to, sample, rowRe, lds);
    if (count > 4) put_scores(to + 4 * sample, sample, rowIm, lds);
  }
}

/** The lanes of `count` vectors into four rows of scores. */
@inline
function put_scores(out: usize, sample: usize, x: usize, count: u32): void {
  for (let j: u32 = 0; j < count; j += 4, out += 16, x += 64) turn(out, sample, v128.load(x), v128.load(x, 16), v128.load(x, 32), v128.load(x, 48));
}

/** Product of the spectra back along the columns: its first `shiftRows` rows (shiftRows, nCols, 4). Writes. */
function multiply_columns(re: usize, im: usize, windows: usize, template: usize, shiftRows: u32, nRows: u32, nCols: u32, twiddles: usize, block: usize): void {
  const row = <usize>nCols << 4, width = 4 * BLOCK, plane = <usize>(nRows * nCols) << 4;
  const blockRe = block, blockIm = block + (<usize>(nRows * width) << 2);
  for (let at: usize = 0; at < row; at += 4 * width) {
    let x = windows + at, c = template + (at >> 1), toRe = blockRe, toIm = blockIm;
    for (let r: u32 = 0; r < nRows; r++, x += row, c += row >> 1) {
      for (let j: usize = 0; j < BLOCK; j++, toRe += 16, toIm += 16) {
        const a = v128.load(x + (j << 4)), b = v128.load(x + plane + (j << 4));
        const cr = v128.load32_splat(c + (j << 3)), ci = v128.load32_splat(c + (j << 3), 4);
        v128.store(toRe, fnma(b, ci, f32x4.mul(a, cr)));
        v128.store(toIm, fma(b, cr, f32x4.mul(a, ci)));
      }
    }
    if (nRows > 1) lane_dit(blockIm, blockRe, nRows, width, twiddles);
    copy_block(re + at, row, blockRe, 4 * width, shiftRows);
    copy_block(im + at, row, blockIm, 4 * width, shiftRows);
  }
}
