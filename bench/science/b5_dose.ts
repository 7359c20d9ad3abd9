/** B5: a simulated lattice with counting noise: what is lost against the bound as the dose falls, and whether the standard deviations know it. The seed draws the image as well. */
import { lattice12Bound } from "../../src/data/simulate/bound.ts";
import { simulate } from "../../src/data/simulate.ts";
import { type Benchmark, clocked, type Figure, most, within } from "./benchmark.ts";
import { evaluateLattice12, motifCalibration } from "./lattice12.ts";

/** Expected counts of a column. */
const DOSES = [100, 1000, 10000, 100000];
/** The bound is to be kept to from here on. */
const LEAST_DOSE = 1000;
const WINDOW = 16;
/** Uniform background, in amplitudes of a column. */
const BACKGROUND = 0.1;

export const b5: Benchmark = {
  key: "b5",
  title: "B5 dose: simulated lattice12, 512², windows of 16 px",
  options: { window: WINDOW },
  arrays: [],
  async figures() {
    return DOSES.flatMap((dose): Figure[] => {
      const each = (name: string) =>
        ["rows", "columns"].map((axis) => `${name}, ${axis}, 10^${Math.log10(dose)} counts`);
      const kept = dose >= LEAST_DOSE;
      return [
        ...each("shift rms / bound").map((name) => ({
          name,
          target: most(kept ? 1.3 : Number.POSITIVE_INFINITY),
          digits: 2,
          bound: 1,
        })),
        ...each("motifs: rms(error/σ)").map((name) => ({
          name,
          target: kept ? within(0.9, 1.1) : within(0, Number.POSITIVE_INFINITY),
          digits: 2,
        })),
      ];
    });
  },
  async measure({ library, seed, threads }) {
    const values: number[] = [];
    let total = 0;
    for (const dose of DOSES) {
      const { dataset } = simulate("lattice12", { seed, dose, noise: 0, background: BACKGROUND });
      const bound = lattice12Bound({ windowSize: WINDOW, lattice: 12, background: BACKGROUND, dose, noise: 0 });
      const { result, seconds } = await clocked(() => library.fit(dataset, { ...b5.options, seed, threads }));
      const { shiftRms } = evaluateLattice12(result.windows);
      values.push(shiftRms[0] / bound[0], shiftRms[1] / bound[1], ...motifCalibration(result.motifs));
      total += seconds;
    }
    return { values, seconds: total };
  },
};
