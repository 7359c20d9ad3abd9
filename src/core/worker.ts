import { parentPort, workerData } from "node:worker_threads";
import { Core } from "./core.ts";
import type { Order } from "./session.ts";

/** One thread of the pool: its own instance of the core on the shared memory, one job at a time. */
const { module, thread } = workerData as { module: WebAssembly.Module; thread: number };
let core: Core;
parentPort?.on("message", ({ job, memory }: Order) => {
  if (memory) core = new Core(module, memory);
  parentPort?.postMessage(core.run(job, thread));
});
