import { columnOf } from "../report/fields.ts";
import { turnColumns } from "../results/files.ts";
import { pixelSides } from "../results/lattice_errors.ts";
import { type SamplesReport, shiftUnit } from "../results/samples.ts";
import type { Grid } from "../results/types.ts";
import type { Dimension, LabelledArray } from "./arrays.ts";
import { type ExportKind, type Exports, refuseMapsOf } from "./index.ts";
import type { Quantity } from "./quantities.ts";
import type { Column } from "./tables.ts";

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
          slices: quantities(samples).map(({ title, unit, values }) => ({
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

/** Latents, then their standard deviations. */
function contents({ windows }: SamplesReport): Quantity[] {
  const { latentDim: L, z, zSd } = windows;
  const each = (name: (l: number) => string, title: string, of: Float64Array) =>
    Array.from({ length: L }, (_, l) => ({
      name: name(l + 1),
      title: `${title} z${l + 1}`,
      unit: "",
      values: columnOf(of, L, l),
    }));
  return [...each((l) => `z${l}`, "Latent", z), ...each((l) => `z${l}_sd`, "Standard deviation of", zSd)];
}

/** Shifts along the axes that there are, in the signal's unit or that of the pixel size, and their standard deviations. */
function shifts(samples: SamplesReport): Quantity[] {
  const { windows, signal, pixelSize } = samples;
  const along = signal
    ? [{ axis: 1, name: "shift", title: "Shift", ...shiftUnit(samples) }]
    : pixelSides(pixelSize).map((factor, axis) => ({
        axis,
        name: ["shift_row", "shift_col"][axis],
        title: ["Shift along rows, downwards", "Shift along columns, rightwards"][axis],
        factor,
        unit: pixelSize?.unit ?? "px",
      }));
  return [
    ...along.map(({ axis, name, title, factor, unit }) => ({
      ...{ name, title, unit },
      values: columnOf(windows.shift, 2, axis).map((v) => v * factor),
    })),
    ...along.map(({ axis, name, title, factor, unit }) => ({
      ...{ name: `${name}_sd`, title: `Standard deviation of ${title[0].toLowerCase()}${title.slice(1)}`, unit },
      values: columnOf(windows.shiftSd, 2, axis).map((v) => v * Math.abs(factor)),
    })),
  ];
}

/** What every sample has one number of. */
function quantities(samples: SamplesReport): Quantity[] {
  const { maps, windows } = samples;
  const mean = maps && {
    name: "mean",
    title: "Mean of the signal",
    unit: "",
    values: Float64Array.from(maps.mean.data),
  };
  const turn = turnColumns(windows).map(({ name, values }) => ({
    ...{ name, title: name.replace("_sd", ", standard deviation") },
    ...{ unit: name.startsWith("angle") ? "degree" : "", values },
  }));
  return [...contents(samples), ...shifts(samples), ...(mean ? [mean] : []), ...turn];
}

/** Where the samples lie: over the scan, or one after the other. */
function placesOf({ scan, windows }: SamplesReport): Dimension[] {
  if (!scan) return [{ name: "sample", size: windows.count }];
  return scan.map(({ size, scale, offset, unit }, k) => ({ name: ["row", "col"][k], size, scale, offset, unit }));
}

/** Columns with one row a sample: number, place in the scan, every quantity. */
export function sampleColumns(samples: SamplesReport): Column[] {
  const { scan, windows } = samples;
  const index = Float64Array.from({ length: windows.count }, (_, i) => i);
  const placed = scan ? [index.map((i) => Math.floor(i / scan[1].size)), index.map((i) => i % scan[1].size)] : [];
  const lengths = (scan ?? []).flatMap(({ unit, scale, offset }, k): Column[] =>
    unit === "px" ? [] : [[`${["row", "col"][k]}_${unit}`, placed[k].map((i) => offset + scale * i)]],
  );
  return [
    ["sample", index],
    ...placed.map((values, k): Column => [["row", "col"][k], values]),
    ...lengths,
    ...quantities(samples).map(
      ({ name, unit, values }): Column => [unit && unit !== "degree" ? `${name}_${unit}` : name, values],
    ),
  ];
}

/** Template and manifold in the data's unit. A signal's decoded curve reaches beyond it on both sides. */
function motifArrays({ template, manifold, moments, signal, middle, pixelSize }: SamplesReport): LabelledArray[] {
  const inUnit = (grids: readonly Grid[]) =>
    Float32Array.from(
      grids.flatMap(({ data }) => Array.from(data)),
      (v) => moments.mean + moments.sd * v,
    );
  const [rowSide, colSide] = pixelSides(pixelSize);
  const unit = pixelSize?.unit ?? "px";
  const axes = (prefix: string): Dimension[] => {
    if (signal) {
      const { name, scale, offset, size } = signal;
      const first = offset + scale * ((size - 1) / 2 - middle);
      return [{ name: `${prefix}_${name}`, size: template.cols, scale, offset: first, unit: signal.unit }];
    }
    return [
      { name: `${prefix}_row`, size: template.rows, scale: rowSide, offset: 0, unit },
      { name: `${prefix}_col`, size: template.cols, scale: colSide, offset: 0, unit },
    ];
  };
  const grid = [manifold.axis1, manifold.axis2].map((axis, k): Dimension => {
    const scale = axis.length > 1 ? axis[1] - axis[0] : 1;
    return { name: `manifold_z${k + 1}`, size: axis.length, scale, offset: axis[0], unit: "" };
  });
  const shown = signal ? 1 : 2;
  return [
    ...[
      {
        name: "template",
        title: "Motif at z = 0",
        unit: "",
        dimensions: axes("template"),
        data: inUnit([template]),
        shown,
      } as const,
    ],
    {
      name: "manifold",
      title: "Motif over the first two latents",
      unit: "",
      dimensions: [...grid, ...axes("manifold")],
      data: inUnit(manifold.tiles),
      shown,
    },
  ];
}

/** Everything of the samples that is an array: template, manifold, and each quantity over the scan or along the samples. */
export function sampleArrays(samples: SamplesReport): LabelledArray[] {
  const { latentDim: L } = samples.windows;
  const places = placesOf(samples);
  const shown = samples.scan ? 2 : 1;
  const latent = { name: "latent", size: L, scale: 1, offset: 1, unit: "" };
  const all = quantities(samples);
  const [z, zSd] = [all.slice(0, L), all.slice(L, 2 * L)].map((each) =>
    each.flatMap(({ values }) => Array.from(values)),
  );
  const stack = (name: string, title: string, values: number[]) => ({
    ...({ name, title, unit: "", dimensions: [latent, ...places], data: Float32Array.from(values), shown } as const),
  });
  return [
    ...motifArrays(samples),
    stack("z", "Latents", z),
    stack("z_sd", "Standard deviations of the latents", zSd),
    ...all
      .slice(2 * L)
      .map(({ values, ...array }): LabelledArray => ({ ...array, dimensions: places, data: values, shown })),
  ];
}
