import { expect, it } from "vitest";
import { powerLaw } from "../bench/speed/power_law.ts";

it("gives the exponent of a power law whatever its factor and sizes", () => {
  const sizes = [3, 5, 20, 21];
  for (const p of [-1, 0, 0.5, 2]) {
    const law = powerLaw(
      sizes,
      sizes.map((s) => 7 * s ** p),
    );
    for (const slope of [law.exponent, law.least, law.greatest]) expect(slope).toBeCloseTo(p, 12);
  }
});

it("shows the steepest part beside a cost that does not grow", () => {
  const { exponent, least, greatest } = powerLaw([1, 2, 4], [5 + 1, 5 + 4, 5 + 16]);
  expect(least).toBeCloseTo(Math.log2(9 / 6), 12);
  expect(greatest).toBeCloseTo(Math.log2(21 / 9), 12);
  // Equal distances in log size: the line goes through the ends.
  expect(exponent).toBeCloseTo(Math.log2(21 / 6) / 2, 12);
});
