import { describe, expect, test } from "vitest";
import { gelu, sigmoid, softplus } from "../reference.ts";
import { Arena, variants } from "./harness.ts";

/** Spacing of floats at `x`, with the subnormals' spacing below the smallest normal number. */
function ulp(x: number, bits: 24 | 53): number {
  const smallest = bits === 24 ? -126 : -1022;
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(x))), smallest);
  return 2 ** (exponent - bits + 1);
}

/** Points over [low, high], evenly spaced, and points that crowd towards 0 on either side within it. */
function points(low: number, high: number, count: number): Float32Array {
  const crowded = (i: number) => 10 ** (-30 + (30 * (i >> 1)) / (count / 4)) * (i & 1 ? 1 : -1);
  return Float32Array.from({ length: count }, (_, i) => {
    if (i % 2 === 0) return low + ((high - low) * i) / count;
    const x = crowded(i >> 1);
    return x >= low && x <= high ? x : low + ((high - low) * i) / count;
  });
}

const vectorFunctions = [
  { name: "exp", f: Math.exp, low: -103, high: 88.7, ulps: 1.5 },
  { name: "log", f: Math.log, low: 1e-38, high: 20, ulps: 1.5 },
  { name: "log", f: Math.log, low: 0.5, high: 2, ulps: 1.5 },
  { name: "log", f: Math.log, low: 1, high: 3e38, ulps: 1.5 },
  { name: "tanh", f: Math.tanh, low: -12, high: 12, ulps: 5.5 },
  { name: "sigmoid", f: sigmoid, low: -100, high: 30, ulps: 3 },
  { name: "softplus", f: softplus, low: -100, high: 30, ulps: 3 },
  { name: "gelu", f: gelu, low: -1, high: 30, ulps: 3 },
  { name: "gelu", f: gelu, low: -12, high: -1, ulps: 215 },
];

const INF = Infinity;
const edges: Record<string, [x: number, y: number][]> = {
  exp: [
    [-INF, 0],
    [INF, INF],
    [88.73, INF],
    [200, INF],
    [-104, 0],
    [-1e30, 0],
    [0, 1],
    [NaN, NaN],
  ],
  log: [
    [0, -INF],
    [-0, -INF],
    [-1, NaN],
    [-INF, NaN],
    [INF, INF],
    [1, 0],
    [NaN, NaN],
  ],
  tanh: [
    [-INF, -1],
    [INF, 1],
    [50, 1],
    [0, 0],
    [-0, -0],
    [NaN, NaN],
  ],
  sigmoid: [
    [-INF, 0],
    [INF, 1],
    [-200, 0],
    [0, 0.5],
    [NaN, NaN],
  ],
  softplus: [
    [-INF, 0],
    [INF, INF],
    [-200, 0],
    [100, 100],
    [NaN, NaN],
  ],
  gelu: [
    [-INF, -0],
    [INF, INF],
    [-1e30, -0],
    [1e30, Math.fround(1e30)],
    [0, 0],
    [NaN, NaN],
  ],
};

describe.each(variants)("vector functions ($variant)", (kernels) => {
  function run(name: string, x: ArrayLike<number>): Float32Array {
    const arena = new Arena(kernels);
    const input = arena.f32(x);
    const output = arena.f32(x.length);
    kernels.exports[`${name}_array`](output.address, input.address, x.length);
    arena.checkGuards();
    return output.read();
  }

  test.each(vectorFunctions)("$name within $ulps ulp over [$low, $high]", ({ name, f, low, high, ulps }) => {
    const x = points(low, high, 1 << 16);
    const y = run(name, x);
    let worst = 0;
    let at = 0;
    for (let i = 0; i < x.length; i++) {
      const expected = f(x[i]);
      const error = Math.abs(y[i] - expected) / ulp(expected, 24);
      if (!(error <= worst)) [worst, at] = [error, x[i]];
    }
    expect(worst, `at ${at}`).toBeLessThan(ulps);
  });

  test("gelu within 4e-7 of |x|", () => {
    const x = points(-20, 20, 1 << 16).filter((v) => v !== 0);
    const y = run("gelu", x.subarray(0, x.length & ~3));
    const worst = y.reduce((max, v, i) => Math.max(max, Math.abs(v - gelu(x[i])) / Math.abs(x[i])), 0);
    expect(worst).toBeLessThan(4e-7);
  });

  test.each(Object.keys(edges))("%s at the edges", (name) => {
    for (const [x, expected] of edges[name]) {
      const y = run(name, [x, 1, x, 2]);
      expect(y[0], `${name}(${x})`).toBe(expected);
      expect(y[2], `${name}(${x}), lane 2`).toBe(expected);
    }
  });
});

describe("scalar functions", () => {
  const { exports } = variants[0];
  const scalars = [
    { name: "exp64", f: Math.exp, low: -744, high: 709.7, ulps: 2 },
    { name: "log64", f: Math.log, low: 1e-310, high: 40, ulps: 2 },
    { name: "log64", f: Math.log, low: 0.5, high: 2, ulps: 2 },
  ];

  test.each(scalars)("$name within $ulps ulp over [$low, $high]", ({ name, f, low, high, ulps }) => {
    let worst = 0;
    let at = 0;
    for (let i = 0; i < 100000; i++) {
      const x = low + ((high - low) * (i + 0.37)) / 100000;
      const expected = f(x);
      const error = Math.abs(exports[name](x) - expected) / ulp(expected, 53);
      if (!(error <= worst)) [worst, at] = [error, x];
    }
    expect(worst, `at ${at}`).toBeLessThan(ulps);
  });

  test.each([
    { name: "sin64", f: Math.sin },
    { name: "cos64", f: Math.cos },
  ])("$name within 3.5e-16 over ±1e6", ({ name, f }) => {
    let worst = 0;
    for (let i = 0; i < 100000; i++) {
      const x = (i - 50000) * (i % 2 ? 20 : 2e-4) * 1.0000001;
      worst = Math.max(worst, Math.abs(exports[name](x) - f(x)));
    }
    expect(worst).toBeLessThan(3.5e-16);
  });

  test("edges", () => {
    const { exp64, log64, sin64, cos64 } = exports;
    expect([exp64(INF), exp64(710), exp64(-INF), exp64(-746), exp64(0), exp64(NaN)]).toEqual([INF, INF, 0, 0, 1, NaN]);
    expect([log64(0), log64(-1), log64(INF), log64(1), log64(NaN)]).toEqual([-INF, NaN, INF, 0, NaN]);
    expect(log64(5e-324)).toBeCloseTo(Math.log(5e-324), 10);
    expect([sin64(INF), cos64(NaN), sin64(0), cos64(0)]).toEqual([NaN, NaN, 0, 1]);
  });
});
