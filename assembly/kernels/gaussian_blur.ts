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
  return 4 * (<usize>(2 * radius + 4) + line + nodeRows * cols + nodeRows * nodeCols + nodeCols);
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

/** out (cols) = Σ_t taps_t · image row reflect(centre + t), the two rows of ±t together. */
function blur_column_node(out: usize, image: usize, rows: i32, cols: usize, centre: i32, taps: usize, radius: i32): void {
  const row = image + <usize>reflect(centre, rows) * cols * 4;
  scale_row(out, row, cols, v128.load32_splat(taps + (<usize>radius << 2)));
  for (let t = 1; t <= radius; t++) {
    const above = image + <usize>reflect(centre - t, rows) * cols * 4;
    const below = image + <usize>reflect(centre + t, rows) * cols * 4;
    const tap = v128.load32_splat(taps + (<usize>(radius + t) << 2));
    const end = (cols & ~3) * 4;
    for (let at: usize = 0; at < end; at += 16) add_pair(out + at, above + at, below + at, tap, 4);
    if (cols & 3) add_pair(out + end, above + end, below + end, tap, cols & 3);
  }
}

@inline
function scale_row(out: usize, row: usize, cols: usize, factor: v128): void {
  const end = (cols & ~3) * 4;
  for (let at: usize = 0; at < end; at += 16) v128.store(out + at, f32x4.mul(factor, v128.load(row + at)));
  if (cols & 3) store_lanes(out + end, f32x4.mul(factor, load_lanes(row + end, cols & 3)), cols & 3);
}

@inline
function add_pair(out: usize, a: usize, b: usize, tap: v128, count: usize): void {
  const pair = f32x4.add(load_lanes(a, count), load_lanes(b, count));
  store_lanes(out, fma(tap, pair, load_lanes(out, count)), count);
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

/** Value between the second and third of four floats, `stride` bytes apart. */
@inline
function interpolate(p: usize, stride: usize, u: f32): f32 {
  const first = lagrange(0, u) * load<f32>(p) + lagrange(1, u) * load<f32>(p + stride);
  return first + (lagrange(2, u) * load<f32>(p + 2 * stride) + lagrange(3, u) * load<f32>(p + 3 * stride));
}

/** out (rows, cols) from the nodes (nodeRows, nodeCols); `line`: one row of nodes. */
function interpolate_nodes(out: usize, nodes: usize, rows: i32, cols: i32, spacing: i32, line: usize): void {
  const nodeCols = nodes_of(cols, spacing);
  const stride = <usize>nodeCols << 2;
  const pitch = <f32>spacing;
  for (let r = 0; r < rows; r++) {
    const source = nodes + <usize>(r / spacing) * stride;
    const u = <f32>(r % spacing) / pitch;
    for (let j: usize = 0; j < stride; j += 4) store<f32>(line + j, interpolate(source + j, stride, u));
    for (let c = 0; c < cols; c++, out += 4) {
      store<f32>(out, interpolate(line + (<usize>(c / spacing) << 2), 4, <f32>(c % spacing) / pitch));
    }
  }
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
  fill_taps(taps, radius, sigma);
  for (let j = 0; j < nodeRows; j++) {
    const row = columns + <usize>j * cols * 4;
    blur_column_node(row, image, rows, cols, (j - 1) * spacing, taps, radius);
    blur_row_nodes(nodes + <usize>j * nodeCols * 4, row, cols, line, taps, radius, spacing);
  }
  interpolate_nodes(out, nodes, rows, cols, spacing, nodes + <usize>nodeRows * nodeCols * 4);
}
