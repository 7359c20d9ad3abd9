import { encodeImage } from "./encode_image.ts";
import { calibrationWarning, type FrameSource } from "./fit/frames.ts";
import { readFrame, shownOf } from "./fit/series.ts";
import type { EncodeOptions, Model } from "./model.ts";
import { fitDrift } from "./results/drift.ts";
import { encodedMetrics } from "./results/encoded_metrics.ts";
import { motifSpacing } from "./results/find_motifs.ts";
import { type FrameResult, pooledWindows, type SeriesReport } from "./results/series.ts";
import { linkMotifs } from "./results/tracks.ts";
import type { FitReport } from "./results/types.ts";

/**
 * Finds the motifs of every frame of a stack, or of several images, with a model that was trained on others of their kind: what
 * `fitSeries` gives, without the loss, which is not evaluated.
 * @param onFrame told how many frames are done
 * @throws ShapeError, NumericsError that name the frame
 */
export async function encodeSeries(
  model: Model,
  source: FrameSource,
  options: Omit<EncodeOptions, "centres"> = {},
  onFrame: (done: number) => void = () => {},
): Promise<SeriesReport> {
  const { plan, variance } = model.header;
  const frames: FrameResult[] = [];
  let last: FitReport | undefined;
  const began = performance.now();
  for (const [k, info] of source.frames.entries()) {
    last = await encodeImage(model, await source.read(k), options);
    const { windows, motifs, maps, lattice } = last;
    frames.push({ ...info, windows, motifs, maps, lattice });
    onFrame(k + 1);
  }
  if (!last) throw new RangeError(`${source.name}: expected frames, got none`);
  const seconds = { encode: (performance.now() - began) / 1000 };
  const motifs = frames.map((frame) => frame.motifs);
  const stack = source.kind === "stack";
  const tracks = stack ? linkMotifs(motifs, plan.period, motifSpacing(plan.period, model.windowSize)) : undefined;
  const numbers = frames.map(({ number }) => number);
  const { template, binning, manifold, symmetry, windowSize, config, versions } = last;
  return {
    ...{ template, binning, manifold, symmetry, windowSize, config, versions },
    title: source.name,
    kind: source.kind,
    axis: source.axis,
    frames,
    shown: await shownOf(source, (k) => readFrame(source, k, options.fill ?? false)),
    tracks,
    drift: tracks && fitDrift(motifs, tracks, numbers, plan.windowSize * plan.binning),
    metrics: encodedMetrics(pooledWindows(frames), variance, seconds),
    warnings: [calibrationWarning(source)].filter((warning) => warning !== undefined),
  };
}
