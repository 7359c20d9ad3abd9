/** The native control: loops of known work (bench/native/peak.c), timed beside what they are compared with. */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { root } from "./project.ts";
import { type Row, spread } from "./row.ts";

export type Control = "fma" | "matmul" | "triad";

const SAMPLES: Readonly<Record<Control, number>> = { fma: 15, matmul: 15, triad: 15 };
const shapes: Readonly<Record<Control, string>> = {
  fma: "12 chains of 128-bit multiply-add",
  matmul: "4096×128×128, 128-bit, packed",
  triad: "a = b + s·c, 3 × 256 KiB, 128-bit",
};

/** Runs the control when asked and remembers all it gave. */
export interface Controls {
  /** Median of a fresh run, GFLOP/s or GB/s; undefined without a compiler. */
  run(kind: Control): number | undefined;
  /** GFLOP/s of so many threads together, a sample each; none without a compiler. */
  threads(count: number, samples: number): number[];
  /** Every sample of the whole benchmark. */
  rows(): Row[];
  /** Compiler and flags, or why there is no control. */
  readonly description: string;
}

function flags(): string[] {
  return process.arch === "x64" ? ["-O3", "-pthread", "-mfma", "-mprefer-vector-width=128"] : ["-O3", "-pthread"];
}

/** Compiles the control with $CC or cc. Without a compiler the benchmark runs without it, and says so. */
export function buildControls(): Controls {
  const compiler = process.env.CC ?? "cc";
  const binary = join(root, "build/bench/peak");
  mkdirSync(join(root, "build/bench"), { recursive: true });
  try {
    execFileSync(compiler, [...flags(), "-o", binary, join(root, "bench/native/peak.c")], { stdio: "pipe" });
  } catch (error) {
    const reason =
      (error as NodeJS.ErrnoException).code === "ENOENT" ? `no compiler ${compiler}` : `${compiler} failed`;
    return {
      run: () => undefined,
      threads: () => [],
      rows: () => [],
      description: `native control skipped: ${reason}`,
    };
  }
  const version = execFileSync(compiler, ["--version"], { encoding: "utf8" }).split("\n")[0];
  const seen: Record<Control, number[]> = { fma: [], matmul: [], triad: [] };
  const values = (...words: string[]) => {
    const output = execFileSync(binary, words, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    return output.trim().split("\n").map(Number);
  };
  return {
    description: `${version}, ${flags().join(" ")}`,
    run(kind) {
      const fresh = values(kind, String(SAMPLES[kind]));
      seen[kind].push(...fresh);
      return spread(fresh).median;
    },
    threads: (count, samples) => values("threads", String(samples), String(count)),
    rows: () =>
      (Object.keys(seen) as Control[])
        .filter((kind) => seen[kind].length > 0)
        .map((kind) => controlRow(kind, seen[kind])),
  };
}

function controlRow(kind: Control, values: readonly number[]): Row {
  const unit = kind === "triad" ? "GB/s" : "GFLOP/s";
  return { group: "control", name: kind, shape: shapes[kind], variant: "native", threads: 1, unit, ...spread(values) };
}
