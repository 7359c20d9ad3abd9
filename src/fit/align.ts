import type { Core } from "../core/core.ts";
import { createRng, type Rng } from "../data/rng.ts";
import { FINAL, firstTemplate } from "./first_template.ts";
import type { SettledOptions } from "./options.ts";
import type { Plan } from "./plan.ts";
import type { Geometry } from "./windows.ts";

/*
 * Which windows the templates start from (assembly/model/align.ts does the rounds). The first template, then, while many windows are explained
 * much worse than the others, another one from one of those: variants and grains that no common template registers.
 */

/** A window is explained badly when its cost is this many times the first quartile. */
const BAD_RATIO = 1.6;
/** Share of bad windows that is worth another template, and starts tried for it. */
const BAD_SHARE = 0.1;
const EXTRA_STARTS = 3;
/** Windows of further templates, rounds of each start and of what is kept. */
const EXTRA_WINDOWS = 1920;
const START_ROUNDS = 3;
const EXTRA_ROUNDS = 5;
/**
 * A further template is tried where those leave this share of the data's variance unexplained, in the median: below it they register well, and the
 * decoder will explain the rest. It is kept where their costs fall to the second share.
 */
const UNEXPLAINED = 0.3;
const KEEP_RATIO = 0.4;
/** Of all windows or of the better half; registered by correlation alone, or refined through the template too. */
interface Manner {
  readonly trimmed: boolean;
  readonly coarse: boolean;
}
/** While starts are compared, which need no more; for those that are kept; and for all windows in the end. */
const COMPARE: Manner = { trimmed: true, coarse: true };
const SETTLE: Manner = { trimmed: true, coarse: false };
const FINISH: Manner = { trimmed: false, coarse: false };

/** Runs rounds over the first windows; `expected` rounds are still to come, these included. */
type Rounds = (windows: number, rounds: number, expected: number, manner: Manner) => Promise<void>;

type Place = readonly [frame: number, row: number, col: number];

/** The brightest place within `reach` of one: a template centred on a column puts the motifs on columns. */
function brightestNear(core: Core, geometry: Geometry, [frame, row, col]: Place, reach: number): Place {
  const { rows, cols } = geometry.frames[frame];
  const size = geometry.rows * geometry.cols;
  const data = core.floats("DATA", (frame + 1) * size).subarray(frame * size);
  let best: Place = [frame, row, col];
  let most = Number.NEGATIVE_INFINITY;
  for (let r = Math.max(1, row - reach); r < Math.min(rows - 1, row + reach + 1); r++) {
    for (let c = Math.max(1, col - reach); c < Math.min(cols - 1, col + reach + 1); c++) {
      let sum = 0;
      for (let k = 0; k < 9; k++) sum += data[(r + Math.floor(k / 3) - 1) * geometry.cols + c + (k % 3) - 1];
      if (sum > most) [most, best] = [sum, [frame, r, c]];
    }
  }
  return best;
}

function randomPlace({ frames }: Geometry, margin: number, rng: Rng): Place {
  const frame = frames.length > 1 ? Math.floor(rng.uniform() * frames.length) : 0;
  const along = (size: number) =>
    Math.round(rng.uniform(Math.min(margin, size / 2), Math.max(size - margin, size / 2)));
  return [frame, along(frames[frame].rows), along(frames[frame].cols)];
}

/** Registration templates, before there is content. */
export async function alignTemplates(
  core: Core,
  plan: Plan,
  options: SettledOptions,
  geometry: Geometry,
  rounds: Rounds,
): Promise<void> {
  const rng = createRng(options.seed);
  const reach = Math.round(plan.maxShift * 0.8);
  core.exports.sv_initialise(core.arena);
  // Nothing is explained yet.
  const whole = core.progress("VARIANCE");
  const starts = Array.from({ length: options.restarts }, () =>
    brightestNear(core, geometry, randomPlace(geometry, plan.windowSize / 2 + plan.maxShift, rng), reach),
  );
  await firstTemplate(core, starts, options.samples, (windows, count, expected, coarse) =>
    rounds(windows, count, expected, coarse ? COMPARE : SETTLE),
  );
  // The decoder starts as the first template: what that leaves unexplained is the noise to start from.
  const variance = core.progress("VARIANCE");
  const many = Math.min(EXTRA_WINDOWS, options.samples);
  while (
    core.progress("TEMPLATES") < options.templates &&
    (await addTemplate(core, plan, geometry, reach, whole, many, rng, rounds))
  );
  await rounds(Math.min(FINAL.windows, options.samples), FINAL.rounds, FINAL.rounds, FINISH);
  if (core.progress("TEMPLATES") > 1) core.setProgress("VARIANCE", variance);
}

/** Numbers of the windows that the templates explain badly. */
function badWindows(costs: Float32Array): number[] {
  const quartile = Float32Array.from(costs).sort()[costs.length >> 2];
  return Array.from(costs.keys()).filter((i) => costs[i] > BAD_RATIO * quartile);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

/**
 * Tries one more template; false, and everything as before, where too few windows need one or none helps them.
 * @param whole variance of the data
 */
async function addTemplate(
  core: Core,
  plan: Plan,
  geometry: Geometry,
  reach: number,
  whole: number,
  windows: number,
  rng: Rng,
  rounds: Rounds,
): Promise<boolean> {
  const count = core.progress("TEMPLATES");
  const before = core.floats("COSTS", windows).slice();
  const bad = badWindows(before);
  if (bad.length < BAD_SHARE * windows) return false;
  if (median(bad.map((i) => before[i])) < UNEXPLAINED * plan.windowSize ** 2 * whole) return false;
  const kept = core.templates().slice();
  const restore = () => {
    core.templates().set(kept);
    core.exports.sv_keep_templates(core.arena, count);
  };
  const origins = core.ints("ORIGINS", 3 * windows).slice();
  const half = (plan.windowSize - 1) / 2;
  const gain = () => median(bad.map((i) => core.floats("COSTS", windows)[i] / before[i]));
  let best: { start: Place; ratio: number } | undefined;
  for (let k = 0; k < EXTRA_STARTS; k++) {
    const i = bad[Math.floor(rng.uniform() * bad.length)];
    const [image, row, col] = origins.subarray(3 * i, 3 * i + 3);
    const start = brightestNear(core, geometry, [image, Math.round(row + half), Math.round(col + half)], reach);
    core.exports.sv_start(core.arena, count, ...start);
    await rounds(windows, START_ROUNDS, (EXTRA_STARTS - k) * START_ROUNDS + EXTRA_ROUNDS, SETTLE);
    const ratio = gain();
    if (!best || ratio < best.ratio) best = { start, ratio };
    restore();
  }
  if (!best || best.ratio > KEEP_RATIO) return false;
  core.exports.sv_start(core.arena, count, ...best.start);
  await rounds(windows, EXTRA_ROUNDS, EXTRA_ROUNDS, SETTLE);
  return true;
}
