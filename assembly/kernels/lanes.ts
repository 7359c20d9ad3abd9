/**
 * A whole vector, or an array's tail with the bits that a whole vector would have: loops write their body once, as an
 * inlined function of an address and `count`, and call it with a constant 4 (the tests fold away), then with the rest.
 */

/** The first `count` (1–4) floats at `p`, zeros in the other lanes. */
@inline
export function load_lanes(p: usize, count: usize): v128 {
  if (count >= 4) return v128.load(p);
  let v = v128.load32_zero(p);
  if (count > 1) v = v128.load_lane<f32>(p, v, 1, 4);
  if (count > 2) v = v128.load_lane<f32>(p, v, 2, 8);
  return v;
}

/** Writes the first `count` (1–4) lanes of `v` to `p`. */
@inline
export function store_lanes(p: usize, v: v128, count: usize): void {
  if (count >= 4) {
    v128.store(p, v);
    return;
  }
  v128.store_lane<f32>(p, v, 0);
  if (count > 1) v128.store_lane<f32>(p, v, 1, 4);
  if (count > 2) v128.store_lane<f32>(p, v, 2, 8);
}

/** `v` with zeros in the lanes from `count` (1–4) on, so that a sum leaves out what is beyond the array. */
@inline
export function keep_lanes(v: v128, count: usize): v128 {
  if (count >= 4) return v;
  return v128.and(v, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(<i32>count)));
}

/** sum + v, two doubles a vector: lanes 0 and 1 of `v` with 2 and 3 folded onto them. */
@inline
export function add_to_f64x2(sum: v128, v: v128): v128 {
  const high = v128.shuffle<f32>(v, v, 2, 3, 0, 1);
  return f64x2.add(sum, f64x2.add(f64x2.promote_low_f32x4(v), f64x2.promote_low_f32x4(high)));
}

/** Sum of the two doubles. */
@inline
export function hsum_f64x2(v: v128): f64 {
  return f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1);
}

/** Σ x of `n` floats in f64: pairs of lanes, then the tail. */
export function sum64(x: usize, n: usize): f64 {
  const whole = (n & ~3) * 4;
  let sum = f64x2.splat(0);
  for (let at: usize = 0; at < whole; at += 16) sum = add_to_f64x2(sum, v128.load(x + at));
  if (n & 3) sum = add_to_f64x2(sum, load_lanes(x + whole, n & 3));
  return hsum_f64x2(sum);
}
