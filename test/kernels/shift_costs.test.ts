import { describe, expect, test } from "vitest";
import { Arena, type Kernels, randomNormals, variants } from "./harness.ts";

const priors: [gain: number, offset: number][] = [
  [0, 0],
  [0.2, 0],
  [0, 0.3],
  [0.2, 0.3],
  [0.001, 0.3],
  [Infinity, Infinity],
  [0.1, Infinity],
];
const [SHIFTS, PIXELS, VARIANCE] = [12, 40, 0.3];

/** A window, and templates under each shift; the last two shifts are left out and have NaN. */
function problem(seed: number) {
  const window = randomNormals(PIXELS, seed).map((v) => v + 0.2);
  const under = Array.from({ length: SHIFTS }, (_, u) =>
    randomNormals(PIXELS, seed + 1 + u).map(
      (v, i) => (u % 3 === 0 ? 1.2 * window[i] + 0.2 * v : u % 3 === 1 ? v : -v) + 0.1,
    ),
  );
  under[4].fill(0.7);
  const distances = Array.from({ length: SHIFTS }, (_, u) => (u >= SHIFTS - 2 ? Infinity : u * u));
  return { window, under, distances };
}

const sum = (x: Float32Array, y?: Float32Array) => x.reduce((total, v, i) => total + v * (y ? y[i] : 1), 0);

function run(
  kernels: Kernels,
  { window, under, distances }: ReturnType<typeof problem>,
  prior: [number, number],
  pull: number,
) {
  const k = kernels.exports;
  const arena = new Arena(kernels);
  const left = (u: number) => distances[u] === Infinity;
  const [s1, s2, products] = [
    under.map((y, u) => (left(u) ? NaN : sum(y))),
    under.map((y, u) => (left(u) ? NaN : sum(y, y))),
    under.map((y, u) => (left(u) ? NaN : sum(window, y))),
  ].map((values) => arena.f32(values));
  const table = arena.f32(k.shift_table_size(SHIFTS));
  k.shift_table(
    table.address,
    s1.address,
    s2.address,
    arena.f32(distances).address,
    SHIFTS,
    PIXELS,
    VARIANCE,
    ...prior,
    pull,
  );
  const [sx, sxx] = [sum(window), sum(window, window)];
  const least = k.shift_costs(products.address, table.address, SHIFTS, sx, sxx, PIXELS, VARIANCE, ...prior);
  const fit = arena.f64(3);
  const twins = under.map((y, u) => {
    if (left(u)) return Infinity;
    k.gain_offset(fit.address, PIXELS, sx, sxx, sum(y), sum(y, y), sum(window, y), VARIANCE, ...prior);
    return fit.read()[2] + pull * distances[u];
  });
  arena.checkGuards();
  return { costs: products.read(), least, twins, scale: sxx };
}

describe.each(variants)("shift_costs ($variant)", (kernels) => {
  test.each(priors)("are gain_offset's at every shift, prior widths (%d, %d)", (...prior) => {
    for (const seed of [1, 50, 99]) {
      const { costs, least, twins, scale } = run(kernels, problem(seed), prior, 0.05);
      // Sums of f32 products: what counts is their size.
      const close = 2e-6 * (scale + Math.max(...twins.filter(Number.isFinite)));
      twins.forEach((twin, u) => {
        if (twin === Infinity) expect(Number.isFinite(costs[u])).toBe(false);
        else expect(Math.abs(costs[u] - twin), `shift ${u}: ${costs[u]}, twin ${twin}`).toBeLessThan(close);
      });
      expect(least).toBe(Math.min(...costs.filter(Number.isFinite)));
    }
  });

  test("nothing is the least where all shifts are left out", () => {
    const { window, under } = problem(3);
    const { least } = run(kernels, { window, under, distances: new Array(SHIFTS).fill(Infinity) }, [0.2, 0.3], 1);
    expect(least).toBe(Infinity);
  });
});
