/** B1 (shift1d) and B4 (peaks2d): stand-alone samples with one peak each. */
import {
  affineFit,
  calibration,
  column,
  knnR2,
  peakPositionBound,
  polynomialR2,
  type Table,
} from "../../src/results/measures.ts";
import type { Windows } from "../../src/results/types.ts";
import { benchArray, sampleLatents } from "./bench_data.ts";

type Latents = Pick<Windows, "z" | "zSd" | "latentDim">;

/** `x` of the spectra, and a pixel in it. */
export const SHIFT1D_STEP = 24 / 99;
const SHIFT1D_X = Float64Array.from({ length: 100 }, (_, p) => -12 + SHIFT1D_STEP * p);

export interface Shift1dScore {
  /** Truth against encoded shift: slope 1 where the shift is in units of x. */
  readonly slope: number;
  /** Left over after the affine fit, units of x. */
  readonly rmse: number;
  /** Median of |error| ÷ (0.6745·bound). */
  readonly medianOverBound: number;
  /** rms(error/σ) and the share within 1 σ, both after the affine fit. */
  readonly calibration: { readonly rms: number; readonly within: number };
  /** R² of the peak's width on a cubic of z (mean). */
  readonly r2: number;
  /** R² of the peak's position on a cubic of z (sampled). */
  readonly leak: number;
}

/** @param fit shift and its sd (n), units of x, one a spectrum in the order of the file */
export async function evaluateShift1d(
  fit: Latents & { readonly shift: Float64Array; readonly shiftSd: Float64Array },
): Promise<Shift1dScore> {
  const [mu, width, noise] = await Promise.all(["mu", "sigma", "noise"].map((name) => benchArray(`shift1d_${name}`)));
  const { slope, rmse, residual } = affineFit(fit.shift, mu);
  const ratio = residual.map(
    (e, i) => Math.abs(e) / (0.6745 * peakPositionBound(SHIFT1D_X, mu[i], width[i], noise[i])),
  );
  return {
    slope,
    rmse,
    medianOverBound: ratio.sort()[ratio.length >> 1],
    calibration: calibration(
      residual,
      fit.shiftSd.map((sd) => Math.abs(slope) * sd),
    ),
    r2: polynomialR2({ data: fit.z, width: fit.latentDim }, width, 3),
    leak: polynomialR2(sampleLatents(fit), mu, 3),
  };
}

/** Rms over the set of the bound of each spectrum's position, units of x. */
export async function shift1dBound(): Promise<number> {
  const [mu, width, noise] = await Promise.all(["mu", "sigma", "noise"].map((name) => benchArray(`shift1d_${name}`)));
  const squares = mu.reduce((sum, m, i) => sum + peakPositionBound(SHIFT1D_X, m, width[i], noise[i]) ** 2, 0);
  return Math.sqrt(squares / mu.length);
}

export interface Peaks2dScore {
  /** Rms of shift minus truth about its mean, px. */
  readonly shiftRms: [row: number, col: number];
  /** R² of the two widths given z (mean), odd samples from even ones and the other way round. */
  readonly r2: [x: number, y: number];
  /** R² of the position given z (sampled). */
  readonly leak: [x: number, y: number];
}

/** @param fit shift (n, 2), (row, column), px, one a window in the order of the file */
export async function evaluatePeaks2d(fit: Latents & { readonly shift: Float64Array }): Promise<Peaks2dScore> {
  const shiftXY = { data: await benchArray("peaks2d_shift"), width: 2 };
  const widthXY = { data: await benchArray("peaks2d_width"), width: 2 };
  const shift = { data: fit.shift, width: 2 };
  const fold = Uint8Array.from({ length: fit.shift.length / 2 }, (_, i) => i % 2);
  const r2 = (z: Table, truth: Table): [number, number] => {
    const [first, second] = knnR2(z, truth, fold);
    return [first, second];
  };
  const rms = (axis: 0 | 1) => rmsAboutMean(column(shift, axis), column(shiftXY, 1 - axis));
  return {
    shiftRms: [rms(0), rms(1)],
    r2: r2({ data: fit.z, width: fit.latentDim }, widthXY),
    leak: r2(sampleLatents(fit), shiftXY),
  };
}

function rmsAboutMean(estimate: Float64Array, truth: Float64Array): number {
  const error = estimate.map((value, i) => value - truth[i]);
  const mean = error.reduce((sum, e) => sum + e, 0) / error.length;
  return Math.sqrt(error.reduce((sum, e) => sum + (e - mean) ** 2, 0) / error.length);
}
