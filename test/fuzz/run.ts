/**
 * The fuzzer in large numbers: `npm run fuzz -- --files 100000` tries that many damaged files of every reader, shared out
 * over the reader's seeds, each seed in a process of its own that is ended where it hangs. Prints a table; exits with 1
 * where anything happened that is not allowed.
 */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { samplesByReader } from "./samples.ts";
import type { Report, Task } from "./worker.ts";

const { values } = parseArgs({
  options: {
    files: { type: "string", default: "1000" },
    seed: { type: "string", default: "1" },
    from: { type: "string", default: "0" },
    only: { type: "string" },
  },
});
const WORKER = fileURLToPath(new URL("worker.js", import.meta.url));
/** Without a report for so long a process hangs, ms: far beyond what a hundred files take on a busy machine. */
const SILENCE = 120_000;
const MOST_SHOWN = 5;

interface Outcome {
  readonly task: Task;
  readonly last?: Report;
  readonly failures: readonly string[];
}

/** Runs one seed's files in a process of their own. */
function runSeed(task: Task): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = fork(WORKER);
    const failures: string[] = [];
    let last: Report | undefined;
    const after = () => `after version ${task.from + (last?.done ?? 0)} of ${task.name}, within a hundred`;
    const hang = () => {
      failures.push(`hang ${after()}`);
      child.kill("SIGKILL");
    };
    let watchdog = setTimeout(hang, SILENCE);
    child.on("message", (message) => {
      clearTimeout(watchdog);
      watchdog = setTimeout(hang, SILENCE);
      last = message as Report;
      for (const { index, message } of last.failures) failures.push(`version ${index} of ${task.name}: ${message}`);
    });
    child.on("close", (code, signal) => {
      clearTimeout(watchdog);
      if (last?.done !== task.count && failures.length === 0) failures.push(`crash (${signal ?? code}) ${after()}`);
      resolve({ task, last, failures });
    });
    child.send(task);
  });
}

function summary(reader: string, outcomes: readonly Outcome[]): string {
  const reports = outcomes.flatMap(({ last }) => last ?? []);
  const total = (value: (report: Report) => number) => reports.reduce((sum, report) => sum + value(report), 0);
  const most = (value: (report: Report) => number) => Math.max(...reports.map(value));
  const slowest = outcomes.find(({ last }) => last?.slowest === most((report) => report.slowest));
  return [
    reader.padEnd(16),
    String(outcomes.length).padStart(5),
    total((report) => report.done)
      .toLocaleString("en")
      .padStart(9),
    total((report) => report.refused)
      .toLocaleString("en")
      .padStart(9),
    most((report) => report.slowest)
      .toFixed(0)
      .padStart(10),
    (most((report) => report.excess) / 1e6).toFixed(1).padStart(11),
    (most((report) => report.resident) / 1e6).toFixed(0).padStart(9),
    String(outcomes.reduce((sum, { failures }) => sum + failures.length, 0)).padStart(9),
    `  ${slowest?.task.name} ${slowest?.last?.slowestIndex}`,
  ].join(" ");
}

const files = Number(values.files);
const readers = await samplesByReader(values.only);
const columns = ["seeds", "files", "refused", "CPU ms", "excess MB", "RSS MB", "failures", "slowest"];
process.stdout.write(
  `reader           ${columns.map((name, i) => name.padStart([5, 9, 9, 10, 11, 9, 9, 9][i])).join(" ")}\n`,
);
let [tried, failed] = [0, 0];
for (const [reader, names] of readers) {
  const count = Math.ceil(files / names.length);
  const outcomes: Outcome[] = [];
  for (const name of names) {
    outcomes.push(await runSeed({ name, seed: Number(values.seed), from: Number(values.from), count }));
  }
  process.stdout.write(`${summary(reader, outcomes)}\n`);
  const failures = outcomes.flatMap((outcome) => outcome.failures);
  for (const failure of failures.slice(0, MOST_SHOWN)) process.stdout.write(`  ${failure}\n`);
  tried += outcomes.reduce((sum, { last }) => sum + (last?.done ?? 0), 0);
  failed += failures.length;
}
process.stdout.write(
  `${tried.toLocaleString("en")} damaged files of ${readers.size} readers: ${failed === 0 ? "nothing that is not allowed" : `${failed} failures`}\n`,
);
process.exitCode = failed === 0 && tried > 0 ? 0 : 1;
