import { expect, test } from "vitest";
import { cosPi, expOfNegative } from "../src/results/portable_math.ts";

test("e^x of numbers up to 0 is the host's to 2 units in the last place", () => {
  for (let k = 0; k <= 20000; k++) {
    const x = -((k / 20000) ** 3) * 708;
    expect(Math.abs(expOfNegative(x) / Math.exp(x) - 1), `${x}`).toBeLessThan(2 * 2 ** -52 + 1e-18);
  }
  expect([expOfNegative(0), expOfNegative(-800), expOfNegative(-Infinity)]).toEqual([1, 0, 0]);
});

test("cos πx is the host's where that is good, and exact at quarters of a turn", () => {
  for (let k = -4000; k <= 4000; k++) {
    const x = k / 977;
    // The host is given πx rounded.
    expect(Math.abs(cosPi(x) - Math.cos(Math.PI * x)), `${x}`).toBeLessThan(4e-16 + Math.abs(Math.PI * x) * 2 ** -52);
  }
  expect([0, 0.5, 1, 1.5, 2, -0.5, -1, 7].map((x) => cosPi(x) + 0)).toEqual([1, 0, -1, 0, 1, 0, -1, -1]);
});
