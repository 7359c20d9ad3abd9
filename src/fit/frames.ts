import { type Axis, type Dataset, type DatasetInfo, shapeOf } from "../data/dataset.ts";
import { ConfigError, ShapeError } from "../errors.ts";
import type { DatasetHandle, Selection } from "../formats/format.ts";
import { selectFrom } from "../formats/select.ts";
import type { FitReport } from "../results/types.ts";
import { imageOf, pixelSizeOf } from "./image.ts";

/*
 * Several images that are fitted together, read one at a time: frames of a stack or movie, or images of their own.
 */

/** What is known of a frame without its pixels. */
export interface FrameInfo {
  /** For headings and messages. */
  readonly name: string;
  /** Index in the stack, from 0, or in the list of images. */
  readonly number: number;
  /** Rows, pixels. */
  readonly rows: number;
  /** Columns, pixels. */
  readonly cols: number;
  /** Size of a pixel, where known. */
  readonly pixelSize?: FitReport["pixelSize"];
}

/** Frames and where they come from. */
export interface FrameSource {
  /** For messages. */
  readonly name: string;
  /** Frames of a "stack" show one field of view, in order; "images" have nothing in common but their motif. */
  readonly kind: "stack" | "images";
  /** What is known of each frame, in order. */
  readonly frames: readonly FrameInfo[];
  /** Of a stack: `offset + scale · number` is a frame's coordinate in `unit` ("px" where only its number is known). */
  readonly axis?: Axis;
  /** Reads frame k of `frames` as an image. */
  read(k: number): Promise<Dataset>;
}

/** Frames start, start + step, … below stop, as in Python; `stop` is the number of frames by default. */
export interface FrameRange {
  /** First frame, 0 by default. */
  readonly start?: number;
  /** First frame that is left out. */
  readonly stop?: number;
  /** Every which frame, 1 by default. */
  readonly step?: number;
}

/** The frames' numbers. `ConfigError` for a range with fewer than two frames, or none that are there. */
export function frameNumbers({ start = 0, stop, step = 1 }: FrameRange, count: number, name: string): number[] {
  const last = Math.min(stop ?? count, count);
  const numbers: number[] = [];
  for (let k = start; k < last; k += step) numbers.push(k);
  if (numbers.length >= 2) return numbers;
  const range = `${start}:${stop ?? ""}:${step}`;
  throw new ConfigError(`frames: expected a range of two or more of the ${count} frames of ${name}, got ${range}`);
}

/**
 * The frames of a stack in a file (one `read` a frame, so that the stack need not fit into memory) or in memory.
 * @param name what messages call the stack
 * @throws ShapeError for anything but a stack, ConfigError for a range without frames
 */
export function framesOfStack(
  stack: DatasetHandle | Dataset,
  name: string,
  range: FrameRange = {},
  roi?: Selection["roi"],
): FrameSource {
  const handle = "read" in stack ? stack : inMemory(stack);
  const { info } = handle;
  if (info.kind !== "stack") {
    throw new ShapeError(`${name}: expected a stack of images, got ${info.kind} of ${shapeOf(info).join("×")}`);
  }
  const numbers = frameNumbers(range, info.axes[0].size, name);
  const [rows, cols] = roi ? [roi[2], roi[3]] : [info.axes[1].size, info.axes[2].size];
  const pixelSize = pixelSizeOf(info);
  return {
    name,
    kind: "stack",
    frames: numbers.map((number) => ({ name: `frame ${number}`, number, rows, cols, pixelSize })),
    axis: info.axes[0],
    async read(k) {
      const dataset = await handle.read({ frame: numbers[k], roi });
      return { ...dataset, name: `${name}, frame ${numbers[k]}` };
    },
  };
}

function inMemory(dataset: Dataset): DatasetHandle {
  const info: DatasetInfo = dataset;
  return { info, read: async (selection) => selectFrom(info, dataset.data, selection) };
}

/** Images of their own that one model is trained on. `ShapeError` for a dataset that is no image. */
export function framesOfImages(images: readonly Dataset[], name = "images"): FrameSource {
  const frames = images.map((image, number) => {
    const { rows, cols } = imageOf(image);
    return { name: image.name, number, rows, cols, pixelSize: pixelSizeOf(image) };
  });
  return { name, kind: "images", frames, read: async (k) => images[k] };
}

/** A frame's coordinate along the stack's axis and its unit; the frame's number where nothing is known. */
export function frameCoordinate({ axis }: Pick<FrameSource, "axis">, number: number): { value: number; unit: string } {
  if (!axis || axis.unit === "px") return { value: number, unit: "" };
  return { value: axis.offset + axis.scale * number, unit: axis.unit };
}

/** Pixel sizes that differ by more than this share are said to. */
const SAME_SCALE = 0.01;

/** What a user should know of frames whose calibrations differ; undefined where they agree. */
export function calibrationWarning({ frames }: FrameSource): string | undefined {
  const text = ({ pixelSize }: FrameInfo) => (pixelSize ? `${pixelSize.value} ${pixelSize.unit}/px` : "none");
  const [first] = frames;
  const other = frames.find(({ pixelSize: size }) => {
    const same = size?.unit === first.pixelSize?.unit;
    return !same || (size && first.pixelSize && Math.abs(size.value / first.pixelSize.value - 1) > SAME_SCALE);
  });
  if (!other) return undefined;
  return `pixel sizes differ: ${text(first)} in ${first.name}, ${text(other)} in ${other.name}; one model is fitted in pixels, so that motifs of other sizes in pixels look different to it`;
}
