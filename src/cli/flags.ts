import { type Command, Option } from "commander";
import { type DatasetKind, datasetKinds } from "../data/dataset.ts";
import { ConfigError } from "../errors.ts";
import type { FrameRange } from "../fit/frames.ts";
import type { DatasetChoice } from "../formats/registry.ts";

export function reproducibleOption(): Option {
  return new Option("--reproducible", "plain SIMD only: the same bits on every machine and engine");
}

/** `--engine-flags`; not with `--reproducible`, which is for the same bits on every engine. */
export function engineFlagsOption(): Option {
  return new Option(
    "--engine-flags",
    "use experimental optimisations of the engine where a self-test finds them right and faster",
  ).conflicts("reproducible");
}

/** Reads the value of an option that messages name. */
export function finiteNumber(option: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && Number.isFinite(value)) return value;
    throw new ConfigError(`${option}: expected a number, got "${text}"`);
  };
}

function wholeNumber(option: string): (text: string) => number {
  return (text) => {
    if (/^\d+$/.test(text)) return Number(text);
    throw new ConfigError(`${option}: expected a whole number from 0, got "${text}"`);
  };
}

function region(text: string): readonly [number, number, number, number] {
  const parts = text.split(",");
  if (parts.length === 4 && parts.every((part) => /^\s*\d+\s*$/.test(part))) {
    const [row, column, rows, columns] = parts.map(Number);
    return [row, column, rows, columns];
  }
  throw new ConfigError(`--roi: expected row,column,rows,columns in whole pixels, got "${text}"`);
}

/** Frames of a stack as START:STOP:STEP, each of which may be left out, as in Python. */
export function frameRange(text: string): FrameRange {
  const parts = /^(\d*):(\d*)(?::(\d*))?$/.exec(text);
  const [start, stop, step] = (parts ?? []).slice(1).map((part) => (part ? Number(part) : undefined));
  if (parts && step !== 0) return { start, stop, step };
  throw new ConfigError(`--frames: expected START:STOP:STEP in whole numbers, such as 0:100:2 or ::10, got "${text}"`);
}

/** What the options of `addSelection` give. */
export interface SelectionFlags {
  readonly dataset?: string;
  readonly channel?: string;
  readonly as?: DatasetKind;
  readonly frame?: number;
  readonly roi?: readonly [number, number, number, number];
}

/** The options that choose a part of a file. */
export function addSelection(command: Command): Command {
  return command
    .option("--dataset <name>", "dataset of the file, by name or number (see shift-vae inspect)")
    .addOption(new Option("--channel <name>", "the same as --dataset").conflicts("dataset"))
    .addOption(
      new Option("--as <kind>", "what its axes mean, where its shape alone is read otherwise").choices(datasetKinds),
    )
    .option("--frame <n>", "frame of a stack, from 0", wholeNumber("--frame"))
    .option("--roi <r,c,h,w>", "part of the image: first row and column, rows, columns, px", region);
}

export function selectionOf({ dataset, channel, as, frame, roi }: SelectionFlags): DatasetChoice {
  return { dataset: dataset ?? channel, as, frame, roi };
}
