import { describe, expect, it } from "vitest";
import { fitGrid, reduceGrid } from "../src/report/resample.ts";
import {
  formatNumber,
  latentName,
  niceTicks,
  quantile,
  robustLimits,
  scaleBar,
  symmetricLimits,
} from "../src/report/scales.ts";

/** Whether x is 1, 2 or 5 times a power of ten. */
function isNice(x: number): boolean {
  const lead = Number(x.toExponential(9).split("e")[0]);
  return [1, 2, 5].some((n) => Math.abs(lead - n) < 1e-6);
}

describe("ticks", () => {
  const ranges: [number, number][] = [
    [0, 1],
    [-3.7, 12.1],
    [1e-7, 3.3e-6],
    [-5e8, -4.9e8],
    [0.3, 0.30001],
    [-1, 1],
  ];
  it.each(ranges)("of [%d, %d] lie inside, are evenly spaced by 1, 2 or 5 and few", (low, high) => {
    for (const count of [2, 3, 5, 8]) {
      const ticks = niceTicks(low, high, count);
      const step = ticks.length > 1 ? ticks[1] - ticks[0] : undefined;
      expect(ticks.length).toBeGreaterThanOrEqual(1);
      expect(ticks.length).toBeLessThanOrEqual(count + 1);
      const slack = 1e-6 * (high - low);
      for (const tick of ticks) {
        expect(tick).toBeGreaterThanOrEqual(low - slack);
        expect(tick).toBeLessThanOrEqual(high + slack);
      }
      if (step === undefined) continue;
      expect(isNice(Number(step.toPrecision(6)))).toBe(true);
      for (let i = 1; i < ticks.length; i++) expect(ticks[i] - ticks[i - 1]).toBeCloseTo(step, 9 - Math.log10(step));
      expect(ticks[0] - step).toBeLessThan(low);
      expect(ticks[ticks.length - 1] + step).toBeGreaterThan(high);
    }
  });

  it("are exact decimals", () => {
    expect(niceTicks(0, 1, 10)).toEqual([0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]);
    expect(niceTicks(-0.3, 0.3, 6).map(String)).toEqual(["-0.3", "-0.2", "-0.1", "0", "0.1", "0.2", "0.3"]);
  });

  it("of an empty or broken range do not run away", () => {
    expect(niceTicks(2, 2, 5)).toEqual([2]);
    expect(niceTicks(Number.NaN, 1, 5)).toEqual([]);
    expect(niceTicks(0, Number.POSITIVE_INFINITY, 5)).toEqual([]);
  });
});

describe("labels", () => {
  it("are short and typographic", () => {
    expect(formatNumber(-0.5)).toBe("−0.5");
    expect(formatNumber(0)).toBe("0");
    expect(formatNumber(1234.5, 5)).toBe("1234.5");
    expect(formatNumber(-2.34e-7)).toBe("−2.34×10⁻⁷");
    expect(formatNumber(5e6)).toBe("5×10⁶");
    expect(formatNumber(Number.NaN)).toBe("–");
    expect(latentName(0)).toBe("z₁");
    expect(latentName(9)).toBe("z₁₀");
  });
});

describe("limits", () => {
  it("are percentiles of the finite values", () => {
    const values = Float64Array.from({ length: 101 }, (_, i) => (37 * i) % 101);
    expect(quantile(values, 0.01)).toBeCloseTo(1, 12);
    expect(quantile(values, 0.255)).toBeCloseTo(25.5, 12);
    expect(quantile([Number.NaN, 3, Number.POSITIVE_INFINITY, 1], 0.5)).toBe(2);
    expect(robustLimits([...values, Number.NaN])).toEqual([1, 99]);
    expect(robustLimits([4, 4])).toEqual([3.5, 4.5]);
    expect(robustLimits([Number.NaN])).toEqual([0, 1]);
    const lattice = Float64Array.from({ length: 2000 * 1000 }, (_, i) => (i % 20) + (Math.floor(i / 2000) % 10) / 10);
    expect(quantile(lattice, 0.5)).toBeCloseTo(10, 0);
    expect(quantile(lattice, 0.025)).toBeCloseTo(0.45, 0);
    expect(robustLimits(lattice)[1]).toBeCloseTo(19.7, 0);
    expect(symmetricLimits([-1, -1, 4, 4])).toEqual([-4, 4]);
  });
});

describe("scale bar", () => {
  it("has the length its label says", () => {
    expect(scaleBar(512, { value: 0.025, unit: "nm" })).toEqual({ pixels: 80, label: "2 nm" });
    expect(scaleBar(32, { value: 0.025, unit: "nm" })).toEqual({ pixels: 8, label: "0.2 nm" });
    expect(scaleBar(512, undefined)).toEqual({ pixels: 100, label: "100 px" });
  });

  it("is nice and never longer than its share, nor shorter than 2/5 of it", () => {
    for (let width = 7; width < 5000; width = Math.ceil(width * 1.17)) {
      for (const value of [0.0031, 0.02, 0.5, 1, 12]) {
        const bar = scaleBar(width, { value, unit: "nm" });
        expect(isNice(bar.pixels * value)).toBe(true);
        expect(bar.pixels).toBeLessThanOrEqual(0.3 * width * (1 + 1e-9));
        expect(bar.pixels).toBeGreaterThan(0.3 * width * 0.4 - 1e-9);
      }
    }
  });
});

describe("reducing a grid", () => {
  it("keeps the mean and blocks of whole pixels", () => {
    const grid = { rows: 6, cols: 9, data: Float32Array.from({ length: 54 }, (_, i) => Math.sin(5 * i)) };
    const mean = (data: Float32Array) => data.reduce((a, b) => a + b, 0) / data.length;
    for (const [rows, cols] of [
      [3, 3],
      [4, 5],
      [1, 1],
      [5, 8],
    ]) {
      expect(mean(reduceGrid(grid, rows, cols).data)).toBeCloseTo(mean(grid.data), 6);
    }
    const block = reduceGrid(grid, 3, 3).data[0];
    const expected = [0, 1, 2, 9, 10, 11].reduce((sum, i) => sum + grid.data[i], 0) / 6;
    expect(block).toBeCloseTo(expected, 6);
  });

  it("leaves missing values out, and missing where all are", () => {
    const data = Float32Array.of(1, Number.NaN, Number.NaN, Number.NaN, 3, Number.NaN, Number.NaN, Number.NaN);
    expect([...reduceGrid({ rows: 2, cols: 4, data }, 1, 2).data]).toEqual([2, Number.NaN]);
  });

  it("does not enlarge", () => {
    const grid = { rows: 2, cols: 2, data: Float32Array.of(1, 2, 3, 4) };
    expect(fitGrid(grid, 10, 10)).toBe(grid);
    expect(fitGrid(grid, 10, 1)).toMatchObject({ rows: 2, cols: 1 });
  });
});
