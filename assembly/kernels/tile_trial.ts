import { padded } from "./matmul";
import { packed_rows_size } from "./pack";
import { panel_stride, panels_bytes, product_panels } from "./panels";
import { matmul_ab } from "./products";
import { Products } from "./tile";

/*
 * One product of each family for a host to time: whole tiles of every kind, long enough for its clock, operands in the second cache. What the numbers
 * are does not matter.
 */

/** C (M, N) = A (M, K)·B (K, N). */
const M: u32 = 24;
const N: u32 = 128;
const K: u32 = 256;

/** Bytes of scratch. */
export function tile_trial_bytes(): usize {
  const layers = <usize>(packed_rows_size(M, K) + K * padded(N) + M * padded(N)) << 2;
  return max(layers, panels_bytes(M, K) + panels_bytes(K, N) + panels_bytes(M, N)) + 64;
}

/** Runs the family's product in `scratch`, which is finite numbers and stays so. */
export function tile_trial(products: Products, scratch: usize): void {
  if (products == Products.LAYERS) {
    const b = scratch + (<usize>packed_rows_size(M, K) << 2), c = b + (<usize>(K * padded(N)) << 2);
    matmul_ab(c, scratch, b, 0, M, N, K, padded(N), 0);
  } else {
    const b = scratch + panels_bytes(M, K), c = b + panels_bytes(K, N), rows = panel_stride(M);
    product_panels(c, rows, c, rows, scratch, rows, b, panel_stride(K), M, N, K);
  }
}
