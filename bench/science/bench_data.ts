import { join } from "node:path";
import type { Dataset, DatasetKind } from "../../src/data/dataset.ts";
import { createRng } from "../../src/data/rng.ts";
import { readDataset } from "../../src/formats/registry.ts";
import type { Windows } from "../../src/results/types.ts";
import { root } from "../speed/project.ts";

/** What a fit says of its windows, as the evaluations take it. */
export type FittedWindows = Pick<Windows, "centre" | "shift" | "z" | "zSd" | "latentDim">;

/** The folder with the benchmark arrays: SHIFT_VAE_BENCH_DATA, else ../shared/bench beside the project. */
export function benchFolder(): string {
  return process.env.SHIFT_VAE_BENCH_DATA ?? join(root, "../shared/bench");
}

export function benchFile(name: string): string {
  return join(benchFolder(), `${name}.npy`);
}

/** The numbers of one benchmark array, row-major. */
export async function benchArray(name: string): Promise<Float32Array> {
  return (await readDataset(benchFile(name))).data;
}

/** A benchmark array as a dataset of the given kind, whatever the reader makes of its shape. */
export async function readBench(name: string, kind: DatasetKind): Promise<Dataset> {
  return { ...(await readDataset(benchFile(name))), kind };
}

/** One draw from the posterior of the content, (n, L): leakage is measured on it. */
export function sampleLatents({ z, zSd, latentDim }: Pick<Windows, "z" | "zSd" | "latentDim">) {
  const rng = createRng(1);
  return { data: z.map((mean, i) => mean + zSd[i] * rng.normal()), width: latentDim };
}

/** (x, y) of a pair given as (row, column) or the other way round. */
export function swapped([first, second]: readonly [number, number]): [number, number] {
  return [second, first];
}
