/*
 * Exponential and cosine from sums and products alone, which every engine rounds alike: Math.exp and Math.cos differ between engines in the last bit, and a fit
 * would with them. Taylor polynomials, as assembly/kernels/math64.ts has them.
 */

/** Two numbers whose sum is ln 2, the first with zeros in its last 32 bits. */
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** 1/n! for 2 ≤ n ≤ 13, and the alternating 1/(2n)! and 1/(2n + 1)! of cosine and sine, highest first. */
const EXP = [13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2].map((n) => 1 / factorial(n));
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

const power = new Float64Array(1);
const words = new Uint32Array(power.buffer);
const HIGH_WORD = new Uint8Array(Float64Array.of(1).buffer)[7] === 0x3f ? 1 : 0;

/** e^x for x ≤ 0, within 2 units in the last place; 0 where that would be no normal number. */
export function expOfNegative(x: number): number {
  const n = Math.round(x * Math.LOG2E);
  if (n < -1022) return 0;
  const r = x - n * LN2_HIGH - n * LN2_LOW;
  words[HIGH_WORD] = (n + 1023) << 20;
  return (1 + (r + r * r * polynomial(EXP, r))) * power[0];
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
