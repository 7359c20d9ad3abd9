import { Panels, four_by_eight, six_by_eight, two_by_sixteen } from "./tile_loops";

/*
 * Tiles of C = S + A·B where all four are in panel layout (matmul.ts), so that nothing is packed, each a function of its own for the engine's register
 * allocator (tile_loops.ts). A row of A goes on in its next panel, `jump` bytes past the last element of this one; k is a multiple of 8.
 */

export function four_rows(c: usize, start: usize, a: usize, jump: usize, b: usize, k: u32): void {
  four_by_eight<Panels>(c, 32, 4, start, 32, a, jump, b, k);
}

export function six_rows(c: usize, start: usize, a: usize, jump: usize, b: usize, k: u32): void {
  six_by_eight<Panels>(c, c + 128, 32, start, start + 128, 32, a, 0, jump, b, k);
}

/** On two neighbouring panels of C, S and B. */
export function two_rows(c: usize, cPanel: usize, start: usize, startPanel: usize, a: usize, jump: usize, b: usize, bPanel: usize, k: u32): void {
  two_by_sixteen<Panels>(c, cPanel, 32, 2, start, startPanel, 32, a, jump, b, bPanel, k);
}
