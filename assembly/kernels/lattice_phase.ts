/**
 * Where the lattice sits in a window, from its Fourier sums at two spatial frequencies k₁, k₂ (cycles a pixel):
 *
 *     F_j = Σ_p w(p)·x(p)·e^{−2πi k_j·p},   w a Hann window;   x(p) = T(p − t)  ⇒  k_j·t = (arg F_j(T) − arg F_j(x))/2π  mod 1
 *
 * Two frequencies whose waves have the lattice's cell as theirs give t up to a lattice vector.
 */
import { cos64, sin64 } from "./math64";

const TAU: f64 = 6.283185307179586;

/** arctan of 0 … 1: twice that of the half angle's tangent, at most √2 − 1, by its series to better than 1e-13. */
@inline
function arctan01(t: f64): f64 {
  const u = t / (1 + sqrt<f64>(1 + t * t)), s = u * u;
  let sum: f64 = 0;
  for (let n: i32 = 33; n > 0; n -= 2) sum = 1 / <f64>n - s * sum;
  return 2 * u * sum;
}

/** Angle of the point (x, y) in −π … π; 0 at the origin. */
export function angle64(y: f64, x: f64): f64 {
  const a = abs<f64>(x), b = abs<f64>(y);
  if (a == 0 && b == 0) return 0;
  let angle = b <= a ? arctan01(b / a) : 0.25 * TAU - arctan01(a / b);
  if (x < 0) angle = 0.5 * TAU - angle;
  return y < 0 ? -angle : angle;
}

/** Hann window at pixel p of `size`, above 0 at all of them. */
@inline
function hann(p: u32, size: u32): f64 {
  const s = sin64(0.5 * TAU * (<f64>p + 0.5) / <f64>size);
  return s * s;
}

/**
 * real, imaginary (rows, cols): w(p)·e^{−2πi k·p}, p from the window's centre, each less so much of w that the sum is 0: a constant added
 * to a window changes no phase. Writes.
 */
export function lattice_wave(real: usize, imaginary: usize, rows: u32, cols: u32, kRow: f64, kCol: f64): void {
  let taper: f64 = 0, sumReal: f64 = 0, sumImaginary: f64 = 0;
  for (let pass = 0; pass < 2; pass++) {
    let at: usize = 0;
    for (let r: u32 = 0; r < rows; r++) {
      for (let c: u32 = 0; c < cols; c++, at += 4) {
        const w = hann(r, rows) * hann(c, cols);
        const phase = -TAU * (kRow * (<f64>r - 0.5 * <f64>(rows - 1)) + kCol * (<f64>c - 0.5 * <f64>(cols - 1)));
        if (pass == 0) {
          taper += w;
          sumReal += w * cos64(phase);
          sumImaginary += w * sin64(phase);
        } else {
          store<f32>(real + at, <f32>(w * (cos64(phase) - sumReal / taper)));
          store<f32>(imaginary + at, <f32>(w * (sin64(phase) - sumImaginary / taper)));
        }
      }
    }
  }
}

/** Turns from −½ to ½. */
@inline
function wrapped(turns: f64): f64 {
  return turns - nearest<f64>(turns);
}

/**
 * t (2 f64) = the shortest shift between two windows whose phases (2 f64 each, radians) at k₁ and k₂ are `from` and `to`; k (4 f64) =
 * k₁ and k₂, lattice (4 f64) = the vectors that their waves repeat by, reduced. Writes.
 */
export function lattice_shift(t: usize, from: usize, to: usize, k: usize, lattice: usize): void {
  const d1 = wrapped((load<f64>(from) - load<f64>(to)) / TAU), d2 = wrapped((load<f64>(from, 8) - load<f64>(to, 8)) / TAU);
  const k11 = load<f64>(k), k12 = load<f64>(k, 8), k21 = load<f64>(k, 16), k22 = load<f64>(k, 24);
  const determinant = k11 * k22 - k12 * k21;
  const row = (d1 * k22 - d2 * k12) / determinant, col = (d2 * k11 - d1 * k21) / determinant;
  let least: f64 = Infinity;
  for (let i: f64 = -1; i <= 1; i++) {
    for (let j: f64 = -1; j <= 1; j++) {
      const y = row + i * load<f64>(lattice) + j * load<f64>(lattice, 16), x = col + i * load<f64>(lattice, 8) + j * load<f64>(lattice, 24);
      if (y * y + x * x < least) {
        least = y * y + x * x;
        store<f64>(t, y);
        store<f64>(t, x, 8);
      }
    }
  }
}
