/** Naive float64 twins of the kernels that sample, cut and compare images. Images are row-major. */

/** The cubic B-spline about 0, of support (−2, 2) (M. Unser, IEEE Signal Process. Mag. 16(6), 22 (1999), eq. 2). */
export function cubicBSpline(x: number): number {
  const a = Math.abs(x);
  if (a >= 2) return 0;
  return a < 1 ? 2 / 3 - a ** 2 + a ** 3 / 2 : (2 - a) ** 3 / 6;
}

/** A window's place in an image: (rows, cols) samples of unit pitch from (row, col) on; `flat`: no spline along rows. */
export interface Place {
  readonly row: number;
  readonly col: number;
  readonly rows: number;
  readonly cols: number;
  readonly flat: boolean;
}

/** Value of a coefficient anywhere in the plane. */
export type Coefficients = (row: number, col: number) => number;

/** Samples of Σ β(r − p) β(c − q) c(p, q), the 4×4 sum as it stands. */
export function sampleSpline(coefficients: Coefficients, { row, col, rows, cols, flat }: Place): Float64Array {
  const y = new Float64Array(rows * cols);
  for (let n = 0; n < y.length; n++) {
    const [i, c] = [Math.floor(n / cols), col + (n % cols)];
    const r = flat ? i : row + i;
    for (let a = -2; a <= 2; a++) {
      const p = Math.round(r) + a;
      const weight = flat ? Number(a === 0) : cubicBSpline(r - p);
      for (let b = -2; weight !== 0 && b <= 2; b++) {
        const q = Math.round(c) + b;
        const w = weight * cubicBSpline(c - q);
        if (w !== 0) y[n] += w * coefficients(p, q);
      }
    }
  }
  return y;
}

/** Index of `index` in an array of `size` mirrored about its end points, reflected as often as needed. */
export function mirrored(index: number, size: number): number {
  if (size === 1) return 0;
  let i = index;
  while (i < 0 || i >= size) i = i < 0 ? -i : 2 * (size - 1) - i;
  return i;
}

/** s (shiftRows, shiftCols) = Σ x(i, j)·c(ur + i, uc + j) of one window x (rows, cols) on a template of row stride `stride`. */
export function correlation(
  x: ArrayLike<number>,
  c: ArrayLike<number>,
  stride: number,
  [shiftRows, shiftCols, rows, cols]: readonly [number, number, number, number],
): Float64Array {
  return Float64Array.from({ length: shiftRows * shiftCols }, (_, u) => {
    const [ur, uc] = [Math.floor(u / shiftCols), u % shiftCols];
    let sum = 0;
    for (let p = 0; p < rows * cols; p++) {
      sum += x[p] * c[(ur + Math.floor(p / cols)) * stride + uc + (p % cols)];
    }
    return sum;
  });
}
