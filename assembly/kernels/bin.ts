/*
 * Means over blocks of pixels: y (rows, cols)(r, c) = mean of x(r·fr … r·fr + fr − 1, c·fc … c·fc + fc − 1), row strides ldy, ldx
 * floats. Writes.
 */
export function bin_forward(y: usize, x: usize, rows: u32, cols: u32, ldy: u32, ldx: u32, fr: u32, fc: u32): void {
  const share = <f32>(1.0 / <f64>(fr * fc));
  for (let r: u32 = 0; r < rows; r++) {
    for (let c: u32 = 0; c < cols; c++) {
      let sum: f32 = 0;
      for (let i: u32 = 0; i < fr; i++) {
        const from = x + (<usize>((r * fr + i) * ldx + c * fc) << 2);
        for (let j: u32 = 0; j < fc; j++) sum += load<f32>(from + (<usize>j << 2));
      }
      store<f32>(y + (<usize>(r * ldy + c) << 2), sum * share);
    }
  }
}
