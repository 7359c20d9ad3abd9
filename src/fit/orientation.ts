import type { CoreConfig } from "../core/core.ts";
import { ConfigError } from "../errors.ts";

/** How far the motif may be turned or scaled in a window, and in which steps that is looked for before it is refined. */
export interface SearchRange {
  /** Largest angle each way, degrees; or largest change of size, as a share (0.2: from 1/1.2 to 1.2 times the template's). */
  readonly range?: number;
  /** Step of the search, degrees or a share. Default: 2 px at the window's edge. */
  readonly step?: number;
}

/** Rotation and scale of the motif; what is absent is off. */
export interface Orientation {
  /** Angles that are looked for; undefined where rotation is off. */
  readonly rotation?: Required<SearchRange>;
  /** Scales that are looked for; undefined where scale is off. */
  readonly scale?: Required<SearchRange>;
}

export type OrientationOption = "rotation" | "scale";

/** Range where none is given, and the greatest that can be; least and greatest step. Degrees, and shares. */
const limits = {
  rotation: { range: 180, greatest: 180, step: [0.5, 45], unit: "degrees" },
  scale: { range: 0.15, greatest: 1, step: [0.005, 0.5], unit: "as a share" },
} as const;

/** What an error says was expected. */
function expected(name: OrientationOption): string {
  const { greatest, unit } = limits[name];
  return `a range above 0 and at most ${greatest} (${unit})`;
}

/** Checks one of the options. `ConfigError` names it. */
export function checkOrientation(name: OrientationOption, value: boolean | SearchRange | undefined): void {
  if (value === undefined || typeof value === "boolean") return;
  if (typeof value !== "object" || value === null) {
    throw new ConfigError(`${name}: expected true, false or {range, step}, got ${value}`);
  }
  const { greatest, step: steps, unit } = limits[name];
  const { range = limits[name].range, step } = value;
  if (!(range > 0 && range <= greatest)) throw new ConfigError(`${name}: expected ${expected(name)}, got ${range}`);
  if (step !== undefined && !(step >= steps[0] && step <= Math.min(steps[1], range))) {
    throw new ConfigError(
      `${name}: expected a step from ${steps[0]} to ${Math.min(steps[1], range)} (${unit}), got ${step}`,
    );
  }
}

/** Steps of the search move the window's edge by this much, px. */
const STEP_PIXELS = 2;

/** Ranges and steps for windows of this size, px. */
export function planOrientation(
  options: Partial<Record<OrientationOption, boolean | SearchRange>>,
  windowSize: number,
): Orientation {
  const edge = STEP_PIXELS / (windowSize / 2);
  const settled = (name: OrientationOption, natural: number): Orientation => {
    const option = options[name];
    if (!option) return {};
    const { range = limits[name].range, step } = option === true ? {} : option;
    const [least, greatest] = limits[name].step;
    return { [name]: { range, step: step ?? Math.min(range, greatest, Math.max(least, natural)) } };
  };
  return { ...settled("rotation", (edge * 180) / Math.PI), ...settled("scale", edge) };
}

/** The core's fields for it; none where both are off. */
export function orientationConfig({ rotation, scale }: Orientation): CoreConfig {
  return { ...(rotation && anglesConfig(rotation)), ...(scale && scalesConfig(scale)) };
}

/** Angles in the middle of equal parts of the range: a full circle has none twice. */
function anglesConfig({ range, step }: Required<SearchRange>): CoreConfig {
  const count = Math.ceil((2 * range) / step - 1e-9);
  return { ANGLES: count, ANGLE_STEP: ((2 * range) / count) * (Math.PI / 180) };
}

/** Scales at equal ratios, 1 among them; the prior's width is half the range. */
function scalesConfig({ range, step }: Required<SearchRange>): CoreConfig {
  const [most, ratio] = [Math.log1p(range), Math.log1p(step)];
  const half = Math.ceil(most / ratio - 1e-9);
  return { SCALES: 2 * half + 1, SCALE_STEP: most / half, SCALE_PRIOR: most / 2 };
}
