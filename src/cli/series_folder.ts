import type { Exports } from "../export/index.ts";
import { stems } from "../export/series.ts";
import type { Figure } from "../report/figure.ts";
import { manifoldFigure, templateFigure } from "../report/figures.ts";
import { filesOfFigures } from "../report/files.ts";
import { klFigure, lossFigure, scatterFigure } from "../report/plots.ts";
import { driftFigure, frameFieldFigures, frameMapFigures, latentsFigure } from "../report/series_figures.ts";
import { seriesHtml } from "../report/series_html.ts";
import { type FileNote, mapsNpz } from "../results/files.ts";
import { pooledMotifs, type SeriesReport } from "../results/series.ts";
import { framesCsv, seriesJson, seriesMotifsCsv, seriesWindowsNpz, stackMapsNpz } from "../results/series_files.ts";
import { figurePlaces } from "./result_folder.ts";
import type { Trained } from "./samples_folder.ts";
import type { OutputFile } from "./write.ts";

function notesOf({ kind, drift }: SeriesReport, model: boolean): FileNote[] {
  const stack = kind === "stack";
  return [
    { name: "report.html", what: "everything below at a glance, one self-contained page" },
    {
      name: "motifs.csv",
      what: `one row a motif, with its ${stack ? "frame and track" : "file"}: position and latents`,
    },
    {
      name: "frames.csv",
      what: stack ? "one row a frame: motifs, mean latents, drift" : "one row a file: motifs, mean latents",
    },
    { name: "windows.npz", what: "every window: frame, centre, shift and latents with standard deviations" },
    stack
      ? { name: "maps.npz", what: "every latent as a dense map over each frame, with its axes" }
      : { name: "maps/", what: "every latent as a dense map over each file, with its axes" },
    ...(model ? [{ name: "model.svae", what: "the trained model, for shift-vae encode" }] : []),
    { name: "template.png", what: "the motif at z = 0" },
    { name: "manifold.png", what: "the motif over the first two latents" },
    ...(drift ? [{ name: "drift.png", what: "displacement of the frames from the first" }] : []),
    { name: "latents.png", what: `the latents against the ${stack ? "frame" : "file"}` },
  ];
}

/** All figures by name; those of the first group lie beside the report. */
function figuresOf(series: SeriesReport): { top: Map<string, Figure>; more: Map<string, Figure> } {
  const { frames } = series;
  const drift = driftFigure(series);
  const names =
    series.kind === "stack" ? frames.map(({ number }) => `frame-${number}`) : stems(frames.map((f) => f.name));
  const maps = frameMapFigures(series).map(
    ({ figure }, k) => [`maps-${names[series.shown[k].frame]}`, figure] as const,
  );
  const fields = frameFieldFigures(series).flatMap(({ frame, sigma, strain }) => [
    [`position-sigma-${names[frame]}`, sigma] as const,
    ...(strain ? [[`strain-${names[frame]}`, strain] as const] : []),
  ]);
  const motifs = pooledMotifs(frames);
  return {
    top: new Map([
      ["template", templateFigure({ ...series, pixelSize: frames[0].pixelSize })],
      ["manifold", manifoldFigure(series)],
      ["latents", latentsFigure(series)],
      ...(drift ? [["drift", drift] as const] : []),
    ]),
    more: new Map([
      ...maps,
      ...fields,
      ["kl", klFigure(series)],
      ["scatter", scatterFigure({ motifs, metrics: series.metrics })],
      ...(series.metrics.history.length > 0 ? [["loss", lossFigure(series)] as const] : []),
    ]),
  };
}

/** Everything that `fit` writes for a series, by name in its folder, made one after the other; result.json is the last. */
export async function* seriesFiles(
  series: SeriesReport,
  input: object,
  exports: Exports,
  { model, by }: Trained,
): AsyncGenerator<OutputFile> {
  const { top, more } = figuresOf(series);
  yield* filesOfFigures(figurePlaces([...top, ...more], (name) => top.has(name)));
  const notes: FileNote[] = [
    ...notesOf(series, model !== undefined),
    { name: "figures/", what: "all figures for talks and papers, PNG and SVG" },
    ...exports.notes,
    { name: "result.json", what: "input, configuration, metrics, frames, drift, versions" },
  ];
  yield ["report.html", seriesHtml(series, notes.slice(1))];
  yield ["motifs.csv", seriesMotifsCsv(series)];
  yield ["frames.csv", framesCsv(series)];
  yield ["windows.npz", await seriesWindowsNpz(series)];
  if (series.kind === "stack") yield ["maps.npz", await stackMapsNpz(series)];
  else {
    const names = stems(series.frames.map(({ name }) => name));
    for (const [k, { maps }] of series.frames.entries()) yield [`maps/${names[k]}.npz`, await mapsNpz(maps)];
  }
  yield* exports.files;
  if (model) yield ["model.svae", model.toBytes()];
  yield ["result.json", seriesJson(series, input, notes, by)];
}
