import { ConfigError } from "../errors.ts";
import type { FileNote } from "../results/files.ts";
import type { FitReport } from "../results/types.ts";

/** Formats of other programs that a result can be written in. */
export const exportKinds = ["hspy", "zarr", "csv", "tiff"] as const;

/** "hspy" (HyperSpy), "zarr" (zarr, xarray), "csv" (tables), "tiff" (ImageJ). */
export type ExportKind = (typeof exportKinds)[number];

/** A result in the formats of other programs. */
export interface Exports {
  /** Path → content. */
  readonly files: ReadonlyMap<string, Uint8Array | string>;
  /** What the files hold, for lists of them. */
  readonly notes: readonly FileNote[];
}

/** What an export is called, and what it holds. */
export const exportNotes: Readonly<Record<ExportKind, readonly FileNote[]>> = {
  hspy: [{ name: "result.hspy", what: "image, template, manifold and all maps as signals of HyperSpy" }],
  zarr: [{ name: "result.zarr/", what: "everything as arrays with named dimensions, for zarr and xarray" }],
  csv: [
    { name: "motif_table.csv", what: "one row a motif: place, latents, uncertainty, displacement, strain" },
    { name: "map_table.csv", what: "one row a point of the maps" },
  ],
  tiff: [{ name: "maps.tif", what: "all maps as a labelled 32-bit stack of ImageJ" }],
};

/** Refuses a stack of maps where there are none. */
export function refuseMapsOf(kinds: readonly ExportKind[], what: string): void {
  if (kinds.includes("tiff"))
    throw new ConfigError(`--export tiff: expected what has maps (images, a stack, a spectral map), got ${what}`);
}

/** Each writer is loaded only when it is asked for: HDF5 alone is megabytes. */
const writers: Readonly<Record<ExportKind, (report: FitReport) => Promise<[string, Uint8Array | string][]>>> = {
  async hspy(report) {
    const { hspyFile } = await import("./hyperspy.ts");
    const { resultArrays } = await import("./arrays.ts");
    return [["result.hspy", await hspyFile(resultArrays(report))]];
  },
  async zarr(report) {
    const { zarrFolder } = await import("./zarr.ts");
    const { resultArrays } = await import("./arrays.ts");
    return Array.from(zarrFolder(resultArrays(report), report), ([path, bytes]) => [`result.zarr/${path}`, bytes]);
  },
  async csv(report) {
    const { csv, mapColumns, motifColumns } = await import("./tables.ts");
    return [
      ["motif_table.csv", csv(motifColumns(report))],
      ["map_table.csv", csv(mapColumns(report))],
    ];
  },
  async tiff(report) {
    const { mapsTiff } = await import("./imagej.ts");
    return [["maps.tif", mapsTiff([report])]];
  },
};

/**
 * A result in the formats of other programs: path → content, as `--export` writes them.
 * @param kinds "hspy" (HyperSpy), "zarr" (zarr, xarray), "csv" (tables for pandas and others), "tiff" (ImageJ)
 */
export async function exportFiles(
  report: FitReport,
  kinds: readonly ExportKind[],
): Promise<Map<string, Uint8Array | string>> {
  const files = new Map<string, Uint8Array | string>();
  for (const kind of new Set(kinds)) {
    for (const [path, content] of await writers[kind](report)) files.set(path, content);
  }
  return files;
}
