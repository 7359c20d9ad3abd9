import { NumericsError } from "../errors.ts";
import { Core, type Job } from "./core.ts";
import { canShareMemory, chooseVariant, type EngineChoice, type VariantChoice } from "./engine.ts";
import { loadModule } from "./module.ts";
import { ask, startThreads, takeThreads } from "./pool.ts";
import { TileChoice } from "./tiles.ts";
import type { SimdVariant } from "./variant.ts";

/** Wasm pages of 64 KiB that shared memory may grow to; the builds declare the same. */
const MAXIMUM_PAGES = 65535;
/** Training steps, or windows encoded, between two looks at the event loop where there are no workers. */
const INLINE_SLICE: Readonly<Record<Job["name"], number>> = {
  align: 1,
  latents: 1,
  train: 4,
  encode: 192,
};
/** Milliseconds between two rounds of timing tiles while workers work. */
const TIMING_INTERVAL = 5;

export interface SessionOptions extends EngineChoice {
  readonly threads: number;
}

/** A core and the threads that run its jobs. `close` it when done. */
export interface Session {
  readonly core: Core;
  /** "simd", "relaxed.threads", …, and why. */
  readonly variant: string;
  readonly reason: string;
  readonly threads: number;
  /** Tiles of the matrix products: the engine's default, until training or encoding has gone on for long enough to time them beside it. */
  readonly tiles: TileChoice;
  /** Runs a job to its end, or to `cancel`. The event loop stays free. */
  run(job: Job): Promise<void>;
  close(): Promise<void>;
}

/** Begins what `openSession` of these options waits for, threads and the core's compilation, while there is something else to do. */
export function prepareSession(options: SessionOptions): void {
  startThreads(options.threads);
  // The self-test of engine flags takes a second of this thread: not before it is known that there is something to fit.
  if (options.engineFlags) return;
  // A failure is that of whoever opens the session.
  loadCore(options).catch(() => {});
}

export async function openSession(options: SessionOptions): Promise<Session> {
  const { module, simd, reason } = await loadCore(options);
  if (sharesMemory(options)) return openThreaded(module, simd, reason, options.threads);
  const note = options.threads > 1 ? "; one thread: no shared memory here" : "";
  return openInline(module, simd, reason + note);
}

function sharesMemory({ threads }: SessionOptions): boolean {
  return threads > 1 && canShareMemory();
}

async function loadCore(options: SessionOptions): Promise<VariantChoice & { module: WebAssembly.Module }> {
  const choice = await chooseVariant(options);
  return { ...choice, module: await loadModule(sharesMemory(options) ? `${choice.simd}.threads` : choice.simd) };
}

/** One thread: the job runs here, in slices, so that progress and cancellation get their turn. */
function openInline(module: WebAssembly.Module, variant: SimdVariant, reason: string): Session {
  const core = new Core(module);
  const tiles = new TileChoice(core, variant, () => new Core(module));
  return {
    core,
    variant,
    reason,
    threads: 1,
    tiles,
    async run(job) {
      for (const slice of slices(job)) {
        checkResult(core.run(slice, 0));
        if (takesTiles(job)) tiles.round();
        await new Promise((resolve) => setImmediate(resolve));
        if (core.cancelled) return;
      }
    },
    async close() {},
  };
}

/** Whether a job is mostly products: alignment has none. */
function takesTiles({ name }: Job): boolean {
  return name === "train" || name === "encode";
}

/** A job in parts that give the same bits one after the other. */
function* slices(job: Job): Generator<Job> {
  if (job.name === "latents") return yield job;
  const step = INLINE_SLICE[job.name];
  const total = job.name === "align" ? job.rounds : job.name === "train" ? job.steps : job.count;
  for (let done = 0; done < total; done += step) {
    const part = Math.min(step, total - done);
    if (job.name === "align") yield { ...job, rounds: part };
    else if (job.name === "train") yield { ...job, steps: part };
    else yield { ...job, first: job.first + done, count: part };
  }
}

function checkResult(result: number): void {
  if (result < 0) throw new NumericsError(`the core refused a job: error ${result}`);
}

/**
 * Several threads: workers share the memory and are told of jobs by message; the main thread only waits. They start at once, while the main
 * thread gets the data ready, and make their instances with the first job, anew where the memory has grown since: V8 tells running instances
 * of a new size at some later time, and until then they trap.
 */
async function openThreaded(
  module: WebAssembly.Module,
  simd: SimdVariant,
  reason: string,
  threads: number,
): Promise<Session> {
  const newMemory = () => new WebAssembly.Memory({ initial: 1, maximum: MAXIMUM_PAGES, shared: true });
  const memory = newMemory();
  const core = new Core(module, memory);
  const tiles = new TileChoice(core, simd, () => new Core(module, newMemory()));
  const pool = takeThreads(threads);
  let size = 0;
  return {
    core,
    variant: `${simd}.threads`,
    reason,
    threads,
    tiles,
    async run(job) {
      const order = memory.buffer.byteLength === size ? { job } : { job, instance: { module, memory } };
      size = memory.buffer.byteLength;
      const timing = takesTiles(job) ? setInterval(() => tiles.round(), TIMING_INTERVAL) : undefined;
      try {
        const results = await Promise.all(pool.map((thread) => ask(thread, order)));
        for (const result of results) checkResult(result);
      } finally {
        clearInterval(timing);
      }
    },
    async close() {
      await Promise.all(pool.map(({ worker }) => worker.terminate()));
    },
  };
}
