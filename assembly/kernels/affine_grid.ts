/**
 * Where the pixels of a window look on the canvas, in pixels (PyTorch's F.affine_grid, without its (−1, 1) units): with q
 * a pixel's place from the window's centre, c the canvas's centre and A = s·[[cos θ, −sin θ], [sin θ, cos θ]] on
 * (row, column),
 *
 *     p' = c + A⁻¹(q − t)
 *
 * so that the content appears turned by θ (its row axis towards its column axis), s times as large, t further on.
 */
import { cos64, sin64 } from "./math64";

/** Writes grid (n, wh, ww, 2) from angle (n) in rad, scale (n), shift (n, 2) in px; canvas (ch, cw). */
export function affine_grid_forward(
  grid: usize,
  angle: usize,
  scale: usize,
  shift: usize,
  n: u32,
  ch: u32,
  cw: u32,
  wh: u32,
  ww: u32,
): void {
  const centreRow = 0.5 * <f64>(ch - 1);
  const centreCol = 0.5 * <f64>(cw - 1);
  for (let k: usize = 0; k < n; k++) {
    const theta = <f64>load<f32>(angle + k * 4);
    const inverse = 1 / <f64>load<f32>(scale + k * 4);
    const cosine = cos64(theta) * inverse;
    const sine = sin64(theta) * inverse;
    const originRow = 0.5 * <f64>(wh - 1) + <f64>load<f32>(shift + k * 8);
    const originCol = 0.5 * <f64>(ww - 1) + <f64>load<f32>(shift + k * 8, 4);
    for (let i: u32 = 0; i < wh; i++) {
      const dr = <f64>i - originRow;
      for (let j: u32 = 0; j < ww; j++, grid += 8) {
        const dc = <f64>j - originCol;
        store<f32>(grid, <f32>(centreRow + cosine * dr + sine * dc));
        store<f32>(grid, <f32>(centreCol - sine * dr + cosine * dc), 4);
      }
    }
  }
}

@inline
function accumulate(p: usize, value: f64): void {
  store<f32>(p, <f32>(<f64>load<f32>(p) + value));
}

/**
 * With u = p' − c: dangle += Σ g_row·u_col − g_col·u_row,  dscale −= Σ g·u/s,  dshift −= Σ A⁻ᵀg, g = dgrid.
 * Accumulates (+=) into dangle (n), dscale (n), dshift (n, 2).
 */
export function affine_grid_backward(
  dangle: usize,
  dscale: usize,
  dshift: usize,
  dgrid: usize,
  grid: usize,
  angle: usize,
  scale: usize,
  n: u32,
  ch: u32,
  cw: u32,
  wh: u32,
  ww: u32,
): void {
  const centreRow = 0.5 * <f64>(ch - 1);
  const centreCol = 0.5 * <f64>(cw - 1);
  for (let k: usize = 0; k < n; k++) {
    let sumRow: f64 = 0;
    let sumCol: f64 = 0;
    let along: f64 = 0;
    let across: f64 = 0;
    for (let pixel: u32 = 0; pixel < wh * ww; pixel++, grid += 8, dgrid += 8) {
      const gr = <f64>load<f32>(dgrid);
      const gc = <f64>load<f32>(dgrid, 4);
      const ur = <f64>load<f32>(grid) - centreRow;
      const uc = <f64>load<f32>(grid, 4) - centreCol;
      sumRow += gr;
      sumCol += gc;
      along += gr * ur + gc * uc;
      across += gr * uc - gc * ur;
    }
    const theta = <f64>load<f32>(angle + k * 4);
    const inverse = 1 / <f64>load<f32>(scale + k * 4);
    accumulate(dangle + k * 4, across);
    accumulate(dscale + k * 4, -along * inverse);
    accumulate(dshift + k * 8, -(cos64(theta) * sumRow - sin64(theta) * sumCol) * inverse);
    accumulate(dshift + k * 8 + 4, -(sin64(theta) * sumRow + cos64(theta) * sumCol) * inverse);
  }
}

/**
 * Derivatives of samples taken at one window's places to its pose: on entry dRow, dCol (pixels) are those to the places themselves, on exit
 * those to the shift; dAngle and dLogScale those to the angle and the logarithm of the scale. With u = p' − c: ∂u/∂t = −A⁻¹,
 * ∂u/∂θ = (u_col, −u_row), ∂u/∂log s = −u. Writes.
 */
export function affine_grid_jacobian(
  dRow: usize,
  dCol: usize,
  dAngle: usize,
  dLogScale: usize,
  grid: usize,
  angle: f64,
  scale: f64,
  ch: u32,
  cw: u32,
  pixels: u32,
): void {
  const centreRow = <f32>(0.5 * <f64>(ch - 1));
  const centreCol = <f32>(0.5 * <f64>(cw - 1));
  const cosine = <f32>(cos64(angle) / scale);
  const sine = <f32>(sin64(angle) / scale);
  for (let pixel: u32 = 0; pixel < pixels; pixel++, grid += 8) {
    const at = <usize>pixel << 2;
    const row = load<f32>(dRow + at);
    const col = load<f32>(dCol + at);
    const ur = load<f32>(grid) - centreRow;
    const uc = load<f32>(grid, 4) - centreCol;
    store<f32>(dRow + at, sine * col - cosine * row);
    store<f32>(dCol + at, -sine * row - cosine * col);
    store<f32>(dAngle + at, uc * row - ur * col);
    store<f32>(dLogScale + at, -ur * row - uc * col);
  }
}
