import type { CoreConfig } from "../core/core.ts";
import { type Gauge, placesInGauge } from "../results/gauge.ts";
import type { Grid, Motifs, Windows } from "../results/types.ts";
import { alignTemplates } from "./align.ts";
import type { ProgressEvent, SettledOptions } from "./options.ts";
import type { Plan } from "./plan.ts";
import { encodeJob, type Run, runJob } from "./run.ts";
import { encodeWindows, type Geometry } from "./windows.ts";

/** The state that the stages of a fit of one or several images pass along. */
export interface ImageRun extends Run {
  readonly options: SettledOptions;
  readonly plan: Plan;
  readonly config: CoreConfig;
  readonly geometry: Geometry;
}

/** The state of a fit of one image. */
export interface OneImageRun extends ImageRun {
  readonly image: Grid;
}

/** Registration templates, before there is content. */
export function align(run: ImageRun): Promise<void> {
  let [done, total] = [0, 1];
  const event = (): ProgressEvent => ({ stage: "align", done, total });
  return alignTemplates(
    run.session.core,
    run.plan,
    run.options,
    run.geometry,
    async (windows, rounds, expected, how) => {
      total = done + expected;
      await runJob(run, { name: "align", windows, rounds, ...how }, event);
      done += rounds;
    },
  );
}

/**
 * Encodes the core's first `count` windows.
 * @param part which of how many equal parts of the stage this is
 */
export function encoding(
  run: ImageRun,
  count: number,
  stage: "encode" | "motifs",
  part: readonly [number, number] = [0, 1],
): Promise<Windows> {
  const encode = (windows: number) =>
    encodeWindows(run.session, run.geometry, windows, run.options.latentDim, run.plan);
  return encodeJob(run, count, stage, encode, part);
}

/** The same motifs with their positions, and the standard deviations of these, in the gauge. */
export function motifsInGauge(motifs: Motifs, gauge: Gauge | undefined): Motifs {
  if (!gauge) return motifs;
  const { position, positionSd, ...rest } = motifs;
  const { place, sd } = placesInGauge(gauge, { place: position, sd: positionSd, ...rest });
  return { ...motifs, position: place, positionSd: sd };
}

/** Distance of lattice sites from the image's edge, px of the input, within which a motif need not be found. */
export function siteMargin({ windowSize, maxShift, binning }: Plan): number {
  return (windowSize / 2 - maxShift + 1) * binning;
}
