/** The layouts that the matrix kernels expect, from their definitions in assembly/kernels/matmul.ts and products.ts. */

/** Columns rounded up to whole panels of 8. */
export function padded(columns: number): number {
  return Math.ceil(columns / 8) * 8;
}

/** (rows, cols) with each row `stride` apart, `fill` between. */
export function padRows(values: ArrayLike<number>, rows: number, cols: number, stride = padded(cols), fill = 0) {
  const out = new Float32Array(rows * stride).fill(fill);
  for (let r = 0; r < rows; r++) for (let c = 0; c < cols; c++) out[r * stride + c] = values[r * cols + c];
  return out;
}

/** The inverse of `padRows`: the first `cols` of each row. */
export function cutRows(values: ArrayLike<number>, rows: number, cols: number, stride = padded(cols)): Float64Array {
  return Float64Array.from({ length: rows * cols }, (_, i) => values[Math.floor(i / cols) * stride + (i % cols)]);
}

/** What lies past the first `cols` of each row. */
export function paddingOf(values: ArrayLike<number>, rows: number, cols: number, stride = padded(cols)): number[] {
  return Array.from({ length: rows * stride }, (_, i) => i)
    .filter((i) => i % stride >= cols)
    .map((i) => values[i]);
}

/** Place of element (row, col) of a matrix in panel layout, panels `stride` rows apart. */
function panelIndex(row: number, col: number, stride: number): number {
  return (Math.floor(col / 8) * stride + row) * 8 + (col % 8);
}

/** A (rows, cols) in panel layout, zeros in the last panel's missing columns and between panels. */
export function toPanels(values: ArrayLike<number>, rows: number, cols: number, stride = rows): Float32Array {
  const out = new Float32Array(stride * padded(cols));
  for (let i = 0; i < rows * cols; i++) out[panelIndex(Math.floor(i / cols), i % cols, stride)] = values[i];
  return out;
}

/** The inverse of `toPanels`. */
export function fromPanels(values: ArrayLike<number>, rows: number, cols: number, stride = rows): Float64Array {
  return Float64Array.from(
    { length: rows * cols },
    (_, i) => values[panelIndex(Math.floor(i / cols), i % cols, stride)],
  );
}

/** The missing columns of the last panel. */
export function panelPadding(values: ArrayLike<number>, rows: number, cols: number): number[] {
  const out: number[] = [];
  for (let r = 0; r < rows; r++) for (let c = cols; c < padded(cols); c++) out.push(values[panelIndex(r, c, rows)]);
  return out;
}
