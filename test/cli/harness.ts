import { spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** How a command ended, and what it said. */
export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  /** What runs it instead of this Node. */
  readonly command?: readonly string[];
  /** Options of Node itself. */
  readonly node?: readonly string[];
  /** Sends Ctrl-C as soon as stderr matches. */
  readonly interruptAt?: RegExp;
}

/** Runs the built command line (`npm test` builds it first). */
export function shiftVae(
  args: readonly string[],
  { command = [process.execPath], cwd, node = [], interruptAt }: RunOptions = {},
): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const [runtime, ...options] = command;
    const child = spawn(runtime, [...options, ...node, MAIN, ...args], { cwd, stdio: ["ignore", "pipe", "pipe"] });
    let [stdout, stderr, sent] = ["", "", false];
    child.stdout.setEncoding("utf8").on("data", (text) => {
      stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text) => {
      stderr += text;
      if (sent || !interruptAt?.test(stderr)) return;
      sent = true;
      child.kill("SIGINT");
    });
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** A command with its largest resident set, bytes, and its CPU time, s, of all threads. */
export async function measured(
  args: readonly string[],
  options: RunOptions = {},
): Promise<Outcome & { readonly resident: number; readonly cpu: number }> {
  const outcome = await shiftVae(args, { ...options, node: ["--import", REPORT_USAGE] });
  const [, usage] = /^usage (.*)\n/m.exec(outcome.stderr) ?? [];
  const { maxRSS, userCPUTime, systemCPUTime } = JSON.parse(usage) as NodeJS.ResourceUsage;
  const stderr = outcome.stderr.replace(/^usage .*\n/m, "");
  return { ...outcome, stderr, resident: maxRSS * 1024, cpu: (userCPUTime + systemCPUTime) / 1e6 };
}

const REPORT_USAGE = `data:text/javascript,process.on("exit",()=>console.error("usage "+JSON.stringify(process.resourceUsage())))`;

/** A folder of its own for a test, removed by `clean`. */
export async function scratchFolder(): Promise<{ readonly path: string; clean(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), "shift-vae-"));
  return { path, clean: () => rm(path, { recursive: true, force: true }) };
}

/** Every file below a folder with its content, to see that nothing changed. */
export async function snapshot(folder: string): Promise<Record<string, string>> {
  const names = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const contents = await Promise.all(
    files.sort().map(async (file) => [file, (await readFile(file)).toString("base64")]),
  );
  return Object.fromEntries(contents);
}
