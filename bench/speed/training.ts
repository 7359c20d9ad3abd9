/** The default model on the benchmark's image: training steps, encoding, decoding, as a fit runs them. */
import type { SimdVariant } from "../../src/core/engine.ts";
import type { Session } from "../../src/core/session.ts";
import { imageName, shipped } from "./project.ts";
import { type Row, spread } from "./row.ts";

/** Windows in a step. */
const BATCH = 100;
/** Steps in a sample of the timing, and samples: with the warm-up they end where the schedule does. */
const STEPS = 10;
const STEP_SAMPLES = 18;
const ENCODED = 1920;
const ENCODE_SAMPLES = 5;
const DECODES = 500;
const DECODE_SAMPLES = 9;

interface Trained {
  readonly session: Session;
  readonly windowSize: number;
  /** Steps until β has warmed up, from when on the pose is refined through each window's own canvas. */
  readonly warmup: number;
}

export async function benchModel(
  image: string,
  variants: readonly SimdVariant[],
  threads: readonly number[],
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const count of threads) {
    for (const variant of variants) rows.push(...(await benchVariant(image, variant, count)));
  }
  return rows;
}

async function benchVariant(image: string, variant: SimdVariant, threads: number): Promise<Row[]> {
  const trained = await prepare(image, variant, threads);
  const { session, windowSize } = trained;
  try {
    const base = { group: "model", variant, threads } as const;
    const steps = await stepTimes(trained);
    const rows: Row[] = [
      { ...base, name: "training step", shape: `${BATCH} windows of ${windowSize}²`, unit: "ms", ...steps },
      {
        ...base,
        name: "encode",
        shape: `${ENCODED} windows of ${windowSize}²`,
        unit: "windows/s",
        ...(await encodeRates(session)),
      },
    ];
    if (threads === 1)
      rows.push({ ...base, name: "decode", shape: imageName(image), unit: "decodes/s", ...decodeRates(session) });
    return rows;
  } finally {
    await session.close();
  }
}

/** Everything before training, with the library's own functions; the alignment is real. */
async function prepare(image: string, variant: SimdVariant, threads: number): Promise<Trained> {
  const { openSession } = await shipped<typeof import("../../src/core/session.ts")>("core/session.js");
  const { readDataset } = await shipped<typeof import("../../src/formats/registry.ts")>("formats/registry.js");
  const { imageOf } = await shipped<typeof import("../../src/fit/image.ts")>("fit/image.js");
  const { settleOptions } = await shipped<typeof import("../../src/fit/options.ts")>("fit/options.js");
  const { coreConfig, makePlan, prepareImage } = await shipped<typeof import("../../src/fit/plan.ts")>("fit/plan.js");
  const { alignTemplates } = await shipped<typeof import("../../src/fit/align.ts")>("fit/align.js");
  const options = settleOptions({ batch: BATCH, threads });
  const session = await openSession({ threads, reproducible: variant === "simd" });
  const { core } = session;
  const grid = imageOf(await readDataset(image));
  const plan = makePlan(core, grid, options);
  const small = prepareImage(core, grid, plan);
  const config = coreConfig(plan, options, small.rows, small.cols, session.threads);
  core.create(config);
  core.floats("DATA", small.data.length).set(small.data);
  core.exports.sv_sample(core.arena);
  const frame = { binning: plan.binning, windowSize: plan.windowSize, rows: small.rows, cols: small.cols };
  await alignTemplates(core, plan, options, frame, (windows, rounds, _expected, trimmed) =>
    session.run({ name: "align", windows, rounds, trimmed }),
  );
  return { session, windowSize: plan.windowSize, warmup: config.BETA_WARMUP ?? 0 };
}

/** Milliseconds a step, with everything in it: exact pose, encoder, decoder, likelihood, backward, Adam. */
async function stepTimes({ session, warmup }: Trained) {
  await session.run({ name: "train", steps: warmup + STEPS });
  const times: number[] = [];
  for (let i = 0; i < STEP_SAMPLES; i++) {
    const began = performance.now();
    await session.run({ name: "train", steps: STEPS });
    times.push((performance.now() - began) / STEPS);
  }
  return { ...spread(times), checksum: finite(session.core.progress("ELBO")) };
}

async function encodeRates(session: Session) {
  const rates: number[] = [];
  for (let i = 0; i <= ENCODE_SAMPLES; i++) {
    const began = performance.now();
    await session.run({ name: "encode", first: 0, count: ENCODED });
    // The first is the warm-up.
    if (i > 0) rates.push((1000 * ENCODED) / (performance.now() - began));
  }
  const { core } = session;
  const results = core.floats("RESULTS", ENCODED * core.exports.sv_result_stride(core.arena));
  return { ...spread(rates), checksum: finite(results.reduce((sum, value) => sum + value, 0)) };
}

function decodeRates({ core }: Session) {
  let sink = 0;
  const rates: number[] = [];
  for (let i = 0; i <= DECODE_SAMPLES; i++) {
    const began = performance.now();
    for (let k = 0; k < DECODES; k++) sink += core.decode([k / DECODES, -k / DECODES]).data[0];
    if (i > 0) rates.push((1000 * DECODES) / (performance.now() - began));
  }
  return { ...spread(rates), checksum: finite(sink) };
}

function finite(value: number): number {
  if (!Number.isFinite(value)) throw new Error(`expected a finite sum, got ${value}`);
  return value;
}
