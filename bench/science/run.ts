/**
 * The science benchmarks: fits on data with known truth, over fixed seeds, against bounds and pyroVED's stored figures.
 *
 *     npm run bench:science -- [--seeds 5] [--only b1,b2] [--threads 2]
 *
 * Prints a table and writes every value to bench/results. A benchmark whose data are absent is skipped by name.
 */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { root, shipped } from "../speed/project.ts";
import { amortised } from "./amortised.ts";
import { b1 } from "./b1_shift1d.ts";
import { b2 } from "./b2_lattice12.ts";
import { b3, b3Amortised } from "./b3_domains.ts";
import { b4 } from "./b4_peaks2d.ts";
import { b5 } from "./b5_dose.ts";
import { b6 } from "./b6_grains.ts";
import { b7Domains, b7Jitter } from "./b7_conditions.ts";
import { benchFile } from "./bench_data.ts";
import { type Benchmark, type Figure, judge, type Measured, type ShiftVae, type Verdict } from "./benchmark.ts";

const benchmarks: readonly Benchmark[] = [b1, b2, b3, b3Amortised, b4, b5, b6, b7Domains, b7Jitter, amortised];

/** Median wall time and figures of a benchmark over the seeds. */
interface Outcome {
  readonly benchmark: Benchmark;
  readonly figures: readonly (Figure & Verdict & { readonly values: readonly number[] })[];
  readonly seconds: readonly number[];
}

async function runBenchmark(
  benchmark: Benchmark,
  library: ShiftVae,
  seeds: number,
  threads?: number,
): Promise<Outcome> {
  const runs: Measured[] = [];
  for (let seed = 1; seed <= seeds; seed++) {
    process.stderr.write(`${benchmark.key}: seed ${seed} of ${seeds}\n`);
    runs.push(await benchmark.measure({ library, seed, threads }));
  }
  const figures = (await benchmark.figures()).map((figure, k) => {
    const values = runs.map((run) => run.values[k]);
    return { ...figure, values, ...judge(figure, values) };
  });
  return { benchmark, figures, seconds: runs.map((run) => run.seconds) };
}

function targetText({ target }: Figure): string {
  if ("most" in target) return Number.isFinite(target.most) ? `≤ ${target.most}` : "–";
  return "least" in target ? `≥ ${target.least}` : target.within.join(" – ");
}

function printOutcome({ benchmark, figures, seconds }: Outcome): void {
  const told = Object.keys(benchmark.options).length > 0 ? `, told ${JSON.stringify(benchmark.options)}` : "";
  const goal = benchmark.withinSeconds ? `, goal ${benchmark.withinSeconds} s` : "";
  const sorted = [...seconds].sort((a, b) => a - b).map((s) => s.toFixed(1));
  console.log(
    `\n${benchmark.title}${told}: ${sorted[sorted.length >> 1]} s (${sorted[0]}–${sorted[sorted.length - 1]})${goal}`,
  );
  const rows = figures.map((figure) => {
    const number = (value: number | undefined) => (value === undefined ? "–" : value.toFixed(figure.digits));
    const { name, median, worst, bound, peer, met } = figure;
    return [
      name,
      number(median),
      number(worst),
      targetText(figure),
      number(bound),
      peer ?? "–",
      met ? "met" : "NOT MET",
    ];
  });
  const table = [["", "median", "worst", "target", "bound", "pyroVED", ""], ...rows];
  const widths = table[0].map((_, c) => Math.max(...table.map((row) => row[c].length)));
  for (const row of table)
    console.log(
      `  ${row
        .map((cell, c) => cell.padEnd(widths[c]))
        .join("  ")
        .trimEnd()}`,
    );
}

function commit(): string {
  try {
    const git = (...args: string[]) => execFileSync("git", args, { cwd: root, encoding: "utf8" }).trim();
    return git("rev-parse", "HEAD") + (git("status", "--porcelain", "--untracked-files=no") ? ", with changes" : "");
  } catch {
    return "unknown: no git checkout";
  }
}

function writeResults(outcomes: readonly Outcome[], threads: number | undefined): string {
  const folder = join(root, "bench/results");
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `science-${new Date().toISOString().replace(/[:.]/g, "-")}.json`);
  const content = {
    machine: {
      cpu: cpus()[0]?.model ?? "unknown",
      logicalCpus: cpus().length,
      platform: process.platform,
      arch: process.arch,
    },
    versions: process.versions,
    threads: threads ?? "default",
    commit: commit(),
    benchmarks: outcomes.map(({ benchmark: { key, title, options, withinSeconds }, ...rest }) => ({
      ...{ key, title, options, withinSeconds },
      ...rest,
    })),
  };
  writeFileSync(file, `${JSON.stringify(content, null, 1)}\n`);
  return file;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { seeds: { type: "string", default: "5" }, only: { type: "string" }, threads: { type: "string" } },
  });
  const [seeds, threads] = [Number(values.seeds), values.threads ? Number(values.threads) : undefined];
  if (!(Number.isInteger(seeds) && seeds > 0))
    throw new Error(`--seeds: expected a whole number above 0, got ${values.seeds}`);
  const only = values.only?.split(",");
  const unknown = only?.find((key) => !benchmarks.some((b) => b.key === key));
  if (unknown) throw new Error(`--only: expected ${benchmarks.map((b) => b.key).join(", ")}, got ${unknown}`);
  const library = await shipped<ShiftVae>("index.js");
  const outcomes: Outcome[] = [];
  for (const benchmark of benchmarks.filter(({ key }) => only?.includes(key) ?? true)) {
    const missing = benchmark.arrays.map(benchFile).find((file) => !existsSync(file));
    if (missing) {
      console.log(`\n${benchmark.title}: skipped, ${missing} is absent`);
      continue;
    }
    const outcome = await runBenchmark(benchmark, library, seeds, threads);
    printOutcome(outcome);
    outcomes.push(outcome);
  }
  console.log(`\nMedian and worst over ${seeds} seeds; all values in ${writeResults(outcomes, threads)}`);
}

await main();
