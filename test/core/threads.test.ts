import { afterAll, describe, expect, test } from "vitest";
import type { CoreConfig } from "../../src/core/core.ts";
import { openSession, type Session } from "../../src/core/session.ts";
import { simulate } from "../../src/data/simulate.ts";

/*
 * The same bits for any number of threads, whoever took which chunk, and when a fit was stopped and went on. Workers run the
 * built dist/core/worker.js, as in the product. Sizes are awkward on purpose: batches, chunks and windows do not divide.
 */
const SIDE = 96;
const WINDOWS = 205;
const STEPS = 60;
const config: CoreConfig = {
  ...{ FRAMES: 1, ROWS: SIDE, COLS: SIDE, WINDOW_ROWS: 15, WINDOW_COLS: 17, SHIFT_ROWS: 6, SHIFT_COLS: 6 },
  ...{ LATENT_DIM: 2, WINDOWS, BATCH: 50, CHUNK: 7, STEPS, SEED: 5, ENCODER_HIDDEN_1: 40, ENCODER_HIDDEN_2: 24 },
};
const image = simulate("lattice12", { rows: SIDE, cols: SIDE, seed: 2 }).dataset.data;

/** Parameters, moments, progress and results: everything that a fit leaves behind. */
type Bits = Record<"parameters" | "moment1" | "moment2" | "results" | "progress", Uint32Array>;

const sessions: Session[] = [];

/** A session whose model has data, windows, weights and a start. */
async function open(threads: number, reproducible: boolean): Promise<Session> {
  const session = await openSession({ threads, reproducible });
  sessions.push(session);
  prepare(session);
  return session;
}

function prepare({ core, threads }: Session, other: CoreConfig = {}): void {
  core.create({ ...config, ...other, THREADS: threads });
  const mean = image.reduce((sum, v) => sum + v, 0) / image.length;
  core.floats("DATA", image.length).set(image.map((v) => (v - mean) * 4));
  core.exports.sv_sample(core.arena);
  core.exports.sv_initialise(core.arena);
  core.exports.sv_start(core.arena, 0, 0, 40, 44);
}

function bits({ core }: Session): Bits {
  const copy = (values: Float32Array | Float64Array) => new Uint32Array(values.slice().buffer);
  // How far encoding got is written by whichever thread is done: shown, and no part of the fit.
  core.setProgress("ENCODED", 0);
  return {
    parameters: copy(core.parameterBlock("PARAMETERS")),
    moment1: copy(core.parameterBlock("MOMENT1")),
    moment2: copy(core.parameterBlock("MOMENT2")),
    results: copy(core.floats("RESULTS", WINDOWS * core.exports.sv_result_stride(core.arena))),
    progress: copy(core.progressBlock()),
  };
}

async function encode(session: Session): Promise<void> {
  await session.run({ name: "encode", first: 0, count: WINDOWS });
}

async function fit(session: Session): Promise<Bits> {
  await session.run({ name: "align", windows: 150, rounds: 3, trimmed: false });
  await session.run({ name: "train", steps: STEPS });
  await encode(session);
  return bits(session);
}

/** Cancels as soon as `after` steps are done. Gives the step at which training stopped. */
async function trainAndCancel(session: Session, after: number): Promise<number> {
  const { core } = session;
  const running = session.run({ name: "train", steps: STEPS });
  while (core.progress("STEP") < after) await new Promise((resolve) => setImmediate(resolve));
  core.cancel(true);
  await running;
  core.cancel(false);
  return core.progress("STEP");
}

afterAll(async () => {
  await Promise.all(sessions.map((session) => session.close()));
});

describe.each([
  ["plain SIMD", true],
  ["the engine's best", false],
])("threads, %s", { timeout: 60_000 }, (_, reproducible) => {
  const inline = open(1, reproducible).then(fit);

  test("a fit changes every array and finds finite numbers", async () => {
    const found = await inline;
    for (const [name, values] of Object.entries(found))
      expect(
        values.some((v) => v !== 0),
        name,
      ).toBe(true);
    expect(new Float32Array(found.results.buffer).every(Number.isFinite)).toBe(true);
    expect(new Float64Array(found.progress.buffer)[0]).toBe(STEPS);
  });

  test("one thread twice in a row", async () => {
    expect(await fit(await open(1, reproducible))).toEqual(await inline);
  });

  test.each([2, 3, 4])("%i threads, twice in a row in the same session", async (threads) => {
    const session = await open(threads, reproducible);
    expect(session.variant).toMatch(/\.threads$/);
    expect(session.threads).toBe(threads);
    expect(await fit(session)).toEqual(await inline);
    prepare(session);
    expect(await fit(session)).toEqual(await inline);
  });

  test("memory that grows between jobs is seen by all threads", async () => {
    const session = await openSession({ threads: 2, reproducible });
    sessions.push(session);
    prepare(session, { WINDOWS: 20, BATCH: 10, DECODER_HIDDEN_1: 8, DECODER_HIDDEN_2: 8 });
    await session.run({ name: "train", steps: 2 });
    const before = session.core.memory.buffer.byteLength;
    prepare(session);
    expect(session.core.memory.buffer.byteLength).toBeGreaterThan(before);
    expect(await fit(session)).toEqual(await inline);
  });

  test.each([1, 2, 3])("cancelled before it starts, training with %i threads does one step", async (threads) => {
    const session = await open(threads, reproducible);
    session.core.cancel(true);
    await session.run({ name: "train", steps: 3 });
    expect(session.core.progress("STEP")).toBe(1);
  });

  test.each([1, 2, 3])("cancelled with %i threads in the middle of training, then gone on with", async (threads) => {
    const session = await open(threads, reproducible);
    await session.run({ name: "align", windows: 150, rounds: 3, trimmed: false });
    const stopped = await trainAndCancel(session, 5);
    expect(stopped).toBeGreaterThanOrEqual(5);
    expect(stopped).toBeLessThan(STEPS);
    await session.run({ name: "train", steps: STEPS - stopped });
    await encode(session);
    expect(bits(session)).toEqual(await inline);
  });
});
