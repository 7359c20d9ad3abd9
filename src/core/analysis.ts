import type { Autocorrelation } from "../data/period.ts";
import { NumericsError } from "../errors.ts";
import type { Core } from "./core.ts";

/**
 * What is computed of an image for the model: flat-fielding and autocorrelation, in memory that the model leaves free (before there is
 * one, where it will be).
 */

export interface Normalisation {
  /** Subtract the least-squares plane. */
  readonly plane: boolean;
  /** Gaussian σ in pixels of the background that is subtracted; 0 for none. */
  readonly background: number;
  /** Gaussian σ in pixels of the local contrast that is divided by; 0 for none. */
  readonly contrast: number;
}

/** Local contrast is not taken below this share of the whole image's, so that empty regions are not blown up. */
const CONTRAST_FLOOR = 0.25;

function place(core: Core, bytes: number[]): number[] {
  let at = core.free;
  const addresses = bytes.map((count) => {
    const address = at;
    at += (count + 127) & ~63;
    return address;
  });
  if (core.exports.sv_reserve(at) < 0) throw new NumericsError("not enough memory to normalise this image");
  return addresses;
}

/** The image flat-fielded, zero mean and unit variance. `NumericsError` where it has no contrast. */
export function normalise(
  core: Core,
  image: Float32Array,
  rows: number,
  cols: number,
  how: Normalisation,
): Float32Array {
  const { plane, background, contrast } = how;
  const scratchBytes = core.exports.sv_normalise_scratch(rows, cols, background, contrast);
  const [data, scratch] = place(core, [image.byteLength, scratchBytes]);
  const view = () => new Float32Array(core.memory.buffer, data, image.length);
  view().set(image);
  const sd = core.exports.sv_normalise(data, data, rows, cols, plane, background, contrast, CONTRAST_FLOOR, scratch);
  if (!(sd > 0)) throw new NumericsError("the image has no contrast: expected pixels that differ, all are equal");
  return view().slice();
}

/** Power spectrum of the middle 1024 × 1024 pixels at most of an image, from which its autocorrelations up to some lag are taken. */
export interface PowerSpectrum {
  readonly rows: number;
  readonly cols: number;
  readonly maxRow: number;
  readonly maxCol: number;
  readonly data: Float32Array;
}

export function powerSpectrum(core: Core, image: Float32Array, rows: number, cols: number, lag: number): PowerSpectrum {
  const [h, w] = [Math.min(rows, 1024), Math.min(cols, 1024)];
  const [top, left] = [(rows - h) >> 1, (cols - w) >> 1];
  const [maxRow, maxCol] = [Math.min(lag, h >> 1), Math.min(lag, w >> 1)];
  const length = core.exports.sv_power_spectrum_size(h, w, maxRow, maxCol);
  const scratchBytes = core.exports.sv_autocorrelation_scratch(h, w, maxRow, maxCol);
  const [data, out, scratch] = place(core, [4 * h * w, 4 * length, scratchBytes]);
  const part = new Float32Array(core.memory.buffer, data, h * w);
  for (let r = 0; r < h; r++) part.set(image.subarray((top + r) * cols + left, (top + r) * cols + left + w), r * w);
  core.exports.sv_power_spectrum(out, data, h, w, maxRow, maxCol, scratch);
  return { rows: h, cols: w, maxRow, maxCol, data: new Float32Array(core.memory.buffer, out, length).slice() };
}

/** Autocorrelation of the image of a power spectrum, its mean over a Gaussian of σ = `background` pixels taken out; 0: none. */
export function autocorrelate(core: Core, spectrum: PowerSpectrum, background: number): Autocorrelation {
  const { rows, cols, maxRow, maxCol, data } = spectrum;
  const length = (maxRow + 1) * (2 * maxCol + 1);
  const scratchBytes = core.exports.sv_autocorrelation_scratch(rows, cols, maxRow, maxCol);
  const [power, out, scratch] = place(core, [data.byteLength, 4 * length, scratchBytes]);
  new Float32Array(core.memory.buffer, power, data.length).set(data);
  core.exports.sv_autocorrelation(out, power, rows, cols, maxRow, maxCol, background, scratch);
  return { maxRow, maxCol, data: new Float32Array(core.memory.buffer, out, length).slice() };
}
