import type { SamplesReport } from "../results/samples.ts";
import { type ExportKind, type Exports, refuseMapsOf } from "./index.ts";
import { sampleArrays } from "./sample_arrays.ts";
import { sampleColumns, sampleQuantities } from "./sample_quantities.ts";

/** Results of 1D signals, spectral maps and stand-alone windows in the formats of other programs. */

const notes: Readonly<Record<ExportKind, Exports["notes"][number]>> = {
  hspy: { name: "result.hspy", what: "motif and results of the samples as signals of HyperSpy" },
  zarr: { name: "result.zarr/", what: "everything as arrays with named dimensions, for zarr and xarray" },
  csv: { name: "sample_table.csv", what: "one row a sample: place, shift, latents, uncertainty" },
  tiff: { name: "maps.tif", what: "all maps over the scan as a labelled 32-bit stack of ImageJ" },
};

/**
 * Signals, a spectral map or stand-alone windows in the formats of other programs: path → content. A spectral map's results lie over its scan, the
 * others' along the samples.
 * @throws ConfigError for "tiff" where there is no scan
 */
export async function exportSamples(samples: SamplesReport, kinds: readonly ExportKind[]): Promise<Exports> {
  const files = new Map<string, Uint8Array | string>();
  const asked = [...new Set(kinds)];
  for (const kind of asked) for (const [path, content] of await writers[kind](samples)) files.set(path, content);
  return { files, notes: asked.map((kind) => notes[kind]) };
}

type Writer = (samples: SamplesReport) => Promise<[string, Uint8Array | string][]>;

const writers: Readonly<Record<ExportKind, Writer>> = {
  async hspy(samples) {
    const { hspyFile } = await import("./hyperspy.ts");
    return [["result.hspy", await hspyFile(sampleArrays(samples))]];
  },
  async zarr(samples) {
    const { zarrFolder } = await import("./zarr.ts");
    const files = zarrFolder(sampleArrays(samples), samples);
    return Array.from(files, ([path, bytes]) => [`result.zarr/${path}`, bytes]);
  },
  async csv(samples) {
    const { csv } = await import("./tables.ts");
    return [["sample_table.csv", csv(sampleColumns(samples))]];
  },
  async tiff(samples) {
    const { scan } = samples;
    if (!scan) {
      refuseMapsOf(["tiff"], samples.signal ? "signals" : "cut-outs");
      return [];
    }
    const { imagejTiff } = await import("./imagej.ts");
    const [rows, cols] = scan;
    const same = rows.unit === cols.unit;
    const side = (scale: number) => (same ? Math.abs(scale) || 1 : 1);
    return [
      [
        "maps.tif",
        imagejTiff({
          rows: rows.size,
          cols: cols.size,
          slices: sampleQuantities(samples).map(({ title, unit, values }) => ({
            label: unit ? `${title} (${unit})` : title,
            values: Float32Array.from(values),
          })),
          sides: [side(rows.scale), side(cols.scale)],
          unit: same ? cols.unit : "px",
          origin: [-rows.offset / rows.scale || 0, -cols.offset / cols.scale || 0],
        }),
      ],
    ];
  },
};
