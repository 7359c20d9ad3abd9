import { join } from "node:path";
import type { EncodeOptions, Model } from "../model.ts";
import { encodingJson, mapsNpz, motifsCsv, windowsNpz } from "../results/files.ts";
import { findMotifs, motifSpacing } from "../results/find_motifs.ts";
import { fitLattice } from "../results/lattice.ts";
import { latentMaps } from "../results/maps.ts";
import type { LatentMaps, Lattice, Motifs, Windows } from "../results/types.ts";
import { VERSION } from "../version.ts";
import { type InputImage, inputFacts } from "./input.ts";
import { latticeRows, row } from "./summary.ts";
import { writeFiles } from "./write.ts";

/** What a model finds in an image. Pixels of the image. */
interface Found {
  readonly windows: Windows;
  readonly motifs: Motifs;
  readonly maps: LatentMaps;
  readonly lattice?: Lattice;
}

/** Where the parts of an encoding come from and go. */
export interface EncodePaths {
  readonly model: string;
  readonly input: string;
  readonly out: string;
}

/** Encodes an image and writes motifs, windows, maps and result.json. */
export async function encodeImage(
  paths: EncodePaths,
  model: Model,
  image: InputImage,
  options: EncodeOptions,
  { quiet, json }: { readonly quiet?: boolean; readonly json?: boolean },
): Promise<void> {
  const found = await find(model, image, options);
  const { windows, motifs, maps, lattice } = found;
  const result = encodingJson({
    model: paths.model,
    input: inputFacts(paths.input, image),
    config: options,
    lattice: lattice ?? null,
    motifs: motifs.count,
    windows: windows.count,
    versions: { "shift-vae": VERSION, node: process.version },
  });
  const files: [string, Uint8Array | string][] = [
    ["motifs.csv", motifsCsv(motifs)],
    ["windows.npz", await windowsNpz(windows)],
    ["maps.npz", await mapsNpz(maps)],
    ["result.json", result],
  ];
  await writeFiles(new Map(files.map(([name, content]) => [join(paths.out, name), content])));
  if (json) process.stdout.write(result);
  else if (!quiet) process.stdout.write(summary(found, image, paths.out));
}

async function find(model: Model, { dataset }: InputImage, options: EncodeOptions): Promise<Found> {
  const { plan } = model.header;
  const [rows, cols] = dataset.axes.map((axis) => axis.size);
  const spacing = motifSpacing(plan.period, model.windowSize);
  const maxShift = plan.maxShift * plan.binning;
  const windows = await model.encode(dataset, options);
  const motifs = await findMotifs(windows, spacing, maxShift, (centres) =>
    model.encode(dataset, { ...options, centres }),
  );
  const margin = model.windowSize / 2 - maxShift + plan.binning;
  return {
    windows,
    motifs,
    maps: latentMaps(motifs, rows, cols, spacing),
    lattice: fitLattice(motifs.position, plan.period, rows, cols, margin),
  };
}

function summary({ windows, motifs, lattice }: Found, { dataset }: InputImage, out: string): string {
  const axis = dataset.axes[dataset.axes.length - 1];
  const pixel = axis.unit === "px" ? undefined : { value: axis.scale, unit: axis.unit };
  const lines = [
    row("Motifs found", `${motifs.count.toLocaleString("en")}  (from ${windows.count.toLocaleString("en")} windows)`),
    ...latticeRows(lattice, pixel),
    row("Written to", out),
  ];
  return `${lines.join("\n")}\n`;
}
