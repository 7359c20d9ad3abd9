import type { Material } from "./materials.ts";
import { checkScale } from "./scale_check.ts";
import type { FrameResult, SeriesReport } from "./series.ts";

/** What is to be said of a series' scale. */
export interface SeriesScale {
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
}

/** The same series with the lattice of every frame compared with that of a material. */
export function withScaleChecks<T extends SeriesReport>(series: T, material: Material): T {
  return { ...series, frames: series.frames.map((frame) => ({ ...frame, scaleCheck: checkScale(frame, material) })) };
}

/**
 * What does not fit. Images have each their own scale and their own warning. Frames of a stack share one: the middle one of those that do not
 * fit speaks for all, and it is said how many they are.
 */
export function seriesScale({ frames, kind }: SeriesReport): SeriesScale {
  const said = (of: "warning" | "note") => {
    const telling = frames.filter(({ scaleCheck }) => scaleCheck?.[of]);
    if (kind === "images") return telling.map(({ name, scaleCheck }) => `${name}: ${scaleCheck?.[of]}`);
    const middle = telling.sort(byFactor)[Math.floor(telling.length / 2)];
    return middle ? [`in ${telling.length} of ${frames.length} frames ${middle.scaleCheck?.[of]}`] : [];
  };
  return { warnings: said("warning"), notes: said("note") };
}

function byFactor(one: FrameResult, other: FrameResult): number {
  return (one.scaleCheck?.factor ?? 1) - (other.scaleCheck?.factor ?? 1);
}
