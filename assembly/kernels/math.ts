/**
 * Elementary functions of four floats in Wasm, so that every engine gives the same bits (a host's Math.exp need not).
 * NaN goes through all of them; overflow gives ±inf, underflow goes through the subnormals to 0.
 * The stated errors are measured against float64 in test/kernels/math.test.ts; polynomials are near-minimax
 * (interpolation at Chebyshev nodes). Reductions after Cody & Waite, "Software Manual for the
 * Elementary Functions" (1980): the constant is split so that its product with the whole number is exact.
 */
import { fma, fnma } from "./simd";

/** Bits of √½: below it a mantissa is taken from the octave above. */
const SQRT_HALF_BITS: i32 = 0x3f3504f3;

/**
 * The constants of exponential, tanh and GELU, in memory below all that a host places there (asconfig.json): loading one into four lanes is one
 * instruction, while V8 from Node 24 on builds a constant vector of three, at each use in each turn of a loop.
 */
const CONSTANTS = memory.data<f32>([
  1, 9, -104, 89, -14, 14, 1.4426950408889634, -0.693115234375, -3.194618329871446e-5, 12582912,
  0.0013926176, 0.008363173, 0.041666556, 0.16666578, 0.5, 0.0713548162726, 1.5957691216057308, 0.2140644488178,
  0.01491346288, 5.771207664e-5, 0.1131602246, 0.001212140708, 1.254262697e-6, -9,
]);

/** Places among them. */
const enum Constant {
  ONE, TANH_MOST, EXP_LEAST, EXP_MOST, GELU_LEAST, GELU_MOST, LOG2_E, LN2_HIGH, LN2_LOW, WHOLE,
  EXP_6, EXP_5, EXP_4, EXP_3, HALF, GELU_CUBIC, GELU_LINEAR, GELU_SLOPE,
  TANH_P1, TANH_P2, TANH_Q1, TANH_Q2, TANH_Q3, TANH_LEAST,
}

@inline
function constant(place: Constant): v128 {
  return v128.load32_splat(CONSTANTS + (<usize>place << 2));
}

/** (e^r − 1 − r)/r² for |r| ≤ ln2/2. */
@inline
function exp_tail(r: v128): v128 {
  let p = fma(constant(Constant.EXP_6), r, constant(Constant.EXP_5));
  p = fma(p, r, constant(Constant.EXP_4));
  p = fma(p, r, constant(Constant.EXP_3));
  return fma(p, r, constant(Constant.HALF));
}

/** x − n·ln2, for whole |n| < 2¹². */
@inline
function reduce_ln2(x: v128, n: v128): v128 {
  return fma(n, constant(Constant.LN2_LOW), fma(n, constant(Constant.LN2_HIGH), x));
}

/** 2^n for whole numbers −126 ≤ n ≤ 127, as integers or `shifted`: 2⁰'s bits with n added to the exponent. */
@inline
function pow2(n: v128): v128 {
  return i32x4.add(i32x4.shl(n, 23), constant(Constant.ONE));
}

/**
 * x/ln2 + WHOLE = 1.5 · 2²³, for |x| < 2²¹: the nearest whole number (ties to the even one) is in the low bits, and less WHOLE it is what `nearest`
 * gives. Engines make a slow instruction of `nearest`, and several of a conversion that saturates.
 */
@inline
function shifted_log2(x: v128): v128 {
  return f32x4.add(f32x4.mul(x, constant(Constant.LOG2_E)), constant(Constant.WHOLE));
}

/** e^x within 1.5 ulp. */
@inline
export function exp_ps(x: v128): v128 {
  // Beyond these the result is inf or 0 already, and the exponent still fits.
  const bounded = f32x4.pmin(f32x4.pmax(x, constant(Constant.EXP_LEAST)), constant(Constant.EXP_MOST));
  const shifted = shifted_log2(bounded);
  const r = reduce_ln2(bounded, f32x4.sub(shifted, constant(Constant.WHOLE)));
  const mantissa = f32x4.add(constant(Constant.ONE), fma(f32x4.mul(r, r), exp_tail(r), r));
  // In two halves, so that neither factor leaves the exponent's range.
  const whole = i32x4.sub(shifted, constant(Constant.WHOLE));
  const half = i32x4.shr_s(whole, 1);
  return f32x4.mul(f32x4.mul(mantissa, pow2(half)), pow2(i32x4.sub(whole, half)));
}

/**
 * tanh x within 5.5 ulp, of 1 within 2e-7, never beyond 1: with u/Q ≈ tanh(x/2), near-minimax for what becomes of its error here, it is
 * 2·u·Q/(Q² + u²), whose error goes to 0 with the slope of tanh. Half as long as by the exponential.
 */
@inline
export function tanh_ps(x: v128): v128 {
  // Beyond them the result is ±1.
  const y = f32x4.pmax(f32x4.pmin(x, constant(Constant.TANH_MOST)), constant(Constant.TANH_LEAST));
  const z = f32x4.mul(y, y);
  const p = fma(fma(constant(Constant.TANH_P2), z, constant(Constant.TANH_P1)), z, constant(Constant.HALF));
  let q = fma(constant(Constant.TANH_Q3), z, constant(Constant.TANH_Q2));
  q = fma(fma(q, z, constant(Constant.TANH_Q1)), z, constant(Constant.ONE));
  const u = f32x4.mul(y, p), product = f32x4.mul(u, q);
  return f32x4.div(f32x4.add(product, product), fma(u, u, f32x4.mul(q, q)));
}

/** d·(1 − h²): a gradient through h = tanh. */
@inline
export function tanh_slope_ps(d: v128, h: v128): v128 {
  return f32x4.mul(d, fnma(h, h, constant(Constant.ONE)));
}

/** 1/(1 + e^{−x}) within 3 ulp, on either side. */
@inline
export function sigmoid_ps(x: v128): v128 {
  const e = exp_ps(f32x4.neg(f32x4.abs(x)));
  const one = constant(Constant.ONE);
  const positive = f32x4.ge(x, f32x4.splat(0));
  return f32x4.div(v128.bitselect(one, e, positive), f32x4.add(one, e));
}

/** (2·atanh s − 2s)/(s·z) with z = s² ≤ 1/9. */
@inline
function atanh_tail(z: v128): v128 {
  let p = f32x4.splat(0.268515);
  p = fma(p, z, f32x4.splat(0.2823662));
  p = fma(p, z, f32x4.splat(0.4000756));
  return fma(p, z, f32x4.splat(0.6666664));
}

/** log(1 + e^x) = max(x, 0) + 2·atanh(e/(2 + e)), e = e^{−|x|}, within 3 ulp, on either side. */
@inline
export function softplus_ps(x: v128): v128 {
  const e = exp_ps(f32x4.neg(f32x4.abs(x)));
  const s = f32x4.div(e, f32x4.add(e, f32x4.splat(2)));
  const z = f32x4.mul(s, s);
  const log1p = fma(f32x4.mul(s, z), atanh_tail(z), f32x4.add(s, s));
  return f32x4.add(f32x4.max(x, f32x4.splat(0)), log1p);
}

/** Natural logarithm within 1.5 ulp; −inf at 0, NaN below. x = 2^k·(1 + f), s = f/(2 + f), log(1 + f) = 2·atanh s. */
@inline
export function log_ps(x: v128): v128 {
  const subnormal = f32x4.lt(x, f32x4.splat(1.1754943508222875e-38));
  const bits = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, subnormal);
  const exponent = i32x4.shr_s(i32x4.sub(bits, i32x4.splat(SQRT_HALF_BITS)), 23);
  const mantissa = i32x4.sub(bits, i32x4.shl(exponent, 23));
  const k = f32x4.sub(f32x4.convert_i32x4_s(exponent), v128.and(subnormal, f32x4.splat(23)));
  const f = f32x4.sub(mantissa, f32x4.splat(1));
  const s = f32x4.div(f, f32x4.add(f, f32x4.splat(2)));
  const z = f32x4.mul(s, s);
  // 2·atanh s = f − (f²/2 − s·(f²/2 + R)): the first term is exact.
  const half = f32x4.mul(f32x4.mul(f, f), f32x4.splat(0.5));
  const tail = f32x4.mul(s, fma(z, atanh_tail(z), half));
  const low = f32x4.sub(half, fma(k, f32x4.splat(3.194618329871446e-5), tail));
  const value = fma(k, f32x4.splat(0.693115234375), f32x4.sub(f, low));
  const negative = f32x4.lt(x, f32x4.splat(0));
  const special = v128.bitselect(f32x4.splat(NaN), x, negative);
  const edge = v128.bitselect(f32x4.splat(-Infinity), special, f32x4.eq(x, f32x4.splat(0)));
  const regular = v128.and(f32x4.gt(x, f32x4.splat(0)), f32x4.lt(x, f32x4.splat(Infinity)));
  return v128.bitselect(value, edge, regular);
}

/** 2u of the tanh form of GELU, u = √(2/π)·(x + 0.044715 x³). */
@inline
function gelu_argument(x: v128): v128 {
  const cubic = fma(f32x4.mul(x, x), constant(Constant.GELU_CUBIC), constant(Constant.GELU_LINEAR));
  return f32x4.mul(x, cubic);
}

/**
 * GELU, tanh form: x/2·(1 + tanh u) = x·sigmoid(2u) (Hendrycks & Gimpel, arXiv 1606.08415). Within 3 ulp from −1 on; below, where the sigmoid
 * magnifies the rounding of 2u, within 215 ulp, every float tried. Of |x| the error is below 4e-7. 0 at −inf, its limit.
 */
@inline
export function gelu_ps(x: v128): v128 {
  const bounded = f32x4.pmax(x, constant(Constant.GELU_LEAST)); // the sigmoid is 0 there
  return f32x4.mul(bounded, sigmoid_ps(gelu_argument(bounded)));
}

/** Derivative of `gelu_ps`: S + x·S·(1 − S)·(2u)', S = sigmoid(2u). */
@inline
export function gelu_slope_ps(x: v128): v128 {
  const bounded = f32x4.pmin(f32x4.pmax(x, constant(Constant.GELU_LEAST)), constant(Constant.GELU_MOST)); // 0 and 1 beyond
  const s = sigmoid_ps(gelu_argument(bounded));
  const slope = fma(f32x4.mul(bounded, bounded), constant(Constant.GELU_SLOPE), constant(Constant.GELU_LINEAR));
  const spread = f32x4.mul(s, f32x4.sub(constant(Constant.ONE), s));
  return fma(f32x4.mul(bounded, slope), spread, s);
}
