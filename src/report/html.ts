import { strainField } from "../results/strain.ts";
import type { FitReport } from "../results/types.ts";
import { columnOf, motifSpacing, positionSd, smallLengthUnit } from "./fields.ts";
import { type Figure, figureElement } from "./figure.ts";
import { manifoldFigure, mapsFigure, overlayFigure, templateFigure } from "./figures.ts";
import { SCRIPT, SCRIPT_HASH } from "./html_script.ts";
import { STYLE, STYLE_HASH } from "./html_style.ts";
import { latticeSection, scaleWarning } from "./lattice_section.ts";
import { hasStrain, sigmaFigure, strainFigure, turnFigure } from "./motif_figures.ts";
import { klFigure, lossFigure, scatterFigure, sigmaHistogramFigure } from "./plots.ts";
import { formatNumber, latentName } from "./scales.ts";
import { headlines } from "./summary.ts";
import { escapeXml } from "./svg.ts";

/** A file beside the report. */
export interface ReportFile {
  readonly name: string;
  readonly what: string;
}

/** Rows of the table of motifs; the rest is in the result files. */
const TABLE_ROWS = 1000;

/** Values of the motifs as the report shows them, rounded to what is worth reading. */
interface Column {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

function column(name: string, values: ArrayLike<number>, places: number): Column {
  const round = (v: number) => (Number.isFinite(v) ? Number(v.toFixed(places)) : null);
  return { name, values: Array.from(values, round) };
}

function strainColumns(report: FitReport): Column[] {
  const { lattice, motifs } = report;
  if (!lattice || !hasStrain(report)) return [];
  const field = strainField(motifs, lattice);
  const { factor, unit } = smallLengthUnit(report);
  const along = (k: number) => columnOf(field.displacement, 2, k).map((v) => v * factor);
  const percent = (values: Float64Array) => values.map((v) => 100 * v);
  return [
    column(`u row (${unit})`, along(0), 2),
    column(`u column (${unit})`, along(1), 2),
    column("εxx (%)", percent(field.xx), 2),
    column("εyy (%)", percent(field.yy), 2),
    column("εxy (%)", percent(field.xy), 2),
    column(
      "rotation (°)",
      field.rotation.map((v) => (v * 180) / Math.PI),
      2,
    ),
  ];
}

const LEADING_COLUMNS = 4;

function motifColumns(report: FitReport): Column[] {
  const { motifs } = report;
  const latents = Array.from({ length: motifs.latentDim }, (_, i) =>
    column(latentName(i), columnOf(motifs.z, motifs.latentDim, i), 3),
  );
  return [
    column("row (px)", columnOf(motifs.position, 2, 0), 2),
    column("column (px)", columnOf(motifs.position, 2, 1), 2),
    column("σ (px)", positionSd(report), 3),
    column("windows", motifs.windows, 0),
    ...latents,
    ...(motifs.angle ? [column("angle (°)", motifs.angle, 2)] : []),
    ...(motifs.scale ? [column("scale", motifs.scale, 4)] : []),
    ...strainColumns(report),
  ];
}

/** JSON inside a script element: "<" must not start a tag. */
function embeddedJson(value: unknown): string {
  return JSON.stringify(value).replace(/</g, "\\u003c");
}

function pageData(report: FitReport, columns: readonly Column[]): string {
  const { rows, cols } = report.image;
  return embeddedJson({
    rows,
    cols,
    reach: motifSpacing(report),
    row: columns[0].values,
    col: columns[1].values,
    firstLatent: LEADING_COLUMNS,
    columns,
  });
}

/** A figure; where it shows motifs one by one, with the values under the pointer. */
function figureHtml(figure: Figure, id = ""): string {
  const name = id ? ` id="${id}"` : "";
  const live = figure.views || figure.scatter;
  if (!live) return `<figure${name}><div>${figureElement(figure)}</div></figure>`;
  const role = `role="group" tabindex="0" aria-label="${escapeXml(figure.alt)} Arrow keys step from motif to motif."`;
  return `<figure${name}><div class="plot" ${role}>${figureElement(figure)}</div></figure>`;
}

function section(title: string, text: string, ...content: readonly string[]): string {
  const note = text ? `<p>${text}</p>` : "";
  return `<section><h2>${title}</h2>${note}<div class="row">${content.join("")}</div></section>`;
}

function headlineList(report: FitReport): string {
  const items = headlines(report).map(({ label, value, detail }) => {
    const small = detail ? `<small>${escapeXml(detail)}</small>` : "";
    return `<div><dt>${escapeXml(label)}</dt><dd>${escapeXml(value)}${small}</dd></div>`;
  });
  return `<dl class="headlines">${items.join("")}</dl>`;
}

function motifSection(report: FitReport): string {
  const choices = Array.from({ length: report.motifs.latentDim }, (_, i) => {
    const checked = i === 0 ? " checked" : "";
    return `<label><input type="radio" name="latent" value="latent-${i}"${checked}> ${latentName(i)}</label>`;
  });
  const controls =
    choices.length < 2 ? "" : `<fieldset><legend>Colour by latent</legend>${choices.join("")}</fieldset>`;
  const hint = `<p class="hint">Point at a motif, or focus the picture and use the arrow keys, for its values.</p>`;
  const overlay = `<div>${controls}${figureHtml(overlayFigure(report), "overlay")}${hint}</div>`;
  const beside = `<div class="beside">${figureHtml(templateFigure(report))}${figureHtml(klFigure(report))}</div>`;
  return section("Motifs", "", overlay, beside);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[]) => row.map((cell) => `<td>${escapeXml(cell)}</td>`).join("");
  const heads = head.map((cell) => `<th scope="col">${escapeXml(cell)}</th>`).join("");
  const body = rows.map((row) => `<tr>${cells(row)}</tr>`).join("");
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escapeXml(head.join(", "))}"><table><thead><tr>${heads}</tr></thead><tbody>${body}</tbody></table></div>`;
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

function details(report: FitReport, columns: readonly Column[], files: readonly ReportFile[]): string {
  const seconds = Object.entries(report.metrics.seconds).map(([stage, s]) => [stage, formatNumber(s)]);
  const versions = Object.entries(report.versions).map(([name, version]) => [name, String(version)]);
  const link = ({ name, what }: ReportFile) =>
    `<li><a href="./${escapeXml(encodeURI(name))}">${escapeXml(name)}</a>: ${escapeXml(what)}</li>`;
  const list = `<details class="printed"><summary>Files</summary><ul>${files.map(link).join("")}</ul></details>`;
  return [
    "<section><h2>Details</h2>",
    `<details class="printed"><summary>Configuration</summary><pre tabindex="0">${escapeXml(JSON.stringify(report.config, null, 2))}</pre></details>`,
    `<details class="printed"><summary>Time of each stage</summary>${table(["stage", "seconds"], seconds)}</details>`,
    `<details class="printed"><summary>Versions</summary>${table(["part", "version"], versions)}</details>`,
    motifTable(report, columns),
    files.length > 0 ? list : "",
    "</section>",
  ].join("");
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

/** The report of a fit as one self-contained HTML page: nothing is loaded, and its content security policy forbids it and
 * every script and style but its own. `files` are linked by relative address. */
export function reportHtml(report: FitReport, files: readonly ReportFile[] = []): string {
  const columns = motifColumns(report);
  const title = escapeXml(report.title);
  const policy = `default-src 'none'; img-src data:; style-src '${STYLE_HASH}'; script-src '${SCRIPT_HASH}'; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>${title} – shift-vae</title>
<style>${STYLE}</style></head>
<body><header><p class="kicker">shift-vae</p><h1>${title}</h1>${scaleWarning(report)}${headlineList(report)}</header>
<main>${sections(report)}${details(report, columns, files)}</main>
<footer>Positions in pixels of the image as (row, column), from the centre of the top-left pixel. The errors of the lattice are
statistical: calibration and scan distortion come on top.</footer>
<div id="tip" hidden aria-hidden="true"></div><p id="live" class="unseen" aria-live="polite"></p>
<script type="application/json" id="data">${pageData(report, columns)}</script>
<script>${SCRIPT}</script></body></html>
`;
}
