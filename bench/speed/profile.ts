/**
 * `npm run bench:profile`: where the time of a fit goes. The package is built again, its core with the functions'
 * names, and one fit on one thread runs under `node --cpu-prof`; prints each group's share of the samples.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import asc from "assemblyscript/asc";
import { benchImage, imageName, root } from "./project.ts";

/** What the inspector writes: self time is counted in samples, each with the node it fell on. */
interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Deepest folder first of the functions' places, in words. */
const PLACES: readonly (readonly [pattern: RegExp, words: string])[] = [
  [/kernels\/matmul/, "matrix products (`kernels/matmul`)"],
  [/kernels\/dense/, "dense layers: bias gradients (`kernels/dense`)"],
  [/kernels\/correlate/, "correlation with the templates (`kernels/correlate`)"],
  [/kernels\/spline/, "sampling the canvas (`kernels/spline`)"],
  [/kernels\/(activation|math)/, "activations (`kernels/activation`)"],
  [/kernels\/adam/, "Adam (`kernels/adam`)"],
  [/kernels\/reduce/, "sums over chunks (`kernels/reduce`)"],
  [/kernels\/refine_pose/, "Gauss–Newton sums (`kernels/refine_pose`)"],
  [/kernels\//, "other kernels"],
  [/model\/encode/, "posterior of shift and content (`model/encode`)"],
  [/model\/(pose|gain|register|align)/, "pose (`model/pose`, `register`, `align`)"],
  [/model\/|^wasm/, "rest of the core"],
  [/\/report\//, "figures and report (JavaScript)"],
  [/\/results\//, "motifs, lattice, maps (JavaScript)"],
  [/node_modules/, "libraries (JavaScript)"],
  [/\(garbage collector\)/, "garbage collector"],
  [/\(idle\)/, "waiting"],
  [/\(program\)/, "engine: compiling, start"],
];

const folder = join(root, "build/profile");

async function copyWithNames(): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "build"), { recursive: true });
  // Modules as they are written, so that their names tell where the time goes.
  execFileSync(process.execPath, [
    join(root, "node_modules/typescript/bin/tsc"),
    "-p",
    "tsconfig.build.json",
    "--outDir",
    join(folder, "dist"),
  ]);
  cpSync(join(root, "package.json"), join(folder, "package.json"));
  for (const [name, features] of [
    ["simd", []],
    ["relaxed", ["--enable", "relaxed-simd"]],
  ] as const) {
    const output = join(folder, "build", `core.${name}.wasm`);
    const files = ["assembly/abi.ts", "--config", "asconfig.json", "--outFile", output];
    const { error } = await asc.main([...files, "--debug", "--initialMemory", "1", "--enable", "simd", ...features]);
    if (error) throw error;
  }
}

function profileFit(image: string): Profile {
  const command = [
    join(folder, "dist/cli/main.js"),
    "fit",
    image,
    "--out",
    join(folder, "out"),
    "--threads",
    "1",
    "--quiet",
  ];
  execFileSync(process.execPath, ["--cpu-prof", "--cpu-prof-dir", folder, ...command], { stdio: "inherit" });
  const [name] = readdirSync(folder).filter((file) => file.endsWith(".cpuprofile"));
  return JSON.parse(readFileSync(join(folder, name), "utf8"));
}

/** Microseconds of each key's own samples. */
function selfTimes(profile: Profile, key: (name: string, url: string) => string): [string, number][] {
  const keys = new Map(profile.nodes.map(({ id, callFrame }) => [id, key(callFrame.functionName, callFrame.url)]));
  const times = new Map<string, number>();
  profile.samples.forEach((id, i) => {
    const name = keys.get(id) ?? "";
    times.set(name, (times.get(name) ?? 0) + profile.timeDeltas[i]);
  });
  return [...times].sort((a, b) => b[1] - a[1]);
}

function placeOf(name: string, url: string): string {
  const where = `${url.startsWith("wasm") ? "wasm " : ""}${url.replace(/^wasm.*/, "")} ${name}`;
  return PLACES.find(([pattern]) => pattern.test(where))?.[1] ?? "rest of the library, Node.js";
}

function print(heading: string, times: readonly [string, number][], least: number): void {
  const total = times.reduce((sum, [, time]) => sum + time, 0);
  const lines = times
    .map(([name, time]) => [name, (100 * time) / total] as const)
    .filter(([, share]) => share >= least);
  const table = lines.map(([name, share]) => `| ${name} | ${share.toFixed(1)} % |`);
  console.log(`| ${heading} | share |\n|---|--:|\n${table.join("\n")}\n`);
}

process.chdir(root);
await copyWithNames();
const image = benchImage();
const profile = profileFit(image);
console.log(`fit of ${imageName(image)}, 1 thread, Node ${process.versions.node}\n`);
print("where", selfTimes(profile, placeOf), 0.3);
print(
  "function of the core",
  selfTimes(profile, (name, url) => (url.startsWith("wasm") ? `\`${name}\`` : "(outside)")),
  0.5,
);
