/** One run of the benchmark with all that is needed to judge it. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { root } from "./project.ts";
import type { Row } from "./row.ts";

export interface Results {
  readonly date: string;
  /** Abbreviated hash; "+" where files differ from it. */
  readonly commit: string;
  readonly command: string;
  readonly machine: {
    readonly cpu: string;
    readonly logicalCpus: number;
    readonly memoryGiB: number;
    readonly platform: string;
    /** Processes that wanted the CPUs in the minute before, and at the end of, the run: above 0 before means shared. */
    readonly loadBefore: number;
    readonly loadAfter: number;
  };
  readonly versions: Readonly<Record<string, string>>;
  /** Compiler and flags of the native control. */
  readonly control: string;
  readonly rows: readonly Row[];
}

const folder = join(root, "bench/results");

function git(...command: string[]): string {
  try {
    return execFileSync("git", command, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return "";
  }
}

function installed(name: string): string {
  return JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8")).version;
}

export function describeRun(loadBefore: number, control: string, rows: readonly Row[]): Results {
  const changed = git("status", "--porcelain", "--untracked-files=no") === "" ? "" : "+";
  return {
    date: new Date().toISOString(),
    commit: (git("rev-parse", "--short", "HEAD") || "unknown") + changed,
    command: ["npm run bench", ...(process.argv.length > 2 ? ["--", ...process.argv.slice(2)] : [])].join(" "),
    machine: {
      cpu: cpus()[0]?.model.trim() ?? "unknown",
      logicalCpus: availableParallelism(),
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      platform: `${process.platform} ${process.arch}`,
      loadBefore,
      loadAfter: loadavg()[0],
    },
    versions: {
      "shift-vae": JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version,
      node: process.versions.node,
      v8: process.versions.v8,
      assemblyscript: installed("assemblyscript"),
      tinybench: installed("tinybench"),
      typescript: installed("typescript"),
    },
    control,
    rows,
  };
}

/** One file a major version of Node, the newest whole run; a run of some `parts` has its own. Gives the path. */
export function writeResults(results: Results, parts: readonly string[]): string {
  mkdirSync(folder, { recursive: true });
  const suffix = process.argv.length > 2 ? `-${parts.join("-")}` : "";
  const path = join(folder, `speed-node${results.versions.node.split(".")[0]}${suffix}.json`);
  writeFileSync(path, `${JSON.stringify(results, null, 2)}\n`);
  return path;
}

const COMMANDS = { speed: "npm run bench", peers: "npm run bench:peers" } as const;

/** The whole runs of "speed" or "peers", at least one, oldest Node first. Git has them (see .gitignore), but not runs of some parts. */
export function readResults(kind: keyof typeof COMMANDS): Results[] {
  const number = (name: string) => Number(name.match(/\d+/)?.[0]);
  const names = readdirSync(folder).filter((name) => new RegExp(`^${kind}-node\\d+\\.json$`).test(name));
  if (names.length === 0)
    throw new Error(`bench/results: expected ${kind}-node*.json, found none; ${COMMANDS[kind]} makes it`);
  return names
    .sort((a, b) => number(a) - number(b))
    .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Results);
}
