// Builds the Wasm core in its six variants, and (with --kernels) the kernels alone for tests and benchmarks.
// asc merges "entries" of asconfig.json into every call without a word, so that file has none: they are here.
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import asc from "assemblyscript/asc";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
// 4 GiB less one page: the most a 32-bit address reaches. Only the instance's maximum, not what is taken.
const MAXIMUM_PAGES = 65535;

const variants = [
  { name: "simd", features: ["simd"], threads: false },
  { name: "relaxed", features: ["simd", "relaxed-simd"], threads: false },
  { name: "wide", features: ["simd", "relaxed-simd"], threads: false, wide: true },
  { name: "simd.threads", features: ["simd", "threads"], threads: true },
  { name: "relaxed.threads", features: ["simd", "relaxed-simd", "threads"], threads: true },
  { name: "wide.threads", features: ["simd", "relaxed-simd", "threads"], threads: true, wide: true },
];

async function build(entry, output, variant, extra = []) {
  const memory = variant.threads
    ? ["--importMemory", "--sharedMemory", "--initialMemory", "1", "--maximumMemory", String(MAXIMUM_PAGES)]
    : ["--initialMemory", "1"];
  const features = variant.features.flatMap((feature) => ["--enable", feature]);
  const { error, stderr } = await asc.main([
    join("assembly", entry),
    "--config",
    "asconfig.json",
    "--outFile",
    join("build", `${output}.${variant.name}.wasm`),
    ...features,
    ...memory,
    // Products in tiles of twice the width (kernels/matmul.ts).
    ...(variant.wide ? ["--use", "WIDE=1"] : []),
    ...extra,
  ]);
  if (error) {
    process.stderr.write(`${entry} (${variant.name}): ${stderr.toString()}\n${error.message}\n`);
    process.exit(1);
  }
}

process.chdir(root);
mkdirSync("build", { recursive: true });
if (process.argv.includes("--kernels")) {
  for (const variant of variants.filter((v) => !v.threads)) await build("kernels.ts", "kernels", variant);
} else {
  for (const variant of variants) {
    const first = variant === variants[0];
    await build("abi.ts", "core", variant, first ? ["--bindings", "raw"] : []);
  }
}
