import { columnOf, positionSd } from "../report/fields.ts";
import { typicalSpacing } from "../report/neighbours.ts";
import { pixelSides } from "../results/lattice_errors.ts";
import { motifMap } from "../results/maps.ts";
import { strainField } from "../results/strain.ts";
import type { FitReport } from "../results/types.ts";

/** What every motif has one number of. */
export interface Quantity {
  /** Name of a column or array: "z1", "strain_xx". */
  readonly name: string;
  readonly title: string;
  /** "" for a pure number. */
  readonly unit: string;
  /** (n) */
  readonly values: Float64Array;
}

/** Unit of lengths: that of the pixel size, or px. */
export function lengthUnit({ pixelSize }: FitReport): string {
  return pixelSize?.unit ?? "px";
}

/** Whether motifs can be compared with the sites of a lattice. */
export function hasSites({ lattice, motifs }: FitReport): boolean {
  return lattice !== undefined && motifs.count > 0;
}

function strains(report: FitReport): Quantity[] {
  const { lattice, motifs } = report;
  const unknown = new Float64Array(motifs.count).fill(Number.NaN);
  const nothing = { xx: unknown, yy: unknown, xy: unknown, rotation: unknown };
  const field = lattice && motifs.count > 0 ? strainField(motifs, lattice) : { ...nothing, displacement: undefined };
  const sides = pixelSides(report.pixelSize);
  const unit = lengthUnit(report);
  const along = (k: 0 | 1) =>
    field.displacement ? columnOf(field.displacement, 2, k).map((v) => v * sides[k]) : unknown;
  return [
    { name: "displacement_row", title: "Displacement along rows, downwards", unit, values: along(0) },
    { name: "displacement_col", title: "Displacement along columns, rightwards", unit, values: along(1) },
    { name: "strain_xx", title: "Strain εxx, x rightwards", unit: "", values: field.xx },
    { name: "strain_yy", title: "Strain εyy, y upwards", unit: "", values: field.yy },
    { name: "strain_xy", title: "Strain εxy", unit: "", values: field.xy },
    { name: "rotation", title: "Rotation, counter-clockwise", unit: "rad", values: field.rotation },
  ];
}

/**
 * Latents, position uncertainty, and displacement, strain and rotation of the motifs where there is a lattice.
 * @param sites whether to give the latter: of a movie all frames have the same quantities, NaN where one has no lattice
 */
export function motifQuantities(report: FitReport, sites = hasSites(report)): Quantity[] {
  const { motifs } = report;
  const L = motifs.latentDim;
  const latents = Array.from({ length: L }, (_, l) => ({
    name: `z${l + 1}`,
    title: `Latent z${l + 1}`,
    unit: "",
    values: columnOf(motifs.z, L, l),
  }));
  const side = report.pixelSize?.value ?? 1;
  const sd = { title: "Standard deviation of the position", unit: lengthUnit(report) };
  return [
    ...latents,
    { name: "position_sd", ...sd, values: positionSd(report).map((v) => v * side) },
    ...(sites ? strains(report) : []),
  ];
}

/** A quantity over the image, row-major on the axes of the report's maps; NaN where no motif is near. */
export interface QuantityMap extends Omit<Quantity, "values"> {
  readonly values: Float32Array;
}

/** All quantities as maps. The latents are the report's own maps. `sites` as of `motifQuantities`. */
export function quantityMaps(report: FitReport, sites = hasSites(report)): QuantityMap[] {
  const { maps, motifs, lattice, image } = report;
  const spacing = lattice
    ? Math.min(lattice.lengthA, lattice.lengthB)
    : typicalSpacing(motifs.count, image.rows, image.cols);
  return motifQuantities(report, sites).map((quantity, i) => ({
    ...quantity,
    values: maps.z[i] ?? motifMap(maps, motifs.position, quantity.values, spacing),
  }));
}
