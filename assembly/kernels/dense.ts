import { matmul_ab, matmul_abt, matmul_abt_scratch, matmul_atb, padded } from "./matmul";
import { pack_columns, pack_panels, pack_rows, packed_rows_size } from "./pack";

/*
 * Dense layer, torch.nn.Linear's mathematics: y = x·W + b with x (m, k), W (k, n), b (n).
 * x, y and their gradients are row-major with row strides padded(k), padded(n); W and dW are in panel layout
 * (matmul.ts), b and db have padded(n) floats. `scratch` is packing space of `dense_scratch(m, n, k)` floats.
 */

export function dense_scratch(m: u32, n: u32, k: u32): u32 {
  // Forward packs x by rows; backward packs dy by rows, then xᵀ by rows and dy in panels.
  const toInput = packed_rows_size(m, n) + matmul_abt_scratch(n);
  return max(max(packed_rows_size(m, k), toInput), packed_rows_size(k, m) + padded(n) * m) + 8;
}

/** y (m, n) = x·W + b. Writes. */
export function dense_forward(y: usize, x: usize, w: usize, b: usize, m: u32, n: u32, k: u32, scratch: usize): void {
  pack_rows(scratch, x, m, k, padded(k));
  matmul_ab(y, scratch, w, b, m, n, k, padded(n));
}

/**
 * dx (m, k) = dy·Wᵀ: writes, as each activation feeds one layer (skipped where dx is 0).
 * dW += xᵀ·dy, db += Σ over rows of dy: accumulates (+=).
 */
export function dense_backward(dx: usize, dw: usize, db: usize, dy: usize, x: usize, w: usize, m: u32, n: u32, k: u32, scratch: usize): void {
  if (dx) {
    pack_rows(scratch, dy, m, n, padded(n));
    matmul_abt(dx, scratch, w, m, n, k, padded(k), scratch + (<usize>packed_rows_size(m, n) << 2));
  }
  const panels = scratch + (<usize>packed_rows_size(k, m) << 2);
  pack_columns(scratch, x, k, m, padded(k));
  pack_panels(panels, dy, m, n, padded(n));
  matmul_atb(dw, scratch, panels, k, n, m);
  for (let j: u32 = 0; j < n; j += 4) {
    let sum = v128.load(db + (<usize>j << 2));
    for (let i: u32 = 0; i < m; i++) sum = f32x4.add(sum, v128.load(dy + (<usize>(i * padded(n) + j) << 2)));
    v128.store(db + (<usize>j << 2), sum);
  }
}
