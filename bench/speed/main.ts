/** `npm run bench`: kernels, model and whole jobs on this machine, beside a native control, as one table and as JSON. */
import { availableParallelism, loadavg } from "node:os";
import type { SimdVariant } from "../../src/core/engine.ts";
import { buildControls } from "./control.ts";
import { benchFirstStep, benchFits, packageSize } from "./jobs.ts";
import { benchKernels } from "./kernels.ts";
import { benchImage, shipped } from "./project.ts";
import { describeRun, writeResults } from "./results.ts";
import type { Row } from "./row.ts";
import { textTable } from "./table.ts";
import { benchModel } from "./training.ts";

const loadBefore = loadavg()[0];
const image = benchImage();
const controls = buildControls();
const threads = [...new Set([1, Math.min(2, availableParallelism())])];
const { chooseVariant } = await shipped<typeof import("../../src/core/engine.ts")>("core/engine.js");
const chosen = (await chooseVariant(false)).simd;
const variants: SimdVariant[] = chosen === "simd" ? ["simd"] : ["simd", chosen];

const note = (what: string) => process.stderr.write(`${what} …\n`);
note("kernels");
const kernels = await benchKernels(variants, controls);
note("model");
const model = await benchModel(image, variants, threads);
note("whole jobs");
const jobs: Row[] = [...benchFirstStep(image, threads, chosen), ...benchFits(image, threads, chosen), ...packageSize()];
// A last look at the control: a machine that became busy meanwhile shows.
controls.run("fma");
const results = describeRun(loadBefore, controls.description, [...controls.rows(), ...kernels, ...model, ...jobs]);
process.stdout.write(textTable(results));
note(`written: ${writeResults(results)}`);
