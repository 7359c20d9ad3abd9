import { encodedBy, findInImage, picturesOf } from "./encode_image.ts";
import { calibrationWarning, type FrameSource } from "./fit/frames.ts";
import { gridCentres, readFrame, shownOf } from "./fit/series.ts";
import { placeWindows } from "./fit/windows.ts";
import { DEFAULT_SAMPLES, type EncodeOptions, type Model, withSession } from "./model.ts";
import { fitDrift } from "./results/drift.ts";
import { encodedMetrics } from "./results/encoded_metrics.ts";
import { motifSpacing } from "./results/find_motifs.ts";
import { type FrameResult, pooledWindows, type SeriesReport } from "./results/series.ts";
import { linkMotifs } from "./results/tracks.ts";

/**
 * Finds the motifs of every frame of a stack, or of several images, with a model that was trained on others of their kind: what
 * `fitSeries` gives, without the loss, which is not evaluated. Each frame is searched with a grid of windows, at most `samples`.
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
  if (source.frames.length === 0) throw new RangeError(`${source.name}: expected frames, got none`);
  const frames: FrameResult[] = [];
  const seconds: Record<string, number> = {};
  const spacing = motifSpacing(plan.period, model.windowSize);
  await withSession(options, async (session) => {
    for (const [k, info] of source.frames.entries()) {
      const image = model.imageOf(await source.read(k), options.fill);
      const size = { rows: Math.floor(image.rows / plan.binning), cols: Math.floor(image.cols / plan.binning) };
      const centres = gridCentres(size, plan, spacing, options.samples ?? DEFAULT_SAMPLES);
      const geometry = model.load(session, image, centres.length / 2);
      placeWindows(session, geometry, centres);
      frames.push({ ...info, ...(await findInImage(model, session, image, geometry, centres.length / 2, seconds)) });
      onFrame(k + 1);
    }
  });
  const motifs = frames.map((frame) => frame.motifs);
  const stack = source.kind === "stack";
  const tracks = stack ? linkMotifs(motifs, plan.period, spacing) : undefined;
  const numbers = frames.map(({ number }) => number);
  return {
    ...(await picturesOf(model)),
    ...encodedBy(model, options),
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
