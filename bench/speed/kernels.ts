/** Each kernel by itself, in every build that this engine runs, beside the native control. */
import { Bench } from "tinybench";
import type { SimdVariant } from "../../src/core/variant.ts";
import type { Controls } from "./control.ts";
import { type KernelCase, kernelCases } from "./kernel_cases.ts";
import { KernelMemory } from "./kernel_memory.ts";
import { type Row, spread } from "./row.ts";

/** A sample is as many calls as take about this long, so that the clock's resolution does not show. */
const SAMPLE_MS = 2;
const WARMUP_MS = 60;
const TIME_MS = 150;

export async function benchKernels(variants: readonly SimdVariant[], controls: Controls): Promise<Row[]> {
  const rows: Row[] = [];
  for (const kernelCase of kernelCases) {
    const control = controls.run(kernelCase.unit === "GB/s" ? "triad" : "fma");
    for (const variant of variants) rows.push(await benchKernel(kernelCase, variant, control));
  }
  controls.run("matmul");
  return rows.map((row) => ({ ...row, bestShare: shareOfBest(row, controls) }));
}

function shareOfBest({ max, unit }: Row, controls: Controls): number | undefined {
  const kind = unit === "GB/s" ? "triad" : "fma";
  const control = controls.rows().find(({ name }) => name === kind);
  return control && max / control.max;
}

async function benchKernel(kernelCase: KernelCase, variant: SimdVariant, control: number | undefined): Promise<Row> {
  const memory = await KernelMemory.load(variant);
  const { run, output } = kernelCase.prepare(memory);
  const calls = callsPerSample(run);
  const bench = new Bench({ warmupTime: WARMUP_MS, time: TIME_MS, iterations: 10, retainSamples: true });
  bench.add(kernelCase.name, () => {
    for (let i = 0; i < calls; i++) run();
  });
  bench.runSync();
  const { result } = bench.tasks[0];
  if (result.state !== "completed") throw new Error(`${kernelCase.name} (${variant}): ${result.state}`);
  const checksum = memory.sum(output.address, output.length);
  if (!Number.isFinite(checksum))
    throw new Error(`${kernelCase.name} (${variant}): expected finite numbers, got ${checksum}`);
  // Milliseconds for `calls` calls → giga-units a second.
  const rates = (result.latency.samples ?? []).map((ms) => (kernelCase.work * calls) / ms / 1e6);
  const { name, shape, unit } = kernelCase;
  const figures = spread(rates);
  const share = control === undefined ? undefined : figures.median / control;
  return { group: "kernel", name, shape, variant, threads: 1, unit, ...figures, share, checksum };
}

/** Calls that take about SAMPLE_MS once compiled. */
function callsPerSample(run: () => void): number {
  for (let calls = 1; ; calls *= 2) {
    const began = performance.now();
    for (let i = 0; i < calls; i++) run();
    if (performance.now() - began > SAMPLE_MS) return calls;
  }
}
