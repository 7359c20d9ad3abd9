/**
 * Sampling canvases at given places (PyTorch's F.grid_sample with zeros outside, in pixels): y = Σ_ab w_a(row)·w_b(col)·
 * canvas[⌊row⌋ − 1 + a, ⌊col⌋ − 1 + b], a, b = 0 … 3. The weights are cubics in the fraction of the place: those of the
 * cubic B-spline, where the canvas holds coefficients (Unser, IEEE Signal Process. Mag. 16(6), 22, 1999), or bilinear,
 * where it holds values. A canvas of one row is a signal: then the row of a place is ignored.
 */
import { fma, hsum } from "./simd";

export const BILINEAR: i32 = 0;
export const CUBIC: i32 = 1;

/** The four weights at fraction f. */
@inline
function weights(f: f32, kind: i32): v128 {
  const t = f32x4.splat(f);
  if (kind === BILINEAR) return fma(f32x4(0, -1, 1, 0), t, f32x4(0, 1, 0, 0));
  let w = fma(f32x4(-0.16666667, 0.5, -0.5, 0.16666667), t, f32x4(0.5, -1, 0.5, 0));
  w = fma(w, t, f32x4(-0.5, 0, 0.5, 0));
  return fma(w, t, f32x4(0.16666667, 0.6666667, 0.16666667, 0));
}

/** Their derivatives to f. */
@inline
function weight_slopes(f: f32, kind: i32): v128 {
  if (kind === BILINEAR) return f32x4(0, -1, 1, 0);
  const t = f32x4.splat(f);
  const w = fma(f32x4(-0.5, 1.5, -1.5, 0.5), t, f32x4(1, -2, 1, 0));
  return fma(w, t, f32x4(-0.5, 0, 0.5, 0));
}

/** Four canvas values of a row from column `first` on, 0 outside 0 … cw − 1. */
@inline
function load_taps(row: usize, first: i32, cw: i32): v128 {
  if (first >= 0 && first + 4 <= cw) return v128.load(row + (<usize>first << 2));
  let v = f32x4.splat(0);
  if (first >= 0 && first < cw) v = f32x4.replace_lane(v, 0, load<f32>(row + (<usize>first << 2)));
  if (first >= -1 && first + 1 < cw) v = f32x4.replace_lane(v, 1, load<f32>(row + (<usize>(first + 1) << 2)));
  if (first >= -2 && first + 2 < cw) v = f32x4.replace_lane(v, 2, load<f32>(row + (<usize>(first + 2) << 2)));
  if (first >= -3 && first + 3 < cw) v = f32x4.replace_lane(v, 3, load<f32>(row + (<usize>(first + 3) << 2)));
  return v;
}

@inline
function add_tap(row: usize, column: i32, cw: i32, value: f32): void {
  if (column < 0 || column >= cw) return;
  const p = row + (<usize>column << 2);
  store<f32>(p, load<f32>(p) + value);
}

/** Adds v to four canvas values of a row, but for those outside. */
@inline
function add_taps(row: usize, first: i32, cw: i32, v: v128): void {
  if (first >= 0 && first + 4 <= cw) {
    const p = row + (<usize>first << 2);
    v128.store(p, f32x4.add(v128.load(p), v));
    return;
  }
  add_tap(row, first, cw, f32x4.extract_lane(v, 0));
  add_tap(row, first + 1, cw, f32x4.extract_lane(v, 1));
  add_tap(row, first + 2, cw, f32x4.extract_lane(v, 2));
  add_tap(row, first + 3, cw, f32x4.extract_lane(v, 3));
}

/** w·canvas row `row` at four columns; 0 for a row outside. */
@inline
function weighted_row(canvas: usize, row: i32, first: i32, ch: i32, cw: i32, w: f32, sum: v128): v128 {
  if (row < 0 || row >= ch) return sum;
  return fma(f32x4.splat(w), load_taps(canvas + <usize>(row * cw) * 4, first, cw), sum);
}

/** Σ_a w_a·(row a of the patch): what the columns' weights are still to be applied to. */
@inline
function combine_rows(canvas: usize, row: i32, first: i32, ch: i32, cw: i32, w: v128): v128 {
  let sum = weighted_row(canvas, row, first, ch, cw, f32x4.extract_lane(w, 0), f32x4.splat(0));
  sum = weighted_row(canvas, row + 1, first, ch, cw, f32x4.extract_lane(w, 1), sum);
  sum = weighted_row(canvas, row + 2, first, ch, cw, f32x4.extract_lane(w, 2), sum);
  return weighted_row(canvas, row + 3, first, ch, cw, f32x4.extract_lane(w, 3), sum);
}

@inline
function spread_row(dcanvas: usize, row: i32, first: i32, ch: i32, cw: i32, w: f32, v: v128): void {
  if (row < 0 || row >= ch) return;
  add_taps(dcanvas + <usize>(row * cw) * 4, first, cw, f32x4.mul(f32x4.splat(w), v));
}

/** First tap of a coordinate. NaN gives some tap, and a NaN fraction. */
@inline
function first_tap(coordinate: f32): i32 {
  // Beyond ±2²³ every tap is outside; saturated, so that adding 3 cannot overflow.
  return <i32>min<f32>(max<f32>(floor<f32>(coordinate), -8388608), 8388608) - 1;
}

/** Row weights: a signal's one row (tap 1 of 0 … 3, row −1 + 1) counts in full. */
@inline
function row_weights(f: f32, kind: i32, ch: i32): v128 {
  return ch === 1 ? f32x4(0, 1, 0, 0) : weights(f, kind);
}

@inline
function forward_all(y: usize, canvas: usize, grid: usize, n: u32, ch: i32, cw: i32, pixels: u32, kind: i32): void {
  for (let k: u32 = 0; k < n; k++) {
    for (let pixel: u32 = 0; pixel < pixels; pixel++, grid += 8, y += 4) {
      const r = load<f32>(grid);
      const c = load<f32>(grid, 4);
      const row = ch === 1 ? -1 : first_tap(r);
      const patch = combine_rows(canvas, row, first_tap(c), ch, cw, row_weights(r - floor<f32>(r), kind, ch));
      store<f32>(y, hsum(f32x4.mul(weights(c - floor<f32>(c), kind), patch)));
    }
    canvas += <usize>(ch * cw) * 4;
  }
}

/** Writes y (n, pixels) from canvas (n, ch, cw) at grid (n, pixels, 2), (row, column). */
export function sample_grid_forward(
  y: usize,
  canvas: usize,
  grid: usize,
  n: u32,
  ch: i32,
  cw: i32,
  pixels: u32,
  kind: i32,
): void {
  if (kind === BILINEAR) forward_all(y, canvas, grid, n, ch, cw, pixels, BILINEAR);
  else forward_all(y, canvas, grid, n, ch, cw, pixels, CUBIC);
}

/**
 * Derivatives of the samples to their places: dRow = ∂y/∂row (0 for a signal), dCol = ∂y/∂column, both (pixels), of one canvas of B-spline
 * coefficients (ch, cw) at grid (pixels, 2). Writes.
 */
export function sample_grid_jacobian(dRow: usize, dCol: usize, canvas: usize, grid: usize, ch: i32, cw: i32, pixels: u32): void {
  for (let pixel: u32 = 0; pixel < pixels; pixel++, grid += 8, dRow += 4, dCol += 4) {
    const r = load<f32>(grid), c = load<f32>(grid, 4);
    const row = ch === 1 ? -1 : first_tap(r), col = first_tap(c);
    const fr = r - floor<f32>(r), fc = c - floor<f32>(c);
    const patch = combine_rows(canvas, row, col, ch, cw, row_weights(fr, CUBIC, ch));
    store<f32>(dCol, hsum(f32x4.mul(weight_slopes(fc, CUBIC), patch)));
    const steep = ch === 1 ? f32x4.splat(0) : combine_rows(canvas, row, col, ch, cw, weight_slopes(fr, CUBIC));
    store<f32>(dRow, hsum(f32x4.mul(weights(fc, CUBIC), steep)));
  }
}

/** dcanvas[tap] += w_a·w_b·dy for one canvas of B-spline coefficients: the adjoint of sampling at given places. Accumulates (+=). */
export function sample_grid_adjoint(dcanvas: usize, dy: usize, grid: usize, ch: i32, cw: i32, pixels: u32): void {
  for (let pixel: u32 = 0; pixel < pixels; pixel++, grid += 8, dy += 4) {
    spread_pixel(dcanvas, load<f32>(dy), load<f32>(grid), load<f32>(grid, 4), ch, cw, CUBIC);
  }
}

/** One pixel's part in the canvas's gradient. */
@inline
function spread_pixel(dcanvas: usize, dy: f32, r: f32, c: f32, ch: i32, cw: i32, kind: i32): void {
  const row = ch === 1 ? -1 : first_tap(r);
  const col = first_tap(c);
  const wr = row_weights(r - floor<f32>(r), kind, ch);
  const spread = f32x4.mul(f32x4.splat(dy), weights(c - floor<f32>(c), kind));
  spread_row(dcanvas, row, col, ch, cw, f32x4.extract_lane(wr, 0), spread);
  spread_row(dcanvas, row + 1, col, ch, cw, f32x4.extract_lane(wr, 1), spread);
  spread_row(dcanvas, row + 2, col, ch, cw, f32x4.extract_lane(wr, 2), spread);
  spread_row(dcanvas, row + 3, col, ch, cw, f32x4.extract_lane(wr, 3), spread);
}

/** One pixel of one canvas. */
@inline
function backward_pixel(
  dcanvas: usize,
  dgrid: usize,
  dy: f32,
  canvas: usize,
  r: f32,
  c: f32,
  ch: i32,
  cw: i32,
  kind: i32,
): void {
  const row = ch === 1 ? -1 : first_tap(r);
  const col = first_tap(c);
  const fr = r - floor<f32>(r);
  const wr = row_weights(fr, kind, ch);
  const wc = weights(c - floor<f32>(c), kind);
  spread_pixel(dcanvas, dy, r, c, ch, cw, kind);
  const patch = combine_rows(canvas, row, col, ch, cw, wr);
  const slopes = weight_slopes(c - floor<f32>(c), kind);
  store<f32>(dgrid, load<f32>(dgrid, 4) + dy * hsum(f32x4.mul(slopes, patch)), 4);
  if (ch === 1) return;
  const steep = combine_rows(canvas, row, col, ch, cw, weight_slopes(fr, kind));
  store<f32>(dgrid, load<f32>(dgrid) + dy * hsum(f32x4.mul(wc, steep)));
}

@inline
function backward_all(
  dcanvas: usize,
  dgrid: usize,
  dy: usize,
  canvas: usize,
  grid: usize,
  n: u32,
  ch: i32,
  cw: i32,
  pixels: u32,
  kind: i32,
): void {
  for (let k: u32 = 0; k < n; k++) {
    for (let pixel: u32 = 0; pixel < pixels; pixel++, grid += 8, dgrid += 8, dy += 4) {
      backward_pixel(dcanvas, dgrid, load<f32>(dy), canvas, load<f32>(grid), load<f32>(grid, 4), ch, cw, kind);
    }
    canvas += <usize>(ch * cw) * 4;
    dcanvas += <usize>(ch * cw) * 4;
  }
}

/**
 * dcanvas[tap] += w_a·w_b·dy;  dgrid += (Σ w_a'·w_b·canvas, Σ w_a·w_b'·canvas)·dy, the derivative from the right where the
 * bilinear one has a kink. Accumulates (+=) into dcanvas (n, ch, cw) and dgrid (n, pixels, 2).
 */
export function sample_grid_backward(
  dcanvas: usize,
  dgrid: usize,
  dy: usize,
  canvas: usize,
  grid: usize,
  n: u32,
  ch: i32,
  cw: i32,
  pixels: u32,
  kind: i32,
): void {
  if (kind === BILINEAR) backward_all(dcanvas, dgrid, dy, canvas, grid, n, ch, cw, pixels, BILINEAR);
  else backward_all(dcanvas, dgrid, dy, canvas, grid, n, ch, cw, pixels, CUBIC);
}
