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
