/**
 * Where the lattice sits in a window, from its Fourier sums at two spatial frequencies k₁, k₂ (cycles a pixel):
 *
 *     F_j = Σ_p w(p)·x(p)·e^{−2πi k_j·p},   w a Hann window;   x(p) = T(p − t)  ⇒  k_j·t = (arg F_j(T) − arg F_j(x))/2π  mod 1
 *
 * Two frequencies whose waves have the lattice's cell as theirs give t up to a lattice vector.
 */
import { load_lanes } from "./lanes";
import { cos64, sin64 } from "./math64";
import { fma, hsum } from "./simd";

const TAU: f64 = 6.283185307179586;

/** tan(φ/2) of tan φ. */
@inline
function half_tangent(t: f64): f64 {
  return t / (1 + sqrt<f64>(1 + t * t));
}

/** arctan of 0 … 1: four times that of the quarter angle's tangent, at most 0.199, by its series to better than 1e-14. */
@inline
function arctan01(t: f64): f64 {
  const u = half_tangent(half_tangent(t)), s = u * u;
  let sum: f64 = 1.0 / 17 - s * (1.0 / 19);
  sum = 1.0 / 13 - s * (1.0 / 15 - s * sum);
  sum = 1.0 / 9 - s * (1.0 / 11 - s * sum);
  sum = 1.0 / 5 - s * (1.0 / 7 - s * sum);
  return 4 * u * (1 - s * (1.0 / 3 - s * sum));
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

/**
 * Sum of a word in each cache line of a window, for the lines' sake: loads that nothing waits for come in all at once, those between arithmetic a few
 * at a time. To be stored, so that no compiler leaves it out.
 */
@inline
function touched(x: usize, next: usize, rows: u32, width: usize): u32 {
  let sum: u32 = 0;
  for (let i: u32 = 0; i < rows; i++, x += next) {
    for (let at: usize = 0; at < width; at += 64) sum += load<u32>(x + at);
    sum += load<u32>(x + width - 4);
  }
  return sum;
}

/** sums (4 v128) += x·wave for four waves: what is even about the window's centre by the real parts, what is odd by the imaginary ones. */
@inline
function add_sums(sums: usize, even: v128, odd: v128, wave: usize, apart: usize, count: usize): void {
  for (let n: usize = 0; n < 4; n++, wave += apart, sums += 16) {
    v128.store(sums, fma(n & 1 ? odd : even, load_lanes(wave, count), v128.load(sums)));
  }
}

/**
 * sums (4 of 16 f32, the rest scratch) = Σ_p x(p)·wave_n(p) for two waves of `lattice_wave`, real and imaginary parts `wave` floats from one to the
 * next. Rows of x are `stride` floats apart. Writes. About the window's centre real parts are even and imaginary ones odd, so that pixels opposite
 * each other are added and subtracted first: half the products, and half of the waves is read.
 */
export function lattice_sums(sums: usize, x: usize, stride: u32, waves: usize, wave: u32, rows: u32, cols: u32): void {
  const apart = <usize>wave << 2, w1 = waves + apart, w2 = w1 + apart, w3 = w2 + apart;
  const pairs = <usize>(cols & ~7) << 2, end = <usize>cols << 2, next = <usize>stride << 2;
  store<u32>(sums, touched(x, next, rows, end));
  let a0 = f32x4.splat(0), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
  let top = x, bottom = x + <usize>(rows - 1) * next + end, p: usize = 0;
  for (let at: usize = 0; at < 64; at += 16) v128.store(sums + at, f32x4.splat(0));
  for (; top + next < bottom; top += next, bottom -= next) {
    let at: usize = 0;
    for (; at < pairs; at += 32, p += 32) {
      const low = v128.load(top + at), high = v128.load(top + at, 16);
      const over = reversed(v128.load(bottom - at - 16)), under = reversed(v128.load(bottom - at - 32));
      let even = f32x4.add(low, over), odd = f32x4.sub(low, over);
      a0 = fma(even, v128.load(waves + p), a0);
      a1 = fma(odd, v128.load(w1 + p), a1);
      a2 = fma(even, v128.load(w2 + p), a2);
      a3 = fma(odd, v128.load(w3 + p), a3);
      even = f32x4.add(high, under);
      odd = f32x4.sub(high, under);
      b0 = fma(even, v128.load(waves + p, 16), b0);
      b1 = fma(odd, v128.load(w1 + p, 16), b1);
      b2 = fma(even, v128.load(w2 + p, 16), b2);
      b3 = fma(odd, v128.load(w3 + p, 16), b3);
    }
    for (; at < end; at += 4, p += 4) {
      const one = v128.load32_zero(top + at), other = v128.load32_zero(bottom - at - 4);
      add_sums(sums, f32x4.add(one, other), f32x4.sub(one, other), waves + p, apart, 1);
    }
  }
  // The middle row of an odd number is opposite itself.
  for (let at: usize = 0; top < bottom && at < end; at += 16, p += 16) {
    const count = min<usize>(4, (end - at) >> 2), v = load_lanes(top + at, count);
    add_sums(sums, v, v, waves + p, apart, count);
  }
  store<f32>(sums, hsum(f32x4.add(v128.load(sums), f32x4.add(a0, b0))));
  store<f32>(sums, hsum(f32x4.add(v128.load(sums, 16), f32x4.add(a1, b1))), 4);
  store<f32>(sums, hsum(f32x4.add(v128.load(sums, 32), f32x4.add(a2, b2))), 8);
  store<f32>(sums, hsum(f32x4.add(v128.load(sums, 48), f32x4.add(a3, b3))), 12);
}

/** The four floats in reverse order. */
@inline
function reversed(v: v128): v128 {
  return v128.shuffle<f32>(v, v, 3, 2, 1, 0);
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
