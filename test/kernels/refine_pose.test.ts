import { describe, expect, test } from "vitest";
import { matmul, transpose } from "../reference/layers.ts";
import { Arena, dot, expectClose, randomNormals, variants } from "./harness.ts";
import { padRows } from "./layout.ts";

/** A = GᵀG of d images of `size` normal deviates, unit scale: well conditioned for size ≫ d. */
function gram(d: number, size: number, seed = 1): Float64Array {
  const g = randomNormals(d * size, seed);
  return matmul(g, transpose(g, d, size), d, d, size);
}

/** A with row and column `k` left out. */
function without(a: ArrayLike<number>, d: number, k: number): Float64Array {
  return Float64Array.from(a).filter((_, i) => Math.floor(i / d) !== k && i % d !== k);
}

/** x of A·x = b by Gauss–Jordan elimination with pivoting. */
function solve(a: ArrayLike<number>, b: ArrayLike<number>): number[] {
  const d = b.length;
  const rows = Array.from({ length: d }, (_, i) => [...Array.from({ length: d }, (_, j) => a[i * d + j]), b[i]]);
  for (let k = 0; k < d; k++) {
    const pivot = rows.slice(k).reduce((best, row) => (Math.abs(row[k]) > Math.abs(best[k]) ? row : best));
    rows.splice(rows.indexOf(pivot), 1);
    rows.splice(k, 0, pivot);
    for (const row of rows) {
      if (row === pivot) continue;
      const factor = row[k] / pivot[k];
      for (let j = k; j <= d; j++) row[j] -= factor * pivot[j];
    }
  }
  return rows.map((row, i) => row[d] / row[i]);
}

function inverseDiagonal(a: ArrayLike<number>, d: number): number[] {
  return Array.from({ length: d }, (_, i) => {
    const unit = new Float64Array(d);
    unit[i] = 1;
    return solve(a, unit)[i];
  });
}

describe.each(variants)("refine_pose ($variant)", (kernels) => {
  const { exports } = kernels;

  /** Step and variances that the kernels find for A·x = b. */
  function run(a: Float64Array, b: Float64Array) {
    const arena = new Arena(kernels);
    const d = b.length;
    const [aAt, bAt, column] = [arena.f64(a), arena.f64(b), arena.f64(d)];
    exports.cholesky(aAt.address, d);
    exports.cholesky_solve(bAt.address, aAt.address, d);
    const variances = Array.from(b, (_, i) => exports.inverse_diagonal(aAt.address, d, i, column.address));
    arena.checkGuards();
    return { factor: aAt.read(), x: [...bAt.read()], variances };
  }

  test.each([1, 3, 15, 16, 17, 35, 67])("dot of %i", (size) => {
    const arena = new Arena(kernels);
    const [a, b] = [randomNormals(size, 1), randomNormals(size, 2)];
    const sum = exports.dot(arena.f32(a).address, arena.f32(b).address, size);
    const scale = Math.sqrt(dot(a, a) * dot(b, b));
    expect(Math.abs(sum - dot(a, b)) / scale).toBeLessThan(1e-6);
  });

  test.each([
    [1, 5],
    [3, 16],
    [6, 39],
    [8, 65],
  ])("normal equations of %i derivative images of %i pixels", (d, size) => {
    const arena = new Arena(kernels);
    const [g, r] = [randomNormals(d * size, 1), randomNormals(size, 2)];
    const stride = size + 3;
    const [n, b] = [arena.f64(d * d), arena.f64(d)];
    const gAt = arena.f32(padRows(g, d, size, stride, NaN));
    exports.normal_equations(n.address, b.address, gAt.address, stride, arena.f32(r).address, d, size);
    expectClose(n.read(), gram(d, size), 2e-6, "GᵀG");
    expectClose(b.read(), matmul(g, r, d, 1, size), 2e-6, "Gᵀr");
    expect(n.read()).toEqual(transpose(n.read(), d, d));
    arena.checkGuards();
  });

  describe.each([1, 2, 5, 8, 20])("%i unknowns", (d) => {
    const a = gram(d, 4 * d + 3);
    const b = Float64Array.from(randomNormals(d, 3));

    test("L·Lᵀ is the matrix, the solution and the inverse's diagonal are right", () => {
      const { factor, x, variances } = run(a, b);
      const lower = factor.map((v, i) => (i % d > Math.floor(i / d) ? 0 : v));
      expectClose(matmul(lower, transpose(lower, d, d), d, d, d), a, 1e-13, "LLᵀ");
      expectClose(x, solve(a, b), 1e-11, "x");
      expectClose(variances, inverseDiagonal(a, d), 1e-11, "variances");
    });

    const kinds = ["huge diagonal", "zero row and column", "copy of another direction"];
    test.skipIf(d < 2).each(kinds)("fixed direction: %s", (kind) => {
      const fixed = kind.startsWith("copy") ? d - 1 : d >> 1;
      const changed = Float64Array.from(a);
      const right = Float64Array.from(b);
      for (let i = 0; i < d; i++) {
        if (kind.startsWith("zero")) changed[i * d + fixed] = changed[fixed * d + i] = 0;
        if (kind.startsWith("copy")) changed[i * d + fixed] = changed[fixed * d + i] = a[i * d];
      }
      if (kind.startsWith("huge")) changed[fixed * d + fixed] = 1e30;
      if (kind.startsWith("copy")) changed[fixed * d + fixed] = a[0];
      const { x, variances } = run(changed, right);
      // The others are found as if the direction were not there.
      const [others, rest] = [without(changed, d, fixed), right.filter((_, i) => i !== fixed)];
      expect(Math.abs(x[fixed])).toBeLessThan(1e-25);
      expect(Math.abs(variances[fixed])).toBeLessThan(1e-25);
      const left = (values: number[]) => values.filter((_, i) => i !== fixed);
      expectClose(left(x), solve(others, rest), 1e-11, "x");
      expectClose(left(variances), inverseDiagonal(others, d - 1), 1e-11, "variances");
    });
  });

  test.each([Infinity, 1e-40, 0, -1])("a diagonal of %f fixes its direction", (diagonal) => {
    const { x, variances } = run(Float64Array.of(4, 0, 0, diagonal), Float64Array.of(2, 3));
    expect(x).toEqual([0.5, 0]);
    expect(variances).toEqual([0.25, 0]);
  });
});
