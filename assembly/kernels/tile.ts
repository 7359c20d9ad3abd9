/*
 * Which tile the matrix products take: one word of linear memory, so one for all threads on it, a byte for each family of products. A host sets it to
 * what is fastest on its engine. Bits do not depend on it, so it may change at any time, while other threads compute too. The build for V8's
 * revectorizer (`WIDE`) has tiles of its own and does not ask.
 */

/** Rows by columns of the result that stay in registers over the whole inner sum; measured on all engines, docs/performance.md. */
export enum Tile {
  /** 8 accumulators, 2 vectors of B, a splat and a product: as many chains as two units of latency 4 want. */
  FOUR_BY_EIGHT,
  /** 12 accumulators hide latency better, where the engine keeps them in registers; half as fast where not. */
  SIX_BY_EIGHT,
  /** 8 accumulators, 4 vectors of B: half as many splats. */
  TWO_BY_SIXTEEN,
  /** Number of tiles. */
  COUNT,
}

/** Products whose loops differ, so that an engine may be best at another tile in each. */
export enum Products {
  /** The networks' layers (products.ts): A in groups of four rows. */
  LAYERS,
  /** The spatial generator's (panels.ts): A in panels. */
  GENERATOR,
  /** Number of families. */
  COUNT,
}

/** Below the module's constants (memoryBase in asconfig.json), where nothing else is and a new memory is 0. */
const ADDRESS: usize = 8;

@inline
export function tile_in_use(products: Products): Tile {
  return isDefined(WIDE) ? Tile.FOUR_BY_EIGHT : <Tile>load<u8>(ADDRESS + <usize>products);
}

/** A family's products take a tile from the next one on. */
export function use_tile(products: Products, tile: Tile): void {
  store<u8>(ADDRESS + <usize>products, <u8>tile);
}
