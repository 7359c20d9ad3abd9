import { encodeNpz } from "../formats/npy_write.ts";
import { collapsedLatents } from "./latents.ts";
import { latticeErrors, pixelSides, scaledLattice } from "./lattice_errors.ts";
import type { FitReport, LatentMaps, Metrics, Motifs, Turn, Windows } from "./types.ts";

/** Version of the names and columns below; a change that a reader of the files would notice makes it the next one. */
export const RESULT_SCHEMA = "shift-vae/result/1";

/** A file of a result, and what is in it. */
export interface FileNote {
  /** Path in the folder of the result. */
  readonly name: string;
  /** What it holds, in words. */
  readonly what: string;
}

/** JSON with arrays of numbers on one line each; what is not finite becomes null. */
export function prettyJson(value: unknown): string {
  const numbers = /\[\s*\n\s*((?:-?[\d.eE+-]+|null)(?:,\s*\n\s*(?:-?[\d.eE+-]+|null))*)\s*\n\s*\]/g;
  const json = JSON.stringify(value, null, 2);
  return `${json.replace(numbers, (_, list: string) => `[${list.replace(/,\s+/g, ", ")}]`)}\n`;
}

/** The lattice in pixels and, where the pixel size is known, in its unit; with standard deviations, the angle in degrees. */
export function latticeJson({
  lattice,
  motifs,
  pixelSize,
}: Pick<FitReport, "lattice" | "motifs" | "pixelSize">): object | null {
  if (!lattice) return null;
  const inPixels = { ...lattice, sd: latticeErrors(motifs, lattice) };
  if (!pixelSize) return inPixels;
  const sides = pixelSides(pixelSize);
  const real = { ...scaledLattice(lattice, sides), sd: latticeErrors(motifs, lattice, sides) };
  return { ...inPixels, scaled: { unit: pixelSize.unit, ...real } };
}

/** What both kinds of result.json have after their input and configuration. */
function foundJson(report: FitReport, files: readonly FileNote[]): object {
  const { warning } = report.scaleCheck ?? {};
  return {
    lattice: latticeJson(report),
    scaleCheck: report.scaleCheck ?? null,
    warnings: warning ? [warning] : [],
    ...(report.symmetry && { symmetry: report.symmetry }),
    motifs: report.motifs.count,
    windows: report.windows.count,
    versions: report.versions,
    files,
  };
}

/** The metrics with the history as one array a quantity. */
export function metricsJson({ history, klPerLatent, ...metrics }: Metrics): object {
  const column = (key: keyof (typeof history)[number]) => history.map((entry) => entry[key]);
  return {
    ...metrics,
    klPerLatent,
    collapsed: collapsedLatents(klPerLatent).map((l) => `z${l + 1}`),
    history: {
      step: column("step"),
      elbo: column("elbo"),
      reconstruction: column("reconstruction"),
      kl: column("kl"),
      sigma: column("sigma"),
    },
  };
}

/**
 * result.json: `schema`, `input`, `config` (every option, the seed too), `metrics` (per window, nats; `collapsed` latents; `seconds` of each stage),
 * `lattice` (pixels of the input, degrees; `sd`; `scaled` in the unit of the pixel size), `scaleCheck` (against a material),
 * `warnings`, with rotation `symmetry` (order of the motif's axis: angles are modulo 360°/symmetry), `motifs` and `windows` (how
 * many), `versions` (with the Wasm variant), `files`.
 * @param input what was read: path, dataset, axes, …
 */
export function resultJson(report: FitReport, input: object, files: readonly FileNote[]): string {
  return prettyJson({
    schema: RESULT_SCHEMA,
    input,
    config: report.config,
    metrics: metricsJson(report.metrics),
    ...foundJson(report, files),
  });
}

/** The metrics of an encoding, which has no history. */
export function withoutHistory({ history: _, ...metrics }: Metrics): object {
  return metrics;
}

/** result.json of an encoding by a trained model: `model`, `input`, and as above but for the loss and its history. */
export function encodingJson(report: FitReport, model: string, input: object, files: readonly FileNote[]): string {
  return prettyJson({
    schema: "shift-vae/encoding/1",
    model,
    input,
    config: report.config,
    metrics: withoutHistory(report.metrics),
    ...foundJson(report, files),
  });
}

/** Digits that carry what a float32 knows. */
const DIGITS = 8;

export function csvNumber(value: number): string {
  return Number.isFinite(value) ? String(Number(value.toPrecision(DIGITS))) : "nan";
}

/** Angle and scale with their standard deviations, where they were asked for. */
export function turnColumns({ angle, angleSd, scale, scaleSd }: Turn): { name: string; values: Float64Array }[] {
  const all = { angle, angle_sd: angleSd, scale, scale_sd: scaleSd };
  return Object.entries(all).flatMap(([name, values]) => (values ? [{ name, values }] : []));
}

/** A text with a comma, a quote or a line's end in quotes (RFC 4180). */
export function csvText(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A column before those of the positions: its name and each motif's text. */
export interface LeadingColumn {
  readonly name: string;
  readonly of: (motif: number) => string;
}

/**
 * motifs.csv: one row a motif, `row,col,row_sd,col_sd,z1,…,zL,z1_sd,…,zL_sd,windows`, and with rotation `angle,angle_sd` (degrees,
 * counter-clockwise as seen), with scale `scale,scale_sd` (ratio to the template's); pixels of the input image, the origin
 * at the centre of the top-left pixel; standard deviations of the posterior; `windows` that agreed.
 */
export function motifsCsv(motifs: Motifs, leading: readonly LeadingColumn[] = []): string {
  const { count, latentDim: L, position, positionSd, z, zSd, windows } = motifs;
  const turn = turnColumns(motifs);
  const latents = Array.from({ length: L }, (_, l) => `z${l + 1}`);
  const named = ["row", "col", "row_sd", "col_sd", ...latents, ...latents.map((name) => `${name}_sd`), "windows"];
  const lines = [[...leading.map(({ name }) => name), ...named, ...turn.map(({ name }) => name)]];
  for (let i = 0; i < count; i++) {
    const part = (values: Float64Array, width: number) => Array.from(values.subarray(i * width, (i + 1) * width));
    const numbers = [...part(position, 2), ...part(positionSd, 2), ...part(z, L), ...part(zSd, L)];
    const turned = turn.map(({ values }) => csvNumber(values[i]));
    lines.push([...leading.map(({ of }) => of(i)), ...numbers.map(csvNumber), String(windows[i]), ...turned]);
  }
  return `${lines.map((line) => line.join(",")).join("\n")}\n`;
}

/** windows.npz: `centre`, `shift`, `shift_sd` (n, 2), pixels, (row, column); `z`, `z_sd` (n, L); `angle`, `scale` as in motifs.csv. The motif is at centre + shift. */
export function windowsNpz(windows: Windows, frame?: Int32Array): Promise<Uint8Array> {
  const { count, latentDim, centre, shift, shiftSd, z, zSd } = windows;
  const pairs = (data: Float64Array) => ({ data, shape: [count, 2] });
  const latents = (data: Float64Array) => ({ data, shape: [count, latentDim] });
  return encodeNpz({
    ...(frame && { frame: { data: frame, shape: [count] } }),
    centre: pairs(centre),
    shift: pairs(shift),
    shift_sd: pairs(shiftSd),
    z: latents(z),
    z_sd: latents(zSd),
    ...Object.fromEntries(turnColumns(windows).map(({ name, values }) => [name, { data: values, shape: [count] }])),
  });
}

/** maps.npz: `z` (L, rows, columns), NaN where no motif is near; `row` and `col`, the maps' axes in pixels of the input image. */
export function mapsNpz({ rowAxis, colAxis, z }: LatentMaps): Promise<Uint8Array> {
  const [rows, cols] = [rowAxis.length, colAxis.length];
  const all = new Float32Array(z.length * rows * cols);
  z.forEach((map, l) => {
    all.set(map, l * rows * cols);
  });
  return encodeNpz({
    z: { data: all, shape: [z.length, rows, cols] },
    row: { data: rowAxis, shape: [rows] },
    col: { data: colAxis, shape: [cols] },
  });
}
