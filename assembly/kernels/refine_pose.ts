import { fma, hsum } from "./simd";

/*
 * Gauss–Newton on a window: with residual r and derivative images g_1 … g_d (each `size` pixels), the normal equations
 * (GᵀG + Λ) δ = Gᵀr − Λ(θ − θ₀) give the step, and σ²(GᵀG + Λ)⁻¹ is the covariance (Laplace), Λ = σ² × prior precision.
 * The block of the shift in that inverse is σ²·(J_tt − J_tz J_zz⁻¹ J_zt)⁻¹: uncertainty in shape counted against position.
 */

/** Σ a·b over `size` floats, four interleaved sums of each 4 lanes, then added in a fixed order. */
export function dot(a: usize, b: usize, size: u32): f32 {
  let s0 = f32x4.splat(0), s1 = s0, s2 = s0, s3 = s0;
  let p: u32 = 0;
  for (; p + 15 < size; p += 16) {
    const at = <usize>p << 2;
    s0 = fma(v128.load(a + at), v128.load(b + at), s0);
    s1 = fma(v128.load(a + at, 16), v128.load(b + at, 16), s1);
    s2 = fma(v128.load(a + at, 32), v128.load(b + at, 32), s2);
    s3 = fma(v128.load(a + at, 48), v128.load(b + at, 48), s3);
  }
  let sum = hsum(f32x4.add(f32x4.add(s0, s1), f32x4.add(s2, s3)));
  for (; p < size; p++) sum += load<f32>(a + (<usize>p << 2)) * load<f32>(b + (<usize>p << 2));
  return sum;
}

/**
 * n (d, d) = GᵀG in f64, symmetric, and b (d) = Gᵀr. Writes. Derivative image k is at g + k · stride floats.
 */
export function normal_equations(n: usize, b: usize, g: usize, stride: u32, r: usize, d: u32, size: u32): void {
  for (let i: u32 = 0; i < d; i++) {
    const gi = g + (<usize>(i * stride) << 2);
    for (let j: u32 = 0; j <= i; j++) {
      const v = <f64>dot(gi, g + (<usize>(j * stride) << 2), size);
      store<f64>(n + (<usize>(i * d + j) << 3), v);
      store<f64>(n + (<usize>(j * d + i) << 3), v);
    }
    store<f64>(b + (<usize>i << 3), <f64>dot(gi, r, size));
  }
}

/**
 * Cholesky factor of the symmetric positive definite a (d, d), f64, in place (lower triangle). A pivot that is not
 * positive, relative to its diagonal, is taken as infinite: that direction is fixed (no step, no variance from it).
 */
export function cholesky(a: usize, d: u32): void {
  for (let j: u32 = 0; j < d; j++) {
    const diagonal = load<f64>(a + (<usize>(j * d + j) << 3));
    let pivot = diagonal;
    for (let k: u32 = 0; k < j; k++) {
      const l = load<f64>(a + (<usize>(j * d + k) << 3));
      pivot -= l * l;
    }
    const root: f64 = pivot > 1e-7 * diagonal && pivot > 1e-30 ? sqrt(pivot) : Infinity;
    store<f64>(a + (<usize>(j * d + j) << 3), root);
    for (let i = j + 1; i < d; i++) {
      let v = load<f64>(a + (<usize>(i * d + j) << 3));
      for (let k: u32 = 0; k < j; k++) v -= load<f64>(a + (<usize>(i * d + k) << 3)) * load<f64>(a + (<usize>(j * d + k) << 3));
      store<f64>(a + (<usize>(i * d + j) << 3), v / root);
    }
  }
}

/** Solves L Lᵀ x = b in place of b (d), L from `cholesky`. */
export function cholesky_solve(b: usize, l: usize, d: u32): void {
  for (let i: u32 = 0; i < d; i++) {
    let v = load<f64>(b + (<usize>i << 3));
    for (let k: u32 = 0; k < i; k++) v -= load<f64>(l + (<usize>(i * d + k) << 3)) * load<f64>(b + (<usize>k << 3));
    store<f64>(b + (<usize>i << 3), v / load<f64>(l + (<usize>(i * d + i) << 3)));
  }
  for (let i = <i32>d - 1; i >= 0; i--) {
    let v = load<f64>(b + (<usize>i << 3));
    for (let k: u32 = i + 1; k < d; k++) v -= load<f64>(l + (<usize>(k * d + i) << 3)) * load<f64>(b + (<usize>k << 3));
    store<f64>(b + (<usize>i << 3), v / load<f64>(l + (<usize>(i * d + i) << 3)));
  }
}

/** Element (i, i) of the inverse of L Lᵀ; `column` is d f64 of scratch. 0 for a direction that `cholesky` fixed. */
export function inverse_diagonal(l: usize, d: u32, i: u32, column: usize): f64 {
  memory.fill(column, 0, <usize>d << 3);
  store<f64>(column + (<usize>i << 3), 1);
  cholesky_solve(column, l, d);
  return load<f64>(column + (<usize>i << 3));
}
