import { afterAll, describe, expect, test } from "vitest";
import type { CoreConfig } from "../../src/core/core.ts";
import { openSession } from "../../src/core/session.ts";
import { defaultTiles, PRODUCTS, Race, TILES, TileChoice, useTiles } from "../../src/core/tiles.ts";
import { randomNormals } from "../kernels/harness.ts";
import { coreVariants, createCore } from "./variants.ts";

/** Chunks of 26 and 13 windows, in sixes and not; layers of odd and even numbers of panels. */
const config: CoreConfig = {
  ...{ FRAMES: 1, ROWS: 40, COLS: 40, WINDOW_ROWS: 13, WINDOW_COLS: 13, SHIFT_ROWS: 3, SHIFT_COLS: 3 },
  ...{ WINDOWS: 60, BATCH: 39, CHUNK: 26, STEPS: 9, ENCODER_HIDDEN_1: 20, DECODER_HIDDEN_2: 24 },
};
/** A clock and alternatives that take so long each, in turn; a time may be a function of the runs before. */
function raceOf(times: readonly (number | ((run: number) => number))[]): Race {
  let clock = 0;
  const runs = times.map(() => 0);
  const run = (k: number) => {
    const time = times[k];
    clock += typeof time === "number" ? time : time(runs[k]);
    runs[k]++;
  };
  return new Race(times.length, run, () => clock);
}

/** Rounds until it has settled, at most so many. */
function roundsOf(race: Race, most = 1000): number {
  let rounds = 0;
  for (; rounds < most && !race.settled; rounds++) race.round();
  return rounds;
}

describe("a race of alternatives", () => {
  test.each([0, 1, 2])("keeps the fastest, whichever was taken at first (%i)", (initial) => {
    const race = raceOf([10, 8, 12]);
    roundsOf(race);
    expect(race.winner(initial)).toBe(1);
    expect(race.ratio(2, 1)).toBeCloseTo(1.5);
  });

  test("stays with the first choice where others are as fast, or faster by no more than chance", () => {
    const race = raceOf([10, 10, 9.8]);
    roundsOf(race);
    expect([0, 1].map((initial) => race.winner(initial))).toEqual([0, 1]);
  });

  test("compares within rounds: what neighbours take, or leave for a moment, does not count", () => {
    // A machine three times as slow in most rounds, and one quiet moment for the slower alternative alone.
    const busy = (run: number) => (run % 7 === 3 ? 1 : 3);
    const race = raceOf([(run) => 8 * busy(run >> 1), (run) => (run === 20 ? 5 : 10 * busy(run))]);
    roundsOf(race);
    expect(race.winner(1)).toBe(0);
    expect(race.ratio(1, 0)).toBeCloseTo(1.25);
  });

  test("does not settle while an alternative is still to be compiled", () => {
    const compiledAt = 15;
    const race = raceOf([10, (run) => (run < compiledAt ? 100 : 7)]);
    const rounds = roundsOf(race);
    expect(rounds).toBeGreaterThan(2 * compiledAt);
    expect(rounds).toBeLessThan(4 * compiledAt);
    expect(race.winner(0)).toBe(1);
  });

  test("a clock that sees nothing changes nothing", () => {
    const race = raceOf([0, 0, 0]);
    roundsOf(race);
    expect(race.settled).toBe(true);
    expect(race.winner(2)).toBe(2);
  });
});

describe("tiles", () => {
  const named = (...tiles: string[]) => tiles.map((tile) => (TILES as readonly string[]).indexOf(tile));

  test.each([
    ["relaxed", "V8 11.3.244.8-node.38", ["6×8", "4×8"]],
    ["relaxed", "V8 13.6.233.17-node.53", ["6×8", "6×8"]],
    ["simd", "V8 13.6.233.17-node.53", ["4×8", "4×8"]],
    ["relaxed", "JavaScriptCore", ["2×16", "2×16"]],
    ["simd", "JavaScriptCore", ["2×16", "2×16"]],
  ] as const)("%s under %s starts with what was measured there", (simd, engine, expected) => {
    expect(defaultTiles(simd, engine)).toEqual(named(...expected));
  });

  test("are numbered as in the core, which refuses others", () => {
    const { exports } = createCore("simd", config);
    const groups = exports as unknown as Record<"Tile" | "Products", Record<string, WebAssembly.Global>>;
    const values = (group: "Tile" | "Products") =>
      Object.fromEntries(Object.entries(groups[group]).map(([name, { value }]) => [name, value]));
    expect(values("Tile")).toEqual({ FOUR_BY_EIGHT: 0, SIX_BY_EIGHT: 1, TWO_BY_SIXTEEN: 2, COUNT: TILES.length });
    expect(values("Products")).toEqual({ LAYERS: 0, GENERATOR: 1, COUNT: PRODUCTS.length });
    expect(exports.sv_use_tile(0, TILES.length)).toBe(-2);
    expect(exports.sv_use_tile(PRODUCTS.length, 0)).toBe(-2);
    expect(exports.sv_use_tile(0, 1)).toBe(0);
  });
});

const generator: CoreConfig = {
  ...{ POSE: 1, INVARIANCES: 3, FRAMES: 9, ROWS: 13, COLS: 13, WINDOWS: 9, BATCH: 9, CHUNK: 5, DECODER_HIDDEN_1: 20 },
};

/** Parameters after training and results of encoding, in a tile for each family; the tile may change in the middle of it. */
function bits(variant: string, other: CoreConfig, tiles: readonly number[], later = tiles): Uint32Array[] {
  const all = { ...config, ...other };
  const core = createCore(variant, all);
  useTiles(core, tiles);
  core.floats("DATA", 1600).set(randomNormals(1600, 1));
  core.exports.sv_sample(core.arena);
  core.exports.sv_initialise(core.arena);
  if (!other.POSE) core.exports.sv_start(core.arena, 0, 0, 20, 20);
  core.run({ name: "train", steps: 5 }, 0);
  useTiles(core, later);
  core.run({ name: "train", steps: 4 }, 0);
  const count = all.WINDOWS as number;
  core.run({ name: "encode", first: 0, count }, 0);
  const results = core.floats("RESULTS", count * core.exports.sv_result_stride(core.arena));
  return [core.parameterBlock("PARAMETERS"), results].map((values) => new Uint32Array(values.slice().buffer));
}

describe.each(coreVariants)("the bits of a fit (%s)", (variant) => {
  describe.each([
    ["MLPs", {}],
    ["convolutional networks", { ENCODER: 1, DECODER: 1 }],
    ["the spatial generator", generator],
  ] as [string, CoreConfig][])("with %s", (_, other) => {
    const [plain] = [bits(variant, other, [0, 0])];

    test("are finite, and come from training", () => {
      const [parameters, results] = plain.map((values) => new Float32Array(values.buffer));
      for (const values of [parameters, results]) {
        expect(values.every(Number.isFinite)).toBe(true);
        expect(values.some((value) => value !== 0)).toBe(true);
      }
    });

    test.each([...TILES.keys()].flatMap((layers) => [...TILES.keys()].map((own) => [layers, own])))(
      "are the same with tiles %i and %i",
      (...tiles) => {
        expect(bits(variant, other, tiles)).toEqual(plain);
      },
    );

    test("are the same where tiles change between steps", () => {
      expect(bits(variant, other, [1, 2], [2, 1])).toEqual(plain);
    });
  });
});

describe("a session's tiles", async () => {
  const session = await openSession({ threads: 1, reproducible: true });
  afterAll(() => session.close());

  test("are the default until they have been timed, then what the timing says", () => {
    const core = createCore("simd", config);
    const made: unknown[] = [];
    const tiles = new TileChoice(core, "simd", () => {
      made.push(0);
      return createCore("simd", config);
    });
    expect(tiles.description).toBe(
      "layers 4×8 (the default here, not timed); generator 4×8 (the default here, not timed)",
    );
    for (let round = 0; !tiles.settled; round++) {
      expect(round).toBeLessThan(10_000);
      tiles.round();
    }
    expect(made).toHaveLength(1);
    const timed = String.raw`(4×8|6×8|2×16) \(timed: (4×8|6×8) \d+\.\d\d, (6×8|2×16) \d+\.\d\d times as long\)`;
    expect(tiles.description).toMatch(new RegExp(`^layers ${timed}; generator ${timed}$`));
  });

  test("are timed beside training and encoding, not beside alignment", async () => {
    const { core, tiles } = session;
    core.create({ ...config, STEPS: 100_000 });
    core.floats("DATA", 1600).set(randomNormals(1600, 1));
    core.exports.sv_sample(core.arena);
    core.exports.sv_initialise(core.arena);
    core.exports.sv_start(core.arena, 0, 0, 20, 20);
    await session.run({ name: "align", windows: 60, rounds: 100, trimmed: false });
    expect(tiles.description).toMatch(/not timed/);
    for (let run = 0; !tiles.settled; run++) {
      expect(run).toBeLessThan(1000);
      await session.run({ name: "train", steps: 40 });
    }
    expect(tiles.description).not.toMatch(/not timed/);
  });

  test("of the build for V8's revectorizer are its own", () => {
    const tiles = new TileChoice(createCore("simd", config), "wide", () => createCore("simd", config));
    expect(tiles.settled).toBe(true);
    expect(tiles.description).toMatch(/revectorizer/);
  });
});
