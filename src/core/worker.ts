import { parentPort, workerData } from "node:worker_threads";
import { Core } from "./core.ts";
import type { Order } from "./pool.ts";

/** One thread of the pool: its own instance of the core on the shared memory, one job at a time. */
const { thread } = workerData as { thread: number };
let core: Core;
parentPort?.on("message", ({ job, instance }: Order) => {
  if (instance) core = new Core(instance.module, instance.memory);
  parentPort?.postMessage(core.run(job, thread));
});
