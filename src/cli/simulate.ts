import { extname } from "node:path";
import { Command } from "commander";
import { PNG } from "pngjs";
import { type Dataset, shapeOf } from "../data/dataset.ts";
import { type Simulation, type SimulationKind, simulate, simulationKinds } from "../data/simulate.ts";
import { ConfigError, FormatError } from "../errors.ts";
import { encodeNpy, encodeNpz } from "../formats/npy_write.ts";
import { finiteNumber } from "./flags.ts";
import { writeFiles } from "./write.ts";

interface SimulateFlags {
  readonly out: string;
  readonly size?: number;
  readonly set: Readonly<Record<string, number>>;
  readonly seed?: number;
  readonly dose?: number;
  readonly drift?: number;
  readonly jitter?: number;
  readonly noise?: number;
}

/** `shift-vae simulate KIND --out FILE`: data with its truth beside it. */
export function simulateCommand(): Command {
  return new Command("simulate")
    .description(
      "write simulated data (.npy, or .png in 16 bits), and its truth as FILE-stem.truth.json and .truth.npz",
    )
    .argument("<kind>", simulationKinds.map(({ name }) => name).join(", "))
    .requiredOption("-o, --out <file>", "file to write, .npy or .png")
    .option("--size <px>", "side of the image", finiteNumber("--size"))
    .option("--seed <n>", "seed of the random numbers", finiteNumber("--seed"))
    .option(
      "--dose <counts>",
      "expected counts of one reference column or at a peak's top (0: none)",
      finiteNumber("--dose"),
    )
    .option("--drift <px>", "specimen drift over the scan", finiteNumber("--drift"))
    .option("--jitter <px>", "displacement of each scan row along the row, rms", finiteNumber("--jitter"))
    .option("--noise <sd>", "additive Gaussian noise, in units of the image", finiteNumber("--noise"))
    .option("--set <name=value>", "any option of the kind, repeatable", collectSetting, {})
    .addHelpText("after", `\nKinds and their options:\n${simulationKinds.map(describeKind).join("\n")}`)
    .action(async (kind: string, flags: SimulateFlags) => {
      const { out, size, set, ...named } = flags;
      await writeSimulation(simulate(kind, { ...sizeOptions(kind, size), ...named, ...set }), out);
    });
}

/** Writes the data to `out`, its truth to `<stem>.truth.json` and `<stem>.truth.npz`. */
export async function writeSimulation(simulation: Simulation, out: string): Promise<void> {
  const { dataset, truth, kind, options } = simulation;
  const extension = extname(out).toLowerCase();
  const stem = out.slice(0, out.length - extension.length);
  const { bytes, scaling } = encodeData(dataset, extension, out);
  const arrays = Object.entries(truth.arrays).map(([name, { shape }]) => [name, [...shape]]);
  const facts = { kind, options, quantity: dataset.quantity, axes: dataset.axes, scaling, ...truth.facts };
  const positions = "(row, column), px, origin at the centre of the top-left pixel";
  const json = { ...facts, positions, arrays: Object.fromEntries(arrays) };
  await writeFiles(
    new Map<string, Uint8Array | string>([
      [out, bytes],
      [`${stem}.truth.json`, `${JSON.stringify(json, null, 2)}\n`],
      [`${stem}.truth.npz`, await encodeNpz(truth.arrays)],
    ]),
  );
}

/** The bytes of the file, and for a PNG how its gray values relate to the data's. */
function encodeData(dataset: Dataset, extension: string, out: string): { bytes: Uint8Array; scaling?: object } {
  if (extension === ".npy") return { bytes: encodeNpy(dataset.data, shapeOf(dataset)) };
  if (extension !== ".png") throw new FormatError(`${out}: expected a name ending in .npy or .png`);
  const { bytes, offset, scale } = encodePng16(dataset);
  return { bytes, scaling: { value: "offset + scale * gray", offset, scale } };
}

/** An image as 16-bit gray PNG, its range spread over 0 to 65535. */
function encodePng16(dataset: Dataset): { bytes: Uint8Array; offset: number; scale: number } {
  if (dataset.kind !== "image") {
    throw new FormatError(`${dataset.name}: a PNG holds one image, this is a set of ${dataset.kind}; expected .npy`);
  }
  const [height, width] = shapeOf(dataset);
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of dataset.data) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  const scale = (high - low || 1) / 65535;
  const gray = Uint16Array.from(dataset.data, (value) => Math.round((value - low) / scale));
  // pngjs takes 16-bit samples in the host's byte order.
  const png = new PNG({ width, height });
  const data = Buffer.from(gray.buffer, gray.byteOffset, gray.byteLength);
  const bytes = PNG.sync.write(Object.assign(png, { data }), {
    bitDepth: 16,
    colorType: 0,
    inputColorType: 0,
    inputHasAlpha: false,
    deflateLevel: 9,
  });
  return { bytes, offset: low, scale };
}

function sizeOptions(kind: string, size: number | undefined): Record<string, number> {
  if (size === undefined) return {};
  const sides = ["rows", "cols", "size"];
  const known = simulationKinds.find(({ name }) => name === kind)?.options ?? {};
  const has = sides.filter((side) => Object.hasOwn(known, side));
  if (has.length === 0) throw new ConfigError(`--size: ${kind} has no side`);
  return Object.fromEntries(has.map((side) => [side, size]));
}

function collectSetting(text: string, before: Record<string, number>): Record<string, number> {
  const [, name, value] = /^([A-Za-z]+)=(.*)$/.exec(text) ?? [];
  if (name === undefined) throw new ConfigError(`--set: expected name=value, got "${text}"`);
  return { ...before, [name]: finiteNumber(`--set ${name}`)(value) };
}

function describeKind({ name, help, options }: SimulationKind): string {
  const lines = Object.entries(options).map(([key, option]) => `    ${key} = ${option.default}  ${option.help}`);
  return `  ${name}: ${help}\n${lines.join("\n")}`;
}
