import type { Turn, Windows } from "../results/types.ts";

/*
 * pyroVED's poses and ours. There a pixel at q in (−1, 1)², whose first coordinate runs down the rows and whose second runs against the
 * columns, shows the content at x' = sc·R(φ)q + d. Here a pose is where that puts the content in the window: its centre at
 * q = −R(φ)ᵀd/sc, in pixels from the window's centre, turned by φ (row axis towards column axis, degrees) and 1/sc times as large.
 */

export const invariances = ["r", "t", "s"] as const;
/** Rotation, shift (translation), scale. */
export type Invariance = (typeof invariances)[number];

/** What turns latents into poses. */
export interface PoseSettings {
  /** Size of a window, px. A signal has one row. */
  readonly rows: number;
  /** Columns of a window, pixels. */
  readonly cols: number;
  /** Which of rotation, shift and scale are inferred. */
  readonly invariances: readonly Invariance[];
  /** Prior standard deviations of the shift along rows and columns, half windows, and of sc about 1. */
  readonly dxPrior: readonly [rows: number, cols: number];
  /** Prior standard deviation of the scale. */
  readonly scPrior: number;
}

/** How a motif sits in a window: px from the window's centre, (row, column); degrees; times its own size. */
export interface Pose {
  /** (row, column), pixels. */
  readonly shift: readonly [row: number, col: number];
  /** Degrees, counter-clockwise as seen. */
  readonly angle: number;
  /** Ratio to the size at no scale. */
  readonly scale: number;
}

/** Poses of n windows with standard deviations; angles and scales only where there are latents for them. */
export type Poses = Pick<Windows, "shift" | "shiftSd"> & Turn;

/** Number of latents of the pose, in the order r, t (rows unless a signal, columns), s. */
export function poseLatents({ invariances: some, rows }: PoseSettings): number {
  return some.reduce((sum, name) => sum + (name === "t" && rows > 1 ? 2 : 1), 0);
}

/** A degree. */
const RADIANS = Math.PI / 180;

const half = (size: number) => (size - 1) / 2;

/** φ, d₀, d₁, sc of one window from its pose latents; with `slope` true, their standard deviations from those of the latents. */
function coordinateTransform(latents: ArrayLike<number>, settings: PoseSettings, slope = false) {
  const { invariances: some, rows, dxPrior, scPrior } = settings;
  let k = 0;
  const next = (factor: number) => factor * latents[k++];
  const angle = some.includes("r") ? next(1) : 0;
  const d0 = some.includes("t") && rows > 1 ? next(dxPrior[0]) : 0;
  const d1 = some.includes("t") ? next(dxPrior[1]) : 0;
  const scale = (slope ? 0 : 1) + (some.includes("s") ? next(scPrior) : 0);
  return { angle, d0, d1, scale };
}

/**
 * Poses from the latents' means and standard deviations, (n, width) each, the pose first in a row. Standard deviations to first order, the
 * latents independent of each other as the posterior has them.
 */
export function posesOf(mean: ArrayLike<number>, sd: ArrayLike<number>, width: number, settings: PoseSettings): Poses {
  const n = mean.length / width;
  const [shift, shiftSd] = [new Float64Array(2 * n), new Float64Array(2 * n)];
  const [angle, angleSd, scale, scaleSd] = Array.from({ length: 4 }, () => new Float64Array(n));
  const row = (values: ArrayLike<number>, i: number) => Array.from({ length: width }, (_, k) => values[i * width + k]);
  for (let i = 0; i < n; i++) {
    const at = coordinateTransform(row(mean, i), settings);
    const error = coordinateTransform(row(sd, i), settings, true);
    const [cos, sin] = [Math.cos(at.angle), Math.sin(at.angle)];
    const q0 = -(at.d0 * cos + at.d1 * sin) / at.scale;
    const q1 = (at.d0 * sin - at.d1 * cos) / at.scale;
    const spread = (a: number, b: number, turned: number, own: number) =>
      Math.hypot(
        (a * error.d0) / at.scale,
        (b * error.d1) / at.scale,
        turned * error.angle,
        (own * error.scale) / at.scale,
      );
    shift.set([q0 * half(settings.rows), -q1 * half(settings.cols)], 2 * i);
    shiftSd[2 * i] = half(settings.rows) * spread(cos, sin, q1, q0);
    shiftSd[2 * i + 1] = half(settings.cols) * spread(sin, cos, q0, q1);
    angle[i] = at.angle / RADIANS;
    angleSd[i] = error.angle / RADIANS;
    scale[i] = 1 / at.scale;
    scaleSd[i] = error.scale / at.scale ** 2;
  }
  const { invariances: some } = settings;
  return {
    ...{ shift, shiftSd },
    ...(some.includes("r") && { angle, angleSd }),
    ...(some.includes("s") && { scale, scaleSd }),
  };
}

/** The latents of a pose, for those it has a latent for. */
export function latentsOfPose({ shift, angle, scale }: Pose, settings: PoseSettings): number[] {
  const { invariances: some, rows, cols, dxPrior, scPrior } = settings;
  const [cos, sin] = [Math.cos(angle * RADIANS), Math.sin(angle * RADIANS)];
  const q0 = rows > 1 ? shift[0] / half(rows) : 0;
  const q1 = -shift[1] / half(cols);
  const latents: number[] = [];
  if (some.includes("r")) latents.push(angle * RADIANS);
  if (some.includes("t")) {
    if (rows > 1) latents.push(-(q0 * cos - q1 * sin) / scale / dxPrior[0]);
    latents.push(-(q0 * sin + q1 * cos) / scale / dxPrior[1]);
  }
  if (some.includes("s")) latents.push((1 / scale - 1) / scPrior);
  return latents;
}
