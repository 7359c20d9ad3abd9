/**
 * `npm run bench`: kernels, model, threads, scaling, pyroVED's model, whole jobs and sizes on this machine, beside a native control, as one table and as
 * JSON; two to three minutes.
 * `--engine-flags` measures the build for V8's revectorizer too.
 * `npm run bench -- kernels model …` takes the named parts only.
 */
import { availableParallelism, loadavg } from "node:os";
import type { SimdVariant } from "../../src/core/variant.ts";
import { benchAmortised } from "./amortised.ts";
import { buildControls } from "./control.ts";
import { benchFirstStep, benchFits, installedSize, packageSize } from "./jobs.ts";
import { benchKernels } from "./kernels.ts";
import { benchImage, shipped } from "./project.ts";
import { describeRun, writeResults } from "./results.ts";
import type { Row } from "./row.ts";
import { benchScaling } from "./scaling.ts";
import { textTable } from "./table.ts";
import { benchThreads } from "./threads.ts";
import { benchModel, type Fitted, fitOnce } from "./training.ts";

const loadBefore = loadavg()[0];
const image = benchImage();
const controls = buildControls();
const threads = [...new Set([1, Math.min(2, availableParallelism())])];
const { chooseVariant } = await shipped<typeof import("../../src/core/engine.ts")>("core/engine.js");
const chosen = (await chooseVariant()).simd;
const flagged = process.argv.includes("--engine-flags") ? (await chooseVariant({ engineFlags: true })).simd : chosen;
const variants = [...new Set<SimdVariant>(["simd", chosen, flagged])];

let model: Promise<Fitted> | undefined;
/** The model that parts go on from, fitted when the first of them asks. */
function fitted(): Promise<Fitted> {
  model ??= fitOnce(image);
  return model;
}
const note = (what: string) => process.stderr.write(`${what}\n`);

const parts: Readonly<Record<string, () => Promise<Row[]>>> = {
  kernels: () => benchKernels(variants, controls),
  model: async () => benchModel(await fitted(), variants, threads),
  threads: async () => (threads.length > 1 ? benchThreads(await fitted(), controls) : []),
  scaling: () => benchScaling(threads),
  amortised: () => benchAmortised(image, variants, threads),
  jobs: async () => [...benchFirstStep(image, threads, chosen), ...benchFits(image, threads, chosen)],
  sizes: async () => [...packageSize(), installedSize()],
};
const named = process.argv.slice(2).filter((word) => word !== "--engine-flags");
const asked = named.length > 0 ? named : Object.keys(parts);
const unknown = asked.find((name) => !(name in parts));
if (unknown !== undefined) throw new Error(`expected parts of ${Object.keys(parts).join(", ")}, got ${unknown}`);

const rows: Row[] = [];
for (const name of asked) {
  note(`${name} …`);
  rows.push(...(await parts[name]()));
  // A look at the control after each part: a machine that became busy meanwhile shows.
  controls.run("fma");
}
const results = describeRun(loadBefore, controls.description, [...controls.rows(), ...rows]);
process.stdout.write(textTable(results));
note(`written: ${writeResults(results, asked)}`);
