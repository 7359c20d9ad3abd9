import { basename } from "node:path";
import { type Dataset, type DatasetInfo, type DatasetKind, shapeOf, withPixelSize } from "../data/dataset.ts";
import { ConfigError } from "../errors.ts";
import { refuseMapsOf } from "../export/index.ts";
import { type FrameInfo, type FrameRange, type FrameSource, framesOfStack } from "../fit/frames.ts";
import { pixelSizeOf } from "../fit/image.ts";
import type { FitOptions } from "../fit/options.ts";
import type { DatasetHandle, OpenedFile } from "../formats/format.ts";
import { type DatasetChoice, pickDataset, withFile } from "../formats/registry.ts";
import { type AmortisedChoice, refuseAmortisedChoice } from "./amortised_flags.ts";
import type { FitTask } from "./fit_task.ts";
import { imageOfFile, inputFacts, pixelHash, readImage, sha256 } from "./input.ts";
import type { ResultChoice } from "./result_flags.ts";

/** Which files, and what of them. */
export interface InputChoice {
  readonly inputs: readonly string[];
  readonly choice: DatasetChoice;
  /** Frames of a stack. */
  readonly frames?: FrameRange;
  /** A stack's frames are stand-alone windows, not images to find motifs in. */
  readonly cutOuts?: boolean;
  readonly results: ResultChoice;
  /** What only pyroVED's model has. */
  readonly amortised?: AmortisedChoice;
}

/** What to fit, and how: given on the command line, or kept from an interrupted run. */
export interface FitRequest extends InputChoice {
  readonly options: FitOptions;
}

/** Opens the input, finds out what kind of fit it asks for, and hands that on; files stay open meanwhile. */
export function withFitTask<T>(request: InputChoice, use: (task: FitTask) => Promise<T>): Promise<T> {
  const { inputs, choice } = request;
  if (inputs.length > 1) refuseAmortisedChoice(request.amortised);
  if (inputs.length > 1) return severalImages(request).then(use);
  const [path] = inputs;
  return withFile(path, async (file) => {
    const handle = pickDataset(file, path, choice);
    return use(await taskOf(path, file, handle, request));
  });
}

async function taskOf(path: string, file: OpenedFile, handle: DatasetHandle, request: InputChoice): Promise<FitTask> {
  const { frames, cutOuts, choice } = request;
  const { kind, axes } = handle.info;
  const stack = kind === "stack" && axes[0].size > 1 && choice.frame === undefined;
  if (!stack) refuseStackOptions(request, handle.info);
  if (stack && cutOuts && frames) {
    throw new ConfigError("--frames: expected without --cut-outs, which takes every frame as a window, got both");
  }
  const signals = kind === "spectra" || kind === "spectral-map";
  if (!signals && !cutOuts) refuseAmortisedChoice(request.amortised);
  if (stack && !cutOuts) return stackTask(path, file, handle, request);
  if (signals || cutOuts) {
    const { dataset, facts } = await samplesSource(path, file, handle, request);
    const { samplesTask } = await import("./samples_task.ts");
    return samplesTask(
      dataset,
      titleOf(path, file, handle.info),
      facts,
      () => pixelHash(dataset),
      request.results,
      request.amortised,
    );
  }
  const { results } = request;
  const { imageTask } = await import("./image_task.ts");
  return imageTask(path, await imageOfFile(path, file, choice, results.pixelSize), results);
}

/** Signals, a spectral map or a stack of cut-outs, and the input's part of result.json. */
export async function samplesSource(
  path: string,
  file: OpenedFile,
  handle: DatasetHandle,
  { choice, results }: Pick<InputChoice, "choice" | "results">,
): Promise<{ dataset: Dataset; facts: object }> {
  refuseOfSamples(results, handle.info);
  const { pixelSize } = results;
  const dataset = await scaled(handle, pixelSize).read({ roi: choice.roi });
  const facts = inputFacts(path, { dataset, format: file.format, channel: handle.info.name, pixelSize });
  return { dataset: { ...dataset, name: path }, facts };
}

/** In words, what can be samples. */
const SAMPLE_KINDS: Readonly<Partial<Record<DatasetKind, string>>> = {
  spectra: "signals",
  "spectral-map": "a spectral map",
  stack: "cut-outs",
};

/** What samples have no use for: none of them is a lattice, and signals that are no map lie nowhere. */
function refuseOfSamples({ material, pixelSize, export: kinds = [] }: ResultChoice, { kind }: DatasetInfo): void {
  const what = SAMPLE_KINDS[kind];
  if (!what) return;
  if (material !== undefined) throw new ConfigError(`--material: expected images or a stack of them, got ${what}`);
  if (pixelSize !== undefined && kind === "spectra")
    throw new ConfigError("--pixel-size: expected images, a stack or a spectral map, got signals");
  if (kind !== "spectral-map") refuseMapsOf(kinds, what);
}

function refuseStackOptions({ frames, cutOuts }: InputChoice, info: DatasetInfo): void {
  const [flag] = [frames && "--frames", cutOuts && "--cut-outs"].filter(Boolean);
  if (flag)
    throw new ConfigError(`${flag}: expected a stack of frames, got ${info.kind} of ${shapeOf(info).join("×")}`);
}

export function titleOf(path: string, file: OpenedFile, { name }: DatasetInfo): string {
  return file.datasets.length > 1 ? `${basename(path)}, ${name}` : basename(path);
}

/** The frames of a stack that are asked for, and the input's part of result.json. */
export function stackSource(
  path: string,
  file: OpenedFile,
  handle: DatasetHandle,
  { frames, choice, results }: Pick<InputChoice, "frames" | "choice" | "results">,
): { source: FrameSource; facts: object } {
  const source = framesOfStack(scaled(handle, results.pixelSize), path, frames, choice.roi);
  const { info } = handle;
  const facts = {
    path,
    format: file.format,
    dataset: info.name,
    frames: source.frames.map(({ number }) => number),
    roi: choice.roi,
    axes: results.pixelSize === undefined ? info.axes : withPixelSize(info, results.pixelSize).axes,
    scaleFrom: results.pixelSize === undefined ? "file" : "--pixel-size",
    dtype: info.dtype,
    quantity: info.quantity,
    metadata: info.metadata,
  };
  return { source, facts };
}

async function stackTask(
  path: string,
  file: OpenedFile,
  handle: DatasetHandle,
  request: InputChoice,
): Promise<FitTask> {
  const { seriesTask } = await import("./series_task.ts");
  const { source, facts } = stackSource(path, file, handle, request);
  return seriesTask(source, titleOf(path, file, handle.info), facts, await seriesHash(source), request.results);
}

/** The same stack with pixels of that side, nm, where one is given. */
function scaled(handle: DatasetHandle, side?: number): DatasetHandle {
  if (side === undefined) return handle;
  return {
    info: withPixelSize(handle.info, side),
    read: async (selection) => withPixelSize(await handle.read(selection), side),
  };
}

/** One hash of the pixels of all frames. */
async function seriesHash(source: FrameSource): Promise<string> {
  const hash = sha256();
  for (let k = 0; k < source.frames.length; k++) hash.update(pixelHash(await source.read(k)));
  return hash.digest("hex");
}

/** Several files, one image each, read when their turn comes. */
async function severalImages(request: InputChoice): Promise<FitTask> {
  const { inputs, choice, frames, cutOuts, results } = request;
  const [flag] = [frames && "--frames", cutOuts && "--cut-outs"].filter(Boolean);
  if (flag) throw new ConfigError(`${flag}: expected one input, got ${inputs.length}`);
  const twice = inputs.find((path, k) => inputs.indexOf(path) < k);
  if (twice !== undefined) throw new ConfigError(`fit: expected different inputs, got ${twice} twice`);
  const infos: FrameInfo[] = [];
  const facts: object[] = [];
  const hash = sha256();
  for (const [number, path] of inputs.entries()) {
    const image = await readImage(path, choice, results.pixelSize);
    const [rows, cols] = shapeOf(image.dataset);
    infos.push({ name: path, number, rows, cols, pixelSize: pixelSizeOf(image.dataset) });
    facts.push(inputFacts(path, image));
    hash.update(pixelHash(image.dataset));
  }
  const read = async (k: number) => (await readImage(inputs[k], choice, results.pixelSize)).dataset;
  const title = `${basename(inputs[0])} and ${inputs.length - 1} more`;
  const source: FrameSource = { name: title, kind: "images", frames: infos, read };
  const { seriesTask } = await import("./series_task.ts");
  return seriesTask(source, title, { files: facts }, hash.digest("hex"), results);
}
