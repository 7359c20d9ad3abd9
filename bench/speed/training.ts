/** The default model on the benchmark's image: training steps, encoding, decoding, as a fit runs them. */

import type { Session } from "../../src/core/session.ts";
import type { SimdVariant } from "../../src/core/variant.ts";
import type { Model } from "../../src/model.ts";
import type { Grid } from "../../src/results/types.ts";
import { imageName, shipped } from "./project.ts";
import { type Row, spread } from "./row.ts";

/** Windows in a step. */
const BATCH = 100;
/** Steps in a sample of the timing, samples, and steps that the schedule goes on for, so that the rate stays. */
const STEPS = 5;
const STEP_SAMPLES = 24;
const SCHEDULE = 10000;
export const WINDOWS_ENCODED = 1920;
const ENCODE_SAMPLES = 5;
const DECODES = 480;
const DECODE_SAMPLES = 9;

/** A model that has been fitted, and what it is to be run on. */
export interface Fitted {
  readonly model: Model;
  readonly grid: Grid;
  readonly name: string;
}

/** Fits with the library's defaults once; every build and number of threads then goes on from there. */
export async function fitOnce(image: string): Promise<Fitted> {
  const { fit, readDataset } = await shipped<typeof import("../../src/index.ts")>("index.js");
  const { imageOf } = await shipped<typeof import("../../src/fit/image.ts")>("fit/image.js");
  const dataset = await readDataset(image);
  const { model } = await fit(dataset, { batch: BATCH });
  return { model, grid: imageOf(dataset), name: imageName(image) };
}

export async function benchModel(
  fitted: Fitted,
  variants: readonly SimdVariant[],
  threads: readonly number[],
): Promise<Row[]> {
  const rows: Row[] = [];
  for (const count of threads)
    for (const variant of variants) rows.push(...(await benchVariant(fitted, variant, count)));
  return rows;
}

async function benchVariant(fitted: Fitted, variant: SimdVariant, threads: number): Promise<Row[]> {
  const { openSession } = await shipped<typeof import("../../src/core/session.ts")>("core/session.js");
  const session = await openSession({ threads, reproducible: variant === "simd", engineFlags: variant === "wide" });
  try {
    await restore(session, fitted);
    const base = { group: "model", variant, threads } as const;
    const windows = `windows of ${fitted.model.header.core.WINDOW_ROWS}²`;
    const steps = await stepTimes(session);
    const encoded = await encodeRates(session, WINDOWS_ENCODED);
    const rows: Row[] = [
      { ...base, name: "training step", shape: `${BATCH} ${windows}`, unit: "ms", ...steps },
      { ...base, name: "encode", shape: `${WINDOWS_ENCODED} ${windows}`, unit: "windows/s", ...encoded },
    ];
    if (threads > 1) return rows;
    return [...rows, { ...base, name: "decode", shape: fitted.name, unit: "decodes/s", ...decodeRates(session) }];
  } finally {
    await session.close();
  }
}

/** The model in a core that can train it further, with the pose refined in every step. */
export async function restore({ core, threads }: Session, { model, grid }: Fitted): Promise<void> {
  const { prepareImage } = await shipped<typeof import("../../src/fit/plan.ts")>("fit/plan.js");
  const { header, parameters, templates } = model;
  const small = prepareImage(core, grid, header.plan);
  core.create({ ...header.core, STEPS: SCHEDULE, BETA_WARMUP: 0, THREADS: threads });
  core.floats("DATA", small.data.length).set(small.data);
  core.exports.sv_sample(core.arena);
  core.exports.sv_initialise(core.arena);
  core.restoreTemplates(header.templates, templates);
  core.parameterBlock("PARAMETERS").set(parameters);
  core.setProgress("VARIANCE", header.variance);
}

/** Milliseconds a step, with everything in it: exact pose, encoder, decoder, likelihood, backward, Adam. */
async function stepTimes(session: Session) {
  await session.run({ name: "train", steps: 3 * STEPS });
  const times: number[] = [];
  for (let i = 0; i < STEP_SAMPLES; i++) {
    const began = performance.now();
    await session.run({ name: "train", steps: STEPS });
    times.push((performance.now() - began) / STEPS);
  }
  return { ...spread(times), checksum: finite(session.core.progress("ELBO")) };
}

/** Windows a second of jobs of `count` windows. */
export async function encodeRates(session: Session, count: number) {
  const rates: number[] = [];
  for (let i = 0; i <= ENCODE_SAMPLES; i++) {
    const began = performance.now();
    await session.run({ name: "encode", first: 0, count });
    // The first is the warm-up.
    if (i > 0) rates.push((1000 * count) / (performance.now() - began));
  }
  const { core } = session;
  const results = core.floats("RESULTS", count * core.exports.sv_result_stride(core.arena));
  return { ...spread(rates), checksum: finite(results.reduce((sum, value) => sum + value, 0)) };
}

function decodeRates({ core }: Session) {
  let sink = 0;
  const contents = Float32Array.from({ length: 2 * DECODES }, (_, i) => (i / DECODES - 1) * (i % 2 ? -1 : 1));
  const rates: number[] = [];
  for (let i = 0; i <= DECODE_SAMPLES; i++) {
    const began = performance.now();
    for (const { data } of core.decodeAll(contents, DECODES)) sink += data[0];
    if (i > 0) rates.push((1000 * DECODES) / (performance.now() - began));
  }
  return { ...spread(rates), checksum: finite(sink) };
}

export function finite(value: number): number {
  if (!Number.isFinite(value)) throw new Error(`expected a finite sum, got ${value}`);
  return value;
}
