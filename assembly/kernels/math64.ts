/**
 * Elementary functions of one double, for set-up, random normals and uncertainties: as those of four floats (math.ts), with Taylor
 * polynomials. NaN goes through all of them; overflow gives ±inf, underflow goes through the subnormals to 0. The stated errors are
 * measured against the host's functions in test/kernels/math.test.ts.
 */
const LOG2_E: f64 = 1.4426950408889634;
const TWO_OVER_PI: f64 = 0.6366197723675814;

@inline
function pow2_64(n: i64): f64 {
  return reinterpret<f64>((n + 1023) << 52);
}

/** e^x within 2 ulp. */
export function exp64(x: f64): f64 {
  if (!(x < 709.79)) return x + Infinity; // NaN stays NaN
  if (x < -745.2) return 0;
  const n = nearest<f64>(x * LOG2_E);
  const r = x - n * 0.6931471803691238 - n * 1.9082149292705877e-10;
  let p: f64 = 1.0 / 6227020800.0;
  p = p * r + 1.0 / 479001600.0;
  p = p * r + 1.0 / 39916800.0;
  p = p * r + 1.0 / 3628800.0;
  p = p * r + 1.0 / 362880.0;
  p = p * r + 1.0 / 40320.0;
  p = p * r + 1.0 / 5040.0;
  p = p * r + 1.0 / 720.0;
  p = p * r + 1.0 / 120.0;
  p = p * r + 1.0 / 24.0;
  p = p * r + 1.0 / 6.0;
  p = p * r + 0.5;
  const mantissa = 1.0 + (r + r * r * p);
  const whole = <i64>n;
  const half = whole >> 1;
  return mantissa * pow2_64(half) * pow2_64(whole - half);
}

/** Natural logarithm within 2 ulp; −inf at 0, NaN below. As `log_ps`. */
export function log64(x: f64): f64 {
  if (!(x > 0)) return x === 0 ? -Infinity : NaN;
  if (x === Infinity) return x;
  const subnormal = x < 2.2250738585072014e-308;
  const bits = reinterpret<i64>(subnormal ? x * 18014398509481984.0 : x);
  const exponent = (bits - ((<i64>0x3fe6a09e) << 32)) >> 52;
  const k = <f64>(subnormal ? exponent - 54 : exponent);
  const f = reinterpret<f64>(bits - (exponent << 52)) - 1.0;
  const s = f / (2.0 + f);
  const z = s * s;
  let p: f64 = 2.0 / 23.0;
  p = p * z + 2.0 / 21.0;
  p = p * z + 2.0 / 19.0;
  p = p * z + 2.0 / 17.0;
  p = p * z + 2.0 / 15.0;
  p = p * z + 2.0 / 13.0;
  p = p * z + 2.0 / 11.0;
  p = p * z + 2.0 / 9.0;
  p = p * z + 2.0 / 7.0;
  p = p * z + 2.0 / 5.0;
  p = p * z + 2.0 / 3.0;
  const half = 0.5 * f * f;
  return k * 0.6931471803691238 + (f - (half - (s * (half + z * p) + k * 1.9082149292705877e-10)));
}

/** sin(x + quarter·π/2). */
function sin_quarter64(x: f64, quarter: i64): f64 {
  const n = nearest<f64>(x * TWO_OVER_PI);
  const r = x - n * 1.5707963267341256 - n * 6.077100506303966e-11 - n * 2.0222662487959506e-21;
  const quadrant = <i64>n + quarter;
  const z = r * r;
  let value: f64;
  if (quadrant & 1) {
    let q: f64 = -1.0 / 6402373705728000.0;
    q = q * z + 1.0 / 20922789888000.0;
    q = q * z - 1.0 / 87178291200.0;
    q = q * z + 1.0 / 479001600.0;
    q = q * z - 1.0 / 3628800.0;
    q = q * z + 1.0 / 40320.0;
    q = q * z - 1.0 / 720.0;
    q = q * z + 1.0 / 24.0;
    value = 1.0 - (0.5 * z - z * z * q);
  } else {
    let p: f64 = 1.0 / 355687428096000.0;
    p = p * z - 1.0 / 1307674368000.0;
    p = p * z + 1.0 / 6227020800.0;
    p = p * z - 1.0 / 39916800.0;
    p = p * z + 1.0 / 362880.0;
    p = p * z - 1.0 / 5040.0;
    p = p * z + 1.0 / 120.0;
    p = p * z - 1.0 / 6.0;
    value = r + r * z * p;
  }
  return quadrant & 2 ? -value : value;
}

/** sin x for |x| ≤ 1e6: error below 3.5e-16; NaN beyond 1e15 and at ±inf. */
export function sin64(x: f64): f64 {
  return abs<f64>(x) <= 1e15 ? sin_quarter64(x, 0) : NaN;
}

/** cos x for |x| ≤ 1e6: error below 3.5e-16; NaN beyond 1e15 and at ±inf. */
export function cos64(x: f64): f64 {
  return abs<f64>(x) <= 1e15 ? sin_quarter64(x, 1) : NaN;
}
