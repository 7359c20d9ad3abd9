/** A process of the fuzzer: tries the damaged versions of one seed that it is told to, and reports after every few. */
import { attempt, damaged } from "./attempt.ts";
import { specimenOf } from "./samples.ts";

/** Which damaged versions of a seed to try. */
export interface Task {
  readonly name: string;
  readonly seed: number;
  readonly from: number;
  readonly count: number;
}

/** What a process found since its last report. */
export interface Report {
  /** Files tried so far. */
  readonly done: number;
  readonly refused: number;
  /** Most CPU time of one file, ms, and which it was. */
  readonly slowest: number;
  readonly slowestIndex: number;
  /** Most bytes beyond three times a file's need. */
  readonly excess: number;
  /** What is not allowed, by the index of the damaged file. */
  readonly failures: readonly { readonly index: number; readonly message: string }[];
  /** Largest resident set of the process so far, bytes. */
  readonly resident: number;
}

const FILES_A_REPORT = 100;

async function run({ name, seed, from, count }: Task): Promise<void> {
  const specimen = await specimenOf(name);
  // Loading a reader and its library is no file's own cost.
  await attempt(specimen).catch(() => undefined);
  let failures: { index: number; message: string }[] = [];
  let [refused, slowest, slowestIndex, excess] = [0, 0, from, Number.NEGATIVE_INFINITY];
  for (let done = 1; done <= count; done++) {
    const index = from + done - 1;
    try {
      const result = await attempt(damaged(specimen, seed, name, index));
      if (result.refused) refused++;
      if (result.cpu > slowest) [slowest, slowestIndex] = [result.cpu, index];
      excess = Math.max(excess, result.excess);
    } catch (error) {
      failures.push({ index, message: String(error instanceof Error ? error.stack : error) });
    }
    if (done % FILES_A_REPORT > 0 && done < count) continue;
    const resident = process.resourceUsage().maxRSS * 1024;
    process.send?.({ done, refused, slowest, slowestIndex, excess, failures, resident } satisfies Report);
    failures = [];
  }
  process.disconnect();
}

process.once("message", (task) => void run(task as Task));
