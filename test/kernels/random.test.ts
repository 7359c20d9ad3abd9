import { describe, expect, test } from "vitest";
import { Arena, variants } from "./harness.ts";

const kernels = variants[0];
const { philox_array, random_signed_array, random_uniform, random_normal, fill_normal, permute } = kernels.exports;

describe("philox4x32-10", () => {
  // Known answers published with Random123 (kat_vectors): counter, key, result.
  test.each([
    [[0, 0, 0, 0], 0n, [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      0xffffffffffffffffn,
      [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      0x299f31d0a4093822n,
      [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
    ],
  ])("of %o under %o", (counter, key, expected) => {
    const arena = new Arena(kernels);
    const out = arena.i32(4);
    philox_array(out.address, counter[0], counter[1], counter[2], counter[3], key);
    expect([...new Uint32Array(out.read().buffer)]).toEqual(expected);
    arena.checkGuards();
  });
});

describe("random numbers", () => {
  const n = 40000;

  test("uniforms fill [0, 1) evenly", () => {
    const counts = new Array(10).fill(0);
    for (let j = 0; j < n; j++) counts[Math.floor(10 * random_uniform(7n, 1, 2, j))]++;
    const chiSquare = counts.reduce((sum, count) => sum + (count - n / 10) ** 2 / (n / 10), 0);
    expect(chiSquare).toBeLessThan(27.9); // 0.1 % for 9 degrees of freedom
  });

  test("four at a time fill [−1, 1) evenly, each lane by itself, and follow from the words", () => {
    const arena = new Arena(kernels);
    const [out, words] = [arena.f32(4), arena.i32(4)];
    const counts = Array.from({ length: 4 }, () => new Array(10).fill(0));
    const [least, most] = [-1, 1];
    for (let j = 0; j < n / 4; j++) {
      random_signed_array(out.address, 7n, 1, 2, j);
      const lanes = [...out.read()];
      for (const [lane, value] of lanes.entries()) {
        expect(value >= least && value <= most).toBe(true);
        counts[lane][Math.min(9, Math.floor(5 * (value + 1)))]++;
      }
      if (j > 0) continue;
      philox_array(words.address, j, 2, 1, 0, 7n);
      expect(lanes).toEqual([...words.read()].map((word) => Math.fround(Math.fround(word) / 2 ** 31)));
    }
    for (const lane of counts) {
      const chiSquare = lane.reduce((sum, count) => sum + (count - n / 40) ** 2 / (n / 40), 0);
      expect(chiSquare).toBeLessThan(27.9); // 0.1 % for 9 degrees of freedom
    }
    arena.checkGuards();
  });

  test("normals have the moments of a normal, and follow from the uniforms' bits", () => {
    const moments = [0, 0, 0, 0];
    for (let j = 0; j < n; j++) {
      const x = random_normal(11n, 3, j, 5);
      for (let k = 0; k < 4; k++) moments[k] += x ** (k + 1) / n;
    }
    // Five standard errors: variances of x, x², x³, x⁴ are 1, 2, 15, 96.
    const errors = [1, 2, 15, 96].map((variance) => 5 * Math.sqrt(variance / n));
    for (const [k, expected] of [0, 1, 0, 3].entries()) {
      expect(Math.abs(moments[k] - expected)).toBeLessThan(errors[k]);
    }
  });

  test("every part of the key matters, and neighbours are uncorrelated", () => {
    const base = random_normal(1n, 2, 3, 4);
    expect(random_normal(1n, 2, 3, 4)).toBe(base);
    const others = [random_normal(0x100000001n, 2, 3, 4), random_normal(0n, 2, 3, 4), random_normal(1n, 3, 3, 4)];
    others.push(random_normal(1n, 2, 4, 4), random_normal(1n, 2, 3, 5), random_normal(1n, 2, 4, 3));
    expect(new Set([base, ...others]).size).toBe(7);
    let correlation = 0;
    for (let j = 0; j < n; j++) correlation += (random_normal(5n, 0, 0, j) * random_normal(5n, 0, 0, j + 1)) / n;
    expect(Math.abs(correlation)).toBeLessThan(5 / Math.sqrt(n));
  });

  test("fill_normal is random_normal, scaled", () => {
    const arena = new Arena(kernels);
    const out = arena.f32(13);
    fill_normal(out.address, 13, 9n, 1, 2, 0.25);
    const expected = Float32Array.from({ length: 13 }, (_, j) => 0.25 * random_normal(9n, 1, 2, j));
    expect(out.read()).toEqual(expected);
    arena.checkGuards();
  });
});

describe("permute", () => {
  test.each([1, 2, 3, 4, 5, 16, 17, 100, 1000, 4097])("is a bijection of [0, %i)", (n) => {
    for (const epoch of [0, 1]) {
      const image = new Set(Array.from({ length: n }, (_, i) => permute(i, n, 3n, epoch) >>> 0));
      expect(image.size).toBe(n);
      expect(Math.max(...image)).toBe(n - 1);
    }
  });

  test("stays below n for the largest n", () => {
    const n = 0xffffffff;
    for (let i = 0; i < 100; i++) expect(permute(n - 1 - i, n, 3n, 0) >>> 0).toBeLessThan(n);
  });

  test("every position is as likely as any other", () => {
    const n = 5;
    const epochs = 5000;
    const counts = new Array(n * n).fill(0);
    for (let epoch = 0; epoch < epochs; epoch++) {
      for (let i = 0; i < n; i++) counts[i * n + permute(i, n, 77n, epoch)]++;
    }
    const expected = epochs / n;
    const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(chiSquare).toBeLessThan(45); // (n−1)² = 16 degrees of freedom: 0.01 % at 45
  });

  test("neighbours do not stay neighbours", () => {
    const n = 1000;
    let near = 0;
    for (let i = 1; i < n; i++) near += Math.abs(permute(i, n, 1n, 4) - permute(i - 1, n, 1n, 4)) <= 1 ? 1 : 0;
    expect(near).toBeLessThan(15); // 2 expected
  });
});
