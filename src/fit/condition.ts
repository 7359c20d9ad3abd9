import type { Core, CoreConfig } from "../core/core.ts";
import type { Period } from "../data/period.ts";
import { ConfigError, NumericsError, ShapeError } from "../errors.ts";
import { unbinned } from "./image.ts";
import type { LatentCondition, SettledOptions } from "./options.ts";
import type { Geometry } from "./windows.ts";

/*
 * Physical conditions on the latents of neighbouring motifs: their part of the core's configuration, and the user's own function
 * (assembly/model/condition.ts states the loss).
 */

type ConditionOptions = Pick<SettledOptions, "smooth" | "tv" | "condition" | "batch" | "samples">;

/** Windows in a side of a patch: the smallest with a middle, for conditions on second differences. */
const PATCH = 3;

/** Whether any condition is on. */
export function conditioned({ smooth = 0, tv = 0, condition }: Partial<ConditionOptions>): boolean {
  return smooth > 0 || tv > 0 || condition !== undefined;
}

/** The option by whose name a condition that cannot be is refused. */
export function conditionName({ smooth, tv }: ConditionOptions): string {
  return smooth > 0 ? "smooth" : tv > 0 ? "tv" : "condition";
}

/** Refuses conditions that cannot be: they need neighbours, these two lattice vectors and an image that holds a patch; lengths in pixels of the input. */
export function checkCondition(
  options: ConditionOptions,
  period: Period | undefined,
  windowSize: number,
  rows: number,
  cols: number,
): void {
  if (!conditioned(options)) return;
  const name = conditionName(options);
  if (!period?.b) {
    throw new ConfigError(
      `${name}: expected an image that repeats in two directions, which tells neighbours; found ${period ? "one direction" : "none"}`,
    );
  }
  for (const [axis, size] of [rows, cols].entries()) {
    const needed = Math.ceil(windowSize + (PATCH - 1) * (Math.abs(period.a[axis]) + Math.abs(period.b[axis])));
    if (needed <= size) continue;
    const what = axis === 0 ? "rows" : "columns";
    throw new ConfigError(
      `${name}: expected an image that holds ${PATCH} × ${PATCH} neighbouring windows, ${needed} ${what}; got ${size}`,
    );
  }
}

/** The conditions' part of the core's configuration. */
export function conditionConfig(options: ConditionOptions): CoreConfig {
  if (!conditioned(options)) return noConditions;
  return {
    PATCH: Math.min(PATCH, Math.floor(Math.sqrt(options.batch))),
    SMOOTH: options.smooth,
    TV: options.tv,
    HOST_CONDITION: options.condition ? 1 : 0,
  };
}

/** The configuration of a core that is not trained. */
export const noConditions: CoreConfig = { PATCH: 1, SMOOTH: 0, TV: 0, HOST_CONDITION: 0 };

/** Asks the user's function about the batch whose latents the core has, and gives the answer to the core. */
export function judgeBatch(
  core: Core,
  condition: LatentCondition,
  { batch, latentDim }: SettledOptions,
  { binning, windowSize }: Geometry,
): void {
  const half = (windowSize - 1) / 2;
  const positions = core.doubles("LATENT_PLACES", 2 * batch).map((corner) => unbinned(corner + half, binning));
  const latents = core.floats("LATENTS", batch * latentDim).slice();
  const neighbours = Uint32Array.from(core.ints("PAIRS", 2 * core.progress("PAIRS")));
  const { penalty, gradient } = condition(latents, positions, neighbours);
  if (gradient?.length !== latents.length) {
    throw new ShapeError(
      `condition: expected a gradient of ${latents.length} numbers, ${batch} windows × ${latentDim} latents, got ${gradient?.length ?? "none"}`,
    );
  }
  if (!Number.isFinite(penalty)) throw new NumericsError(`condition: expected a finite penalty, got ${penalty}`);
  const sums = core.floats("LATENT_GRADIENTS", latents.length);
  for (let i = 0; i < sums.length; i++) {
    if (!Number.isFinite(gradient[i])) {
      throw new NumericsError(`condition: expected a finite gradient, number ${i} is ${gradient[i]}`);
    }
    sums[i] += gradient[i];
  }
  core.setProgress("BATCH_PENALTY", core.progress("BATCH_PENALTY") + penalty);
}
