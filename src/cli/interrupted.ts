import { readFile, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { VERSION } from "../core/version.ts";
import { FormatError } from "../errors.ts";
import { type Checkpoint, readCheckpoint } from "../fit/checkpoint.ts";
import { prettyJson } from "../results/files.ts";
import { systemReason } from "../system_error.ts";
import type { FitRequest } from "./fit_input.ts";
import { writeFiles } from "./write.ts";

const SCHEMA = "shift-vae/interrupted/2";
/** What was asked for; and the state of training, where it had begun. */
const REQUEST_FILE = "checkpoint.json";
const STATE_FILE = "checkpoint.svae";

/** A fit that was interrupted, as its folder keeps it. */
export interface Interrupted {
  readonly request: FitRequest;
  /** SHA-256 of the pixels. */
  readonly pixels: string;
  readonly checkpoint?: Checkpoint;
}

/** Writes what `--resume` needs. Without a state the fit starts again, to the same bits. */
export async function writeInterrupted(
  folder: string,
  request: FitRequest,
  pixels: string,
  state?: Uint8Array,
): Promise<void> {
  const inputs = request.inputs.map((path) => resolve(path));
  const kept = { schema: SCHEMA, version: VERSION, ...request, inputs, pixels, trained: state !== undefined };
  const files = new Map<string, Uint8Array | string>();
  if (state) files.set(join(folder, STATE_FILE), state);
  files.set(join(folder, REQUEST_FILE), prettyJson(kept));
  await writeFiles(files);
}

export async function readInterrupted(folder: string): Promise<Interrupted> {
  const path = join(folder, REQUEST_FILE);
  const kept = parseRequest(path, new TextDecoder().decode(await readWhole(path)));
  if (kept.version !== VERSION) {
    throw new FormatError(`${path}: expected a fit that shift-vae ${VERSION} began, this one is of ${kept.version}`);
  }
  const { inputs, choice, frames, cutOuts, amortised, options, results, pixels, trained } = kept;
  const state = join(folder, STATE_FILE);
  const checkpoint = trained ? readCheckpoint(await readWhole(state), state) : undefined;
  return { request: { inputs, choice, frames, cutOuts, amortised, options, results }, pixels, checkpoint };
}

/** Removes what `--resume` would need, once the fit is done. */
export async function forgetInterrupted(folder: string): Promise<void> {
  for (const name of [REQUEST_FILE, STATE_FILE]) await rm(join(folder, name), { force: true });
}

interface KeptRequest extends FitRequest {
  readonly version: string;
  readonly pixels: string;
  readonly trained: boolean;
}

function parseRequest(path: string, text: string): KeptRequest {
  try {
    const kept = JSON.parse(text);
    const whole = kept?.options && kept.choice && kept.results;
    if (kept?.schema === SCHEMA && Array.isArray(kept.inputs) && whole) return kept;
  } catch {
    // Not JSON: said below.
  }
  throw new FormatError(`${path}: expected the ${SCHEMA} of an interrupted fit, this file is not one`);
}

async function readWhole(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new FormatError(`${path}: expected the checkpoint of an interrupted fit, got ${systemReason(error)}`);
  }
}
