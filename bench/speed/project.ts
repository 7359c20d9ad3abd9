/** Where things are: the benchmark measures what the package ships (dist/, build/*.wasm), not sources compiled again. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

function findRoot(folder: string): string {
  if (existsSync(join(folder, "package.json"))) return folder;
  return findRoot(dirname(folder));
}

export const root = findRoot(dirname(fileURLToPath(import.meta.url)));

/** A module of the built package; `npm run build` makes it. */
export function shipped<T>(path: string): Promise<T> {
  return import(pathToFileURL(join(root, "dist", path)).href) as Promise<T>;
}

/** The 512 × 512 simulated ferroelectric of bench/science where it is there, else the bundled sample. */
export function benchImage(): string {
  const folder = process.env.SHIFT_VAE_BENCH_DATA ?? join(root, "../shared/bench");
  const image = join(folder, "domains_image.npy");
  return existsSync(image) ? image : sampleImage;
}

export const sampleImage = join(root, "data/ferroelectric.png");

/** What a table calls an image. */
export function imageName(path: string): string {
  return path === sampleImage ? "bundled sample" : "512² ferroelectric";
}
