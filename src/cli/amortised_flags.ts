import type { Command } from "commander";
import { ConfigError } from "../errors.ts";
import type { AmortisedOptions } from "../fit/amortised.ts";
import type { FitOptions } from "../fit/options.ts";
import type { Invariance } from "../fit/pyroved_pose.ts";
import { finiteNumber } from "./flags.ts";

/** What only pyroVED's model has; of `fit` with `--pose amortised` on signals and cut-outs. */
export type AmortisedChoice = Pick<
  AmortisedOptions,
  | "invariances"
  | "dxPrior"
  | "scPrior"
  | "sigma"
  | "betaStart"
  | "betaEpochs"
  | "finalRate"
  | "encoderHidden"
  | "decoderHidden"
>;

/** Flag of each, for messages too. */
export const amortisedFlags: Readonly<Record<keyof AmortisedChoice, string>> = {
  invariances: "--invariances",
  dxPrior: "--dx-prior",
  scPrior: "--sc-prior",
  sigma: "--sigma",
  betaStart: "--beta-start",
  betaEpochs: "--beta-epochs",
  finalRate: "--final-rate",
  encoderHidden: "--encoder-hidden",
  decoderHidden: "--decoder-hidden",
};

/** One number, or two with a comma between. */
function oneOrTwo(flag: string): (text: string) => number | [number, number] {
  return (text) => {
    const numbers = text.split(",").map(finiteNumber(flag));
    if (numbers.length > 2) throw new ConfigError(`${flag}: expected one number or two, got "${text}"`);
    return numbers.length === 1 ? numbers[0] : [numbers[0], numbers[1]];
  };
}

function two(flag: string): (text: string) => [number, number] {
  return (text) => {
    const numbers = oneOrTwo(flag)(text);
    if (typeof numbers !== "number") return numbers;
    throw new ConfigError(`${flag}: expected two numbers with a comma, got "${text}"`);
  };
}

function letters(text: string): Invariance[] {
  return text === "none" ? [] : (text.split(",") as Invariance[]);
}

/** Adds the options of pyroVED's model. Names, units and defaults are its own. */
export function addAmortisedOptions(command: Command): Command {
  const number = (name: keyof AmortisedChoice, value: string, help: string) =>
    command.option(`${amortisedFlags[name]} <${value}>`, `${PREFIX}${help}`, finiteNumber(amortisedFlags[name]));
  command
    .option(
      "--invariances <r,t,s>",
      `${PREFIX}rotation, shift, scale, or none for an ordinary VAE (default: t)`,
      letters,
    )
    .option(
      "--dx-prior <d>",
      `${PREFIX}prior sd of the shift, half windows; rows,columns where they differ (default: 0.1)`,
      oneOrTwo("--dx-prior"),
    );
  number("scPrior", "s", "prior sd of the inverse scale about 1 (default: 0.1)");
  number("sigma", "s", "noise of the gaussian likelihood, in ranges of the data (default: 0.5)");
  number("betaStart", "b", "scale of the KL term at the start (default: that of --beta)");
  number("betaEpochs", "n", "passes over which it goes to that of --beta (default: 0)");
  number("finalRate", "share", "of the learning rate, which it falls to by the end (default: 1)");
  return command
    .option(
      "--encoder-hidden <n,n>",
      `${PREFIX}units of the encoder's layers (default: 128,128)`,
      two("--encoder-hidden"),
    )
    .option("--decoder-hidden <n,n>", `${PREFIX}units of the decoder's (default: 128,128)`, two("--decoder-hidden"));
}

const PREFIX = "amortised signals and cut-outs: ";

/** Those that were given; undefined for none. */
export function amortisedChoiceOf(flags: AmortisedChoice): AmortisedChoice | undefined {
  const names = Object.keys(amortisedFlags) as (keyof AmortisedChoice)[];
  const given = names.filter((name) => flags[name] !== undefined);
  return given.length > 0 ? Object.fromEntries(given.map((name) => [name, flags[name]])) : undefined;
}

/** Throws where any was given and the fit is not of pyroVED's model. */
export function refuseAmortisedChoice(choice: AmortisedChoice | undefined): void {
  const [name] = Object.keys(choice ?? {}) as (keyof AmortisedChoice)[];
  if (name === undefined) return;
  throw new ConfigError(`${amortisedFlags[name]}: expected only with --pose amortised on signals or cut-outs`);
}

/** Options of every fit that pyroVED's model takes too. */
const COMMON = [
  ...["latentDim", "likelihood", "beta", "epochs", "batch", "learningRate", "fill", "seed", "threads"],
  ...["reproducible", "engineFlags"],
] as const;

/** The options of `fitAmortised`. `ConfigError` names one that it cannot have. */
export function amortisedOptionsOf(
  { pose: _, ...options }: FitOptions,
  choice: AmortisedChoice = {},
): AmortisedOptions {
  const other = Object.keys(options).find((name) => !(COMMON as readonly string[]).includes(name));
  if (other) throw new ConfigError(`${other}: expected only with the exact pose, got the amortised one`);
  return { ...(options as AmortisedOptions), ...choice };
}
