/*
 * Means over blocks of pixels: y (rows, cols)(r, c) = mean of x(r·fr … r·fr + fr − 1, c·fc … c·fc + fc − 1), row strides ldy, ldx
 * floats. Writes.
 */
export function bin_forward(y: usize, x: usize, rows: u32, cols: u32, ldy: u32, ldx: u32, fr: u32, fc: u32): void {
  const share = <f32>(1.0 / <f64>(fr * fc));
  const paired: u32 = fr == 2 && fc == 2 ? cols & ~3 : 0;
  for (let r: u32 = 0; r < rows; r++) {
    for (let c: u32 = 0; c < paired; c += 4) {
      const from = x + (<usize>(2 * (r * ldx + c)) << 2);
      v128.store(y + (<usize>(r * ldy + c) << 2), f32x4.mul(f32x4.splat(share), sum_pairs(from, <usize>ldx << 2)));
    }
    for (let c = paired; c < cols; c++) {
      let sum: f32 = 0;
      for (let i: u32 = 0; i < fr; i++) {
        const from = x + (<usize>((r * fr + i) * ldx + c * fc) << 2);
        for (let j: u32 = 0; j < fc; j++) sum += load<f32>(from + (<usize>j << 2));
      }
      store<f32>(y + (<usize>(r * ldy + c) << 2), sum * share);
    }
  }
}

/** Sums of four neighbouring blocks of 2 × 2 pixels at x, in the order that the pixels have, as above. */
@inline
function sum_pairs(x: usize, ldx: usize): v128 {
  let low = v128.load(x), high = v128.load(x, 16);
  let sum = f32x4.add(v128.shuffle<f32>(low, high, 0, 2, 4, 6), v128.shuffle<f32>(low, high, 1, 3, 5, 7));
  low = v128.load(x + ldx);
  high = v128.load(x + ldx, 16);
  sum = f32x4.add(sum, v128.shuffle<f32>(low, high, 0, 2, 4, 6));
  return f32x4.add(sum, v128.shuffle<f32>(low, high, 1, 3, 5, 7));
}
