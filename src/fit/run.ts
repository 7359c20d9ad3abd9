import type { Job } from "../core/core.ts";
import { runtimeName } from "../core/runtime.ts";
import { openSession, type Session } from "../core/session.ts";
import { VERSION } from "../core/version.ts";
import { NumericsError } from "../errors.ts";
import type { FitReport, HistoryEntry, Metrics } from "../results/types.ts";
import { FitAborted } from "./checkpoint.ts";
import { conditioned } from "./condition.ts";
import type { ProgressEvent, SettledOptions } from "./options.ts";
import { trainingSteps } from "./plan.ts";

/*
 * What fits of images and of samples have in common: jobs with progress and cancellation, training, and what a trained core tells.
 */

/** What runs around a fit: progress and cancellation. */
export interface JobHooks {
  /** Told of every step forward, on the main thread. */
  readonly onProgress?: (event: ProgressEvent) => void;
  /** Aborting stops the fit within a training step with `FitAborted`; where a fit can go on from there, that carries a checkpoint. */
  readonly signal?: AbortSignal;
}

/** What every fit is told, whatever its model. */
export type RunOptions = Pick<
  SettledOptions,
  "samples" | "batch" | "epochs" | "latentDim" | "threads" | "reproducible"
> &
  Partial<Pick<SettledOptions, "smooth" | "tv" | "condition" | "engineFlags">>;

/** The state that the stages of a fit pass along. */
export interface Run {
  readonly options: RunOptions;
  readonly hooks: JobHooks;
  readonly session: Session;
  readonly seconds: Record<string, number>;
  /** Asks the user's condition about the batch whose latents the core has, where there is one. */
  readonly judge?: () => void;
  /** What `FitAborted` carries; undefined where there is nothing to go on from. */
  checkpoint(): Uint8Array | undefined;
}

/** Training stops when a pass gains less than this, nats a window, and this share of the ELBO. */
const PLATEAU_NATS = 0.05;
const PLATEAU_SHARE = 1e-4;
/** Milliseconds between progress events. */
const PROGRESS_INTERVAL = 100;

/** Opens a session that the signal cancels, and closes it after the work, which lays out the core's memory before it first yields. */
export async function inSession<T>(
  { threads, reproducible, engineFlags }: RunOptions,
  signal: AbortSignal | undefined,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const session = await openSession({ threads, reproducible, engineFlags });
  const stop = () => session.core.cancel(true);
  try {
    signal?.addEventListener("abort", stop);
    return await work(session);
  } finally {
    signal?.removeEventListener("abort", stop);
    await session.close();
  }
}

/** Adds the wall time of the work to `seconds`. */
export async function timed<T>(
  stage: string,
  seconds: Record<string, number>,
  work: (seconds: Record<string, number>) => Promise<T>,
): Promise<T> {
  const began = performance.now();
  const result = await work(seconds);
  seconds[stage] = (seconds[stage] ?? 0) + (performance.now() - began) / 1000;
  return result;
}

/** The work with a progress event at its start and more while it runs; `FitAborted` after it where the signal has fired. */
async function watched<T>(run: Run, event: () => ProgressEvent, work: () => Promise<T>): Promise<T> {
  const { hooks } = run;
  if (hooks.signal?.aborted) throw new FitAborted(run.checkpoint());
  hooks.onProgress?.(event());
  const timer = hooks.onProgress && setInterval(() => hooks.onProgress?.(event()), PROGRESS_INTERVAL);
  try {
    const result = await work();
    if (hooks.signal?.aborted) throw new FitAborted(run.checkpoint());
    return result;
  } finally {
    clearInterval(timer);
  }
}

/** Runs a job of alignment or training. `NumericsError` where it diverged. */
export function runJob(run: Run, job: Job, event: () => ProgressEvent): Promise<void> {
  return watched(run, event, async () => {
    if (job.name === "train" && run.judge) await judgedSteps(run.session, run.judge, job.steps);
    else await run.session.run(job);
    if (run.session.core.progress("NONFINITE") > 0) {
      throw new NumericsError("training diverged: a gradient is not finite; try a smaller --learning-rate");
    }
  });
}

/** Training steps whose latents `judge` sees before their gradient is taken. */
async function judgedSteps(session: Session, judge: () => void, steps: number): Promise<void> {
  for (let k = 0; k < steps && !session.core.cancelled; k++) {
    await session.run({ name: "latents" });
    judge();
    await session.run({ name: "train", steps: 1 });
    if (session.core.progress("NONFINITE") > 0) return;
  }
}

/**
 * Encodes `count` windows; stopped half-way they are not whole and not returned.
 * @param part which of how many equal parts of the stage this is
 */
export function encodeJob<T>(
  run: Run,
  count: number,
  stage: "encode" | "motifs",
  encode: (count: number) => Promise<T>,
  [index, parts]: readonly [number, number] = [0, 1],
): Promise<T> {
  run.session.core.setProgress("ENCODED", 0);
  const event = (): ProgressEvent => {
    const done = index * count + run.session.core.progress("ENCODED");
    return { stage, done, total: parts * count };
  };
  return watched(run, event, () => encode(count));
}

function historyOf(session: Session): HistoryEntry[] {
  const { core } = session;
  const rows = core.floats("HISTORY", 4 * core.progress("HISTORY"));
  return Array.from({ length: rows.length / 4 }, (_, step) => ({
    step,
    elbo: rows[4 * step],
    reconstruction: rows[4 * step + 1],
    kl: rows[4 * step + 2],
    sigma: rows[4 * step + 3],
  }));
}

function meanElbo(history: readonly HistoryEntry[]): number {
  return history.reduce((sum, entry) => sum + entry.elbo, 0) / Math.max(1, history.length);
}

/** Whether the last of at least three whole passes of so many steps hardly gained anything. */
function hasLevelled(history: readonly HistoryEntry[], pass: number): boolean {
  if (history.length < 3 * pass || history.length % pass !== 0) return false;
  const [before, last] = [meanElbo(history.slice(-2 * pass, -pass)), meanElbo(history.slice(-pass))];
  return last - before < PLATEAU_NATS + PLATEAU_SHARE * Math.abs(last);
}

/**
 * Pass after pass over the windows until the steps are done or, with `plateau`, a pass hardly gains anything. A fit that goes on after it was
 * stopped may have got there already.
 */
export async function train(run: Run, plateau = true): Promise<void> {
  const { session, options } = run;
  const pass = Math.ceil(options.samples / options.batch);
  const total = trainingSteps(options);
  const step = () => session.core.progress("STEP");
  const event = (): ProgressEvent => {
    const done = step();
    return { stage: "train", done, total, latest: historyOf(session)[done - 1] };
  };
  while (step() < total && !(plateau && hasLevelled(historyOf(session), pass))) {
    const steps = Math.min(pass - (step() % pass), total - step());
    await runJob(run, { name: "train", steps }, event);
  }
  run.hooks.onProgress?.(event());
}

export function metricsOf(run: Run): Metrics {
  const { session, options } = run;
  const history = historyOf(session);
  const last = history.slice(-Math.max(1, Math.round(history.length / 10)));
  const mean = (key: "elbo" | "reconstruction" | "kl") =>
    last.reduce((sum, entry) => sum + entry[key], 0) / last.length;
  return {
    elbo: mean("elbo"),
    reconstruction: mean("reconstruction"),
    kl: mean("kl"),
    klPerLatent: Array.from({ length: options.latentDim }, (_, l) => session.core.progress("KL_LATENT", l)),
    ...(conditioned(options) && { penalty: session.core.progress("PENALTY") }),
    sigma: Math.sqrt(session.core.progress("VARIANCE")),
    seconds: run.seconds,
    history,
  };
}

export function versionsOf(session: Session): FitReport["versions"] {
  const { variant, reason, threads, tiles } = session;
  return { "shift-vae": VERSION, runtime: runtimeName(), variant, reason, tiles: tiles.description, threads };
}
