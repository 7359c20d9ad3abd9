import type { Exports } from "../export/index.ts";
import { filesOfFigures } from "../report/files.ts";
import { samplesFigures, samplesHtml } from "../report/samples_html.ts";
import type { FileNote } from "../results/files.ts";
import type { SamplesReport } from "../results/samples.ts";
import { samplesCsv, samplesJson, scanMapsNpz } from "../results/samples_files.ts";
import { figurePlaces } from "./result_folder.ts";
import type { OutputFile } from "./write.ts";

/** Where the numbers come from: a model of the run's own, or the file of an older one. */
export interface Trained {
  readonly model?: { toBytes(): Uint8Array };
  /** Path of the model that encoded. */
  readonly by?: string;
}

/** Figures that lie beside the report. */
const TOP_FIGURES: Readonly<Record<string, string>> = {
  maps: "mean, shift, its standard deviation and the latents over the scan",
  template: "the motif at z = 0",
  manifold: "the motif over the first two latents",
};

/** Everything that `fit` writes for signals and stand-alone windows, by name in its folder, made one after the other; result.json is the last. */
export async function* samplesFiles(
  samples: SamplesReport,
  input: object,
  exports: Exports,
  { model, by }: Trained,
): AsyncGenerator<OutputFile> {
  const figures = samplesFigures(samples);
  yield* filesOfFigures(figurePlaces(figures, (name) => name in TOP_FIGURES));
  const maps = await scanMapsNpz(samples);
  const notes: FileNote[] = [
    { name: "report.html", what: "everything below at a glance, one self-contained page" },
    { name: "samples.csv", what: "one row a sample: shift and latents with standard deviations" },
    ...(maps ? [{ name: "maps.npz", what: "shift and latents over the scan, with its axes" }] : []),
    ...(model ? [{ name: "model.svae", what: "the trained model, for shift-vae encode" }] : []),
    ...Object.entries(TOP_FIGURES).flatMap(([name, what]) =>
      figures.has(name) ? [{ name: `${name}.png`, what }] : [],
    ),
    { name: "figures/", what: "all figures for talks and papers, PNG and SVG" },
    ...exports.notes,
    { name: "result.json", what: "input, configuration, metrics, versions" },
  ];
  yield ["report.html", samplesHtml(samples, notes.slice(1))];
  yield ["samples.csv", samplesCsv(samples)];
  if (maps) yield ["maps.npz", maps];
  yield* exports.files;
  if (model) yield ["model.svae", model.toBytes()];
  yield ["result.json", samplesJson(samples, input, notes, by)];
}
