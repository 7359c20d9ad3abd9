/** The amortised mode against pyroVED: the same model on the same data must end at the same loss. */
import type { AmortisedOptions } from "../../src/index.ts";
import { readBench } from "./bench_data.ts";
import { type Benchmark, clocked, within } from "./benchmark.ts";

/** pyroVED's settings for this data (bench/peers/pyroved/shift1d.py), but for a rate that falls, which needs a small part of its 250 epochs. */
const settings = { dxPrior: 0.3, batch: 64, epochs: 30, learningRate: 0.002, finalRate: 0.05 } as const;
/** Share of the training, at its end, that the loss is meant over. */
const LAST = 0.05;

export const amortised: Benchmark = {
  key: "amortised",
  title: "Amortised mode = pyroVED, on shift1d",
  options: settings,
  arrays: ["shift1d_x"],
  async figures() {
    return [
      { name: "loss, shift-VAE, nats", target: within(60.34, 60.54), digits: 3, peer: "60.443–60.449" },
      { name: "loss, vanilla VAE, nats", target: within(59.92, 60.12), digits: 3, peer: "60.01–60.03" },
    ];
  },
  async measure({ library, seed, threads }) {
    const spectra = await readBench("shift1d_x", "spectra");
    const lossOf = async (invariances: AmortisedOptions["invariances"]) => {
      const { metrics } = await library.fitAmortised(spectra, { ...settings, invariances, seed, threads });
      const last = metrics.history.slice(-Math.round(LAST * metrics.history.length));
      return -last.reduce((sum, { elbo }) => sum + elbo, 0) / last.length;
    };
    const { result: values, seconds } = await clocked(async () => [await lossOf(["t"]), await lossOf([])]);
    return { values, seconds };
  },
};
