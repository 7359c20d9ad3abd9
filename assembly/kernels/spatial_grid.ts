/**
 * Coordinates at which a spatial generator paints a window, in pyroVED's frame (Bepler et al., arXiv 1909.11663; Ziatdinov et al.,
 * Mach. Learn.: Sci. Technol. 4, 045033, 2023): with q a pixel's place in (−1, 1) and pose (θ, d, s)
 *
 *     x' = s·(q₀ cos θ − q₁ sin θ, q₀ sin θ + q₁ cos θ) + d
 *
 * q₀ runs along the rows from −1 to 1, q₁ along the columns from 1 to −1. A signal (one row) has q₁ alone: x' = q₁ + d₁.
 */
import { cos64, sin64 } from "./math64";

/** q of pixel `index` of `size`; a single one is in the middle. */
@inline
function place(index: u32, size: u32): f64 {
  return size > 1 ? 2 * <f64>index / <f64>(size - 1) - 1 : 0;
}

/** Address of the first coordinate of a pixel; the second is 32 bytes further: coordinates (2, pixels) are in panels of eight pixels. */
@inline
function coordinate_at(coordinates: usize, pixel: u32): usize {
  return coordinates + (<usize>(pixel >> 3) << 6) + (<usize>(pixel & 7) << 2);
}

/** Writes the coordinates of one window, in whole panels: 0 past the last pixel. For a signal the first is 0. `shift` is (d₀, d₁). */
export function spatial_grid_forward(coordinates: usize, rows: u32, cols: u32, angle: f64, scale: f64, shift0: f64, shift1: f64): void {
  const cosine = scale * cos64(angle), sine = scale * sin64(angle);
  for (let i: u32 = 0; i < rows; i++) {
    const q0 = place(i, rows);
    for (let j: u32 = 0; j < cols; j++) {
      const q1 = -place(j, cols), at = coordinate_at(coordinates, i * cols + j);
      store<f32>(at, <f32>(q0 * cosine - q1 * sine + shift0));
      store<f32>(at, <f32>(q0 * sine + q1 * cosine + shift1), 32);
    }
  }
  for (let pixel = rows * cols; (pixel & 7) != 0; pixel++) {
    store<f32>(coordinate_at(coordinates, pixel), 0);
    store<f32>(coordinate_at(coordinates, pixel), 0, 32);
  }
}

/**
 * With g = dcoordinates, laid out as the coordinates: dpose += (Σ g·∂x'/∂θ, Σ g₀, Σ g₁, Σ g·∂x'/∂s). Accumulates (+=) into dpose (4) f64, in the
 * order angle, shift along rows, shift along columns, scale.
 */
export function spatial_grid_backward(dpose: usize, dcoordinates: usize, rows: u32, cols: u32, angle: f64, scale: f64): void {
  const cosine = cos64(angle), sine = sin64(angle);
  let turn: f64 = 0, sum0: f64 = 0, sum1: f64 = 0, along: f64 = 0;
  for (let i: u32 = 0; i < rows; i++) {
    const q0 = place(i, rows);
    for (let j: u32 = 0; j < cols; j++) {
      const q1 = -place(j, cols), at = coordinate_at(dcoordinates, i * cols + j);
      const g0 = <f64>load<f32>(at), g1 = <f64>load<f32>(at, 32);
      const u0 = q0 * cosine - q1 * sine, u1 = q0 * sine + q1 * cosine;
      sum0 += g0;
      sum1 += g1;
      along += g0 * u0 + g1 * u1;
      turn += g1 * u0 - g0 * u1;
    }
  }
  store<f64>(dpose, load<f64>(dpose) + scale * turn);
  store<f64>(dpose, load<f64>(dpose, 8) + sum0, 8);
  store<f64>(dpose, load<f64>(dpose, 16) + sum1, 16);
  store<f64>(dpose, load<f64>(dpose, 24) + along, 24);
}
