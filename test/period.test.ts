import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openSession, type Session } from "../src/core/session.ts";
import { createRng } from "../src/data/rng.ts";
import { imagePeriod } from "../src/fit/plan.ts";
import type { Grid } from "../src/results/types.ts";

const SIZE = 384;
type Vector = readonly [number, number];

/** Waves with the reciprocal vectors of a hexagonal lattice, |a| = `lattice` px, turned by `angle`. */
function hexagonal(lattice: number, angle: number): (row: number, col: number) => number {
  const waves = [0, 1, 2].map((k): Vector => {
    const direction = angle + (k * Math.PI) / 3;
    const frequency = 2 / (Math.sqrt(3) * lattice);
    return [frequency * Math.cos(direction), frequency * Math.sin(direction)];
  });
  return (row, col) => waves.reduce((sum, [kr, kc]) => sum + Math.cos(2 * Math.PI * (kr * row + kc * col)), 0);
}

function image(value: (row: number, col: number) => number, noise = 0.5): Grid {
  const rng = createRng(4);
  const data = Float32Array.from(
    { length: SIZE * SIZE },
    (_, i) => value(Math.floor(i / SIZE), i % SIZE) + noise * rng.normal(),
  );
  return { rows: SIZE, cols: SIZE, data };
}

/** A scanning tunnelling image of a step: atoms, standing waves √3 times as long beside the edge, streaks along the scan. */
function stepped(): Grid {
  const [atoms, waves] = [hexagonal(11, 0.2), hexagonal(11 * Math.sqrt(3), 0.2 + Math.PI / 6)];
  const rng = createRng(5);
  const streaks = Float64Array.from({ length: SIZE }, () => rng.normal());
  let streak = 0;
  const streakOf = streaks.map((v) => {
    streak = 0.9 * streak + v;
    return streak;
  });
  return image((row, col) => {
    const edge = (SIZE - row - col + 20 * Math.sin(row / 40)) / 3;
    const near = Math.exp(-Math.max(0, -edge) / 60);
    return (
      atoms(row, col) + (edge < 0 ? 1.5 * near * waves(row, col) : 0) + 20 / (1 + Math.exp(-edge)) + 0.4 * streakOf[row]
    );
  });
}

const lengthsOf = (period: { readonly a: Vector; readonly b?: Vector } | undefined) =>
  [period?.a, period?.b].map((v) => Math.hypot(...(v ?? [0, 0])));

describe("the period", () => {
  let session: Session;
  beforeAll(async () => {
    session = await openSession({ threads: 1, reproducible: true });
  });
  afterAll(() => session.close());

  test("is the atoms' beside a step with standing waves and streaks", () => {
    for (const length of lengthsOf(imagePeriod(session.core, [stepped()])))
      expect(Math.abs(length / 11 - 1)).toBeLessThan(0.06);
  });

  // Atoms of 10.5 px and a charge density wave three times as long.
  const superstructure = image((row, col) => hexagonal(10.5, 0.1)(row, col) + 0.7 * hexagonal(31.5, 0.1)(row, col));

  test("of a superstructure is that of the atoms, unless a window is asked for that holds the large cell", () => {
    for (const window of [undefined, 20, 32]) {
      for (const length of lengthsOf(imagePeriod(session.core, [superstructure], window)))
        expect(Math.abs(length / 10.5 - 1)).toBeLessThan(0.05);
    }
    for (const length of lengthsOf(imagePeriod(session.core, [superstructure], 40)))
      expect(Math.abs(length / 31.5 - 1)).toBeLessThan(0.03);
  });

  test("of a plain lattice is the same for any window", () => {
    const plain = image(hexagonal(12, 0.3), 1);
    for (const window of [undefined, 16, 24, 64]) {
      for (const length of lengthsOf(imagePeriod(session.core, [plain], window)))
        expect(Math.abs(length / 12 - 1)).toBeLessThan(0.03);
    }
  });
});
