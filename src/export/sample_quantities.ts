import { columnOf } from "../report/fields.ts";
import { turnColumns } from "../results/files.ts";
import { pixelSides } from "../results/lattice_errors.ts";
import { type SamplesReport, shiftUnit } from "../results/samples.ts";
import type { Quantity } from "./quantities.ts";
import type { Column } from "./tables.ts";

/** What signals, points of a scan and stand-alone windows have one number each of. */

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
export function sampleQuantities(samples: SamplesReport): Quantity[] {
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
    ...sampleQuantities(samples).map(
      ({ name, unit, values }): Column => [unit && unit !== "degree" ? `${name}_${unit}` : name, values],
    ),
  ];
}
