import type { Grid, Manifold } from "../results/types.ts";

/** Tiles a side of the manifold, and its range in prior standard deviations. */
const TILES = 7;
const RANGE = 2;

/**
 * The decoder over a grid of the first two latents (a row of the only one), the others at 0.
 * @param decode grids of `count` contents, (count, L)
 */
export async function manifoldOver(
  latentDim: number,
  decode: (z: Float32Array, count: number) => Grid[] | Promise<Grid[]>,
): Promise<Manifold> {
  const axis = Float64Array.from({ length: TILES }, (_, i) => RANGE * ((2 * i) / (TILES - 1) - 1));
  const axis1 = latentDim > 1 ? axis : Float64Array.of(0);
  const z = new Float32Array(axis1.length * axis.length * latentDim);
  let tile = 0;
  for (const first of axis1) {
    for (const second of axis) z.set(latentDim > 1 ? [first, second] : [second], latentDim * tile++);
  }
  return { axis1, axis2: axis, tiles: await decode(z, tile) };
}
