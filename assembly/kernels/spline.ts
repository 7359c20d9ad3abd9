import { fma } from "./simd";

/*
 * Sampling an image of cubic B-spline coefficients on a window of unit pitch: y(i, j) = Σ_ab β(a)β(b) c(⌊row⌋+i+a−1, ⌊col⌋+j+b−1),
 * a, b = 0…3, with the weights of the fraction of (row, col). All pixels of a window share the fraction, so the sum
 * separates into a vertical and a horizontal pass of four taps each. Source: M. Unser, "Splines: a perfect fit for signal and
 * image processing", IEEE Signal Process. Mag. 16(6), 22 (1999). Twice differentiable in the position, unlike bilinear sampling,
 * whose error follows the fraction and locks positions to pixels.
 *
 * A 1D signal has one row: with `flat` the vertical pass is left out and row is ignored.
 */

/** Weights of the four taps at fraction f of a pixel; `order` 0: values, 1: derivatives to the position. */
@inline
function tap(index: u32, f: f32, order: u32): f32 {
  const g: f32 = 1 - f;
  if (order == 0) {
    if (index == 0) return g * g * g * <f32>(1.0 / 6.0);
    if (index == 1) return <f32>(2.0 / 3.0) - f * f * (<f32>1 - <f32>0.5 * f);
    if (index == 2) return <f32>(2.0 / 3.0) - g * g * (<f32>1 - <f32>0.5 * g);
    return f * f * f * <f32>(1.0 / 6.0);
  }
  if (index == 0) return <f32>-0.5 * g * g;
  if (index == 1) return f * (<f32>1.5 * f - <f32>2);
  if (index == 2) return g * (<f32>2 - <f32>1.5 * g);
  return <f32>0.5 * f * f;
}

/** Floats of scratch for a window of (rows, cols). */
export function spline_scratch(rows: u32, cols: u32): u32 {
  return rows * stride_of(cols) + 8;
}

/** Row stride of the scratch image: cols + 3 columns, in whole vectors and one to spare. */
@inline
function stride_of(cols: u32): u32 {
  return ((cols + 6) & ~3) + 4;
}

/**
 * Vertical pass: t (rows, cols + 3) = Σ_a w_a c(row + a, ·); c points at the first of the four rows and columns. Writes. Four rows at a time need seven
 * of c, not sixteen.
 */
@inline
function vertical(t: usize, c: usize, stride: usize, rows: u32, cols: u32, f: f32, order: u32, flat: bool): void {
  const w0 = f32x4.splat(tap(0, f, order)), w1 = f32x4.splat(tap(1, f, order));
  const w2 = f32x4.splat(tap(2, f, order)), w3 = f32x4.splat(tap(3, f, order));
  const bytes = <usize>((cols + 6) & ~3) << 2;
  const tRow = <usize>stride_of(cols) << 2;
  if (flat) {
    for (let j: usize = 0; j < bytes; j += 16) v128.store(t + j, v128.load(c + j));
    return;
  }
  const t1 = t + tRow, t2 = t1 + tRow, t3 = t2 + tRow;
  const c1 = c + stride, c2 = c1 + stride, c3 = c2 + stride, c4 = c3 + stride, c5 = c4 + stride, c6 = c5 + stride;
  let i: u32 = 0, from: usize = 0, to: usize = 0;
  for (; i + 3 < rows; i += 4, from += 4 * stride, to += 4 * tRow) {
    for (let j: usize = 0; j < bytes; j += 16) {
      const at = from + j, out = to + j;
      const v1 = v128.load(c1 + at), v2 = v128.load(c2 + at), v3 = v128.load(c3 + at), v4 = v128.load(c4 + at), v5 = v128.load(c5 + at);
      v128.store(t + out, taps(v128.load(c + at), v1, v2, v3, w0, w1, w2, w3));
      v128.store(t1 + out, taps(v1, v2, v3, v4, w0, w1, w2, w3));
      v128.store(t2 + out, taps(v2, v3, v4, v5, w0, w1, w2, w3));
      v128.store(t3 + out, taps(v3, v4, v5, v128.load(c6 + at), w0, w1, w2, w3));
    }
  }
  for (; i < rows; i++, from += stride, to += tRow) {
    for (let j: usize = 0; j < bytes; j += 16) {
      const at = from + j;
      v128.store(t + to + j, taps(v128.load(c + at), v128.load(c1 + at), v128.load(c2 + at), v128.load(c3 + at), w0, w1, w2, w3));
    }
  }
}

@inline
function taps(a: v128, b: v128, c: v128, d: v128, w0: v128, w1: v128, w2: v128, w3: v128): v128 {
  return fma(w3, d, fma(w2, c, fma(w1, b, f32x4.mul(w0, a))));
}

/** Horizontal pass: y (rows, cols) = Σ_b w_b t(·, j + b). Writes. */
@inline
function horizontal(y: usize, t: usize, rows: u32, cols: u32, f: f32, order: u32): void {
  const s0 = tap(0, f, order), s1 = tap(1, f, order), s2 = tap(2, f, order), s3 = tap(3, f, order);
  const w0 = f32x4.splat(s0), w1 = f32x4.splat(s1), w2 = f32x4.splat(s2), w3 = f32x4.splat(s3);
  const tRow = <usize>stride_of(cols) << 2;
  const whole = cols & ~3;
  for (let i: u32 = 0; i < rows; i++) {
    let j: u32 = 0;
    for (; j < whole; j += 4) {
      const at = t + (<usize>j << 2);
      let s = f32x4.mul(w0, v128.load(at));
      s = fma(w1, v128.load(at, 4), s);
      s = fma(w2, v128.load(at, 8), s);
      v128.store(y + (<usize>j << 2), fma(w3, v128.load(at, 12), s));
    }
    if (j < cols) {
      const at = t + (<usize>j << 2);
      let s = f32x4.mul(w0, v128.load(at));
      s = fma(w1, v128.load(at, 4), s);
      s = fma(w2, v128.load(at, 8), s);
      s = fma(w3, v128.load(at, 12), s);
      put_tail(y + (<usize>j << 2), s, cols - j);
    }
    y += <usize>cols << 2;
    t += tRow;
  }
}

/** The first 1…3 lanes of v. */
@inline
function put_tail(y: usize, v: v128, lanes: u32): void {
  store<f32>(y, f32x4.extract_lane(v, 0));
  if (lanes > 1) store<f32>(y, f32x4.extract_lane(v, 1), 4);
  if (lanes > 2) store<f32>(y, f32x4.extract_lane(v, 2), 8);
}

/** Address of the first tap of the sample at (row, col) of c with row stride `stride` bytes. */
@inline
function origin(c: usize, stride: usize, row: f32, col: f32, flat: bool): usize {
  const r: usize = flat ? 0 : <usize>(<i32>floor(row) - 1);
  return c + r * stride + (<usize>(<i32>floor(col) - 1) << 2);
}

/**
 * y (rows, cols) = samples of c from (row, col) on. Writes. c is row-major with row stride `stride` floats, must hold
 * the taps (row − 1 … row + rows + 2, the same for columns) and be readable for 4 floats past its end.
 */
export function spline_forward(y: usize, c: usize, stride: u32, row: f32, col: f32, rows: u32, cols: u32, flat: bool, scratch: usize): void {
  const bytes = <usize>stride << 2;
  vertical(scratch, origin(c, bytes, row, col, flat), bytes, rows, cols, row - floor(row), 0, flat);
  horizontal(y, scratch, rows, cols, col - floor(col), 0);
}

/** The derivatives of `spline_forward`'s y: dRow = ∂y/∂row (0 when flat), dCol = ∂y/∂col, both (rows, cols). Writes. */
export function spline_jacobian(dRow: usize, dCol: usize, c: usize, stride: u32, row: f32, col: f32, rows: u32, cols: u32, flat: bool, scratch: usize): void {
  const bytes = <usize>stride << 2;
  const from = origin(c, bytes, row, col, flat);
  const fr = row - floor(row), fc = col - floor(col);
  vertical(scratch, from, bytes, rows, cols, fr, 0, flat);
  horizontal(dCol, scratch, rows, cols, fc, 1);
  if (flat) {
    memory.fill(dRow, 0, <usize>(rows * cols) << 2);
    return;
  }
  vertical(scratch, from, bytes, rows, cols, fr, 1, flat);
  horizontal(dRow, scratch, rows, cols, fc, 0);
}

/** dc += the adjoint of `spline_forward` applied to dy (rows, cols). Accumulates (+=). */
export function spline_backward(dc: usize, dy: usize, stride: u32, row: f32, col: f32, rows: u32, cols: u32, flat: bool, scratch: usize): void {
  const bytes = <usize>stride << 2;
  scatter_horizontal(scratch, dy, rows, cols, col - floor(col));
  scatter_vertical(origin(dc, bytes, row, col, flat), bytes, scratch, rows, cols, row - floor(row), flat);
}

/**
 * `spline_backward` of an image that is `value` everywhere: the outer product of what the taps of all rows and of all columns sum to, which is 1 but for
 * three coefficients at either end. Accumulates (+=).
 */
export function spline_backward_constant(dc: usize, value: f32, stride: u32, row: f32, col: f32, rows: u32, cols: u32, flat: bool, scratch: usize): void {
  const bytes = <usize>stride << 2;
  const width = cols + 3, whole = width & ~3, f = row - floor(row);
  tap_sums(scratch, cols, col - floor(col));
  let to = origin(dc, bytes, row, col, flat);
  const height: u32 = flat ? 1 : rows + 3;
  for (let i: u32 = 0; i < height; i++, to += bytes) {
    const s: f32 = flat || (i >= 3 && i < rows) ? value : value * tap_sum(i, rows, f);
    const w = f32x4.splat(s);
    for (let j: u32 = 0; j < whole; j += 4) {
      const at = to + (<usize>j << 2);
      v128.store(at, f32x4.add(v128.load(at), f32x4.mul(w, v128.load(scratch + (<usize>j << 2)))));
    }
    for (let j = whole; j < width; j++) {
      const at = to + (<usize>j << 2);
      store<f32>(at, load<f32>(at) + s * load<f32>(scratch + (<usize>j << 2)));
    }
  }
}

/** out (size + 3) = `tap_sum` of every coefficient. Writes whole vectors. */
function tap_sums(out: usize, size: u32, f: f32): void {
  const one = f32x4.splat(1);
  for (let j: u32 = 0; j < size + 3; j += 4) v128.store(out + (<usize>j << 2), one);
  const ends = min<u32>(3, size);
  for (let j: u32 = 0; j < ends; j++) store<f32>(out + (<usize>j << 2), tap_sum(j, size, f));
  for (let j = size; j < size + 3; j++) store<f32>(out + (<usize>j << 2), tap_sum(j, size, f));
}

/** Sum of the taps that coefficient `index` (0 … size + 2) has in `size` samples of fraction f. */
function tap_sum(index: u32, size: u32, f: f32): f32 {
  let sum: f32 = 0;
  if (index < size) sum += tap(0, f, 0);
  if (index >= 1 && index - 1 < size) sum += tap(1, f, 0);
  if (index >= 2 && index - 2 < size) sum += tap(2, f, 0);
  if (index >= 3 && index - 3 < size) sum += tap(3, f, 0);
  return sum;
}

/** dt (rows, cols + 3) = Σ_b w_b dy(·, j − b): each row of dy is first laid between zeros. Writes. */
@inline
function scatter_horizontal(t: usize, dy: usize, rows: u32, cols: u32, f: f32): void {
  const w0 = f32x4.splat(tap(0, f, 0)), w1 = f32x4.splat(tap(1, f, 0));
  const w2 = f32x4.splat(tap(2, f, 0)), w3 = f32x4.splat(tap(3, f, 0));
  const tRow = <usize>stride_of(cols) << 2;
  const whole = cols & ~3;
  for (let i: u32 = 0; i < rows; i++) {
    const zero = f32x4.splat(0);
    // t(j) needs dy(j), dy(j−1), dy(j−2), dy(j−3): neighbouring vectors are shuffled together.
    let before = zero;
    let j: u32 = 0;
    for (; j < whole; j += 4) {
      const now = v128.load(dy + (<usize>j << 2));
      v128.store(t + (<usize>j << 2), spread(before, now, w0, w1, w2, w3));
      before = now;
    }
    if (j < cols) {
      const at = dy + (<usize>j << 2);
      let now = f32x4.replace_lane(zero, 0, load<f32>(at));
      if (cols - j > 1) now = f32x4.replace_lane(now, 1, load<f32>(at, 4));
      if (cols - j > 2) now = f32x4.replace_lane(now, 2, load<f32>(at, 8));
      v128.store(t + (<usize>j << 2), spread(before, now, w0, w1, w2, w3));
      before = now;
      j += 4;
    }
    v128.store(t + (<usize>j << 2), spread(before, zero, w0, w1, w2, w3));
    dy += <usize>cols << 2;
    t += tRow;
  }
}

@inline
function spread(before: v128, now: v128, w0: v128, w1: v128, w2: v128, w3: v128): v128 {
  let s = f32x4.mul(w0, now);
  s = fma(w1, v128.shuffle<f32>(before, now, 3, 4, 5, 6), s);
  s = fma(w2, v128.shuffle<f32>(before, now, 2, 3, 4, 5), s);
  return fma(w3, v128.shuffle<f32>(before, now, 1, 2, 3, 4), s);
}

/** dc(row + a, ·) += w_a dt(row, ·) for the four rows of each tap. Only whole columns 0 … cols + 2 are touched. */
@inline
function scatter_vertical(c: usize, stride: usize, t: usize, rows: u32, cols: u32, f: f32, flat: bool): void {
  const tRow = <usize>stride_of(cols) << 2;
  const width = cols + 3;
  const whole = width & ~3;
  const taps: u32 = flat ? 1 : 4;
  for (let i: u32 = 0; i < rows; i++) {
    for (let a: u32 = 0; a < taps; a++) {
      const s: f32 = flat ? 1 : tap(a, f, 0);
      const w = f32x4.splat(s);
      const to = c + <usize>a * stride;
      let j: u32 = 0;
      for (; j < whole; j += 4) {
        const at = to + (<usize>j << 2);
        v128.store(at, fma(w, v128.load(t + (<usize>j << 2)), v128.load(at)));
      }
      for (; j < width; j++) {
        const at = to + (<usize>j << 2);
        const v = fma(w, v128.load32_splat(t + (<usize>j << 2)), v128.load32_splat(at));
        store<f32>(at, f32x4.extract_lane(v, 0));
      }
    }
    c += stride;
    t += tRow;
  }
}
