/** Whole jobs, each in a new process: what a user waits for. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { imageName, root } from "./project.ts";
import { type Row, spread } from "./row.ts";

const FITS = 3;
const FIRST_STEPS = 9;

/** Prints the process's largest resident set in KiB to file descriptor 3 as it ends. */
const REPORT_MEMORY = `data:text/javascript,${encodeURIComponent(
  'import{writeSync}from"node:fs";import{isMainThread}from"node:worker_threads";if(isMainThread)process.on("exit",()=>writeSync(3,String(process.resourceUsage().maxRSS)))',
)}`;

interface Finished {
  readonly seconds: number;
  readonly mebibytes: number;
  /** Of the fit's own stages, from result.json. */
  readonly stages: Readonly<Record<string, number>>;
}

/** `shift-vae fit IMAGE` from the start of the process to its end, report and all files written. */
function runFit(image: string, threads: number): Finished {
  const folder = mkdtempSync(join(tmpdir(), "shift-vae-bench-"));
  const out = join(folder, "out");
  const command = [join(root, "dist/cli/main.js"), "fit", image, "--out", out, "--threads", String(threads), "--quiet"];
  try {
    const began = performance.now();
    const child = spawnSync(process.execPath, ["--import", REPORT_MEMORY, ...command], {
      stdio: ["ignore", "ignore", "pipe", "pipe"],
    });
    const seconds = (performance.now() - began) / 1000;
    if (child.status !== 0) throw new Error(`fit ${image} exited with ${child.status}: ${child.stderr}`);
    const result = JSON.parse(readFileSync(join(out, "result.json"), "utf8"));
    return { seconds, mebibytes: Number(String(child.output[3])) / 1024, stages: result.metrics.seconds };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The benchmark's image with each number of threads. */
export function benchFits(image: string, threads: readonly number[], variant: string): Row[] {
  return threads.flatMap((count) => fitRows(image, count, variant));
}

function fitRows(image: string, threads: number, variant: string): Row[] {
  const runs = Array.from({ length: FITS }, () => runFit(image, threads));
  const base = { group: "job", shape: imageName(image), variant, threads } as const;
  const stages = Object.keys(runs[0].stages).map((stage): Row => {
    const seconds = runs.map((run) => run.stages[stage]);
    return { ...base, name: `fit: ${stage}`, unit: "s", ...spread(seconds) };
  });
  return [
    { ...base, name: "fit, process to report", unit: "s", ...spread(runs.map((run) => run.seconds)) },
    ...stages,
    { ...base, name: "fit, largest resident set", unit: "MiB", ...spread(runs.map((run) => run.mebibytes)) },
  ];
}

/** Steps are a batch of a hundredth of the windows, and there is one. */
const ONE_STEP = ["--samples", "10000", "--batch", "100", "--epochs", "0.01"];

/** `shift-vae fit IMAGE` from the start of the process to the end of its first training step, seconds. */
function firstStep(image: string, threads: number): number {
  const folder = mkdtempSync(join(tmpdir(), "shift-vae-bench-"));
  const hook = join(dirname(fileURLToPath(import.meta.url)), "first_step.js");
  const command = [join(root, "dist/cli/main.js"), "fit", image, ...ONE_STEP, "--threads", String(threads), "--quiet"];
  try {
    const began = performance.timeOrigin + performance.now();
    const child = spawnSync(process.execPath, ["--import", hook, ...command, "--out", join(folder, "out")], {
      stdio: ["ignore", "ignore", "pipe", "pipe"],
    });
    if (child.status !== 0) throw new Error(`fit ${image} exited with ${child.status}: ${child.stderr}`);
    return (Number(String(child.output[3])) - began) / 1000;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Loading, reading, flat-fielding, alignment and a step, of what there is a message about: several threads. */
export function benchFirstStep(image: string, threads: readonly number[], variant: string): Row[] {
  return threads
    .filter((count) => count > 1)
    .map((count): Row => {
      const seconds = Array.from({ length: FIRST_STEPS }, () => firstStep(image, count));
      const base = { group: "job", shape: imageName(image), variant, threads: count } as const;
      return { ...base, name: "process start to first step", unit: "s", ...spread(seconds) };
    });
}

/** Size of the package as `npm pack` would make it of what is built now; scripts are not run, as they would build it anew. */
export function packageSize(): Row[] {
  const output = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [{ size, unpackedSize, entryCount }] = JSON.parse(output);
  const base = { group: "size", shape: `${entryCount} files`, variant: "", threads: 0, unit: "kB" } as const;
  return [
    { ...base, name: "npm package, packed", ...spread([size / 1000]) },
    { ...base, name: "npm package, unpacked", ...spread([unpackedSize / 1000]) },
  ];
}

/** Bytes of a folder's files, packages that packages bring of their own included. */
function folderBytes(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

/** Size of what `npm install --omit=dev` puts on a disk: the package and all that it depends on, as they are installed here. */
export function installedSize(): Row {
  const output = execFileSync("npm", ["ls", "--omit=dev", "--all", "--parseable"], { cwd: root, encoding: "utf8" });
  const folders = output
    .trim()
    .split("\n")
    .filter((folder) => folder !== root);
  const outermost = folders.filter((folder) => !folders.some((other) => folder.startsWith(`${other}/node_modules/`)));
  const packed = packageSize().find(({ name }) => name.endsWith("unpacked"));
  const megabytes =
    outermost.reduce((sum, folder) => sum + folderBytes(folder), 0) / 1e6 + (packed?.median ?? 0) / 1000;
  const shape = `with ${folders.length} production dependencies`;
  const base = { group: "size", name: "npm package, installed", shape, variant: "", threads: 0, unit: "MB" } as const;
  return { ...base, ...spread([megabytes]) };
}
