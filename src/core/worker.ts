import { parentPort, workerData } from "node:worker_threads";
import { Core, type Job } from "./core.ts";

/** One thread of the pool: its own instance of the core on the shared memory, one job at a time. */
const { module, memory, thread } = workerData as {
  module: WebAssembly.Module;
  memory: WebAssembly.Memory;
  thread: number;
};
const core = new Core(module, memory);
parentPort?.on("message", (job: Job) => parentPort?.postMessage(core.run(job, thread)));
