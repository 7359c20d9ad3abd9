// Builds the Wasm core in its six variants, and (with --kernels) the kernels alone for tests and benchmarks.
// What is already built from the same sources is left alone; the rest is compiled in as many processes as there are cores.
// asc merges "entries" of asconfig.json into every call without a word, so that file has none: they are here.
import { fork } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
// 4 GiB less one page: the most a 32-bit address reaches. Only the instance's maximum, not what is taken.
const MAXIMUM_PAGES = 65535;
const STAMPS = join("build", "wasm-sources.json");

const variants = [
  { name: "simd", features: ["simd"], threads: false },
  { name: "relaxed", features: ["simd", "relaxed-simd"], threads: false },
  { name: "wide", features: ["simd", "relaxed-simd"], threads: false, wide: true },
  { name: "simd.threads", features: ["simd", "threads"], threads: true },
  { name: "relaxed.threads", features: ["simd", "relaxed-simd", "threads"], threads: true },
  { name: "wide.threads", features: ["simd", "relaxed-simd", "threads"], threads: true, wide: true },
];

function jobs(kernels) {
  const entry = kernels ? "kernels.ts" : "abi.ts";
  const output = kernels ? "kernels" : "core";
  const wanted = kernels ? variants.filter((variant) => !variant.threads) : variants;
  // Types for TypeScript come once, from the first variant: the exports are the same in all.
  return wanted.map((variant, k) => ({ entry, output, variant, bindings: !kernels && k === 0 }));
}

function outputs({ output, variant, bindings }) {
  const base = join("build", `${output}.${variant.name}`);
  return bindings ? [`${base}.wasm`, `${base}.d.ts`] : [`${base}.wasm`];
}

async function compile({ entry, output, variant, bindings }) {
  const { default: asc } = await import("assemblyscript/asc");
  const memory = variant.threads
    ? ["--importMemory", "--sharedMemory", "--initialMemory", "1", "--maximumMemory", String(MAXIMUM_PAGES)]
    : ["--initialMemory", "1"];
  const { error, stderr } = await asc.main([
    join("assembly", entry),
    "--config",
    "asconfig.json",
    "--outFile",
    join("build", `${output}.${variant.name}.wasm`),
    ...variant.features.flatMap((feature) => ["--enable", feature]),
    ...memory,
    // Products in tiles of twice the width (kernels/matmul.ts).
    ...(variant.wide ? ["--use", "WIDE=1"] : []),
    ...(bindings ? ["--bindings", "raw"] : []),
  ]);
  if (error) throw new Error(`${entry} (${variant.name}): ${stderr.toString()}\n${error.message}`);
}

/** Hash of all that a build depends on. */
function sourcesHash() {
  const hash = createHash("sha256");
  const sources = readdirSync("assembly", { recursive: true })
    .filter((name) => name.endsWith(".ts") || name.endsWith(".json"))
    .map((name) => join("assembly", name));
  const compiler = join("node_modules", "assemblyscript", "package.json");
  for (const file of [...sources.sort(), "asconfig.json", compiler, fileURLToPath(import.meta.url)]) {
    hash.update(file).update("\0").update(readFileSync(file));
  }
  return hash.digest("hex");
}

function readStamps() {
  return existsSync(STAMPS) ? JSON.parse(readFileSync(STAMPS, "utf8")) : {};
}

/** Compiles one job in a process of its own. */
function inProcess(kernels, index) {
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), [...(kernels ? ["--kernels"] : []), "--job", String(index)]);
    child.on("exit", (code) => (code === 0 ? resolve() : reject(new Error("the core could not be compiled"))));
  });
}

async function buildAll(kernels) {
  const hash = sourcesHash();
  const stamps = readStamps();
  const all = jobs(kernels);
  const stale = all
    .map((_, k) => k)
    .filter((k) => {
      const files = outputs(all[k]);
      return stamps[files[0]] !== hash || !files.every((file) => existsSync(file));
    });
  const next = stale.values();
  const worker = async () => {
    for (const index of next) await inProcess(kernels, index);
  };
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), stale.length) }, worker));
  const built = Object.fromEntries(stale.map((k) => [outputs(all[k])[0], hash]));
  writeFileSync(STAMPS, `${JSON.stringify({ ...readStamps(), ...built }, null, 2)}\n`);
}

process.chdir(root);
mkdirSync("build", { recursive: true });
const kernels = process.argv.includes("--kernels");
const job = process.argv.indexOf("--job");
try {
  if (job > 0) await compile(jobs(kernels)[Number(process.argv[job + 1])]);
  else await buildAll(kernels);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
