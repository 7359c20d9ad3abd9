import { afterAll, describe, expect, test } from "vitest";
import type { CoreConfig } from "../../src/core/core.ts";
import { openSession, type Session } from "../../src/core/session.ts";
import { randomNormals } from "../kernels/harness.ts";

/*
 * Registration over large shifts, where Fourier transforms correlate (assembly/model/correlation.ts): windows cut about a template's middle are found in it,
 * at the costs that the direct correlation of a small range gives, to the same bits for any number of threads.
 */
const SIDE = 96;
const CENTRE = 48;
const WINDOW = 24;
const config: CoreConfig = {
  ...{ ROWS: SIDE, COLS: SIDE, WINDOW_ROWS: WINDOW, WINDOW_COLS: WINDOW, BATCH: 13, CHUNK: 13, STEPS: 1 },
  ...{ ENCODER_HIDDEN_1: 8, ENCODER_HIDDEN_2: 0, DECODER_HIDDEN_1: 8, DECODER_HIDDEN_2: 0 },
};
/** Shifts that transforms and the direct correlation take: 24² pixels at 25² shifts, and at 7². */
const LARGE = 12;
const SMALL = 3;

/** Noise that is smooth over a pixel or two, so that a spline passes through it. */
const image = (() => {
  const noise = randomNormals(SIDE * SIDE, 1);
  const blurred = (values: Float32Array, step: number) =>
    values.map((v, i) => 0.5 * v + 0.25 * ((values[i - step] ?? 0) + (values[i + step] ?? 0)));
  return [1, SIDE, 1, SIDE].reduce(blurred, noise);
})();

const sessions: Session[] = [];
afterAll(() => Promise.all(sessions.map((session) => session.close())));

/** Costs of windows whose middles are `offsets` from the template's. */
async function costs(offsets: readonly [number, number][], shift: number, threads = 1): Promise<Float32Array> {
  const session = await openSession({ threads, reproducible: true });
  sessions.push(session);
  const { core } = session;
  core.create({ ...config, SHIFT_ROWS: shift, SHIFT_COLS: shift, WINDOWS: offsets.length, THREADS: threads });
  core.floats("DATA", image.length).set(image);
  core.exports.sv_sample(core.arena);
  core.exports.sv_initialise(core.arena);
  const corner = CENTRE - WINDOW / 2;
  core.ints("ORIGINS", 3 * offsets.length).set(offsets.flatMap(([row, col]) => [0, corner + row, corner + col]));
  core.exports.sv_start(core.arena, 0, 0, CENTRE - 0.5, CENTRE - 0.5);
  await session.run({ name: "align", windows: offsets.length, rounds: 1, trimmed: false });
  return core.floats("COSTS", offsets.length).slice();
}

const grid = (reach: number, step: number): [number, number][] => {
  const along = Array.from({ length: Math.floor((2 * reach) / step) + 1 }, (_, i) => i * step - reach);
  return along.flatMap((row) => along.map((col): [number, number] => [row, col]));
};
/** Sum of squares of a window of noise of this variance, about. */
const whole = (WINDOW ** 2 * image.reduce((sum, v) => sum + v * v, 0)) / image.length;

describe("registration over large shifts", () => {
  test("finds windows anywhere in the range, and none beyond", async () => {
    const inside = await costs(grid(10, 5), LARGE);
    for (const cost of inside) expect(cost).toBeLessThan(0.1 * whole);
    const beyond = await costs(
      [
        [-30, 30],
        [30, 30],
      ],
      LARGE,
    );
    for (const cost of beyond) expect(cost).toBeGreaterThan(0.3 * whole);
  });

  test("costs what the direct correlation gives", async () => {
    const offsets = grid(2, 1);
    const [transformed, direct] = [await costs(offsets, LARGE), await costs(offsets, SMALL)];
    for (const [i, cost] of transformed.entries()) expect(Math.abs(cost - direct[i])).toBeLessThan(1e-3 * whole);
  });

  test.each([2, 3])("gives the same bits with %i threads", async (threads) => {
    const offsets = grid(10, 4);
    expect(await costs(offsets, LARGE, threads)).toEqual(await costs(offsets, LARGE));
  });
});
