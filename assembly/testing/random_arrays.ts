import { philox, random_signed } from "../kernels/random";

/** Philox's four words to `out`: JavaScript cannot take a vector. */
export function philox_array(out: usize, c0: u32, c1: u32, c2: u32, c3: u32, seed: u64): void {
  v128.store(out, philox(c0, c1, c2, c3, seed));
}

/** `random_signed`'s four numbers to `out`. */
export function random_signed_array(out: usize, seed: u64, stream: u32, i: u32, j: u32): void {
  v128.store(out, random_signed(seed, stream, i, j));
}
