import { describe, expect, test } from "vitest";
import { activations } from "../reference.ts";
import { Arena, add, centralDifferences, dot, expectClose, randomNormals, variants } from "./harness.ts";

const sizes = [1, 2, 3, 4, 7, 8, 13, 29];

describe.each(variants)("activation ($variant)", (kernels) => {
  const { activation_forward, activation_backward } = kernels.exports;

  describe.each(activations.map(({ name, f }, kind) => ({ name, f, kind })))("$name", ({ f, kind }) => {
    test.each(sizes)("forward and backward, %i values", (n) => {
      const arena = new Arena(kernels);
      const values = randomNormals(n, n, 2);
      const upstream = randomNormals(n, n + 1);
      const start = randomNormals(n, n + 2);
      const [x, y, dy, dx] = [arena.f32(values), arena.f32(n), arena.f32(upstream), arena.f32(start)];

      activation_forward(y.address, x.address, n, kind);
      expectClose(y.read(), Array.from(values, f), 5e-7, "y");

      activation_backward(dx.address, dy.address, x.address, y.address, n, kind);
      const gradient = centralDifferences((v) => dot(v.map(f), upstream), values);
      expectClose(dx.read(), add(start, gradient), 2e-6, "dx");
      arena.checkGuards();
    });

    test("a tail has the bits of a whole vector", () => {
      const values = randomNormals(8, 40 + kind, 3);
      const arena = new Arena(kernels);
      const [x, whole, part] = [arena.f32(values), arena.f32(8), arena.f32(7)];
      activation_forward(whole.address, x.address, 8, kind);
      activation_forward(part.address, x.address, 7, kind);
      expect(part.read()).toEqual(whole.read().slice(0, 7));
    });
  });

  test("the slope of gelu and softplus stays finite far out", () => {
    const arena = new Arena(kernels);
    for (const kind of [2, 5]) {
      const [x, y, dy] = [arena.f32([-1e30, 1e30, -50, 50]), arena.f32(4), arena.f32([1, 1, 1, 1])];
      const dx = arena.f32([0, 0, 0, 0]);
      activation_forward(y.address, x.address, 4, kind);
      activation_backward(dx.address, dy.address, x.address, y.address, 4, kind);
      expectClose(dx.read(), [0, 1, 0, 1], 1e-7, "slope");
    }
  });
});
