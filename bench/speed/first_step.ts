/** Run as a process of its own: fits one training step and prints the milliseconds since the process started. */
import { shipped } from "./project.ts";

const { fit, readDataset } = await shipped<typeof import("../../src/index.ts")>("index.js");
const [image, threads] = process.argv.slice(2);
const samples = 10000;
// One batch of a hundredth of a pass: the last progress event of training comes right after the first step.
await fit(
  await readDataset(image),
  { samples, epochs: 0.01, batch: samples / 100, threads: Number(threads) },
  {
    onProgress({ stage, done }) {
      if (stage !== "train" || done === 0) return;
      console.log(performance.now());
      process.exit(0);
    },
  },
);
