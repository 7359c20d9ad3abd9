import type { CoreConfig } from "../core/core.ts";
import type { Period } from "../data/period.ts";
import { ConfigError } from "../errors.ts";
import type { Grid } from "../results/types.ts";
import type { SettledOptions } from "./options.ts";

/** Spatial frequency (row, column), cycles a pixel. */
export type Frequency = readonly [row: number, col: number];

/** Indices of the frequencies looked at, in the reciprocal lattice's vectors; the other half are their mirror images. */
const INDICES: readonly (readonly [number, number])[] = [
  ...[[1, 0] as const, [0, 1] as const, [1, 1] as const, [1, -1] as const],
  ...[[2, 1] as const, [1, 2] as const, [2, -1] as const, [1, -2] as const],
];
/** Windows each way that the power of a frequency is meant over. */
const GRID = 12;

/** Power of the image at a frequency in windows of this side under a Hann window, over a grid of windows. */
function powerAt({ rows, cols, data }: Grid, side: number, [kRow, kCol]: Frequency): number {
  const hann = Float64Array.from({ length: side }, (_, p) => Math.sin((Math.PI * (p + 0.5)) / side) ** 2);
  let power = 0;
  for (let g = 0; g < GRID * GRID; g++) {
    const top = Math.floor(((rows - side) * Math.floor(g / GRID)) / (GRID - 1));
    const left = Math.floor(((cols - side) * (g % GRID)) / (GRID - 1));
    let [real, imaginary] = [0, 0];
    for (let r = 0; r < side; r++) {
      for (let c = 0; c < side; c++) {
        const phase = 2 * Math.PI * (kRow * r + kCol * c);
        const value = hann[r] * hann[c] * data[(top + r) * cols + left + c];
        real += value * Math.cos(phase);
        imaginary += value * Math.sin(phase);
      }
    }
    power += real ** 2 + imaginary ** 2;
  }
  return power;
}

/** The pair of frequencies, among those whose waves repeat by the lattice's vectors a and b and no shorter ones, whose weaker one is strongest. */
export function strongestFrequencies(image: Grid, side: number, a: Frequency, b: Frequency): [Frequency, Frequency] {
  const area = a[0] * b[1] - a[1] * b[0];
  const [first, second]: Frequency[] = [
    [b[1] / area, -b[0] / area],
    [-a[1] / area, a[0] / area],
  ];
  const all = INDICES.map(([h, k]) => {
    const frequency: Frequency = [h * first[0] + k * second[0], h * first[1] + k * second[1]];
    const resolved = Math.max(Math.abs(frequency[0]), Math.abs(frequency[1])) < 0.5;
    return { h, k, frequency, power: resolved ? powerAt(image, side, frequency) : 0 };
  });
  let best: [Frequency, Frequency] = [first, second];
  let most = Number.NEGATIVE_INFINITY;
  for (const [i, one] of all.entries()) {
    for (const other of all.slice(i + 1)) {
      const weaker = Math.min(one.power, other.power);
      if (Math.abs(one.h * other.k - one.k * other.h) !== 1 || weaker <= most) continue;
      [best, most] = [[one.frequency, other.frequency], weaker];
    }
  }
  return best;
}

/** Prior standard deviation of what the phases leave of the shift, in shortest lattice vectors. */
const RESIDUAL_SHARE = 0.1;

/** What the phase needs of a plan: the period in pixels of the input, the window's side in pixels of the binned image. */
interface PhasePlan {
  readonly period?: Period;
  readonly binning: number;
  readonly windowSize: number;
}

/** The core's configuration of a pose from the lattice's phase; `image` as the core is given it. */
export function phaseConfig(
  { period, binning, windowSize }: PhasePlan,
  { pose }: SettledOptions,
  image: Grid,
): CoreConfig {
  if (pose !== "amortised") return {};
  if (!period?.b) {
    throw new ConfigError(
      "pose: expected exact, got amortised: the image does not repeat in two directions, whose phases give the shift",
    );
  }
  const vector = ([row, col]: Frequency): Frequency => [row / binning, col / binning];
  const [one, other] = strongestFrequencies(image, windowSize, vector(period.a), vector(period.b));
  return {
    POSE: 2,
    FREQUENCY_1_ROW: one[0],
    FREQUENCY_1_COL: one[1],
    FREQUENCY_2_ROW: other[0],
    FREQUENCY_2_COL: other[1],
    RESIDUAL_PRIOR: (RESIDUAL_SHARE * Math.hypot(...period.a)) / binning,
  };
}
