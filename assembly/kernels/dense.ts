import { matmul_abt_scratch, padded } from "./matmul";
import { pack_columns, pack_rows, packed_rows_size } from "./pack";
import { matmul_ab, matmul_abt, matmul_atb, pack_rows_banded } from "./products";

/*
 * Dense layer, torch.nn.Linear's mathematics: y = x·W + b with x (m, k), W (k, n), b (n).
 * x, y and their gradients are row-major with row strides padded(k), padded(n); W and dW are in panel layout
 * (matmul.ts), b and db have padded(n) floats. `scratch` is packing space of `dense_scratch(m, n, k)` floats.
 * Banded: of each row of y only a band of columns is wanted, and dy is 0 elsewhere (products.ts).
 */

export function dense_scratch(m: u32, n: u32, k: u32): u32 {
  // Forward packs x by rows; backward packs dy by rows, then xᵀ by rows and two panels of dy.
  const toInput = packed_rows_size(m, n) + matmul_abt_scratch(n);
  return max(max(packed_rows_size(m, k), toInput), packed_rows_size(k, m) + 16 * m) + 8;
}

/** y (m, n) = x·W + b. Writes. */
export function dense_forward(y: usize, x: usize, w: usize, b: usize, m: u32, n: u32, k: u32, scratch: usize): void {
  dense_forward_banded(y, x, w, b, m, n, k, scratch, 0);
}

/** `dense_forward` in the bands of y's rows, or in all of them where `bands` is 0; elsewhere y stays or becomes anything. */
export function dense_forward_banded(y: usize, x: usize, w: usize, b: usize, m: u32, n: u32, k: u32, scratch: usize, bands: usize): void {
  pack_rows(scratch, x, m, k, padded(k));
  matmul_ab(y, scratch, w, b, m, n, k, padded(n), bands);
}

/**
 * dx (m, k) = dy·Wᵀ: writes, as each activation feeds one layer (skipped where dx is 0).
 * dW += xᵀ·dy, db += Σ over rows of dy: accumulates (+=).
 */
export function dense_backward(dx: usize, dw: usize, db: usize, dy: usize, x: usize, w: usize, m: u32, n: u32, k: u32, scratch: usize): void {
  dense_backward_banded(dx, dw, db, dy, x, w, m, n, k, scratch, 0, true);
}

/** `dense_backward` where dy is 0 outside the bands of its rows, or anything where `bands` is 0; without `add` dW and db are written. */
export function dense_backward_banded(dx: usize, dw: usize, db: usize, dy: usize, x: usize, w: usize, m: u32, n: u32, k: u32, scratch: usize, bands: usize, add: bool): void {
  if (dx) {
    pack_rows_banded(scratch, dy, m, n, padded(n), bands);
    matmul_abt(dx, scratch, w, m, n, k, padded(k), scratch + (<usize>packed_rows_size(m, n) << 2), bands);
  }
  pack_columns(scratch, x, k, m, padded(k));
  matmul_atb(dw, db, scratch, dy, k, n, m, padded(n), scratch + (<usize>packed_rows_size(k, m) << 2), bands, add);
}
