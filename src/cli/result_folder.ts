import { readdir, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { type ExportKind, exportFiles, exportNotes } from "../export/index.ts";
import type { Figure } from "../report/figure.ts";
import { type FigurePlace, filesOfFigures, reportFigures } from "../report/files.ts";
import { reportPage } from "../report/html.ts";
import { type FileNote, mapsNpz, motifsCsv, windowsNpz } from "../results/files.ts";
import type { FitReport } from "../results/types.ts";
import { type OutputFile, type OutputFiles, writeFiles } from "./write.ts";

const notes: readonly FileNote[] = [
  { name: "report.html", what: "everything below at a glance, one self-contained page" },
  { name: "motifs.csv", what: "one row a motif: position and latents with standard deviations" },
  { name: "windows.npz", what: "every window: centre, shift and latents with standard deviations" },
  { name: "maps.npz", what: "every latent as a dense map over the image, with its axes" },
  { name: "template.png", what: "the motif at z = 0" },
  { name: "manifold.png", what: "the motif over the first two latents" },
  { name: "maps.png", what: "the image with its motifs, and the map of each latent" },
  { name: "figures/", what: "all figures for talks and papers, PNG and SVG" },
];

/** Figures that lie beside the report; the others, and all as SVG, go into a folder of their own. */
const TOP_FIGURES = new Set(["template", "manifold", "maps"]);

/** Where figures go: the PNG of some beside the report, all else into a folder of its own. */
export function figurePlaces(
  figures: Iterable<readonly [name: string, figure: Figure]>,
  top: (name: string) => boolean,
): FigurePlace[] {
  return Array.from(figures, ([name, figure]) => ({
    figure,
    png: top(name) ? `${name}.png` : `figures/${name}.png`,
    svg: `figures/${name}.svg`,
  }));
}

/** What is a command's own in its folder. */
export interface OwnFiles {
  /** A trained model, where there is a new one. */
  readonly model?: Uint8Array;
  /** The content of result.json. */
  json(report: FitReport, files: readonly FileNote[]): string;
}

/** Everything that a command writes, by name in its folder, made one after the other; result.json is the last, so that where it is, all is. */
export async function* resultFiles(
  report: FitReport,
  kinds: readonly ExportKind[],
  { model, json }: OwnFiles,
): AsyncGenerator<OutputFile> {
  const began = performance.now();
  const figures = reportFigures(report);
  yield* filesOfFigures(figurePlaces(Object.entries(figures), (name) => TOP_FIGURES.has(name)));
  const { metrics } = report;
  const seconds = { ...metrics.seconds, figures: (performance.now() - began) / 1000 };
  const timed = { ...report, metrics: { ...metrics, seconds } };
  const all: FileNote[] = [
    ...notes,
    ...(model ? [{ name: "model.svae", what: "the trained model, for shift-vae encode" }] : []),
    ...kinds.flatMap((kind) => exportNotes[kind]),
    { name: "result.json", what: "input, configuration, metrics, versions" },
  ];
  yield ["report.html", reportPage(timed, all.slice(1), figures)];
  yield ["motifs.csv", motifsCsv(report.motifs)];
  yield ["windows.npz", await windowsNpz(report.windows)];
  yield ["maps.npz", await mapsNpz(report.maps)];
  yield* await exportFiles(timed, kinds);
  if (model) yield ["model.svae", model];
  yield ["result.json", json(timed, all)];
}

/**
 * Writes the files of a result. Of a folder of arrays nothing older stays: it would be taken for a part of it.
 * @returns the content of result.json
 */
export async function writeResult(out: string, files: OutputFiles): Promise<string> {
  const names = new Set<string>();
  let json = "";
  async function* placed(): AsyncGenerator<OutputFile> {
    for await (const [name, content] of files) {
      names.add(name);
      if (name === "result.json") json = content as string;
      yield [join(out, name), content];
    }
  }
  await writeFiles(placed());
  const stores = new Set(Array.from(names).flatMap((name) => /^(.+?\.zarr)\//.exec(name)?.[1] ?? []));
  for (const store of stores) {
    for (const entry of await readdir(join(out, store), { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile() && !names.has(relative(out, path).replaceAll("\\", "/"))) await rm(path);
    }
  }
  return json;
}
