/** How the time of a job grows with threads, batch, window, image, number of windows and shift range; the default networks. */
import type { CoreConfig } from "../../src/core/core.ts";
import type { Session } from "../../src/core/session.ts";
import { shipped } from "./project.ts";
import { type Row, spread } from "./row.ts";

const SAMPLES = 9;
const WARMUP = 3;
const SIDE = 256;

/** What one row varies; the rest as in `Setting`'s defaults. */
interface Setting {
  readonly threads?: number;
  readonly batch?: number;
  readonly window?: number;
  readonly side?: number;
  readonly windows?: number;
  readonly shift?: number;
}

type Work = "train" | "encode" | "align";

const settings: readonly (readonly [Work, readonly Setting[]])[] = [
  ["train", [24, 48, 96, 192].map((batch) => ({ batch }))],
  ["train", [16, 24, 32, 48].map((window) => ({ window }))],
  ["train", [256, 512, 1024].map((side) => ({ side }))],
  ["encode", [240, 480, 960].map((windows) => ({ windows }))],
  ["align", [4, 8, 16].map((shift) => ({ shift }))],
];

const names: Readonly<Record<Work, string>> = {
  train: "training step",
  encode: "encode",
  align: "registration and averaging",
};

export async function benchScaling(threads: readonly number[]): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [work, list] of settings) for (const setting of list) rows.push(await measure(work, setting));
  for (const count of threads) rows.push(await measure("train", { threads: count }));
  return rows;
}

async function measure(work: Work, setting: Setting): Promise<Row> {
  const { threads = 1, batch = 96, window = 32, side = SIDE, windows = 480, shift = 11 } = setting;
  const { openSession } = await shipped<typeof import("../../src/core/session.ts")>("core/session.js");
  const session = await openSession({ threads });
  try {
    await prepare(session, side, {
      ...{ ROWS: side, COLS: side, WINDOW_ROWS: window, WINDOW_COLS: window, SHIFT_ROWS: shift, SHIFT_COLS: shift },
      ...{ WINDOWS: windows, BATCH: batch, CHUNK: 24, STEPS: 10000, THREADS: threads },
    });
    const times: number[] = [];
    for (let i = -WARMUP; i < SAMPLES; i++) {
      const began = performance.now();
      await session.run(jobOf(work, windows));
      if (i >= 0) times.push(performance.now() - began);
    }
    const of = work === "train" ? `${batch} windows` : `${windows} windows`;
    const shape = `${of} of ${window}², shifts to ${shift} px, image ${side}²`;
    const { variant } = session;
    return { group: "scaling", name: names[work], shape, variant, threads, unit: "ms", ...spread(times) };
  } finally {
    await session.close();
  }
}

function jobOf(work: Work, windows: number) {
  if (work === "train") return { name: work, steps: 1 } as const;
  if (work === "encode") return { name: work, first: 0, count: windows } as const;
  return { name: work, windows, rounds: 1, trimmed: false } as const;
}

async function prepare({ core }: Session, side: number, config: CoreConfig): Promise<void> {
  const { simulate } = await shipped<typeof import("../../src/data/simulate.ts")>("data/simulate.js");
  const { data } = simulate("ferroelectric", { rows: side, cols: side, seed: 1 }).dataset;
  const mean = data.reduce((sum, v) => sum + v, 0) / data.length;
  const sd = Math.sqrt(data.reduce((sum, v) => sum + (v - mean) ** 2, 0) / data.length);
  core.create(config);
  core.floats("DATA", data.length).set(data.map((v) => (v - mean) / sd));
  core.exports.sv_sample(core.arena);
  core.exports.sv_initialise(core.arena);
  core.exports.sv_start(core.arena, 0, 0, side / 2, side / 2);
}
