import type { FileNote } from "../results/files.ts";
import type { FitReport } from "../results/types.ts";
import { type Figure, figureElement } from "./figure.ts";
import { SCRIPT, SCRIPT_HASH } from "./html_script.ts";
import { STYLE, STYLE_HASH } from "./html_style.ts";
import type { Points } from "./points.ts";
import { formatNumber } from "./scales.ts";
import type { Headline } from "./summary.ts";
import { escapeXml } from "./svg.ts";

/** The parts that every report page is made of. */

export const POSITIONS_NOTE =
  "Positions in pixels of the image as (row, column), from the centre of the top-left pixel.";
export const LATTICE_NOTE = "The errors of the lattice are statistical: calibration and scan distortion come on top.";

/** JSON inside a script element: "<" must not start a tag. */
function embeddedJson(value: unknown): string {
  return JSON.stringify(value).replace(/</g, "\\u003c");
}

/** How to see the values of what a picture shows one by one. */
export function hint(what: string): string {
  return `<p class="hint">Point at a ${what}, or focus the picture and use the arrow keys, for its values.</p>`;
}

/** Width of a plot, px, from which a phone shows a part of it at a time: all of it would have letters too small to read. */
const BROAD = 600;

/** A figure; where it shows motifs or samples one by one, with the values under the pointer. */
export function figureHtml(figure: Figure, id = ""): string {
  if (figure.parts) {
    const notes = figure.notes?.map((note) => `<p class="hint">${escapeXml(note)}</p>`) ?? [];
    const parts = figure.parts.map((part) => figureHtml(part));
    return `<div class="parts" role="group" aria-label="${escapeXml(figure.alt)}">${parts.join("")}${notes.join("")}</div>`;
  }
  const name = (id ? ` id="${id}"` : "") + (figure.width > BROAD && !figure.views ? ' class="broad"' : "");
  const live = figure.views || figure.scatter;
  if (!live) return `<figure${name}><div>${figureElement(figure)}</div></figure>`;
  const role = `role="group" tabindex="0" aria-label="${escapeXml(figure.alt)} Arrow keys step from one to the next."`;
  return `<figure${name}><div class="plot" ${role}>${figureElement(figure)}</div></figure>`;
}

/** A figure with nothing to point at. */
export function still(figure: Figure): Figure {
  return { ...figure, views: undefined, scatter: undefined, parts: figure.parts?.map(still) };
}

/** A figure whose views show another of the page's fields than the first. */
export function ofField(figure: Figure, field: number): Figure {
  return { ...figure, field, parts: figure.parts?.map((part) => ofField(part, field)) };
}

/** A section of the page; the text is HTML. */
export function section(title: string, text: string, ...content: readonly string[]): string {
  const note = text ? `<p>${text}</p>` : "";
  return `<section><h2>${title}</h2>${note}<div class="row">${content.join("")}</div></section>`;
}

function headlineList(headlines: readonly Headline[]): string {
  const items = headlines.map(({ label, value, detail }) => {
    const small = detail ? `<small>${escapeXml(detail)}</small>` : "";
    return `<div><dt>${escapeXml(label)}</dt><dd>${escapeXml(value)}${small}</dd></div>`;
  });
  return `<dl class="headlines">${items.join("")}</dl>`;
}

/** A table that scrolls; texts, not HTML. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[]) => row.map((cell) => `<td>${escapeXml(cell)}</td>`).join("");
  const heads = head.map((cell) => `<th scope="col">${escapeXml(cell)}</th>`).join("");
  const body = rows.map((row) => `<tr>${cells(row)}</tr>`).join("");
  return `<div class="scroll" tabindex="0" role="region" aria-label="${escapeXml(head.join(", "))}"><table><thead><tr>${heads}</tr></thead><tbody>${body}</tbody></table></div>`;
}

/** Configuration, times and versions of a fit, what else there is to unfold, and the files beside the report. */
export function details(
  report: Pick<FitReport, "metrics" | "versions" | "config">,
  more: string,
  files: readonly FileNote[],
): string {
  const seconds = Object.entries(report.metrics.seconds).map(([stage, s]) => [stage, formatNumber(s)]);
  const versions = Object.entries(report.versions).map(([name, version]) => [name, String(version)]);
  const link = ({ name, what }: FileNote) =>
    `<li><a href="./${escapeXml(encodeURI(name))}">${escapeXml(name)}</a>: ${escapeXml(what)}</li>`;
  const list = `<details class="printed"><summary>Files</summary><ul>${files.map(link).join("")}</ul></details>`;
  return [
    "<section><h2>Details</h2>",
    `<details class="printed"><summary>Configuration</summary><pre tabindex="0">${escapeXml(JSON.stringify(report.config, null, 2))}</pre></details>`,
    `<details class="printed"><summary>Time of each stage</summary>${table(["stage", "seconds"], seconds)}</details>`,
    `<details class="printed"><summary>Versions</summary>${table(["part", "version"], versions)}</details>`,
    more,
    files.length > 0 ? list : "",
    "</section>",
  ].join("");
}

/** What a page holds. `main` and `footer` are HTML. */
export interface Page {
  readonly title: string;
  /** HTML under the title. */
  readonly warning?: string;
  readonly headlines: readonly Headline[];
  readonly main: string;
  readonly footer: string;
  /** What the page's script shows under the pointer. */
  readonly points?: Points;
}

/** Of a page whose figures are all still. */
const NO_POINTS: Points = { what: "", fields: [], columns: [] };

/** A self-contained HTML page: nothing is loaded, and its content security policy forbids it and every script and style but its own. */
export function pageHtml({ title, warning = "", headlines, main, footer, points = NO_POINTS }: Page): string {
  const name = escapeXml(title);
  const policy = `default-src 'none'; img-src data:; style-src '${STYLE_HASH}'; script-src '${SCRIPT_HASH}'; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>${name} – shift-vae</title>
<style>${STYLE}</style></head>
<body><header><p class="kicker">shift-vae</p><h1>${name}</h1>${warning}${headlineList(headlines)}</header>
<main>${main}</main>
<footer>${footer}</footer>
<div id="tip" hidden aria-hidden="true"></div><p id="live" class="unseen" aria-live="polite"></p>
<script type="application/json" id="data">${embeddedJson(points)}</script>
<script>${SCRIPT}</script></body></html>
`;
}
