/*
 * Changes of an image's size between layers, NHWC with `channels` floats a pixel (a multiple of 8).
 */

/** y (n, 2·rows, 2·cols, channels) = x (n, rows, cols, channels), each pixel four times. Writes. */
export function upsample2_forward(y: usize, x: usize, n: u32, rows: u32, cols: u32, channels: u32): void {
  const pixel = <usize>channels << 2;
  const row = <usize>(2 * cols) * pixel;
  for (let i: u32 = 0; i < n * rows; i++) {
    const start = y;
    for (let j: u32 = 0; j < cols; j++, x += pixel, y += 2 * pixel) {
      memory.copy(y, x, pixel);
      memory.copy(y + pixel, x, pixel);
    }
    memory.copy(y, start, row);
    y += row;
  }
}

/** dx += the sum over each pixel's four copies. Accumulates (+=). */
export function upsample2_backward(dx: usize, dy: usize, n: u32, rows: u32, cols: u32, channels: u32): void {
  const pixel = <usize>channels << 2;
  const row = <usize>(2 * cols) * pixel;
  for (let i: u32 = 0; i < n * rows; i++) {
    for (let j: u32 = 0; j < cols; j++, dx += pixel, dy += 2 * pixel) {
      for (let k: usize = 0; k < pixel; k += 16) {
        const top = f32x4.add(v128.load(dy + k), v128.load(dy + pixel + k));
        const bottom = f32x4.add(v128.load(dy + row + k), v128.load(dy + row + pixel + k));
        v128.store(dx + k, f32x4.add(v128.load(dx + k), f32x4.add(top, bottom)));
      }
    }
    dy += row;
  }
}

/**
 * y (n, size) = b (size) + the first channel of the top-left part of x (n, rows, cols, channels), `outCols` wide.
 * Row strides of y and b are size rounded up to 8. Writes.
 */
export function canvas_forward(y: usize, x: usize, b: usize, n: u32, rows: u32, cols: u32, channels: u32, size: u32, outCols: u32): void {
  const ld = <usize>((size + 7) & ~7) << 2;
  for (let i: u32 = 0; i < n; i++, y += ld) {
    const image = x + (<usize>(i * rows * cols * channels) << 2);
    for (let p: u32 = 0; p < size; p++) {
      const at = image + (<usize>((p / outCols * cols + p % outCols) * channels) << 2);
      store<f32>(y + (<usize>p << 2), load<f32>(b + (<usize>p << 2)) + load<f32>(at));
    }
  }
}

/** dx: writes (zero but for the first channel of the canvas's part; skipped where 0). db: accumulates (+=). */
export function canvas_backward(dx: usize, db: usize, dy: usize, n: u32, rows: u32, cols: u32, channels: u32, size: u32, outCols: u32): void {
  const ld = <usize>((size + 7) & ~7) << 2;
  if (dx) memory.fill(dx, 0, <usize>(n * rows * cols * channels) << 2);
  for (let i: u32 = 0; i < n; i++, dy += ld) {
    const image = dx + (<usize>(i * rows * cols * channels) << 2);
    for (let p: u32 = 0; p < size; p++) {
      const v = load<f32>(dy + (<usize>p << 2));
      store<f32>(db + (<usize>p << 2), load<f32>(db + (<usize>p << 2)) + v);
      if (dx) store<f32>(image + (<usize>((p / outCols * cols + p % outCols) * channels) << 2), v);
    }
  }
}
