/** How the time of a job grows with threads, batch, window, image, number of windows and shift range; the default networks. */
import type { CoreConfig } from "../../src/core/core.ts";
import type { Session } from "../../src/core/session.ts";
import { powerLaw } from "./power_law.ts";
import { shipped } from "./project.ts";
import { type Row, spread } from "./row.ts";

const SAMPLES = 9;
const WARMUP = 3;
const SIDE = 256;

/** What one row varies; the rest as in `defaults`. */
interface Setting {
  readonly threads: number;
  readonly batch: number;
  readonly window: number;
  readonly side: number;
  readonly windows: number;
  readonly shift: number;
  /** Pixels averaged in the correlation, along each axis: a fit of this image averages by two. */
  readonly coarse: 1 | 2;
}

const defaults: Setting = { threads: 1, batch: 96, window: 32, side: SIDE, windows: 480, shift: 11, coarse: 2 };

type Work = "train" | "encode" | "align";

/** One size varied, ascending. */
interface Series {
  readonly work: Work;
  readonly varied: keyof Setting;
  readonly sizes: readonly number[];
  readonly fixed?: Partial<Setting>;
}

const series: readonly Series[] = [
  { work: "train", varied: "batch", sizes: [24, 48, 96, 192, 384] },
  { work: "train", varied: "window", sizes: [16, 24, 32, 48, 64] },
  { work: "train", varied: "side", sizes: [256, 512, 1024] },
  { work: "encode", varied: "windows", sizes: [240, 480, 960, 1920] },
  { work: "align", varied: "windows", sizes: [480, 960, 1920] },
  { work: "align", varied: "shift", sizes: [4, 8, 16, 32], fixed: { coarse: 1 } },
  { work: "align", varied: "shift", sizes: [4, 8, 16, 32], fixed: { coarse: 2 } },
];

const names: Readonly<Record<Work, string>> = {
  train: "training step",
  encode: "encode",
  align: "registration and averaging",
};

const words: Readonly<Record<keyof Setting, string>> = {
  threads: "threads",
  batch: "batch",
  window: "window's side",
  side: "image's side",
  windows: "windows",
  shift: "shift range",
  coarse: "resolution",
};

export async function benchScaling(threads: readonly number[]): Promise<Row[]> {
  const all = threads.length > 1 ? [...series, { work: "train", varied: "threads", sizes: threads } as const] : series;
  const rows: Row[] = [];
  for (const one of all) rows.push(...(await measureSeries(one)));
  return rows;
}

/** A row a size, and below them the power of the size that the median time grows with: the line's as median, the least and the greatest of a step. */
async function measureSeries({ work, varied, sizes, fixed }: Series): Promise<Row[]> {
  const rows: Row[] = [];
  for (const size of sizes) rows.push(await measure(work, { ...defaults, ...fixed, [varied]: size }));
  const { exponent, least, greatest } = powerLaw(
    sizes,
    rows.map(({ median }) => median),
  );
  const name = `${names[work]}: power of ${words[varied]}`;
  const shape = `${sizes[0]} to ${sizes[sizes.length - 1]}${fixed ? `, ${resolution(fixed.coarse)}` : ""}`;
  const figures = { min: least, median: exponent, max: greatest, samples: sizes.length };
  return [...rows, { ...rows[0], name, shape, threads: 0, unit: "power", ...figures }];
}

function resolution(coarse: Setting["coarse"] | undefined): string {
  return coarse === 1 ? "full resolution" : "half resolution";
}

async function measure(work: Work, setting: Setting): Promise<Row> {
  const { threads, batch, window, side, windows, shift, coarse } = setting;
  const { openSession } = await shipped<typeof import("../../src/core/session.ts")>("core/session.js");
  const session = await openSession({ threads });
  try {
    await prepare(session, side, {
      ...{ ROWS: side, COLS: side, WINDOW_ROWS: window, WINDOW_COLS: window, SHIFT_ROWS: shift, SHIFT_COLS: shift },
      ...{ COARSE: coarse, WINDOWS: windows, BATCH: batch, CHUNK: 24, STEPS: 10000, THREADS: threads },
    });
    const times: number[] = [];
    for (let i = -WARMUP; i < SAMPLES; i++) {
      const began = performance.now();
      await session.run(jobOf(work, windows));
      if (i >= 0) times.push(performance.now() - began);
    }
    const of = work === "train" ? `${batch} windows` : `${windows} windows`;
    const shape = `${of} of ${window}², shifts to ${shift} px, ${resolution(coarse)}, image ${side}²`;
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
