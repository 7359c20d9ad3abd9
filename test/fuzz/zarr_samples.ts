import { readFileSync } from "node:fs";
import { unzipSync } from "fflate";
import { writeZarrFolder } from "../writers/zarr_folder.ts";
import type { Specimen } from "./attempt.ts";
import { testFile } from "./project.ts";

const ARCHIVES = ["v2_gzip", "v3", "v3_zstd", "v3_blosc_shard"];

const ramp = (size: number) => Array.from({ length: size }, (_, i) => i);

/** Zarr in folders: our own, and what zarr-python wrote into the archives among the fixtures. */
export const zarrSamples: Readonly<Record<string, () => Specimen>> = {
  "folder/own.zarr": () => ({
    files: writeZarrFolder(
      [
        { path: "0", shape: [3, 7, 5], chunks: [1, 4, 3], values: ramp(105) },
        { path: "labels/1", shape: [6, 8], chunks: [6, 8], values: ramp(48) },
      ],
      {
        axes: ["t", "y", "x"].map((name) => ({ name, unit: name === "t" ? "second" : "nanometer" })),
        scales: { 0: [0.5, 0.03, 0.02] },
      },
    ),
  }),
  ...Object.fromEntries(
    ARCHIVES.map((name) => [
      `folder/${name}.zarr`,
      () => ({ files: unzipSync(new Uint8Array(readFileSync(testFile(`fixtures/general/${name}.zarr.zip`)))) }),
    ]),
  ),
};
