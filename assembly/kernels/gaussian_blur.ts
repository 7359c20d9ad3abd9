/**
 * Gaussian blur with reflect-101 borders (the edge pixel is not repeated), truncated at 4σ, its taps summing to 1. The
 * separable sums are taken only at nodes ⌊σ/4⌋ pixels apart (exactly there) and interpolated by cubic Lagrange
 * polynomials: the blurred image varies on the scale of σ, so this stays below 1e-3 of the image's range, and the time
 * per pixel hardly grows with σ.
 */
import { load_lanes, store_lanes } from "./lanes";
import { exp64 } from "./math64";
import { fma, hsum } from "./simd";

const TRUNCATE: f64 = 4;

/** Taps on either side of the middle one. */
@inline
function radius_of(sigma: f64): i32 {
  return <i32>(TRUNCATE * sigma + 0.5);
}

@inline
function spacing_of(sigma: f64): i32 {
  return max<i32>(1, <i32>(sigma / 4));
}

/** Nodes along `size` pixels: one before the first pixel, and two beyond the last node inside. */
@inline
function nodes_of(size: i32, spacing: i32): i32 {
  return (size - 1) / spacing + 4;
}

/** Floats of a mirrored row with all that its nodes reach, and three to spare for whole vectors. */
@inline
function line_length(cols: i32, radius: i32, spacing: i32): i32 {
  return (nodes_of(cols, spacing) - 1) * spacing + 2 * radius + 4;
}

/** Index of the pixel that stands for `index` outside 0 … size − 1. */
@inline
function reflect(index: i32, size: i32): i32 {
  if (size === 1) return 0;
  const period = 2 * (size - 1);
  const folded = abs<i32>(index) % period;
  return folded < size ? folded : period - folded;
}

/** Bytes of scratch for `gaussian_blur`. */
export function gaussian_blur_scratch_bytes(rows: i32, cols: i32, sigma: f64): usize {
  const radius = radius_of(sigma);
  const spacing = spacing_of(sigma);
  const nodeRows = <usize>nodes_of(rows, spacing);
  const nodeCols = <usize>nodes_of(cols, spacing);
  const line = <usize>line_length(cols, radius, spacing);
  return 4 * (<usize>(2 * radius + 4) + line + nodeRows * cols + nodeRows * nodeCols + 4 * <usize>(spacing + 3) + <usize>(2 * radius + 1));
}

/** Writes the 2·radius + 1 taps, and zeros up to whole vectors. */
function fill_taps(taps: usize, radius: i32, sigma: f64): void {
  let total: f64 = 0;
  for (let t = -radius; t <= radius; t++) total += exp64(-0.5 * <f64>(t * t) / (sigma * sigma));
  for (let i = 0; i < 2 * radius + 4; i++) {
    const t = i - radius;
    const tap = t <= radius ? exp64(-0.5 * <f64>(t * t) / (sigma * sigma)) / total : 0;
    store<f32>(taps + (<usize>i << 2), <f32>tap);
  }
}

/**
 * out (cols) = Σ_t taps_t · image row reflect(centre + t), the two rows of ±t together. `from`: addresses of the 2·radius + 1 rows, written once and
 * read for each block of columns, whose sums stay in registers.
 */
function blur_column_node(out: usize, image: usize, rows: i32, cols: usize, centre: i32, taps: usize, radius: i32, from: usize): void {
  for (let t = -radius; t <= radius; t++) {
    store<u32>(from + (<usize>(radius + t) << 2), <u32>(image + <usize>reflect(centre + t, rows) * cols * 4));
  }
  const end = (cols & ~15) * 4;
  for (let at: usize = 0; at < end; at += 64) blur_block(out, at, taps, radius, from);
  for (let at = end; at < (cols & ~3) * 4; at += 16) blur_vector(out, at, taps, radius, from, 4);
  if (cols & 3) blur_vector(out, (cols & ~3) * 4, taps, radius, from, cols & 3);
}

/** The sums of 16 columns. */
@inline
function blur_block(out: usize, at: usize, taps: usize, radius: i32, from: usize): void {
  const middle = from + (<usize>radius << 2), weights = taps + (<usize>radius << 2);
  let tap = v128.load32_splat(weights), row = <usize>load<u32>(middle) + at;
  let s0 = f32x4.mul(tap, v128.load(row)), s1 = f32x4.mul(tap, v128.load(row, 16));
  let s2 = f32x4.mul(tap, v128.load(row, 32)), s3 = f32x4.mul(tap, v128.load(row, 48));
  for (let t: usize = 4; t <= <usize>radius << 2; t += 4) {
    tap = v128.load32_splat(weights + t);
    row = <usize>load<u32>(middle - t) + at;
    const other = <usize>load<u32>(middle + t) + at;
    s0 = fma(tap, f32x4.add(v128.load(row), v128.load(other)), s0);
    s1 = fma(tap, f32x4.add(v128.load(row, 16), v128.load(other, 16)), s1);
    s2 = fma(tap, f32x4.add(v128.load(row, 32), v128.load(other, 32)), s2);
    s3 = fma(tap, f32x4.add(v128.load(row, 48), v128.load(other, 48)), s3);
  }
  v128.store(out + at, s0);
  v128.store(out + at, s1, 16);
  v128.store(out + at, s2, 32);
  v128.store(out + at, s3, 48);
}

/** The same of `count` (1–4) columns. */
@inline
function blur_vector(out: usize, at: usize, taps: usize, radius: i32, from: usize, count: usize): void {
  const middle = from + (<usize>radius << 2), weights = taps + (<usize>radius << 2);
  let sum = f32x4.mul(v128.load32_splat(weights), load_lanes(<usize>load<u32>(middle) + at, count));
  for (let t: usize = 4; t <= <usize>radius << 2; t += 4) {
    const pair = f32x4.add(load_lanes(<usize>load<u32>(middle - t) + at, count), load_lanes(<usize>load<u32>(middle + t) + at, count));
    sum = fma(v128.load32_splat(weights + t), pair, sum);
  }
  store_lanes(out + at, sum, count);
}

/** out (nodes) = the taps' sums along one row, every `spacing` pixels from −spacing on. */
function blur_row_nodes(out: usize, row: usize, cols: i32, line: usize, taps: usize, radius: i32, spacing: i32): void {
  const length = line_length(cols, radius, spacing);
  for (let i = 0; i < length; i++) {
    const pixel = reflect(i - spacing - radius, cols);
    store<f32>(line + (<usize>i << 2), load<f32>(row + (<usize>pixel << 2)));
  }
  const nodes = nodes_of(cols, spacing);
  const bytes = <usize>((2 * radius + 4) & ~3) << 2;
  for (let j = 0; j < nodes; j++) {
    const start = line + (<usize>(j * spacing) << 2);
    let sum = f32x4.splat(0);
    for (let at: usize = 0; at < bytes; at += 16) sum = fma(v128.load(taps + at), v128.load(start + at), sum);
    store<f32>(out + (<usize>j << 2), hsum(sum));
  }
}

/** Weight of node `index` (0–3, at −1, 0, 1, 2) at fraction u of the way from node 1 to node 2. */
@inline
function lagrange(index: i32, u: f32): f32 {
  if (index === 0) return -u * (u - 1) * (u - 2) * <f32>(1.0 / 6.0);
  if (index === 1) return (u + 1) * (u - 1) * (u - 2) * <f32>0.5;
  if (index === 2) return -(u + 1) * u * (u - 2) * <f32>0.5;
  return (u + 1) * u * (u - 1) * <f32>(1.0 / 6.0);
}

/** weights (4, spacing + 3): those of each node at every pixel between two, in whole vectors. Writes. */
function fill_weights(weights: usize, spacing: i32): void {
  const stride = <usize>(spacing + 3) << 2;
  for (let phase = 0; phase < spacing; phase++) {
    const u = <f32>phase / <f32>spacing;
    for (let index = 0; index < 4; index++) store<f32>(weights + <usize>index * stride + (<usize>phase << 2), lagrange(index, u));
  }
}

/** out (cols) from one row of nodes: four pixels between the same nodes at a time. */
function interpolate_row(out: usize, nodes: usize, cols: i32, spacing: i32, weights: usize): void {
  const stride = <usize>(spacing + 3) << 2;
  for (let first = 0; first < cols; first += spacing, nodes += 4) {
    const n0 = v128.load32_splat(nodes), n1 = v128.load32_splat(nodes, 4), n2 = v128.load32_splat(nodes, 8), n3 = v128.load32_splat(nodes, 12);
    const end = min(spacing, cols - first);
    for (let phase = 0; phase < end; phase += 4) {
      const w = weights + (<usize>phase << 2);
      let v = f32x4.mul(n0, v128.load(w));
      v = fma(n1, v128.load(w + stride), v);
      v = fma(n2, v128.load(w + 2 * stride), v);
      v = fma(n3, v128.load(w + 3 * stride), v);
      store_lanes(out + (<usize>(first + phase) << 2), v, end - phase);
    }
  }
}

/** out (rows, cols) from rows of nodes that have every column (nodeRows, cols). */
function interpolate_rows(out: usize, wide: usize, rows: i32, cols: usize, spacing: i32, weights: usize): void {
  const stride = <usize>(spacing + 3) << 2, row = cols * 4, whole = (cols & ~3) * 4;
  for (let r = 0; r < rows; r++, out += row) {
    const from = wide + <usize>(r / spacing) * row, w = weights + (<usize>(r % spacing) << 2);
    const w0 = v128.load32_splat(w), w1 = v128.load32_splat(w + stride), w2 = v128.load32_splat(w + 2 * stride), w3 = v128.load32_splat(w + 3 * stride);
    for (let at: usize = 0; at < whole; at += 16) between(out + at, from + at, row, w0, w1, w2, w3, 4);
    if (cols & 3) between(out + whole, from + whole, row, w0, w1, w2, w3, cols & 3);
  }
}

@inline
function between(out: usize, from: usize, row: usize, w0: v128, w1: v128, w2: v128, w3: v128, count: usize): void {
  let v = f32x4.mul(w0, load_lanes(from, count));
  v = fma(w1, load_lanes(from + row, count), v);
  v = fma(w2, load_lanes(from + 2 * row, count), v);
  store_lanes(out, fma(w3, load_lanes(from + 3 * row, count), v), count);
}

/**
 * out = Gaussian blur of image (rows, cols), sigma > 0 in pixels. Writes out, which may be the image, and `scratch`
 * (gaussian_blur_scratch_bytes).
 */
export function gaussian_blur(out: usize, image: usize, rows: i32, cols: i32, sigma: f64, scratch: usize): void {
  const radius = radius_of(sigma);
  const spacing = spacing_of(sigma);
  const nodeRows = nodes_of(rows, spacing);
  const nodeCols = nodes_of(cols, spacing);
  const taps = scratch;
  const line = taps + (<usize>(2 * radius + 4) << 2);
  const columns = line + (<usize>line_length(cols, radius, spacing) << 2);
  const nodes = columns + <usize>nodeRows * cols * 4;
  const weights = nodes + <usize>nodeRows * nodeCols * 4, from = weights + (<usize>(4 * (spacing + 3)) << 2);
  fill_taps(taps, radius, sigma);
  fill_weights(weights, spacing);
  for (let j = 0; j < nodeRows; j++) {
    const row = columns + <usize>j * cols * 4;
    blur_column_node(row, image, rows, cols, (j - 1) * spacing, taps, radius, from);
    blur_row_nodes(nodes + <usize>j * nodeCols * 4, row, cols, line, taps, radius, spacing);
    // The nodes of this row are known: its columns are not read again.
    interpolate_row(row, nodes + <usize>j * nodeCols * 4, cols, spacing, weights);
  }
  interpolate_rows(out, columns, rows, cols, spacing, weights);
}
