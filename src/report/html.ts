import type { FileNote } from "../results/files.ts";
import type { FitReport } from "../results/types.ts";
import { manifoldFigure, mapsFigure, overlayFigure, templateFigure } from "./figures.ts";
import { details, figureHtml, hint, LATTICE_NOTE, POSITIONS_NOTE, pageHtml, section, table } from "./html_page.ts";
import { latticeSection, scaleWarning } from "./lattice_section.ts";
import { hasStrain, sigmaFigure, strainFigure, turnFigure } from "./motif_figures.ts";
import { klFigure, lossFigure, scatterFigure, sigmaHistogramFigure } from "./plots.ts";
import { type Column, motifColumns, motifPoints } from "./points.ts";
import { latentName } from "./scales.ts";
import { headlines } from "./summary.ts";

/** Rows of the table of motifs; the rest is in the result files. */
const TABLE_ROWS = 1000;

function motifSection(report: FitReport): string {
  const choices = Array.from({ length: report.motifs.latentDim }, (_, i) => {
    const checked = i === 0 ? " checked" : "";
    return `<label><input type="radio" name="latent" value="latent-${i}"${checked}> ${latentName(i)}</label>`;
  });
  const controls =
    choices.length < 2 ? "" : `<fieldset><legend>Colour by latent</legend>${choices.join("")}</fieldset>`;
  const overlay = `<div>${controls}${figureHtml(overlayFigure(report), "overlay")}${hint("motif")}</div>`;
  const beside = `<div class="beside">${figureHtml(templateFigure(report))}${figureHtml(klFigure(report))}</div>`;
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

function sections(report: FitReport): string {
  const strain = hasStrain(report)
    ? section("Displacement and strain", "", figureHtml(strainFigure(report)))
    : section("Displacement and strain", "No lattice was found, so there is nothing to compare the motifs with.");
  const turn = turnFigure(report);
  const { symmetry = 1 } = report;
  const known =
    symmetry > 1 ? `The motif has a ${symmetry}-fold axis: angles are known modulo ${360 / symmetry}°.` : "";
  return [
    motifSection(report),
    section("Latent maps", "", figureHtml(mapsFigure(report, false))),
    turn ? section("Rotation and scale", known, figureHtml(turn)) : "",
    section("Latents", "", figureHtml(scatterFigure(report)), figureHtml(manifoldFigure(report))),
    section("Position uncertainty", "", figureHtml(sigmaFigure(report)), figureHtml(sigmaHistogramFigure(report))),
    strain,
    latticeSection(report),
    report.metrics.history.length > 0 ? section("Training", "", figureHtml(lossFigure(report))) : "",
  ].join("");
}

/** The report of a fit as one self-contained HTML page. `files` are linked by relative address. */
export function reportHtml(report: FitReport, files: readonly FileNote[] = []): string {
  const columns = motifColumns(report);
  return pageHtml({
    title: report.title,
    warning: scaleWarning(report),
    headlines: headlines(report),
    main: sections(report) + details(report, motifTable(report, columns), files),
    footer: `${POSITIONS_NOTE} ${LATTICE_NOTE}`,
    points: motifPoints(report, columns),
  });
}
