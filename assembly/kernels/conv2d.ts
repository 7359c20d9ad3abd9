import { dense_backward, dense_forward, dense_scratch } from "./dense";
import { padded } from "./matmul";

/*
 * 3×3 convolution, zero padding 1, stride 1 or 2, as im2col and the dense layer's product. Activations are NHWC with
 * the channels' stride padded to 8, so an unfolded row is nine runs of channels: k = (tap · inC + channel).
 * x (n, h, w, padded(inC)), y (n, oh, ow, padded(outC)) with oh = ⌈h/stride⌉; W (9·inC, outC) in panels, b (padded(outC)).
 */

@inline
export function conv2d_size(size: u32, stride: u32): u32 {
  return (size + stride - 1) / stride;
}

/** Floats of the unfolded image of one sample. */
@inline
function columns_size(h: u32, w: u32, inC: u32, stride: u32): u32 {
  return conv2d_size(h, stride) * conv2d_size(w, stride) * padded(9 * inC);
}

/** Floats of scratch: the unfolded image of a sample and of its gradient, and the product's packing. */
export function conv2d_scratch(h: u32, w: u32, inC: u32, outC: u32, stride: u32): u32 {
  return 2 * columns_size(h, w, inC, stride) + dense_scratch(conv2d_size(h, stride) * conv2d_size(w, stride), outC, 9 * inC);
}

/** col (oh·ow, padded(9·inC)) from one sample x (h, w, padded(inC)). Writes, the padding too. */
function im2col(col: usize, x: usize, h: u32, w: u32, inC: u32, stride: u32): void {
  const ld = padded(9 * inC);
  memory.fill(col, 0, <usize>columns_size(h, w, inC, stride) << 2);
  for (let r: u32 = 0; r < conv2d_size(h, stride); r++) {
    for (let c: u32 = 0; c < conv2d_size(w, stride); c++, col += <usize>ld << 2) {
      for (let tap: u32 = 0; tap < 9; tap++) {
        const i = <i32>(r * stride + tap / 3) - 1;
        const j = <i32>(c * stride + tap % 3) - 1;
        if (i < 0 || j < 0 || i >= <i32>h || j >= <i32>w) continue;
        memory.copy(col + (<usize>(tap * inC) << 2), x + (<usize>((<u32>i * w + <u32>j) * padded(inC)) << 2), <usize>inC << 2);
      }
    }
  }
}

/** dx (h, w, padded(inC)) += the adjoint of `im2col`. Accumulates. */
function col2im(dx: usize, dcol: usize, h: u32, w: u32, inC: u32, stride: u32): void {
  const ld = padded(9 * inC);
  for (let r: u32 = 0; r < conv2d_size(h, stride); r++) {
    for (let c: u32 = 0; c < conv2d_size(w, stride); c++, dcol += <usize>ld << 2) {
      for (let tap: u32 = 0; tap < 9; tap++) {
        const i = <i32>(r * stride + tap / 3) - 1;
        const j = <i32>(c * stride + tap % 3) - 1;
        if (i < 0 || j < 0 || i >= <i32>h || j >= <i32>w) continue;
        const to = dx + (<usize>((<u32>i * w + <u32>j) * padded(inC)) << 2);
        const from = dcol + (<usize>(tap * inC) << 2);
        for (let k: u32 = 0; k < inC; k++) {
          const at = <usize>k << 2;
          store<f32>(to + at, load<f32>(to + at) + load<f32>(from + at));
        }
      }
    }
  }
}

/** y = conv(x, W) + b, sample by sample. Writes. */
export function conv2d_forward(y: usize, x: usize, w: usize, b: usize, n: u32, height: u32, width: u32, inC: u32, outC: u32, stride: u32, scratch: usize): void {
  const pixels = conv2d_size(height, stride) * conv2d_size(width, stride);
  const packing = scratch + (<usize>columns_size(height, width, inC, stride) << 3);
  for (let i: u32 = 0; i < n; i++) {
    im2col(scratch, x, height, width, inC, stride);
    dense_forward(y, scratch, w, b, pixels, outC, 9 * inC, packing);
    x += <usize>(height * width * padded(inC)) << 2;
    y += <usize>(pixels * padded(outC)) << 2;
  }
}

/** dx: writes (skipped where 0). dW, db: accumulates (+=). The unfolded image is made again, not kept. */
export function conv2d_backward(dx: usize, dw: usize, db: usize, dy: usize, x: usize, w: usize, n: u32, height: u32, width: u32, inC: u32, outC: u32, stride: u32, scratch: usize): void {
  const pixels = conv2d_size(height, stride) * conv2d_size(width, stride);
  const columns = <usize>columns_size(height, width, inC, stride) << 2;
  const dcol = scratch + columns;
  const sample = <usize>(height * width * padded(inC)) << 2;
  if (dx) memory.fill(dx, 0, <usize>n * sample);
  for (let i: u32 = 0; i < n; i++) {
    im2col(scratch, x, height, width, inC, stride);
    dense_backward(dx ? dcol : 0, dw, db, dy, scratch, w, pixels, outC, 9 * inC, scratch + 2 * columns);
    if (dx) {
      col2im(dx, dcol, height, width, inC, stride);
      dx += sample;
    }
    x += sample;
    dy += <usize>(pixels * padded(outC)) << 2;
  }
}
