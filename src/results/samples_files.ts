import { encodeNpz } from "../formats/npy_write.ts";
import { csvNumber, type FileNote, metricsJson, prettyJson, turnColumns, withoutHistory } from "./files.ts";
import { type SamplesReport, shiftUnit } from "./samples.ts";
import type { Grid } from "./types.ts";

/** Result files of a fit of 1D signals or stand-alone windows, as pure functions. */

/** Version of the names and columns below. */
export const SAMPLES_SCHEMA = "shift-vae/samples/1";

/**
 * samples.csv: one row a sample, `sample`, of a scan also `row,col` (indices); `shift,shift_sd` of signals, `shift_row,shift_col,
 * shift_row_sd,shift_col_sd` of windows, px; `z1…zL,z1_sd…zL_sd`.
 */
export function samplesCsv({ windows, signal, scan }: SamplesReport): string {
  const { count, latentDim: L, shift, shiftSd, z, zSd } = windows;
  const latents = Array.from({ length: L }, (_, l) => `z${l + 1}`);
  const shiftNames = signal ? ["shift", "shift_sd"] : ["shift_row", "shift_col", "shift_row_sd", "shift_col_sd"];
  const head = ["sample", ...(scan ? ["row", "col"] : []), ...shiftNames, ...latents, ...latents.map((n) => `${n}_sd`)];
  const turn = turnColumns(windows);
  head.push(...turn.map(({ name }) => name));
  const lines = [head.join(",")];
  for (let i = 0; i < count; i++) {
    const place = scan ? [Math.floor(i / scan[1].size), i % scan[1].size] : [];
    const pose = signal
      ? [shift[2 * i + 1], shiftSd[2 * i + 1]]
      : [...shift.subarray(2 * i, 2 * i + 2), ...shiftSd.subarray(2 * i, 2 * i + 2)];
    const content = [...z.subarray(i * L, (i + 1) * L), ...zSd.subarray(i * L, (i + 1) * L)];
    lines.push(
      [i, ...place, ...[...pose, ...content, ...turn.map(({ values }) => values[i])].map(csvNumber)].join(","),
    );
  }
  return `${lines.join("\n")}\n`;
}

/**
 * maps.npz of a spectral map: `z` (L, rows, columns), `shift` and `shift_sd` (rows, columns) in px of the signal, `mean` of each signal; `row`,
 * `col`: the scan's axes in their unit. Undefined where the samples are no scan.
 */
export function scanMapsNpz({ maps, scan }: SamplesReport): Promise<Uint8Array> | undefined {
  if (!maps || !scan) return undefined;
  const { rows, cols } = maps.shift;
  const grid = ({ data }: Grid) => ({ data, shape: [rows, cols] });
  const all = new Float32Array(maps.z.length * rows * cols);
  maps.z.forEach((map, l) => {
    all.set(map.data, l * rows * cols);
  });
  const [row, col] = scan.map(({ size, scale, offset }) =>
    Float64Array.from({ length: size }, (_, i) => offset + scale * i),
  );
  return encodeNpz({
    z: { data: all, shape: [maps.z.length, rows, cols] },
    shift: grid(maps.shift),
    shift_sd: grid(maps.shiftSd),
    mean: grid(maps.mean),
    row: { data: row, shape: [rows] },
    col: { data: col, shape: [cols] },
  });
}

/** result.json: `schema`, `input`, `config`, `metrics` as of one image, `samples` (how many), `signal` (its axis), `shift` (what one px is), …; of an encoding `model`, the file. */
export function samplesJson(samples: SamplesReport, input: object, files: readonly FileNote[], model?: string): string {
  const { factor, unit } = shiftUnit(samples);
  return prettyJson({
    ...(model === undefined ? { schema: SAMPLES_SCHEMA } : { schema: "shift-vae/samples-encoding/1", model }),
    input,
    config: samples.config,
    metrics: model === undefined ? metricsJson(samples.metrics) : withoutHistory(samples.metrics),
    samples: samples.windows.count,
    signal: samples.signal ?? null,
    scan: samples.scan ?? null,
    shift: { pixel: factor, unit },
    versions: samples.versions,
    files,
  });
}
