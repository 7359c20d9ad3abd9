import { readdir, rm } from "node:fs/promises";
import { join, relative } from "node:path";
import { type ExportKind, exportFiles, exportNotes } from "../export/index.ts";
import { figureFiles } from "../report/files.ts";
import { reportHtml } from "../report/html.ts";
import { type FileNote, mapsNpz, motifsCsv, windowsNpz } from "../results/files.ts";
import type { FitReport } from "../results/types.ts";
import { writeFiles } from "./write.ts";

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
const TOP_FIGURES = new Set(["template.png", "manifold.png", "maps.png"]);

/** What is a command's own in its folder. */
export interface OwnFiles {
  /** A trained model, where there is a new one. */
  readonly model?: Uint8Array;
  /** The content of result.json. */
  json(report: FitReport, files: readonly FileNote[]): string;
}

/** Everything that a command writes, by name in its folder; result.json is the last, so that where it is, all is. */
export async function resultFiles(
  report: FitReport,
  kinds: readonly ExportKind[],
  { model, json }: OwnFiles,
): Promise<Map<string, Uint8Array | string>> {
  const began = performance.now();
  const files = new Map<string, Uint8Array | string>();
  for (const [name, bytes] of figureFiles(report)) {
    if (TOP_FIGURES.has(name)) files.set(name, bytes);
    else files.set(`figures/${name}`, bytes);
  }
  const { metrics } = report;
  const seconds = { ...metrics.seconds, figures: (performance.now() - began) / 1000 };
  const timed = { ...report, metrics: { ...metrics, seconds } };
  const all: FileNote[] = [
    ...notes,
    ...(model ? [{ name: "model.svae", what: "the trained model, for shift-vae encode" }] : []),
    ...kinds.flatMap((kind) => exportNotes[kind]),
    { name: "result.json", what: "input, configuration, metrics, versions" },
  ];
  files.set("report.html", reportHtml(timed, all.slice(1)));
  files.set("motifs.csv", motifsCsv(report.motifs));
  files.set("windows.npz", await windowsNpz(report.windows));
  files.set("maps.npz", await mapsNpz(report.maps));
  for (const [name, content] of await exportFiles(timed, kinds)) files.set(name, content);
  if (model) files.set("model.svae", model);
  files.set("result.json", json(timed, all));
  return files;
}

/** Writes the files of a result. Of a folder of arrays nothing older stays: it would be taken for a part of it. */
export async function writeResult(out: string, files: ReadonlyMap<string, Uint8Array | string>): Promise<void> {
  await writeFiles(new Map(Array.from(files, ([name, content]) => [join(out, name), content])));
  const stores = new Set(Array.from(files.keys()).flatMap((name) => /^(.+?\.zarr)\//.exec(name)?.[1] ?? []));
  for (const store of stores) {
    for (const entry of await readdir(join(out, store), { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile() && !files.has(relative(out, path).replaceAll("\\", "/"))) await rm(path);
    }
  }
}
