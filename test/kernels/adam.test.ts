import { describe, expect, test } from "vitest";
import { adamStep } from "../reference.ts";
import { Arena, expectClose, randomNormals, variants } from "./harness.ts";

const settings = { lr: 0.01, beta1: 0.9, beta2: 0.999, eps: 1e-8, decay: 0.1 };

describe.each(variants)("adam ($variant)", (kernels) => {
  function run(n: number, steps: number, gradients: (step: number) => ArrayLike<number>) {
    const arena = new Arena(kernels);
    const initial = randomNormals(n, n);
    const [p, m, v] = [arena.f32(initial), arena.f32(new Float32Array(n)), arena.f32(new Float32Array(n))];
    const { lr, beta1, beta2, eps, decay } = settings;
    let skipped = 0;
    for (let t = 1; t <= steps; t++) {
      const g = arena.f32(gradients(t));
      const [c1, c2] = [1 - beta1 ** t, 1 - beta2 ** t];
      const { address } = p;
      skipped += kernels.exports.adam(
        ...[address, g.address, m.address, v.address, n],
        ...[lr, beta1, beta2, eps, c1, c2, decay],
      );
    }
    arena.checkGuards();
    return { initial, p: p.read(), m: m.read(), v: v.read(), skipped };
  }

  test.each([1, 3, 4, 6, 9, 21])("three steps on %i parameters", (n) => {
    const gradients = (t: number) => randomNormals(n, 100 * n + t);
    const { initial, p, m, v, skipped } = run(n, 3, gradients);
    const state = { p: Float64Array.from(initial), m: new Float64Array(n), v: new Float64Array(n) };
    for (let t = 1; t <= 3; t++) adamStep(state, gradients(t), t, settings);
    expectClose(p, state.p, 3e-6, "p");
    expectClose(m, state.m, 1e-6, "m");
    expectClose(v, state.v, 1e-6, "v");
    expect(skipped).toBe(0);
  });

  test("leaves parameters with a non-finite gradient alone, and counts them", () => {
    const n = 11;
    const gradient = randomNormals(n, 3);
    gradient.set([NaN, Infinity], 2);
    gradient[10] = -Infinity;
    const { initial, p, m, v, skipped } = run(n, 2, () => gradient);
    expect(skipped).toBe(6);
    for (let i = 0; i < n; i++) {
      expect(p[i] === initial[i], `p[${i}]`).toBe(!Number.isFinite(gradient[i]));
      expect(Number.isFinite(m[i]) && Number.isFinite(v[i])).toBe(true);
    }
  });

  test("a slice gives the bits of the whole", () => {
    const n = 23;
    const { lr, beta1, beta2, eps } = settings;
    const arena = new Arena(kernels);
    const arrays = [1, 2, 3].map((seed) => randomNormals(n, seed));
    const [whole, parts] = [0, 1].map(() => [...arrays, randomNormals(n, 4).map(Math.abs)].map((a) => arena.f32(a)));
    const step = (blocks: typeof whole, from: number, count: number) =>
      kernels.exports.adam(...blocks.map((b) => b.address + 4 * from), count, lr, beta1, beta2, eps, 0.1, 0.01, 0);
    step(whole, 0, n);
    step(parts, 0, 12);
    step(parts, 12, 11);
    for (const k of [0, 2, 3]) expect(parts[k].read()).toEqual(whole[k].read());
  });
});
