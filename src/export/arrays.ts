import { columnOf } from "../report/fields.ts";
import { turnColumns } from "../results/files.ts";
import { pixelSides } from "../results/lattice_errors.ts";
import type { FitReport } from "../results/types.ts";
import { hasSites, lengthUnit, motifQuantities, quantityMaps } from "./quantities.ts";

/** A dimension of an array. */
export interface Dimension {
  readonly name: string;
  readonly size: number;
  /** Evenly spaced coordinates: offset + scale · index, in `unit`; absent for a mere count. */
  readonly scale?: number;
  readonly offset?: number;
  readonly unit?: string;
}

/** An array of a result with the meaning of its dimensions and values. */
export interface LabelledArray {
  readonly name: string;
  readonly title: string;
  readonly unit: string;
  readonly dimensions: readonly Dimension[];
  /** Row-major. */
  readonly data: Float32Array | Float64Array | Int32Array;
  /** How many of the last dimensions are shown at once: 2 of a picture, 1 of a curve, 0 of a list with one value a motif. */
  readonly shown: 0 | 1 | 2;
}

function evenly(name: string, axis: Float64Array, side: number, unit: string): Dimension {
  const step = axis.length > 1 ? (axis[axis.length - 1] - axis[0]) / (axis.length - 1) : 1;
  return { name, size: axis.length, scale: step * side, offset: (axis[0] ?? 0) * side, unit };
}

function stacked(parts: readonly Float32Array[]): Float32Array {
  const out = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** The maps. `sites` as of `motifQuantities`. */
export function mapArrays(report: FitReport, sites = hasSites(report)): LabelledArray[] {
  const { maps, motifs } = report;
  const unit = lengthUnit(report);
  const sides = pixelSides(report.pixelSize);
  const plane = [evenly("row", maps.rowAxis, sides[0], unit), evenly("col", maps.colAxis, sides[1], unit)];
  const latent = { name: "latent", size: motifs.latentDim, scale: 1, offset: 1, unit: "" };
  return [
    { name: "z", title: "Latents", unit: "", dimensions: [latent, ...plane], data: stacked(maps.z), shown: 2 },
    ...quantityMaps(report, sites)
      .slice(motifs.latentDim)
      .map((map) => ({ ...map, dimensions: plane, data: map.values, shown: 2 as const })),
  ];
}

/** Image, template and manifold. */
export function pictureArrays(report: FitReport): LabelledArray[] {
  const { image, template, binning, manifold } = report;
  const unit = lengthUnit(report);
  const [rowSide, colSide] = pixelSides(report.pixelSize);
  const plane = (prefix: string, { rows, cols }: { rows: number; cols: number }, by: number): Dimension[] => [
    { name: `${prefix}_row`, size: rows, scale: by * rowSide, offset: 0, unit },
    { name: `${prefix}_col`, size: cols, scale: by * colSide, offset: 0, unit },
  ];
  const [first] = manifold.tiles;
  const grid: Dimension[] = [
    evenly("manifold_z1", manifold.axis1, 1, ""),
    evenly("manifold_z2", manifold.axis2, 1, ""),
  ];
  const tiles = stacked(manifold.tiles.map(({ data }) => data));
  return [
    { name: "image", title: "Image", unit: "", dimensions: plane("image", image, 1), data: image.data, shown: 2 },
    {
      name: "template",
      title: "Motif at z = 0",
      unit: "",
      dimensions: plane("template", template, binning),
      data: template.data,
      shown: 2,
    },
    {
      name: "manifold",
      title: "Motif over the first two latents",
      unit: "",
      dimensions: [...grid, ...plane("template", first, binning)],
      data: tiles,
      shown: 2,
    },
  ];
}

/** A list of the motifs, one value a motif. */
export function motifList(name: string, title: string, unit: string, data: LabelledArray["data"]): LabelledArray {
  const dimensions = [{ name: "motif", size: data.length }];
  return { name: `motif_${name}`, title, unit, dimensions, data, shown: 0 };
}

/** Lists with one value a motif. `sites` as of `motifQuantities`. */
export function motifArrays(report: FitReport, sites = hasSites(report)): LabelledArray[] {
  const { motifs } = report;
  const L = motifs.latentDim;
  return [
    motifList("row", "Position, row", "px", columnOf(motifs.position, 2, 0)),
    motifList("col", "Position, column", "px", columnOf(motifs.position, 2, 1)),
    ...motifQuantities(report, sites).map(({ name, title, unit, values }) => motifList(name, title, unit, values)),
    ...Array.from({ length: L }, (_, l) =>
      motifList(`z${l + 1}_sd`, `Standard deviation of z${l + 1}`, "", columnOf(motifs.zSd, L, l)),
    ),
    motifList("windows", "Windows that agreed", "", motifs.windows),
    ...turnColumns(motifs).map(({ name, values }) =>
      motifList(name, name.replace("_sd", ", standard deviation"), name.startsWith("angle") ? "degree" : "", values),
    ),
  ];
}

/** Everything of a result that is an array: image, template, manifold, maps, and lists with one value a motif; none of them empty. */
export function resultArrays(report: FitReport): LabelledArray[] {
  const all = [...pictureArrays(report), ...mapArrays(report), ...motifArrays(report)];
  return all.filter(({ data }) => data.length > 0);
}
