/**
 * What a second thread gains, beside what it gains a native program: one and two threads in turn, ours and the control's, so that all
 * four see the same neighbours on the machine.
 */
import type { Session } from "../../src/core/session.ts";
import type { Controls } from "./control.ts";
import { shipped } from "./project.ts";
import { type Row, spread } from "./row.ts";
import { type Fitted, restore, WINDOWS_ENCODED } from "./training.ts";

const ROUNDS = 12;
const STEPS = 20;
const CONTROL_SAMPLES = 3;

interface Work {
  readonly name: string;
  readonly shape: string;
  run(session: Session): Promise<void>;
}

const works: readonly Work[] = [
  {
    name: "training step: 2 threads over 1",
    shape: `${STEPS} steps`,
    run: (session) => session.run({ name: "train", steps: STEPS }),
  },
  {
    name: "encode: 2 threads over 1",
    shape: `${WINDOWS_ENCODED / 4} windows`,
    run: (session) => session.run({ name: "encode", first: 0, count: WINDOWS_ENCODED / 4 }),
  },
];

async function seconds(work: Work, session: Session): Promise<number> {
  const began = performance.now();
  await work.run(session);
  return (performance.now() - began) / 1000;
}

/** Gains of two threads over one, and as shares of the control's. */
export async function benchThreads(fitted: Fitted, controls: Controls): Promise<Row[]> {
  const { openSession } = await shipped<typeof import("../../src/core/session.ts")>("core/session.js");
  const sessions = await Promise.all([1, 2].map((threads) => openSession({ threads })));
  try {
    for (const session of sessions) await restore(session, fitted);
    for (const work of works) for (const session of sessions) await work.run(session);
    const gains = works.map(() => [] as number[]);
    const control: number[] = [];
    const rates: readonly number[][] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      const [one, two] = [1, 2].map((count) => controls.threads(count, CONTROL_SAMPLES));
      if (one.length > 0) control.push(spread(two).median / spread(one).median);
      rates[0].push(...one);
      rates[1].push(...two);
      for (const [k, work] of works.entries()) {
        gains[k].push((await seconds(work, sessions[0])) / (await seconds(work, sessions[1])));
      }
    }
    const base = { group: "threads", threads: 2, unit: "×" } as const;
    const { variant } = sessions[1];
    const native = control.length > 0 ? spread(control) : undefined;
    const rows = works.map(({ name, shape }, k): Row => {
      const figures = spread(gains[k]);
      const share = native && figures.median / native.median;
      return { ...base, name, shape, variant, ...figures, share };
    });
    if (!native) return rows;
    const shown = { shape: "native control", variant: "native" };
    // The rates beside their ratio: one thread must give what the fma control gives alone.
    const each = rates.map((values, k): Row => {
      return { ...base, ...shown, name: "fma", threads: k + 1, unit: "GFLOP/s", ...spread(values) };
    });
    return [...each, { ...base, ...shown, name: "fma: 2 threads over 1", ...native }, ...rows];
  } finally {
    for (const session of sessions) await session.close();
  }
}
