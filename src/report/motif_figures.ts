import { type StrainField, strainField } from "../results/strain.ts";
import type { FitReport } from "../results/types.ts";
import {
  type MotifRaster,
  motifField,
  motifRaster,
  motifSpacing,
  positionSd,
  signedScale,
  sizeScale,
  smallLengthUnit,
} from "./fields.ts";
import type { Figure } from "./figure.ts";
import { LIMITS_NOTE } from "./figures.ts";
import { type ColorScale, drawGrid, type Panel, panelFigure, toBox } from "./panels.ts";
import { robustLimits } from "./scales.ts";
import type { Box, Surface } from "./surface.ts";

/** Figures of quantities that each motif has one of: uncertainty, displacement, strain. */

/** Whether a lattice can be compared with motifs. */
export function hasStrain(report: FitReport): boolean {
  return report.lattice !== undefined && report.motifs.count > 0;
}

/** Standard deviation of the motif positions, as a map. */
export function sigmaFigure(report: FitReport, raster = motifRaster(report)): Figure {
  const { factor, unit } = smallLengthUnit(report);
  const values = positionSd(report).map((v) => v * factor);
  const panel = fieldPanel(raster, `Position σ (${unit})`, values, sequentialScale(values));
  const alt = `Map of the standard deviation of the motif positions in ${unit}.`;
  return panelFigure(report.image, [panel], {
    alt,
    side: 360,
    across: 600,
    notes: [LIMITS_NOTE],
  });
}

function sequentialScale(values: Float64Array): ColorScale {
  return { colormap: "viridis", limits: robustLimits(values) };
}

/** A panel of what each motif has one of. */
function fieldPanel(raster: MotifRaster, title: string, values: Float64Array, bar: ColorScale): Panel {
  const field = motifField(raster, values);
  return { title, bar, draw: (surface, box) => drawGrid(surface, box, field, bar, false) };
}

/** Angle and scale of the motifs with their standard deviations, as maps; undefined where neither was asked for. */
export function turnFigure(report: FitReport, raster = motifRaster(report)): Figure | undefined {
  const { motifs, symmetry = 1 } = report;
  if (!motifs.angle && !motifs.scale) return undefined;
  const panel = (title: string, values: Float64Array | undefined, bar: (v: Float64Array) => ColorScale): Panel[] =>
    values ? [fieldPanel(raster, title, values, bar(values))] : [];
  const most = 180 / symmetry;
  const panels = [
    ...panel("Angle (°)", motifs.angle, () => ({ colormap: "cyclic", limits: [-most, most] })),
    ...panel("Angle σ (°)", motifs.angleSd, sequentialScale),
    ...panel("Scale", motifs.scale, sequentialScale),
    ...panel("Scale σ", motifs.scaleSd, sequentialScale),
  ];
  const alt = `Maps of ${panels.map(({ title }) => title).join(", ")} of the motifs.`;
  const notes = ["Against the template as it is shown; angles counter-clockwise.", LIMITS_NOTE];
  return panelFigure(report.image, panels, { alt, side: 360, across: 1460, notes });
}

/** Arrows from each site along its displacement, the 95th percentile as long as 0.6 spacings. */
function drawArrows(surface: Surface, box: Box, report: FitReport, field: StrainField, size: Float64Array): void {
  const pixel = box.width / report.image.cols;
  const longest = [...size].sort((a, b) => a - b)[Math.floor(0.95 * (size.length - 1))];
  const gain = (0.6 * motifSpacing(report) * pixel) / longest;
  if (!Number.isFinite(gain)) return;
  const every = Math.max(1, Math.ceil(report.motifs.count / 2500));
  const lines: number[] = [];
  for (let n = 0; n < report.motifs.count; n += every) {
    const { position } = report.motifs;
    const [x, y] = toBox(box, report.image, position[2 * n], position[2 * n + 1]);
    const [dy, dx] = [gain * field.displacement[2 * n], gain * field.displacement[2 * n + 1]];
    const [tx, ty] = [x + dx / 2, y + dy / 2];
    lines.push(x - dx / 2, y - dy / 2, tx, ty);
    for (const turn of [0.45, -0.45]) {
      const [c, s] = [Math.cos(turn), Math.sin(turn)];
      lines.push(tx, ty, tx - 0.4 * (c * dx - s * dy), ty - 0.4 * (s * dx + c * dy));
    }
  }
  // Light beneath dark: one of the two is seen on every colour of the map.
  surface.segments(lines, { stroke: "#ffffff", width: 2.6, opacity: 0.75 });
  surface.segments(lines, { stroke: "#101418", width: 1.2, opacity: 0.85 });
}

function displacementPanel(report: FitReport, raster: MotifRaster, field: StrainField): Panel {
  const { factor, unit } = smallLengthUnit(report);
  const size = Float64Array.from({ length: report.motifs.count }, (_, n) =>
    Math.hypot(field.displacement[2 * n], field.displacement[2 * n + 1]),
  );
  const inUnit = size.map((v) => v * factor);
  const panel = fieldPanel(raster, `Displacement |u| (${unit})`, inUnit, sizeScale(inUnit));
  return {
    ...panel,
    draw(surface, box) {
      panel.draw(surface, box);
      drawArrows(surface, box, report, field, size);
    },
  };
}

function signedPanel(raster: MotifRaster, title: string, values: Float64Array): Panel {
  return fieldPanel(raster, title, values, signedScale(values));
}

/** Displacement from the lattice, strain and rotation; without a lattice, a figure that says so. */
export function strainFigure(report: FitReport, raster = motifRaster(report)): Figure {
  const { lattice, motifs } = report;
  if (!lattice || !hasStrain(report)) {
    const alt = "No lattice was found, so there is no displacement and no strain.";
    return panelFigure(report.image, [], { alt, side: 360, across: 600, notes: [alt] });
  }
  const field = strainField(motifs, lattice);
  const percent = (values: Float64Array) => values.map((v) => 100 * v);
  const panels = [
    displacementPanel(report, raster, field),
    signedPanel(raster, "εxx (%)", percent(field.xx)),
    signedPanel(raster, "εyy (%)", percent(field.yy)),
    signedPanel(raster, "εxy (%)", percent(field.xy)),
    signedPanel(
      raster,
      "Rotation (°)",
      field.rotation.map((v) => (v * 180) / Math.PI),
    ),
  ];
  const notes = [
    "u: motif minus its site on the fitted lattice; arrows are enlarged. Strain: least squares over neighbouring motifs.",
    `x to the right, y upwards; rotation counter-clockwise. ${LIMITS_NOTE}`,
  ];
  const alt = "Maps of the displacement of the motifs from their lattice sites, of the strains and of the rotation.";
  return panelFigure(report.image, panels, { alt, side: 360, across: 1460, notes });
}
