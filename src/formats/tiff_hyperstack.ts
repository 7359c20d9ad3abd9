import type { Axis, Dataset, DatasetInfo } from "../data/dataset.ts";
import type { DatasetHandle, Selection } from "./format.ts";
import { resolveSelection, sampleCount } from "./select.ts";

/** How the planes of a stack are numbered: channels, slices, frames, the fastest first. */
export interface HyperstackOrder {
  readonly channels: number;
  /** Planes from one channel to the next, of the same slice and frame. */
  readonly channelStep: number;
}

/**
 * The order of the planes from the sizes of "C", "Z" and "T" in the order in which they vary, the fastest first; undefined
 * where there is one channel, or where the sizes do not make up the planes.
 */
export function hyperstackOrder(
  order: string,
  sizes: Readonly<Record<string, number>>,
  planes: number,
): HyperstackOrder | undefined {
  const { C = 1, Z = 1, T = 1 } = sizes;
  const sound = [C, Z, T].every((size) => Number.isSafeInteger(size) && size > 0) && C * Z * T === planes;
  if (!sound || C === 1 || !/^(?=.*C)(?=.*Z)(?=.*T)[CZT]{3}$/.test(order)) return undefined;
  const before = Array.from(order.slice(0, order.indexOf("C")), (axis) => sizes[axis] ?? 1);
  return { channels: C, channelStep: before.reduce((product, size) => product * size, 1) };
}

/** One dataset a channel of a stack whose planes hold several; `frame` is the axis of one channel's planes. */
export function splitChannels(stack: DatasetHandle, order: HyperstackOrder, frame: Axis): DatasetHandle[] {
  return Array.from({ length: order.channels }, (_, channel) => {
    const name = `channel ${channel}`;
    const [, row, column] = stack.info.axes;
    const single = frame.size === 1;
    const axes = single ? [row, column] : [frame, row, column];
    const info: DatasetInfo = { ...stack.info, name, kind: single ? "image" : "stack", axes };
    return { info, read: (selection) => readChannel(stack, order, channel, info, selection) };
  });
}

async function readChannel(
  stack: DatasetHandle,
  { channels, channelStep }: HyperstackOrder,
  channel: number,
  info: DatasetInfo,
  selection?: Selection,
): Promise<Dataset> {
  const region = resolveSelection(info, selection);
  const size = region.rows * region.columns;
  sampleCount(info.name, [region.frames, region.rows, region.columns]);
  const data = new Float32Array(region.frames * size);
  for (let k = 0; k < region.frames; k++) {
    const plane = region.firstFrame + k;
    const frame =
      Math.floor(plane / channelStep) * channelStep * channels + channel * channelStep + (plane % channelStep);
    data.set((await stack.read({ frame, roi: selection?.roi })).data, k * size);
  }
  return { ...region.info, data };
}
