/** B2: random windows on a lattice with one order parameter. */
import { readBench } from "./bench_data.ts";
import { type Benchmark, clocked, least, most } from "./benchmark.ts";
import { evaluateLattice12, LATTICE12_BOUND } from "./lattice12.ts";

export const b2: Benchmark = {
  key: "b2",
  title: "B2 lattice12: 512² image, windows of 16 px",
  options: { window: 16 },
  arrays: ["lattice12_image"],
  withinSeconds: 5,
  async figures() {
    const [row, col] = LATTICE12_BOUND;
    return [
      { name: "shift rms, rows, px", target: most(0.036), digits: 4, bound: row, peer: "collapse" },
      { name: "shift rms, columns, px", target: most(0.036), digits: 4, bound: col, peer: "collapse" },
      { name: "R²(u | z)", target: least(0.992), digits: 4, bound: 0.994, peer: "0.46" },
      { name: "R²(phase | z), rows", target: most(0.02), digits: 3 },
      { name: "R²(phase | z), columns", target: most(0.02), digits: 3 },
    ];
  },
  async measure({ library, seed, threads }) {
    const image = await readBench("lattice12_image", "image");
    const { result, seconds } = await clocked(() => library.fit(image, { ...b2.options, seed, threads }));
    const { shiftRms, r2, leak } = evaluateLattice12(result.windows);
    return { values: [...shiftRms, r2, ...leak], seconds };
  },
};
