/** B1: 1D peaks of unknown position and width, with noise of its own in every spectrum. */
import { readBench } from "./bench_data.ts";
import { type Benchmark, clocked, least, most, within } from "./benchmark.ts";
import { evaluateShift1d, SHIFT1D_STEP, shift1dBound } from "./peaks.ts";

export const b1: Benchmark = {
  key: "b1",
  title: "B1 shift1d: 5000 spectra of 100 px",
  options: { epochs: 24 },
  arrays: ["shift1d_x", "shift1d_mu", "shift1d_sigma", "shift1d_noise"],
  withinSeconds: 10,
  async figures() {
    return [
      { name: "shift rmse", target: most(0.054), digits: 4, bound: await shift1dBound(), peer: "0.084–0.103" },
      { name: "median error / bound's", target: most(1.15), digits: 3, bound: 1, peer: "2.4" },
      { name: "rms(error/σ)", target: within(0.9, 1.1), digits: 3, bound: 1, peer: "0.13" },
      { name: "share within 1 σ", target: within(0.64, 0.73), digits: 3, bound: 0.683, peer: "1.00" },
      { name: "R²(width | z), cubic", target: least(0.9985), digits: 4, peer: "0.9967" },
      { name: "R²(shift | z), cubic", target: most(0.02), digits: 4, peer: "0.226" },
    ];
  },
  async measure({ library, seed, threads }) {
    const spectra = await readBench("shift1d_x", "spectra");
    const { result, seconds } = await clocked(() => library.fitSamples(spectra, { ...b1.options, seed, threads }));
    const { shift, shiftSd } = result.windows;
    const along = (values: Float64Array) => values.filter((_, k) => k % 2 === 1).map((v) => v * SHIFT1D_STEP);
    const score = await evaluateShift1d({ ...result.windows, shift: along(shift), shiftSd: along(shiftSd) });
    const { rms, within: share } = score.calibration;
    return { values: [score.rmse, score.medianOverBound, rms, share, score.r2, score.leak], seconds };
  },
};
