import type { Core } from "./core.ts";
import { wasmEngineName } from "./runtime.ts";
import type { SimdVariant } from "./variant.ts";

/*
 * Which tile the core's matrix products take (assembly/kernels/tile.ts): by engine at first, then what is fastest in a timing beside the work. Results
 * are the same to the bit, so the choice may be made by time and in the middle of a job.
 */

/** Rows × columns, in the order of the core's `Tile`. */
export const TILES = ["4×8", "6×8", "2×16"] as const;
const [FOUR_BY_EIGHT, SIX_BY_EIGHT, TWO_BY_SIXTEEN] = TILES.keys();

/** Families of products, in the order of the core's `Products`. */
export const PRODUCTS = ["layers", "generator"] as const;

/** The first V8 whose compiler keeps 12 accumulators in registers in a loop within a loop, as the generator's products are. */
const NESTED_SIX_V8 = 13;

/** The tile of each family that was fastest on the engines that were measured (docs/performance.md). */
export function defaultTiles(simd: SimdVariant, engine = wasmEngineName()): readonly number[] {
  if (!engine.startsWith("V8")) return [TWO_BY_SIXTEEN, TWO_BY_SIXTEEN];
  if (simd === "simd") return [FOUR_BY_EIGHT, FOUR_BY_EIGHT];
  const version = Number.parseInt(engine.slice("V8 ".length), 10);
  return [SIX_BY_EIGHT, version >= NESTED_SIX_V8 ? SIX_BY_EIGHT : FOUR_BY_EIGHT];
}

/** Rounds that count: in a row, with nothing becoming faster by more than this share, so that all is compiled by the optimising compiler. */
const ROUNDS = 30;
const FASTER = 0.05;
/** Another tile is taken where it needs this share less time: less is chance, and then the default stays. */
const MARGIN = 0.03;

/** Times alternatives in turn, and compares them within each round: what else the machine does takes much the same of all that run one after the other. */
export class Race {
  readonly #run: (k: number) => void;
  readonly #now: () => number;
  readonly #best: number[];
  /** Times of the rounds that count. */
  #rounds: number[][] = [];

  constructor(count: number, run: (k: number) => void, now: () => number = () => performance.now()) {
    this.#run = run;
    this.#now = now;
    this.#best = new Array(count).fill(Infinity);
  }

  /** Runs each once, the first of them before too, untimed: it brings what all of them read into the cache. */
  round(): void {
    this.#run(0);
    const times = this.#best.map((_, k) => {
      const began = this.#now();
      this.#run(k);
      return this.#now() - began;
    });
    if (times.some((time, k) => time < (1 - FASTER) * this.#best[k])) this.#rounds = [];
    this.#rounds.push(times);
    for (const [k, time] of times.entries()) this.#best[k] = Math.min(this.#best[k], time);
  }

  get settled(): boolean {
    return this.#rounds.length >= ROUNDS;
  }

  /** Median of the rounds' time of k over that of another; NaN where the clock is too coarse to tell. */
  ratio(k: number, other: number): number {
    const ratios = this.#rounds.map((times) => times[k] / times[other]).sort((a, b) => a - b);
    return ratios[ratios.length >> 1];
  }

  /** The fastest, or `initial` where none is faster than it by more than chance. */
  winner(initial: number): number {
    const ratios = this.#best.map((_, k) => this.ratio(k, initial));
    const least = Math.min(...ratios);
    return least < 1 - MARGIN ? ratios.indexOf(least) : initial;
  }
}

/** The tiles of one core's memory: the default, and after enough rounds the fastest. */
export class TileChoice {
  readonly #core: Core;
  readonly #simd: SimdVariant;
  readonly #makeTrial: () => Core;
  readonly #tiles: number[];
  #races: readonly Race[] | undefined;
  #settled: boolean;

  /** `makeTrial` gives a core of the same build with a memory of its own, where products can be timed while the other works. */
  constructor(core: Core, simd: SimdVariant, makeTrial: () => Core) {
    this.#core = core;
    this.#simd = simd;
    this.#makeTrial = makeTrial;
    this.#tiles = [...defaultTiles(simd)];
    this.#settled = simd === "wide";
    useTiles(core, this.#tiles);
  }

  get settled(): boolean {
    return this.#settled;
  }

  /** One product of each family in each tile, a fraction of a millisecond; once they have settled the core takes the fastest, and rounds do nothing. */
  round(): void {
    if (this.#settled) return;
    this.#races ??= startRaces(this.#makeTrial());
    for (const race of this.#races) race.round();
    if (!this.#races.every((race) => race.settled)) return;
    for (const [products, race] of this.#races.entries()) this.#tiles[products] = race.winner(this.#tiles[products]);
    this.#settled = true;
    useTiles(this.#core, this.#tiles);
  }

  /** Which tiles, and why. */
  get description(): string {
    if (this.#simd === "wide") return "4×16, in the spatial generator 6×16: for V8's revectorizer";
    return PRODUCTS.map((products, p) => `${products} ${TILES[this.#tiles[p]]}${this.#reason(p)}`).join("; ");
  }

  #reason(products: number): string {
    const race = this.#settled && this.#races?.[products];
    if (!race) return " (the default here, not timed)";
    const taken = this.#tiles[products];
    const others = [...TILES.keys()].filter((tile) => tile !== taken);
    const times = others.map((tile) => `${TILES[tile]} ${race.ratio(tile, taken).toFixed(2)}`);
    return ` (timed: ${times.join(", ")} times as long)`;
  }
}

/** Sets the tile of each family in the core's memory. */
export function useTiles(core: Core, tiles: readonly number[]): void {
  for (const [products, tile] of tiles.entries()) core.exports.sv_use_tile(products, tile);
}

function startRaces(trial: Core): Race[] {
  const { exports, free } = trial;
  exports.sv_reserve(free + exports.sv_tile_trial_bytes());
  return PRODUCTS.map(
    (_, products) =>
      new Race(TILES.length, (tile) => {
        exports.sv_use_tile(products, tile);
        exports.sv_tile_trial(products, free);
      }),
  );
}
