import { philox } from "../kernels/random";

/** Philox's four words to `out`: JavaScript cannot take a vector. */
export function philox_array(out: usize, c0: u32, c1: u32, c2: u32, c3: u32, seed: u64): void {
  v128.store(out, philox(c0, c1, c2, c3, seed));
}
