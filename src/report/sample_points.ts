import { type SamplesReport, shiftUnit } from "../results/samples.ts";
import { type Column, column, digits, latentColumns, numbers, turnColumns } from "./columns.ts";
import { columnOf } from "./fields.ts";
import type { Points } from "./points.ts";

/** Name of the column of the shifts along a signal. */
export function shiftName(samples: SamplesReport): string {
  return `shift (${shiftUnit(samples).unit})`;
}

function shiftColumns(samples: SamplesReport): Column[] {
  const { windows, signal } = samples;
  const { factor, unit } = shiftUnit(samples);
  const along = (values: Float64Array, axis: 0 | 1, by: number) => columnOf(values, 2, axis).map((v) => v * by);
  const { shift, shiftSd } = windows;
  const size = Math.abs(factor);
  if (signal)
    return [digits(shiftName(samples), along(shift, 1, factor)), digits(`shift σ (${unit})`, along(shiftSd, 1, size))];
  return ([0, 1] as const).flatMap((axis) => {
    const name = ["row", "column"][axis];
    return [
      digits(`shift ${name} (${unit})`, along(shift, axis, factor)),
      digits(`shift ${name} σ (${unit})`, along(shiftSd, axis, size)),
    ];
  });
}

/** Samples, of a spectral map as points of its scan. */
export function samplePoints(samples: SamplesReport): Points {
  const { scan, maps, windows } = samples;
  const index = Float64Array.from({ length: windows.count }, (_, i) => i);
  const columns = [...shiftColumns(samples), ...latentColumns(windows), ...turnColumns(windows)];
  if (!scan || !maps) return { what: "sample", fields: [], columns: [column("sample", index, 0), ...columns] };
  const [rows, cols] = scan;
  const place = [index.map((i) => Math.floor(i / cols.size)), index.map((i) => i % cols.size)];
  const names = ["row", "column"];
  const lengths = scan.flatMap(({ scale, offset, unit }, k) =>
    unit === "px"
      ? []
      : [
          digits(
            `${names[k]} (${unit})`,
            place[k].map((i) => offset + scale * i),
          ),
        ],
  );
  const [row, col] = place.map((values, k) => column(names[k], values, 0));
  return {
    what: "point",
    fields: [{ rows: rows.size, cols: cols.size, reach: 1 }],
    row: numbers(row),
    col: numbers(col),
    columns: [row, col, ...lengths, digits("mean", maps.mean.data), ...columns],
  };
}
