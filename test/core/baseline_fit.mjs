// Prints a hash of the parameters and positions of a small fit for each number of threads given. Run by baseline_compiler.test.ts.
import { createHash } from "node:crypto";
import { simulate } from "../../dist/data/simulate.js";
import { fit } from "../../dist/fit.js";

const { dataset } = simulate("lattice12", { rows: 96, cols: 96, seed: 3 });
for (const threads of process.argv.slice(2).map(Number)) {
  const options = { threads, samples: 480, epochs: 2, restarts: 2, seed: 1, reproducible: true };
  const { model, motifs } = await fit(dataset, options);
  const hash = createHash("sha1");
  for (const { buffer, byteOffset, byteLength } of [model.parameters, motifs.position]) {
    hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  }
  console.log(hash.digest("hex"));
}
