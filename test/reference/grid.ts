/** Naive float64 twins of affine_grid and sample_grid. */

/** Places (wh, ww, 2) of a window's pixels on a canvas (ch, cw): c + A⁻¹(q − t), A = scale · rotation by `angle`. */
export function affineGrid(
  angle: number,
  scale: number,
  shift: readonly [number, number],
  [ch, cw]: readonly [number, number],
  [wh, ww]: readonly [number, number],
): number[] {
  // A, then its inverse by Cramer's rule.
  const [a, b] = [scale * Math.cos(angle), -scale * Math.sin(angle)];
  const [c, d] = [scale * Math.sin(angle), scale * Math.cos(angle)];
  const determinant = a * d - b * c;
  const places: number[] = [];
  for (let i = 0; i < wh; i++) {
    for (let j = 0; j < ww; j++) {
      const [r, s] = [i - (wh - 1) / 2 - shift[0], j - (ww - 1) / 2 - shift[1]];
      places.push((ch - 1) / 2 + (d * r - b * s) / determinant, (cw - 1) / 2 + (a * s - c * r) / determinant);
    }
  }
  return places;
}

/** The cubic B-spline: its piecewise definition over |x| < 2. */
function bspline(x: number): number {
  const u = Math.abs(x);
  if (u < 1) return 2 / 3 - u ** 2 + u ** 3 / 2;
  return u < 2 ? (2 - u) ** 3 / 6 : 0;
}

/** The triangle of linear interpolation. */
function triangle(x: number): number {
  return Math.max(0, 1 - Math.abs(x));
}

/** Kernels by their number in assembly/kernels/sample_grid.ts. */
const samplers = [triangle, bspline];

/** Σ over the whole canvas of kernel(row − r)·kernel(col − c)·canvas[r, c], at each place; one row: columns alone. */
export function sampleGrid(
  canvas: ArrayLike<number>,
  places: ArrayLike<number>,
  [ch, cw]: readonly [number, number],
  kind: number,
): Float64Array {
  const kernel = samplers[kind];
  return Float64Array.from({ length: places.length / 2 }, (_, p) => {
    let sum = 0;
    for (let r = 0; r < ch; r++) {
      const weight = ch === 1 ? 1 : kernel(places[2 * p] - r);
      for (let c = 0; c < cw; c++) sum += weight * kernel(places[2 * p + 1] - c) * canvas[r * cw + c];
    }
    return sum;
  });
}
