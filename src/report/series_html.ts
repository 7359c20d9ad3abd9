import type { FileNote } from "../results/files.ts";
import { type FrameResult, pooledMotifs, type SeriesReport } from "../results/series.ts";
import { seriesScale } from "../results/series_scale.ts";
import type { Lattice, ScaleCheck } from "../results/types.ts";
import type { Figure } from "./figure.ts";
import { manifoldFigure, templateFigure } from "./figures.ts";
import {
  details,
  figureHtml,
  hint,
  LATTICE_NOTE,
  ofField,
  POSITIONS_NOTE,
  pageHtml,
  section,
  table,
} from "./html_page.ts";
import { klFigure, lossFigure, scatterFigure } from "./plots.ts";
import { seriesPoints } from "./points.ts";
import { formatNumber, latentName, quantile } from "./scales.ts";
import {
  driftFigure,
  frameFieldFigures,
  frameMapFigures,
  latentsFigure,
  medianPositionSd,
  rateText,
  stackPixel,
} from "./series_figures.ts";
import { type Headline, latentsHeadline, runHeadlines, withSd } from "./summary.ts";
import { escapeXml } from "./svg.ts";

function driftHeadlines(series: SeriesReport): Headline[] {
  const { drift, tracks, frames } = series;
  if (!drift || !tracks) return [];
  const seen = new Int32Array(tracks.count);
  for (const ids of tracks.ofMotif) for (const id of ids) seen[id]++;
  const always = seen.filter((n) => n === frames.length).length;
  const followed = {
    label: "Motifs followed",
    value: tracks.count.toLocaleString("en"),
    detail: `${always} in all frames`,
  };
  if (!drift.rate) return [followed, { label: "Mean drift", value: "none found", detail: "no motif links the frames" }];
  const { pixels, length } = rateText(drift.rate, stackPixel(series));
  return [followed, { label: "Mean drift", value: length ?? pixels, detail: length ? pixels : "(row, column)" }];
}

/** What to know of a series at one glance. */
export function seriesHeadlines(series: SeriesReport): Headline[] {
  const { frames, metrics } = series;
  const counts = frames.map(({ motifs }) => motifs.count);
  const total = counts.reduce((sum, n) => sum + n, 0);
  const sigma = medianPositionSd(series);
  const what = series.kind === "stack" ? "frame" : "image";
  return [
    { label: series.kind === "stack" ? "Frames" : "Images", value: String(frames.length) },
    {
      label: "Motifs found",
      value: total.toLocaleString("en"),
      detail: `${formatNumber(quantile(counts, 0.5))} in the median ${what}`,
    },
    ...driftHeadlines(series),
    {
      label: "Median position σ",
      value: `${formatNumber(sigma.value)} ${sigma.unit}`,
      detail: `${formatNumber(sigma.pixels)} px`,
    },
    latentsHeadline(metrics),
    ...(metrics.elbo === undefined
      ? []
      : [{ label: "ELBO", value: formatNumber(metrics.elbo, 4), detail: "nats a window" }]),
    ...runHeadlines(series),
  ];
}

function latticeCells(lattice: Lattice | undefined, frame: FrameResult): string[] {
  if (!lattice) return ["–", "–", "–", "–"];
  const { pixelSize } = frame;
  const length = (px: number) =>
    pixelSize ? `${formatNumber(px * pixelSize.value, 4)} ${pixelSize.unit}` : `${formatNumber(px, 4)} px`;
  return [
    `${formatNumber(100 * lattice.coverage)} %`,
    length(lattice.lengthA),
    length(lattice.lengthB),
    `${formatNumber(lattice.angle, 4)}°`,
  ];
}

function scaleCells({ factor, factorSd }: Partial<ScaleCheck> = {}): string[] {
  return factor === undefined || factorSd === undefined ? ["–", "–"] : [...withSd(factor, factorSd)];
}

/** One row a frame: size, motifs, lattice, medians of the latents, and the drift of a stack. */
function frameTable({ frames, drift, kind }: SeriesReport): string {
  const L = frames[0].motifs.latentDim;
  const latents = Array.from({ length: L }, (_, l) => latentName(l));
  const checked = frames.some(({ scaleCheck }) => scaleCheck);
  const driftNames = drift ? ["drift row (px)", "σ", "drift column (px)", "σ"] : [];
  const head = [
    kind === "stack" ? "frame" : "image",
    "size (px)",
    "motifs",
    "coverage",
    "a",
    "b",
    "angle",
    ...latents,
    ...driftNames,
    ...(checked ? ["measured over true length", "σ"] : []),
  ];
  const rows = frames.map((frame, k) => {
    const { motifs, rows: height, cols: width, lattice, scaleCheck } = frame;
    const medians = latents.map((_, l) =>
      formatNumber(
        quantile(
          motifs.z.filter((_, i) => i % L === l),
          0.5,
        ),
      ),
    );
    const moved = drift ? [drift.row[k], drift.rowSd[k], drift.col[k], drift.colSd[k]].map((v) => formatNumber(v)) : [];
    const name = kind === "stack" ? String(frame.number) : frame.name;
    const found = [String(motifs.count), ...latticeCells(lattice, frame), ...medians, ...moved];
    return [name, `${height}×${width}`, ...found, ...(checked ? scaleCells(scaleCheck) : [])];
  });
  return table(head, rows);
}

function sections(series: SeriesReport): string {
  const { frames, kind, warnings } = series;
  const motifs = pooledMotifs(frames);
  const drift = driftFigure(series);
  const named = (frame: number, figure: Figure) =>
    `<div><h3>${escapeXml(frames[frame].name)}</h3>${figureHtml(ofField(figure, frame))}</div>`;
  const maps = frameMapFigures(series).map(({ frame, figure }) => named(frame, figure));
  const fields = frameFieldFigures(series);
  const strains = fields.flatMap(({ frame, strain }) => (strain ? [named(frame, strain)] : []));
  const follow = kind === "stack" ? " The same motif is marked in all frames that are shown." : "";
  const left = frames.length - maps.length;
  const shown = left > 0 ? `${maps.length} of ${frames.length} are shown; maps.npz holds all. ` : "";
  const template = { ...series, pixelSize: frames[0].pixelSize };
  const scale = seriesScale(series);
  const caution = [...warnings, ...scale.warnings, ...scale.notes]
    .map((text) => `<p><strong>${escapeXml(text)}</strong></p>`)
    .join("");
  return [
    caution && `<section><h2>Mind</h2>${caution}</section>`,
    drift ? section("Drift", "How all motifs move together, from the first frame on.", figureHtml(drift)) : "",
    section(
      kind === "stack" ? "Latents through the stack" : "Latents image by image",
      "Medians over the motifs; bars from quartile to quartile.",
      figureHtml(latentsFigure(series)),
    ),
    section("Maps", `${shown}Colours are common to all.${follow}`, ...maps, hint("motif")),
    section(
      "Motif",
      "One model for all.",
      figureHtml(templateFigure(template)),
      figureHtml(manifoldFigure(series)),
      figureHtml(klFigure(series)),
    ),
    section(
      "Latents",
      "Motifs of all frames.",
      `<div>${figureHtml(scatterFigure({ motifs, metrics: series.metrics }))}${hint("motif")}</div>`,
    ),
    section("Position uncertainty", "", ...fields.map(({ frame, sigma }) => named(frame, sigma))),
    strains.length > 0 ? section("Displacement and strain", "", ...strains) : "",
    series.metrics.history.length > 0 ? section("Training", "", figureHtml(lossFigure(series))) : "",
    section(kind === "stack" ? "Frames" : "Images", "", frameTable(series)),
  ].join("");
}

/** The report of a stack or of several images as one self-contained HTML page. `files` are linked by relative address. */
export function seriesHtml(series: SeriesReport, files: readonly FileNote[] = []): string {
  return pageHtml({
    title: series.title,
    headlines: seriesHeadlines(series),
    main: sections(series) + details(series, "", files),
    footer: `${POSITIONS_NOTE} ${LATTICE_NOTE} Scan distortion that all motifs of a frame share is part of the drift.`,
    points: seriesPoints(series),
  });
}
