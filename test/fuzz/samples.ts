/**
 * Seeds of the fuzzer: a name and a function that gives the bytes of a small valid file. Every file of test/fixtures is a
 * seed by itself; formats whose samples are built by code (test/writers) add a line to `built`. Keep seeds below 100 kB: a
 * mutation of a large file mostly changes pixels.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { encodeNpy, encodeNpz } from "../../src/formats/npy_write.ts";
import { emSamples } from "./em_samples.ts";
import { spmSamples } from "./spm_samples.ts";

export type Sample = () => Uint8Array | Promise<Uint8Array>;

const FIXTURES = join(import.meta.dirname, "../fixtures");
const MAX_SEED_BYTES = 100_000;

const ramp = Float32Array.from({ length: 24 * 20 }, (_, i) => i);

const built: Readonly<Record<string, Sample>> = {
  "own.npy": () => encodeNpy(ramp, [24, 20]),
  "own.npz": () => encodeNpz({ ramp: { data: ramp, shape: [24, 20] } }),
  ...emSamples,
  ...spmSamples,
};

function fixtures(): Record<string, Sample> {
  const found: Record<string, Sample> = {};
  for (const name of readdirSync(FIXTURES, { recursive: true, encoding: "utf8" }).sort()) {
    const path = join(FIXTURES, name);
    const info = statSync(path);
    if (info.isFile() && info.size <= MAX_SEED_BYTES)
      found[relative(FIXTURES, path)] = () => new Uint8Array(readFileSync(path));
  }
  return found;
}

export const samples: Readonly<Record<string, Sample>> = { ...fixtures(), ...built };
