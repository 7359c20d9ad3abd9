import { load_lanes, store_lanes } from "./lanes";

/** Sum of the chunks' four floats at `p`, first chunk first. */
@inline
function sum_ps(p: usize, chunks: usize, stride: usize, count: usize): v128 {
  let sum = load_lanes(p, count);
  for (let chunk: usize = 1; chunk < chunks; chunk++) sum = f32x4.add(sum, load_lanes(p + chunk * stride, count));
  return sum;
}

/**
 * out[i] = Σ_c blocks[c][i] for first ≤ i < last, in the order of the chunks, whichever thread takes the slice.
 * `blocks`: `chunks` (≥ 1) blocks of floats, `stride` bytes from one to the next. Writes that slice of `out`, which
 * may be the first block.
 */
export function reduce_chunks(out: usize, blocks: usize, chunks: usize, stride: usize, first: usize, last: usize): void {
  const rest = (last - first) & 3;
  const end = last - rest;
  for (let i = first; i < end; i += 4) store_lanes(out + i * 4, sum_ps(blocks + i * 4, chunks, stride, 4), 4);
  if (rest) store_lanes(out + end * 4, sum_ps(blocks + end * 4, chunks, stride, rest), rest);
}
