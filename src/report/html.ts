import type { FileNote } from "../results/files.ts";
import type { FitReport } from "../results/types.ts";
import type { Column } from "./columns.ts";
import { mapsFigure } from "./figures.ts";
import { type ReportFigures, reportFigures } from "./files.ts";
import { details, figureHtml, hint, LATTICE_NOTE, POSITIONS_NOTE, pageHtml, section, table } from "./html_page.ts";
import { latticeSection, scaleWarning } from "./lattice_section.ts";
import { hasStrain } from "./motif_figures.ts";
import { motifColumns, motifPoints } from "./points.ts";
import { latentName } from "./scales.ts";
import { headlines } from "./summary.ts";

/** Rows of the table of motifs; the rest is in the result files. */
const TABLE_ROWS = 1000;

function motifSection(report: FitReport, figures: ReportFigures): string {
  const choices = Array.from({ length: report.motifs.latentDim }, (_, i) => {
    const checked = i === 0 ? " checked" : "";
    return `<label><input type="radio" name="latent" value="latent-${i}"${checked}> ${latentName(i)}</label>`;
  });
  const controls =
    choices.length < 2 ? "" : `<fieldset><legend>Colour by latent</legend>${choices.join("")}</fieldset>`;
  const overlay = `<div>${controls}${figureHtml(figures.motifs, "overlay")}${hint("motif")}</div>`;
  const beside = `<div class="beside">${figureHtml(figures.template)}${figureHtml(figures.kl)}</div>`;
  return section("Motifs", "", overlay, beside);
}

function motifTable(report: FitReport, columns: readonly Column[]): string {
  const shown = Math.min(TABLE_ROWS, report.motifs.count);
  const rows = Array.from({ length: shown }, (_, n) => [
    String(n + 1),
    ...columns.map(({ values }) => (values[n] === null ? "–" : String(values[n]).replace("-", "−"))),
  ]);
  const all = shown === report.motifs.count;
  const summary = all ? `All ${shown} motifs` : `The first ${shown} of ${report.motifs.count} motifs`;
  return `<details><summary>${summary}</summary>${table(["motif", ...columns.map((c) => c.name)], rows)}</details>`;
}

function sections(report: FitReport, figures: ReportFigures): string {
  const strain = hasStrain(report)
    ? section("Displacement and strain", "", figureHtml(figures.strain))
    : section("Displacement and strain", "No lattice was found, so there is nothing to compare the motifs with.");
  const { symmetry = 1 } = report;
  const known =
    symmetry > 1 ? `The motif has a ${symmetry}-fold axis: angles are known modulo ${360 / symmetry}°.` : "";
  return [
    motifSection(report, figures),
    section("Latent maps", "", figureHtml(mapsFigure(report, false))),
    figures.rotation ? section("Rotation and scale", known, figureHtml(figures.rotation)) : "",
    section("Latents", "", figureHtml(figures.scatter), figureHtml(figures.manifold)),
    section(
      "Position uncertainty",
      "",
      figureHtml(figures["position-sigma"]),
      figureHtml(figures["position-sigma-histogram"]),
    ),
    strain,
    latticeSection(report),
    figures.loss ? section("Training", "", figureHtml(figures.loss)) : "",
  ].join("");
}

/** The report of a fit as one self-contained HTML page. `files` are linked by relative address. */
export function reportHtml(report: FitReport, files: readonly FileNote[] = []): string {
  return reportPage(report, files, reportFigures(report));
}

/** The same from figures that have been made before. */
export function reportPage(report: FitReport, files: readonly FileNote[], figures: ReportFigures): string {
  const columns = motifColumns(report);
  return pageHtml({
    title: report.title,
    warning: scaleWarning(report),
    headlines: headlines(report),
    main: sections(report, figures) + details(report, motifTable(report, columns), files),
    footer: `${POSITIONS_NOTE} ${LATTICE_NOTE}`,
    points: motifPoints(report, columns),
  });
}
