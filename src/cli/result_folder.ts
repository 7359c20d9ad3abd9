import type { Model } from "../model.ts";
import { figureFiles } from "../report/files.ts";
import { reportHtml } from "../report/html.ts";
import { type FileNote, mapsNpz, motifsCsv, resultJson, windowsNpz } from "../results/files.ts";
import type { FitReport } from "../results/types.ts";

const notes: readonly FileNote[] = [
  { name: "report.html", what: "everything below at a glance, one self-contained page" },
  { name: "motifs.csv", what: "one row a motif: position and latents with standard deviations" },
  { name: "windows.npz", what: "every window: centre, shift and latents with standard deviations" },
  { name: "maps.npz", what: "every latent as a dense map over the image, with its axes" },
  { name: "model.svae", what: "the trained model, for shift-vae encode" },
  { name: "template.png", what: "the motif at z = 0" },
  { name: "manifold.png", what: "the motif over the first two latents" },
  { name: "maps.png", what: "the image with its motifs, and the map of each latent" },
];

/** Figures that lie beside the report; the others, and all as SVG, go into a folder of their own. */
const TOP_FIGURES = new Set(["template.png", "manifold.png", "maps.png"]);

/** Everything that `fit` writes, by name in its folder; result.json is the last, so that where it is, all is. */
export async function fitFiles(
  report: FitReport,
  model: Model,
  input: object,
): Promise<Map<string, Uint8Array | string>> {
  const began = performance.now();
  const files = new Map<string, Uint8Array | string>();
  const all: FileNote[] = [...notes];
  for (const [name, bytes] of figureFiles(report)) {
    if (TOP_FIGURES.has(name)) files.set(name, bytes);
    else files.set(`figures/${name}`, bytes);
  }
  all.push({ name: "figures/", what: "all figures for talks and papers, PNG and SVG" });
  const { metrics } = report;
  const seconds = { ...metrics.seconds, figures: (performance.now() - began) / 1000 };
  const timed = { ...report, metrics: { ...metrics, seconds } };
  all.push({ name: "result.json", what: "input, configuration, metrics, versions" });
  files.set("report.html", reportHtml(timed, all.slice(1)));
  files.set("motifs.csv", motifsCsv(report.motifs));
  files.set("windows.npz", await windowsNpz(report.windows));
  files.set("maps.npz", await mapsNpz(report.maps));
  files.set("model.svae", model.toBytes());
  files.set("result.json", resultJson(timed, input, all));
  return files;
}
