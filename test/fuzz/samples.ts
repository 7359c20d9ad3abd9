/**
 * Seeds of the fuzzer: a name and a function that gives a small valid file. Every file of test/fixtures is a seed by itself;
 * formats whose samples are built by code (test/writers) add a line to `built`. Keep seeds below 100 kB: a mutation of a
 * large file mostly changes pixels.
 */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { encodeNpy, encodeNpz } from "../../src/formats/npy_write.ts";
import { allFormats } from "../../src/formats/registry.ts";
import { sourceFromBytes } from "../../src/formats/source.ts";
import { type ParkFile, writePark } from "../writers/park_writer.ts";
import type { Sample, Specimen } from "./attempt.ts";
import { emSamples } from "./em_samples.ts";
import { testFile } from "./project.ts";
import { spmSamples } from "./spm_samples.ts";
import { zarrSamples } from "./zarr_samples.ts";

const FIXTURES = testFile("fixtures");
const MAX_SEED_BYTES = 100_000;

const ramp = Float32Array.from({ length: 24 * 20 }, (_, i) => i);

const NOTES = '{"spatial_info": {"field_of_view_x": 7, "field_of_view_y": 7, "field_of_view_units": "nm"}}';
const park: ParkFile = {
  ...{
    rows: 4,
    columns: 5,
    raw: Array.from({ length: 20 }, (_, i) => i),
    type: "int32",
    title: "Z Height",
    unit: "um",
  },
  ...{ width: 1, height: 1, gain: 0.001, scale: 1, offset: 0 },
};

const built: Readonly<Record<string, Sample>> = {
  "own.npy": () => encodeNpy(ramp, [24, 20]),
  "own.npy with notes": async () => ({
    name: "own.npy",
    bytes: await encodeNpy(ramp, [24, 20]),
    siblings: { "own.json": new TextEncoder().encode(NOTES) },
  }),
  "park.tiff": () => writePark(park),
  "own.npz": () => encodeNpz({ ramp: { data: ramp, shape: [24, 20] } }),
  ...emSamples,
  ...spmSamples,
  ...zarrSamples,
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

export async function specimenOf(name: string): Promise<Specimen> {
  const sample = await samples[name]();
  return sample instanceof Uint8Array ? { bytes: sample } : sample;
}

/** Names of the seeds by the reader that recognises them. */
export async function samplesByReader(only = ""): Promise<Map<string, string[]>> {
  const readers = new Map<string, string[]>();
  for (const name of Object.keys(samples)) {
    const reader = await readerOf(await specimenOf(name));
    if (!name.includes(only) && reader !== only) continue;
    readers.set(reader, [...(readers.get(reader) ?? []), name]);
  }
  return readers;
}

/** What a Zarr folder goes through beside the reader of archives. */
export const FOLDER_READER = "Zarr folder";

async function readerOf(specimen: Specimen): Promise<string> {
  if ("files" in specimen) return FOLDER_READER;
  const { bytes } = specimen;
  const source = sourceFromBytes("seed", bytes);
  for (const format of await allFormats()) {
    if (await format.detect(bytes.subarray(0, 4096), source)) return format.name;
  }
  throw new Error("a seed of no known format");
}
