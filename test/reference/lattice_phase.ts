/** Naive float64 twins of the lattice phase's kernels. */

/** Fourier sum of a window (rows, cols) at frequency k under a Hann window, so much of a constant taken out that it has none: [real, imaginary]. */
export function fourierSum(
  x: ArrayLike<number>,
  rows: number,
  cols: number,
  [kRow, kCol]: readonly number[],
): [number, number] {
  const hann = (p: number, size: number) => 0.5 - 0.5 * Math.cos((2 * Math.PI * (p + 0.5)) / size);
  const w = Float64Array.from(
    { length: rows * cols },
    (_, i) => hann(Math.floor(i / cols), rows) * hann(i % cols, cols),
  );
  const total = w.reduce((sum, v) => sum + v, 0);
  const mean = w.reduce((sum, v, i) => sum + v * x[i], 0) / total;
  let [real, imaginary] = [0, 0];
  for (const [i, v] of w.entries()) {
    const phase =
      -2 * Math.PI * (kRow * (Math.floor(i / cols) - (rows - 1) / 2) + kCol * ((i % cols) - (cols - 1) / 2));
    real += v * (x[i] - mean) * Math.cos(phase);
    imaginary += v * (x[i] - mean) * Math.sin(phase);
  }
  return [real, imaginary];
}
