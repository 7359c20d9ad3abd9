import type { CoreConfig } from "../core/core.ts";
import type { Session } from "../core/session.ts";
import { createRng } from "../data/rng.ts";
import { ConfigError, NumericsError, ShiftVaeError } from "../errors.ts";
import type { Grid } from "../results/types.ts";
import { conditioned, conditionName } from "./condition.ts";
import type { FrameSource } from "./frames.ts";
import { finitePixels, imageOf } from "./image.ts";
import type { SettledOptions } from "./options.ts";
import { coreConfig, makePlan, type Plan, prepareImage } from "./plan.ts";
import type { FrameSize, Geometry } from "./windows.ts";

/*
 * Several frames in one core: (frames, rows, cols), each flat-fielded on its own as a single image would be. Frames are read one at a
 * time and go straight into the core's array; smaller ones are continued by their mirror image about the edge pixels, as the core
 * continues an image beyond its edge (kernels/crop.ts), so that the padding changes nothing that is computed of them.
 */

/** Frames that window, largest shift and binning are chosen from. */
const PLAN_FRAMES = 5;
/** Most bytes of pixels in the core, after binning: half of what its memory can be. */
const MOST_BYTES = 2 ** 31;

/** `count` numbers of 0 … length − 1, evenly spread, the first and the last among them. */
export function spread(length: number, count: number): number[] {
  if (length <= count) return Array.from({ length }, (_, k) => k);
  return Array.from({ length: count }, (_, k) => Math.round((k * (length - 1)) / (count - 1)));
}

/** Frame k as an image of finite pixels that differ. */
export async function readFrame(source: FrameSource, k: number, fill: boolean): Promise<Grid> {
  const dataset = await source.read(k);
  const image = finitePixels(imageOf(dataset), dataset.name, fill);
  const [first] = image.data;
  if (image.data.some((value) => value !== first)) return image;
  throw new NumericsError(`${dataset.name}: expected pixels that differ, all are ${first}`);
}

/** The plan for all frames, from a few of them. */
export async function seriesPlan(session: Session, source: FrameSource, options: SettledOptions): Promise<Plan> {
  const some: Grid[] = [];
  for (const k of spread(source.frames.length, PLAN_FRAMES)) some.push(await readFrame(source, k, options.fill));
  return makePlan(session.core, some, options);
}

/** How the frames lie in the core. `ConfigError` where they are more than its memory takes, or smaller than the window. */
export function seriesGeometry(source: FrameSource, { binning, windowSize }: Plan): Geometry {
  const frames: FrameSize[] = source.frames.map(({ rows, cols }) => ({
    rows: Math.floor(rows / binning),
    cols: Math.floor(cols / binning),
  }));
  frames.forEach(({ rows, cols }, k) => {
    if (Math.min(rows, cols) >= windowSize) return;
    const { name, rows: height, cols: width } = source.frames[k];
    throw new ConfigError(`window: expected at most ${name}, ${height}×${width} px, got ${windowSize * binning}`);
  });
  const rows = Math.max(...frames.map((size) => size.rows));
  const cols = Math.max(...frames.map((size) => size.cols));
  const bytes = 4 * frames.length * rows * cols;
  if (bytes > MOST_BYTES) {
    const gib = (bytes / 2 ** 30).toFixed(1);
    const step = Math.ceil(bytes / MOST_BYTES);
    throw new ConfigError(
      `frames: expected at most 2 GiB of pixels, got ${gib} GiB (${frames.length} frames of ${rows}×${cols} px, 4 bytes each); ` +
        `choose with --frames START:STOP:STEP (--frames ::${step}), or a part with --roi`,
    );
  }
  return { binning, windowSize, rows, cols, frames };
}

/** Lays out the core and fills it, frame by frame. Gives its configuration. */
export async function loadSeries(
  session: Session,
  source: FrameSource,
  plan: Plan,
  geometry: Geometry,
  options: SettledOptions,
  onFrame: (done: number) => void,
): Promise<CoreConfig> {
  const { core, threads } = session;
  const { rows, cols } = geometry;
  let config: CoreConfig | undefined;
  for (let k = 0; k < source.frames.length; k++) {
    onFrame(k);
    const image = await readFrame(source, k, options.fill);
    const small = blamed(source, k, () => prepareImage(core, image, plan));
    if (!config) {
      // The encoder's scale is the first frame's; what was prepared lies where the model will be, and is a copy.
      const size = { ROWS: rows, COLS: cols, FRAMES: source.frames.length };
      config = { ...coreConfig(plan, options, small, threads), ...size };
      core.create(config);
    }
    const size = rows * cols;
    putMirrored(core.floats("DATA", (k + 1) * size).subarray(k * size), small, rows, cols);
  }
  return config as CoreConfig;
}

/** A user's error that names the frame. */
function blamed<T>(source: FrameSource, k: number, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ShiftVaeError) error.message = `${source.frames[k].name}: ${error.message}`;
    throw error;
  }
}

/** Index inside 0 … size − 1 of the mirror image about the first and the last (reflect-101). */
export function mirrored(index: number, size: number): number {
  if (size === 1) return 0;
  const period = 2 * (size - 1);
  const at = index % period;
  return at < size ? at : period - at;
}

/** target (rows, cols) = the image at its upper left, mirrored beyond. Writes. */
function putMirrored(target: Float32Array, image: Grid, rows: number, cols: number): void {
  for (let r = 0; r < rows; r++) {
    const from = mirrored(r, image.rows) * image.cols;
    target.set(image.data.subarray(from, from + image.cols), r * cols);
    for (let c = image.cols; c < cols; c++) target[r * cols + c] = image.data[from + mirrored(c, image.cols)];
  }
}

/** Fractional parts of multiples of the golden ratio fill an interval evenly, however many are taken. */
const GOLDEN_RATIO = 0.6180339887498949;

/**
 * Draws the windows to train on, at uniform whole-pixel places: of frames of one size each in turn, in patches where there are conditions; of
 * others as often as their area asks for. `ConfigError` for conditions on frames of different sizes.
 */
export function drawWindows(session: Session, geometry: Geometry, options: SettledOptions): void {
  const { frames, rows, cols } = geometry;
  if (frames.every((size) => size.rows === rows && size.cols === cols)) {
    session.core.exports.sv_sample(session.core.arena);
    return;
  }
  if (conditioned(options)) {
    throw new ConfigError(
      `${conditionName(options)}: expected frames of one size, got several; cut them alike with --roi`,
    );
  }
  drawByArea(session, geometry, options);
}

function drawByArea(session: Session, { frames, windowSize }: Geometry, { samples, seed }: SettledOptions): void {
  const rng = createRng(seed);
  const places = frames.map(({ rows, cols }) => [rows - windowSize + 1, cols - windowSize + 1] as const);
  const ends: number[] = [];
  for (const [rows, cols] of places) ends.push((ends.at(-1) ?? 0) + rows * cols);
  const total = ends[ends.length - 1];
  const origins = session.core.ints("ORIGINS", 3 * samples);
  for (let i = 0; i < samples; i++) {
    const frame = frameAt(ends, ((i * GOLDEN_RATIO) % 1) * total);
    const [rows, cols] = places[frame];
    origins.set([frame, Math.floor(rng.uniform() * rows), Math.floor(rng.uniform() * cols)], 3 * i);
  }
}

/** First k with at < ends[k], by bisection. */
function frameAt(ends: readonly number[], at: number): number {
  let [low, high] = [0, ends.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at < ends[middle]) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Windows about each motif when a frame is searched, before they are merged. */
const WINDOWS_PER_MOTIF = 6;

/**
 * Centres (row, column), interleaved, px of the input, of a grid of windows that finds every motif of a frame: about six for each, and no
 * more than `most`.
 * @param spacing distance between motifs, px of the input
 */
export function gridCentres(size: FrameSize, plan: Plan, spacing: number, most: number): number[] {
  const side = plan.windowSize * plan.binning;
  const [height, width] = [size.rows * plan.binning - side, size.cols * plan.binning - side];
  const fine = spacing / Math.sqrt(WINDOWS_PER_MOTIF);
  const along = (length: number, step: number) => Math.max(1, Math.floor(length / step) + 1);
  let step = fine;
  while (along(height, step) * along(width, step) > most) step *= 1.05;
  const [rows, cols] = [along(height, step), along(width, step)];
  const place = (i: number, count: number, length: number) =>
    (side - 1) / 2 + (count > 1 ? (i * length) / (count - 1) : length / 2);
  return Array.from({ length: rows * cols }, (_, i) => [
    place(Math.floor(i / cols), rows, height),
    place(i % cols, cols, width),
  ]).flat();
}

/** Frames whose pixels are kept for pictures. */
const SHOWN_FRAMES = 4;

/** Some of the frames, evenly spread, with their pixels. */
export async function shownOf(
  { frames }: FrameSource,
  read: (k: number) => Promise<Grid>,
): Promise<{ readonly frame: number; readonly image: Grid }[]> {
  const shown: { frame: number; image: Grid }[] = [];
  for (const frame of spread(frames.length, SHOWN_FRAMES)) shown.push({ frame, image: await read(frame) });
  return shown;
}
