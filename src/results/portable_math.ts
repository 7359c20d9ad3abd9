/*
 * Exponential and cosine from sums and products alone, which every engine rounds alike: Math.exp and Math.cos differ between engines in the last bit, and a fit
 * would with them. Taylor polynomials, as assembly/kernels/math64.ts has them.
 */

/** Two numbers whose sum is ln 2, the first with zeros in its last 32 bits. */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** Alternating 1/(2n)! and 1/(2n + 1)! of cosine and sine, highest first. */
const COS = [9, 8, 7, 6, 5, 4, 3, 2, 1].map((n) => (n % 2 ? -1 : 1) / factorial(2 * n));
const SIN = [8, 7, 6, 5, 4, 3, 2, 1].map((n) => (n % 2 ? -1 : 1) / factorial(2 * n + 1));

function factorial(n: number): number {
  return n < 2 ? 1 : n * factorial(n - 1);
}

function polynomial(coefficients: readonly number[], x: number): number {
  let sum = 0;
  for (const coefficient of coefficients) sum = sum * x + coefficient;
  return sum;
}

/** 2^−n for n ≤ 1022, by halves. */
const HALVES = new Float64Array(1023).fill(1);
for (let n = 1; n < HALVES.length; n++) HALVES[n] = HALVES[n - 1] / 2;

/** e^x for x ≤ 0, within 2 units in the last place; 0 where that would be no normal number. */
export function expOfNegative(x: number): number {
  const n = Math.round(x * Math.LOG2E);
  if (n < -1022) return 0;
  const r = x - n * LN2_HIGH - n * LN2_LOW;
  // 1/n! from 13 to 2, written out: the gauge's time goes into this.
  let p = 1 / 6227020800;
  p = p * r + 1 / 479001600;
  p = p * r + 1 / 39916800;
  p = p * r + 1 / 3628800;
  p = p * r + 1 / 362880;
  p = p * r + 1 / 40320;
  p = p * r + 1 / 5040;
  p = p * r + 1 / 720;
  p = p * r + 1 / 120;
  p = p * r + 1 / 24;
  p = p * r + 1 / 6;
  p = p * r + 0.5;
  return (1 + (r + r * r * p)) * HALVES[-n];
}

/** cos πx, to 4e-16 for |x| up to 1000. */
export function cosPi(x: number): number {
  const quarter = Math.round(2 * x);
  const r = (x - quarter / 2) * Math.PI;
  const z = r * r;
  const odd = quarter % 2 !== 0;
  const value = odd ? r + r * z * polynomial(SIN, z) : 1 + z * polynomial(COS, z);
  // cos(r + quarter·π/2): cos r, −sin r, −cos r, sin r.
  const turn = ((quarter % 4) + 4) % 4;
  return turn === 1 || turn === 2 ? -value : value;
}
