import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { NumericsError } from "../errors.ts";
import type { Job } from "./core.ts";
import { canShareMemory } from "./engine.ts";

/** What a thread is told: a job, and what to make its instance of the core from where that is new or the memory has grown. */
export interface Order {
  readonly job: Job;
  readonly instance?: { readonly module: WebAssembly.Module; readonly memory: WebAssembly.Memory };
}

/** A thread, and a promise that is rejected when it fails or ends, be it before its first job. */
export interface Thread {
  readonly worker: Worker;
  readonly failed: Promise<never>;
}

/** Threads taken unasked: more gain nothing at the default batch. */
const MOST_THREADS = 8;

export function defaultThreads(): number {
  return Math.min(MOST_THREADS, availableParallelism());
}

/** Threads that were started before there was work for them. */
let early: readonly Thread[] | undefined;

/**
 * Starts so many threads for whoever takes them next: that takes them about as long as a program takes to load, on cores that have nothing else to do. A
 * process ends without waiting for them. Where memory cannot be shared nothing is started.
 */
export function startThreads(count: number): void {
  if (early || count < 2 || !canShareMemory()) return;
  early = start(count);
  for (const { worker } of early) worker.unref();
}

/** So many threads: those that were started early, or new ones. */
export function takeThreads(count: number): readonly Thread[] {
  const ready = early;
  early = undefined;
  if (!ready) return start(count);
  for (const { worker } of ready) worker.ref();
  if (ready.length === count) return ready;
  for (const { worker } of ready) void worker.terminate();
  return start(count);
}

function start(count: number): readonly Thread[] {
  return Array.from({ length: count }, (_, thread) => startThread(thread));
}

/** From sources (tests run them as they are) the worker is the built one: Node 20 does not run TypeScript. */
function startThread(thread: number): Thread {
  const here = import.meta.url;
  const url = here.endsWith(".ts") ? new URL("../../dist/core/worker.js", here) : new URL("./worker.js", here);
  const worker = new Worker(url, { workerData: { thread } });
  const failed = new Promise<never>((_, reject) => {
    worker.on("error", reject);
    worker.on("exit", () => reject(new NumericsError("a worker thread ended during a job")));
  });
  // Only those who wait for a job want to know.
  failed.catch(() => {});
  return { worker, failed };
}

/** The thread's answer to an order. */
export function ask({ worker, failed }: Thread, order: Order): Promise<number> {
  const answer = new Promise<number>((resolve) => worker.once("message", resolve));
  worker.postMessage(order);
  return Promise.race([answer, failed]);
}
