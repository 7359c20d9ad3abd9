import { fileURLToPath } from "node:url";
import { createRng } from "../../src/data/rng.ts";
import { readDataset } from "../../src/formats/registry.ts";
import type { Windows } from "../../src/results/types.ts";

/** What a fit says of its windows, as the evaluations take it. */
export type FittedWindows = Pick<Windows, "centre" | "shift" | "z" | "zSd" | "latentDim">;

/** The folder with the benchmark arrays: SHIFT_VAE_BENCH_DATA, else ../shared/bench beside the project. */
export function benchFolder(): string {
  return process.env.SHIFT_VAE_BENCH_DATA ?? fileURLToPath(new URL("../../../shared/bench", import.meta.url));
}

/** The numbers of one benchmark array, row-major. */
export async function benchArray(name: string): Promise<Float32Array> {
  return (await readDataset(`${benchFolder()}/${name}.npy`)).data;
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
