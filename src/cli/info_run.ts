import { availableParallelism, cpus } from "node:os";
import { setTimeout } from "node:timers/promises";
import { canShareMemory, chooseVariant, type EngineChoice } from "../core/engine.ts";
import { runtimeName, wasmEngineName } from "../core/runtime.ts";
import { openSession } from "../core/session.ts";
import { VERSION } from "../core/version.ts";
import { simulate } from "../data/simulate.ts";
import { type FitResult, fit } from "../fit.ts";
import { allFormats } from "../formats/registry.ts";
import { KdTree } from "../results/neighbours.ts";
import { row } from "./summary.ts";

/** The self-test's image and fit: small enough for seconds. */
const IMAGE = { rows: 160, cols: 160, seed: 1 };
const FIT = { samples: 1000, epochs: 2, restarts: 2, window: 32, maxShift: 10 };
/** Farthest that a motif of the chosen build may lie from the one of plain SIMD, px, rms: they differ in rounding only. */
const TOLERANCE = 0.1;
/** Multiplications and additions of a dense layer a parameter and window: forward, and two products backward. */
const FLOPS_PER_PARAMETER = 6;
/** Milliseconds between two rounds of timing tiles: the engine compiles meanwhile. */
const TIMING_INTERVAL = 5;

interface SelfTest {
  /** Motifs of the chosen build and of plain SIMD on one thread, and their rms distance in px. */
  readonly motifs: readonly [number, number];
  readonly rmsDistance: number;
  readonly passed: boolean;
  /** Training, of the chosen build with all threads. */
  readonly windowsPerSecond: number;
  readonly denseGflops: number;
}

export interface Info {
  readonly version: string;
  readonly runtime: string;
  readonly wasmEngine: string;
  readonly platform: string;
  readonly cpu: string;
  readonly logicalCpus: number;
  readonly simd: string;
  readonly reason: string;
  readonly sharedMemory: boolean;
  readonly variant: string;
  /** Tiles of the matrix products, and why. */
  readonly tiles: string;
  readonly threads: number;
  readonly selfTest: SelfTest;
  readonly formats: readonly { readonly name: string; readonly extensions: readonly string[] }[];
}

export async function gatherInfo(choice: EngineChoice): Promise<Info> {
  const { simd } = await chooseVariant(choice);
  const { dataset } = simulate("ferroelectric", IMAGE);
  const plain = await fit(dataset, { ...FIT, threads: 1, reproducible: true });
  const chosen = await fit(dataset, { ...FIT, ...choice });
  const formats = await allFormats();
  return {
    version: VERSION,
    runtime: runtimeName(),
    wasmEngine: wasmEngineName(),
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    logicalCpus: availableParallelism(),
    simd,
    reason: String(chosen.versions.reason),
    sharedMemory: canShareMemory(),
    variant: String(chosen.versions.variant),
    tiles: await timeTiles(choice),
    threads: Number(chosen.versions.threads),
    selfTest: compare(chosen, plain),
    formats: formats.map(({ name, extensions }) => ({
      name,
      extensions: extensions.map((e) => e.replace(/^\.?/, ".")),
    })),
  };
}

/** As a fit times them beside its training; the self-test's is over too soon. */
async function timeTiles(choice: EngineChoice): Promise<string> {
  const session = await openSession({ ...choice, threads: 1 });
  try {
    for (const { tiles } = session; !tiles.settled; await setTimeout(TIMING_INTERVAL)) tiles.round();
    return session.tiles.description;
  } finally {
    await session.close();
  }
}

function compare(chosen: FitResult, plain: FitResult): SelfTest {
  const motifs = [chosen.motifs.count, plain.motifs.count] as const;
  const rmsDistance = distance(chosen.motifs.position, plain.motifs.position);
  const { train } = chosen.metrics.seconds;
  const windowsPerSecond = (FIT.samples * FIT.epochs) / train;
  return {
    motifs,
    rmsDistance,
    passed: motifs[0] > 0 && motifs[0] === motifs[1] && rmsDistance < TOLERANCE,
    windowsPerSecond,
    denseGflops: (FLOPS_PER_PARAMETER * chosen.model.parameters.length * windowsPerSecond) / 1e9,
  };
}

/** Rms distance of positions (n, 2) from the nearest of the others. */
function distance(positions: Float64Array, others: Float64Array): number {
  if (positions.length === 0 || others.length === 0) return Number.NaN;
  const tree = new KdTree(others, 2);
  let squares = 0;
  for (let i = 0; i < positions.length; i += 2) {
    const [nearest] = tree.nearest([positions[i], positions[i + 1]], 1);
    squares += (positions[i] - others[2 * nearest]) ** 2 + (positions[i + 1] - others[2 * nearest + 1]) ** 2;
  }
  return Math.sqrt((2 * squares) / positions.length);
}

const FORMAT_WIDTH = 24;

export function describeInfo(info: Info): string {
  const { selfTest: test } = info;
  const result = `${test.passed ? "passed" : "FAILED"}: ${test.motifs[0]} motifs, plain SIMD on one thread ${test.motifs[1]}, rms distance ${test.rmsDistance.toPrecision(2)} px`;
  const lines = [
    row("shift-vae", info.version),
    row("Runtime", `${info.runtime}, ${info.wasmEngine}`),
    row("Machine", `${info.platform}, ${info.cpu}, ${info.logicalCpus} logical CPUs`),
    row("SIMD", `${info.simd}  (${info.reason})`),
    row("Shared memory", info.sharedMemory ? "yes" : "no"),
    row("Core", `${info.variant}, ${info.threads} ${info.threads === 1 ? "thread" : "threads"}`),
    row("Tiles", info.tiles),
    row("Self-test", result),
    row(
      "Training",
      `${Math.round(test.windowsPerSecond).toLocaleString("en")} windows/s of ${FIT.window} px; ${test.denseGflops.toPrecision(2)} GFLOP/s counting the dense layers only`,
    ),
    "Formats",
    ...info.formats.map(({ name, extensions }) => `  ${name.padEnd(FORMAT_WIDTH)}${extensions.join(" ")}`),
  ];
  return `${lines.join("\n")}\n`;
}
