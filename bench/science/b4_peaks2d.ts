/** B4: stand-alone windows with one peak of unknown position and two widths. */
import { readBench } from "./bench_data.ts";
import { type Benchmark, clocked, least, most } from "./benchmark.ts";
import { evaluatePeaks2d } from "./peaks.ts";

export const b4: Benchmark = {
  key: "b4",
  title: "B4 peaks2d: 5000 windows of 32 px",
  options: {},
  arrays: ["peaks2d_x", "peaks2d_shift", "peaks2d_width"],
  withinSeconds: 10,
  async figures() {
    return [
      { name: "shift rms, rows, px", target: most(0.09), digits: 4, peer: "0.18" },
      { name: "shift rms, columns, px", target: most(0.09), digits: 4, peer: "0.18" },
      { name: "R²(width x | z)", target: least(0.99), digits: 4, peer: "0.40" },
      { name: "R²(width y | z)", target: least(0.99), digits: 4, peer: "0.47" },
      { name: "R²(position | z), rows", target: most(0.02), digits: 3 },
      { name: "R²(position | z), columns", target: most(0.02), digits: 3 },
    ];
  },
  async measure({ library, seed, threads }) {
    const windows = await readBench("peaks2d_x", "stack");
    const { result, seconds } = await clocked(() => library.fitSamples(windows, { ...b4.options, seed, threads }));
    const { shiftRms, r2, leak } = await evaluatePeaks2d(result.windows);
    return { values: [...shiftRms, ...r2, ...leak], seconds };
  },
};
