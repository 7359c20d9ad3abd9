/** B3: a ferroelectric with two domains, nothing told of it. Judged on the benchmark's own 10,000 windows. */
import type { FitOptions } from "../../src/index.ts";
import { readBench } from "./bench_data.ts";
import { type Benchmark, clocked, least, most } from "./benchmark.ts";
import { domainsTruth, scoreDomains } from "./domains.ts";

export const b3 = domainsBenchmark("b3", "B3 domains, flat: 512² image, nothing told", {});
export const b3Amortised = domainsBenchmark("b3-amortised", "B3 with the pose from the lattice's phase", {
  pose: "amortised",
});

function domainsBenchmark(key: string, title: string, options: FitOptions): Benchmark {
  return {
    key,
    title,
    options: { ...options },
    arrays: ["domains_flat_image", "domains_window_topleft", "domains_window_phase", "domains_window_polarization"],
    async figures() {
      return [
        { name: "shift rms, rows, px", target: most(0.18), digits: 3, bound: 0.06, peer: "0.14, atom-centred" },
        { name: "shift rms, columns, px", target: most(0.18), digits: 3, bound: 0.15, peer: "0.20, atom-centred" },
        { name: "R²(Px | z), blocks", target: least(0.96), digits: 3, bound: 0.97, peer: "0.26, atom-centred" },
        { name: "R²(Py | z), blocks", target: least(0.97), digits: 3, bound: 0.981, peer: "0.23, atom-centred" },
        { name: "R²(phase | z), x", target: most(0.02), digits: 3 },
        { name: "R²(phase | z), y", target: most(0.02), digits: 3 },
      ];
    },
    async measure({ library, seed, threads }) {
      const image = await readBench("domains_flat_image", "image");
      const { result, seconds } = await clocked(() => library.fit(image, { ...options, seed, threads }));
      const truth = await domainsTruth();
      const { shiftRms, r2, leak } = scoreDomains(
        await result.model.encode(image, { centres: truth.centre, threads }),
        truth,
      );
      return { values: [...shiftRms, ...r2, ...leak], seconds };
    },
  };
}
