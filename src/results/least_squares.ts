import { ShapeError } from "../errors.ts";

/** A column whose norm falls below this share of what it was is a combination of those before it: its coefficient is 0. */
const DEPENDENT = 1e-10;

/**
 * Coefficients (k) that minimise ‖design·c − target‖, by Householder's QR (Golub and Van Loan, Matrix Computations, §5.3.2).
 *
 * @param design (n, k) row-major, n ≥ k
 */
export function leastSquares(design: ArrayLike<number>, target: ArrayLike<number>, k: number): Float64Array {
  const n = target.length;
  if (design.length !== n * k || n < k) {
    throw new ShapeError(`least squares: expected ${n} rows of ${k} numbers, at least ${k} rows; got ${design.length}`);
  }
  const columns = Array.from({ length: k }, (_, j) => Float64Array.from({ length: n }, (_, i) => design[i * k + j]));
  const right = Float64Array.from(target);
  const norms = columns.map((x) => norm(x, 0));
  const diagonal = new Float64Array(k);
  let row = 0;
  const pivotRow = new Int32Array(k).fill(-1);
  for (let j = 0; j < k; j++) {
    const x = columns[j];
    const length = norm(x, row);
    if (!(length > DEPENDENT * norms[j])) continue;
    const alpha = x[row] > 0 ? -length : length;
    const v = x.slice(row);
    v[0] -= alpha;
    const scale = 2 / v.reduce((sum, value) => sum + value * value, 0);
    for (const y of [...columns.slice(j + 1), right]) reflect(y, v, scale, row);
    diagonal[j] = alpha;
    pivotRow[j] = row++;
  }
  const coefficients = new Float64Array(k);
  for (let j = k - 1; j >= 0; j--) {
    if (pivotRow[j] < 0) continue;
    let rest = right[pivotRow[j]];
    for (let m = j + 1; m < k; m++) rest -= columns[m][pivotRow[j]] * coefficients[m];
    coefficients[j] = rest / diagonal[j];
  }
  return coefficients;
}

function norm(x: Float64Array, from: number): number {
  let sum = 0;
  for (let i = from; i < x.length; i++) sum += x[i] * x[i];
  return Math.sqrt(sum);
}

/** y ← (1 − scale·v·vᵀ)·y below `from`. */
function reflect(y: Float64Array, v: Float64Array, scale: number, from: number): void {
  let dot = 0;
  for (let i = 0; i < v.length; i++) dot += v[i] * y[from + i];
  for (let i = 0; i < v.length; i++) y[from + i] -= scale * dot * v[i];
}
