/** The amortised poses: pyroVED's training step, and encoding with the lattice's phase. */
import type { SimdVariant } from "../../src/core/variant.ts";
import { imageName, shipped } from "./project.ts";
import { type Row, spread } from "./row.ts";
import { encodeRates, type Fitted, restore } from "./training.ts";

const WINDOWS = 100;
const SIDE = 32;
const WARMUP = 2;
const STEPS = 8;
/** Windows of a job of encoding: enough that starting it does not count. */
const ENCODED = 10000;

export async function benchAmortised(
  image: string,
  variants: readonly SimdVariant[],
  threads: readonly number[],
): Promise<Row[]> {
  const models = [await phaseModel(image, "mlp"), await phaseModel(image, "conv")];
  const rows: Row[] = [];
  for (const count of threads) {
    for (const variant of variants) {
      rows.push(await benchPyrovedStep(variant, count));
      for (const model of models) rows.push(await measureEncoding(model, variant, count));
    }
  }
  return rows;
}

/** A model that takes the shift from the lattice's phase. What it has learned does not change how long encoding takes. */
async function phaseModel(image: string, encoder: "mlp" | "conv"): Promise<Fitted> {
  const { fit, readDataset } = await shipped<typeof import("../../src/index.ts")>("index.js");
  const { imageOf } = await shipped<typeof import("../../src/fit/image.ts")>("fit/image.js");
  const dataset = await readDataset(image);
  const { model } = await fit(dataset, { pose: "amortised", encoder, samples: ENCODED, epochs: 0.1, restarts: 1 });
  return { model, grid: imageOf(dataset), name: `${imageName(image)}, ${encoder}` };
}

async function measureEncoding(fitted: Fitted, variant: SimdVariant, threads: number): Promise<Row> {
  const { openSession } = await shipped<typeof import("../../src/core/session.ts")>("core/session.js");
  const session = await openSession({ threads, reproducible: variant === "simd", engineFlags: variant === "wide" });
  try {
    await restore(session, fitted);
    const base = { group: "model", name: "encode, amortised pose", variant, threads, unit: "windows/s" } as const;
    return { ...base, shape: fitted.name, ...(await encodeRates(session, ENCODED)) };
  } finally {
    await session.close();
  }
}

/**
 * pyroVED's step as `fitAmortised` runs it: the same that bench/peers/pyroved/step.py times in PyTorch and pyroVED. Every pixel of every
 * window goes through the decoder's 128 × 128 units, 20 GFLOP a step.
 */
export async function benchPyrovedStep(variant: SimdVariant, threads: number): Promise<Row> {
  const { openSession } = await shipped<typeof import("../../src/core/session.ts")>("core/session.js");
  const { amortisedConfig, makeAmortisedPlan, settleAmortised } =
    await shipped<typeof import("../../src/fit/amortised.ts")>("fit/amortised.js");
  const { createRng } = await shipped<typeof import("../../src/data/rng.ts")>("data/rng.js");
  const rng = createRng(1);
  const data = Float32Array.from({ length: WINDOWS * SIDE * SIDE }, () => rng.uniform());
  const samples = { data, count: WINDOWS, rows: SIDE, cols: SIDE };
  const options = settleAmortised({ invariances: ["r", "t"], batch: WINDOWS, epochs: 1000 }, samples, "benchmark");
  const session = await openSession({ threads, reproducible: variant === "simd", engineFlags: variant === "wide" });
  try {
    const { core } = session;
    core.create(amortisedConfig(makeAmortisedPlan(samples, options, "benchmark"), options, threads));
    core.floats("DATA", data.length).set(data);
    core.exports.sv_sample(core.arena);
    core.exports.sv_initialise(core.arena);
    const times: number[] = [];
    for (let i = -WARMUP; i < STEPS; i++) {
      const began = performance.now();
      await session.run({ name: "train", steps: 1 });
      if (i >= 0) times.push(performance.now() - began);
    }
    const checksum = core.progress("ELBO");
    if (!Number.isFinite(checksum)) throw new Error(`amortised step: expected a finite ELBO, got ${checksum}`);
    const shape = `${WINDOWS} windows of ${SIDE}², coordinate MLP ${options.decoderHidden.join(", ")}`;
    const base = { group: "model", name: "training step, amortised pose", variant, threads, unit: "ms" } as const;
    return { ...base, shape, ...spread(times), checksum };
  } finally {
    await session.close();
  }
}
