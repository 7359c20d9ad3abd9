import { latticeErrors, pixelSides, scaledLattice } from "../results/lattice_errors.ts";
import type { FitReport, ScaleCheck } from "../results/types.ts";
import { formatNumber } from "./scales.ts";
import { withSd } from "./summary.ts";
import { escapeXml } from "./svg.ts";

/** The lattice as a table: vectors, lengths and angle with their errors, in pixels and in the unit of the image. */
function latticeTable({ lattice, motifs, pixelSize }: FitReport): string {
  if (!lattice) return "";
  const units = [
    { unit: "px", sides: [1, 1] as [number, number] },
    ...(pixelSize ? [{ unit: pixelSize.unit, sides: pixelSides(pixelSize) }] : []),
  ];
  const plusMinus = (value: number, sd: number) => withSd(value, sd).join(" ± ");
  const vector = (v: readonly [number, number]) => v.map((x) => formatNumber(x, 5)).join(", ");
  const rows = units.map(({ unit, sides }) => {
    const [real, sd] = [scaledLattice(lattice, sides), latticeErrors(motifs, lattice, sides)];
    return [
      unit,
      vector(real.a),
      plusMinus(real.lengthA, sd.lengthA),
      vector(real.b),
      plusMinus(real.lengthB, sd.lengthB),
      plusMinus(real.angle, sd.angle),
    ];
  });
  const heads = ["unit", "a (row, column)", "|a|", "b (row, column)", "|b|", "angle (°)"];
  const head = heads.map((text) => `<th scope="col">${text}</th>`).join("");
  const body = rows
    .map(([unit, ...cells]) => {
      const rest = cells.map((cell) => `<td>${escapeXml(cell)}</td>`).join("");
      return `<tr><th scope="row">${escapeXml(unit)}</th>${rest}</tr>`;
    })
    .join("");
  return `<table class="lattice"><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`;
}

/** How the lattice compares with the material's, in words. */
function comparison(check: ScaleCheck): string {
  const { material, face, cell, factor, factorSd, distortion, impliedPixelSize, impliedPixelSizeSd, source } = check;
  const [size, sizeSd] = withSd(impliedPixelSize, impliedPixelSizeSd);
  const against = `Compared with ${material} ${face}, ${cell} (constants: ${source})`;
  const ratio =
    factor === undefined || factorSd === undefined
      ? "the image has no scale"
      : `measured over true length ${withSd(factor, factorSd).join(" ± ")}`;
  const text = `${against}: ${ratio}; directions differ by ${(100 * (distortion - 1)).toFixed(1)} %; the lattice fits with pixels of ${size} ± ${sizeSd} nm.`;
  return `<p>${escapeXml(text)}</p>`;
}

function sentence(text: string): string {
  return escapeXml(`${text[0].toUpperCase()}${text.slice(1)}.`);
}

/** What the scale check warns of, for the top of the page. */
export function scaleWarning({ scaleCheck }: FitReport): string {
  const warning = scaleCheck?.warning;
  return warning ? `<p class="warning" role="note"><strong>Check the scale.</strong> ${sentence(warning)}</p>` : "";
}

/** The lattice of the motifs, and against the scale bar where a material was named. */
export function latticeSection(report: FitReport): string {
  const { lattice, scaleCheck } = report;
  if (!lattice) return "";
  const errors = "Errors are statistical, from the scatter of the motifs about their sites.";
  const note = scaleCheck?.note ? `<p>${sentence(scaleCheck.note)}</p>` : "";
  const compared = scaleCheck ? comparison(scaleCheck) : "";
  return `<section><h2>Lattice</h2><p>${errors}</p>${compared}${note}<div class="wide">${latticeTable(report)}</div></section>`;
}
