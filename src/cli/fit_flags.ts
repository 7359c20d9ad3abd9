import { type Command, Option } from "commander";
import { ConfigError } from "../errors.ts";
import { type FitOptions, likelihoods, networks, poses } from "../fit/options.ts";
import { amortisedFlags } from "./amortised_flags.ts";
import { engineFlagsOption, finiteNumber, reproducibleOption } from "./flags.ts";

type NumberField = {
  [K in keyof FitOptions]-?: NonNullable<FitOptions[K]> extends number ? K : never;
}[keyof FitOptions];

interface NumberFlag {
  readonly flag: string;
  readonly value: string;
  readonly help: string;
}

/** Options that are numbers: their flags, units and meaning. Defaults and ranges are those of `fit`. */
const numberFlags: Readonly<Record<NumberField, NumberFlag>> = {
  window: { flag: "--window", value: "px", help: "side of the windows (default: two lattice vectors)" },
  maxShift: { flag: "--max-shift", value: "px", help: "largest shift of the motif (default: 0.6 lattice vectors)" },
  shiftPrior: { flag: "--shift-prior", value: "px", help: "prior sd of the shift (default: half the largest)" },
  binning: { flag: "--binning", value: "n", help: "average n × n pixels first (default: from the lattice)" },
  latentDim: { flag: "--latent", value: "n", help: "number of latents (default: 2)" },
  samples: { flag: "--samples", value: "n", help: "windows cut at random (default: 10000)" },
  epochs: {
    flag: "--epochs",
    value: "n",
    help: "passes over them (default: 3, amortised 6; of signals and cut-outs 12, amortised 100)",
  },
  batch: {
    flag: "--batch",
    value: "n",
    help: "windows in a training step (default: 48; amortised signals and cut-outs 100)",
  },
  beta: {
    flag: "--beta",
    value: "b",
    help: "scale of the KL term (default: 1; of signals and cut-outs 0.03, amortised 1)",
  },
  gainPrior: {
    flag: "--gain-prior",
    value: "sd",
    help: "prior sd of a window's gain about 1; 0 fixes it (default: 0.3)",
  },
  offsetPrior: {
    flag: "--offset-prior",
    value: "sd",
    help: "prior sd of a window's offset, in the image's sd; 0 fixes it (default: 0.3)",
  },
  restarts: { flag: "--restarts", value: "n", help: "starts of the alignment, the best is kept (default: 6)" },
  templates: {
    flag: "--templates",
    value: "n",
    help: "most registration templates; more than one is used only for variants or grains",
  },
  learningRate: {
    flag: "--learning-rate",
    value: "rate",
    help: "of Adam (default: 0.004, amortised 0.002; of signals and cut-outs 0.002, amortised 0.001)",
  },
  smooth: {
    flag: "--smooth",
    value: "weight",
    help: "of the condition that neighbours' latents agree: Σ(Δμ)²/(σ₁²+σ₂²), nats a window (default: 0, off)",
  },
  tv: { flag: "--tv", value: "weight", help: "of their total variation Σ|Δμ|, nats a window (default: 0, off)" },
  seed: { flag: "--seed", value: "n", help: "of all random numbers (default: 1)" },
  threads: { flag: "--threads", value: "n", help: "threads (default: the processors there are, at most 8)" },
};

/** What the options of `addFitOptions` give. */
export type FitFlags = Partial<Record<NumberField, number>> & {
  readonly pose?: FitOptions["pose"];
  readonly likelihood?: FitOptions["likelihood"];
  readonly encoder?: FitOptions["encoder"];
  readonly decoder?: FitOptions["decoder"];
  readonly normalise?: boolean;
  readonly plane?: boolean;
  readonly background?: number;
  readonly contrast?: number;
  readonly fill?: boolean;
  readonly reproducible?: boolean;
  readonly rotation?: true | number;
  readonly scale?: true | number;
  readonly engineFlags?: boolean;
};

/** Flags whose number may be left out. */
const rangeFlags: readonly string[] = ["--rotation", "--scale"];

/** Names of a flag's value in commander's result, where they are not the option's own. */
const attributes: Readonly<Record<string, NumberField>> = { latent: "latentDim" };

function widthInPixels(option: string): (text: string) => number {
  return (text) => {
    const value = finiteNumber(option)(text);
    if (value >= 0 && value <= 65536) return value;
    throw new ConfigError(`${option}: expected a number from 0 to 65536, got ${value}`);
  };
}

/** Adds the options of `fit`, all but those named. */
export function addFitOptions(command: Command, without: readonly NumberField[] = []): Command {
  for (const [field, { flag, value, help }] of Object.entries(numberFlags)) {
    if (without.includes(field as NumberField)) continue;
    command.option(`${flag} <${value}>`, help, finiteNumber(flag));
  }
  return command
    .addOption(
      new Option(
        "--pose <kind>",
        "exact: by registration; amortised: by the encoder, of images with the lattice's phase, of signals and cut-outs as pyroVED does (default: exact)",
      ).choices(poses),
    )
    .addOption(
      new Option(
        "--rotation [deg]",
        "the motif is turned from window to window, by up to so many degrees each way (default: off; alone: by any angle)",
      ).argParser(finiteNumber("--rotation")),
    )
    .addOption(
      new Option("--scale [share]", "its size differs, by up to this share (default: off; alone: 0.15)").argParser(
        finiteNumber("--scale"),
      ),
    )
    .addOption(
      new Option(
        "--likelihood <name>",
        "of a pixel (default: gaussian; amortised signals and cut-outs bernoulli)",
      ).choices(likelihoods),
    )
    .addOption(new Option("--encoder <kind>", "encoder network (default: mlp)").choices(networks))
    .addOption(new Option("--decoder <kind>", "decoder network (default: mlp)").choices(networks))
    .option("--no-normalise", "leave the image as it is but for mean and variance")
    .option("--no-plane", "do not subtract the least-squares plane")
    .option(
      "--background <px>",
      "Gaussian σ of the background that is subtracted; 0: none",
      widthInPixels("--background"),
    )
    .option(
      "--contrast <px>",
      "Gaussian σ of the local contrast that is divided by; 0: none",
      widthInPixels("--contrast"),
    )
    .option("--fill", "replace NaN and infinite pixels by the median instead of refusing them")
    .addOption(reproducibleOption())
    .addOption(engineFlagsOption());
}

/** The options of `fit` that were given on the command line, and no others. */
export function fitOptionsOf(flags: FitFlags & Readonly<Record<string, unknown>>): FitOptions {
  const numbers: Partial<Record<NumberField, number>> = {};
  for (const field of Object.keys(numberFlags) as NumberField[]) {
    const attribute = Object.keys(attributes).find((name) => attributes[name] === field) ?? field;
    const value = flags[attribute];
    if (typeof value === "number") numbers[field] = value;
  }
  const { pose, likelihood, encoder, decoder, fill, reproducible, engineFlags } = flags;
  const range = (value: true | number | undefined) => (typeof value === "number" ? { range: value } : value);
  const [rotation, scale] = [range(flags.rotation), range(flags.scale)];
  const normalise = normalisationOf(flags);
  const named = { pose, likelihood, encoder, decoder, fill, reproducible, engineFlags, normalise };
  const given = { ...numbers, ...named, rotation, scale };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function normalisationOf({ normalise, plane, background, contrast }: FitFlags): FitOptions["normalise"] {
  const parts = {
    ...(plane === false && { plane }),
    ...(background !== undefined && { background }),
    ...(contrast !== undefined && { contrast }),
  };
  const some = Object.keys(parts).length > 0;
  if (normalise !== false) return some ? parts : undefined;
  if (some) throw new ConfigError("--no-normalise: expected without --no-plane, --background and --contrast, got both");
  return false;
}

/** Flags of what is no number in the library. */
const otherFlags: Readonly<Record<string, string>> = {
  ...amortisedFlags,
  pose: "--pose",
  encoder: "--encoder",
  decoder: "--decoder",
  normalise: "--no-normalise, --no-plane, --background and --contrast",
  likelihood: "--likelihood",
  frames: "--frames",
};

/** The same error with the option's flag in place of its name in the library. */
export function inFlagWords(error: unknown): unknown {
  if (!(error instanceof ConfigError)) return error;
  const name = /^(\w+): /.exec(error.message)?.[1];
  const flag =
    numberFlags[name as NumberField]?.flag ??
    rangeFlags.find((range) => range === `--${name}`) ??
    otherFlags[name ?? ""];
  if (name && flag) error.message = flag + error.message.slice(name.length);
  return error;
}
