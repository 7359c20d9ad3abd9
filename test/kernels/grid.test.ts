import { describe, expect, test } from "vitest";
import { affineGrid, sampleGrid } from "../reference/grid.ts";
import {
  Arena,
  add,
  centralDifferences,
  dot,
  expectClose,
  randomNormals,
  randomUniforms,
  variants,
} from "./harness.ts";

type Size = [rows: number, cols: number];

describe.each(variants)("affine_grid ($variant)", (kernels) => {
  const { affine_grid_forward, affine_grid_backward } = kernels.exports;

  test.each<[number, Size, Size]>([
    [1, [5, 5], [3, 3]],
    [3, [8, 11], [5, 7]],
    [2, [1, 20], [1, 9]],
    [5, [12, 12], [8, 8]],
  ])("%i windows, canvas %o, window %o", (n, canvas, window) => {
    const arena = new Arena(kernels);
    const size = n * window[0] * window[1] * 2;
    const [angles, scales, shifts] = [randomNormals(n, 1), randomUniforms(n, 2, 0.5, 2), randomNormals(2 * n, 3)];
    const twin = (a: ArrayLike<number>, s: ArrayLike<number>, t: ArrayLike<number>) =>
      Array.from({ length: n }, (_, k) => affineGrid(a[k], s[k], [t[2 * k], t[2 * k + 1]], canvas, window)).flat();
    const [angle, scale, shift] = [angles, scales, shifts].map((values) => arena.f32(values));
    const grid = arena.f32(size);
    const pose = [angle.address, scale.address];
    affine_grid_forward(grid.address, ...pose, shift.address, n, ...canvas, ...window);
    expectClose(grid.read(), twin(angles, scales, shifts), 1e-6, "grid");

    const upstream = randomNormals(size, 4);
    const starts = [n, n, 2 * n].map((length, i) => randomNormals(length, 5 + i));
    const [dangle, dscale, dshift] = starts.map((values) => arena.f32(values));
    const dgrid = arena.f32(upstream);
    const gradients = [dangle.address, dscale.address, dshift.address];
    affine_grid_backward(...gradients, dgrid.address, grid.address, ...pose, n, ...canvas, ...window);
    const byAngle = centralDifferences((v) => dot(upstream, twin(v, scales, shifts)), angles);
    const byScale = centralDifferences((v) => dot(upstream, twin(angles, v, shifts)), scales);
    const byShift = centralDifferences((v) => dot(upstream, twin(angles, scales, v)), shifts);
    expectClose(dangle.read(), add(starts[0], byAngle), 3e-6, "dangle");
    expectClose(dscale.read(), add(starts[1], byScale), 3e-6, "dscale");
    expectClose(dshift.read(), add(starts[2], byShift), 3e-6, "dshift");
    arena.checkGuards();
  });

  test("without rotation, scale and shift the window looks at the canvas's middle; a shift moves content with it", () => {
    const arena = new Arena(kernels);
    const [angle, scale] = [arena.f32([0]), arena.f32([1])];
    const grid = arena.f32(2);
    const [unmoved, moved] = [arena.f32([0, 0]), arena.f32([2, -1])];
    affine_grid_forward(grid.address, angle.address, scale.address, unmoved.address, 1, 9, 7, 1, 1);
    expect([...grid.read()]).toEqual([4, 3]);
    affine_grid_forward(grid.address, angle.address, scale.address, moved.address, 1, 9, 7, 1, 1);
    expect([...grid.read()]).toEqual([2, 4]);
  });
});

describe.each(variants)("derivatives of one turned window ($variant)", (kernels) => {
  const { affine_grid_forward, affine_grid_jacobian, sample_grid_adjoint, sample_grid_jacobian } = kernels.exports;
  const [angle, scale, shift] = [0.7, 1.2, [0.9, -1.3] as const];

  test.each<[Size, Size]>([
    [
      [15, 15],
      [5, 5],
    ],
    [
      [14, 19],
      [4, 7],
    ],
    [
      [23, 18],
      [9, 3],
    ],
  ])("canvas %o, window %o: to the pose, and the adjoint", (canvas, window) => {
    const arena = new Arena(kernels);
    const pixels = window[0] * window[1];
    const values = randomNormals(canvas[0] * canvas[1], 1);
    const twin = (pose: ArrayLike<number>) =>
      sampleGrid(values, affineGrid(pose[0], Math.exp(pose[1]), [pose[2], pose[3]], canvas, window), canvas, 1);
    const pose = [angle, Math.log(scale), ...shift];
    const place = arena.f32([angle, scale, ...shift]);
    const [image, grid] = [arena.f32(values), arena.f32(2 * pixels)];
    const [dRow, dCol, dAngle, dLogScale] = Array.from({ length: 4 }, () => arena.f32(pixels));
    affine_grid_forward(grid.address, place.address, place.address + 4, place.address + 8, 1, ...canvas, ...window);
    sample_grid_jacobian(dRow.address, dCol.address, image.address, grid.address, ...canvas, pixels);
    const slopes = [dRow.address, dCol.address, dAngle.address, dLogScale.address] as const;
    affine_grid_jacobian(...slopes, grid.address, Math.fround(angle), Math.fround(scale), ...canvas, pixels);
    const derivative = (k: number) => {
      const at = (h: number) => twin(pose.map((v, i) => (i === k ? v + h : v)));
      const [ahead, behind] = [at(1e-5), at(-1e-5)];
      return ahead.map((v, p) => (v - behind[p]) / 2e-5);
    };
    for (const [k, array] of [dAngle, dLogScale, dRow, dCol].entries()) {
      expectClose(array.read(), derivative(k), 5e-6, `pose ${k}`);
    }

    const [upstream, start] = [randomNormals(pixels, 2), randomNormals(values.length, 3)];
    const [dcanvas, dy] = [arena.f32(start), arena.f32(upstream)];
    sample_grid_adjoint(dcanvas.address, dy.address, grid.address, ...canvas, pixels);
    const places = affineGrid(angle, scale, shift, canvas, window);
    const byCanvas = centralDifferences((v) => dot(upstream, sampleGrid(v, places, canvas, 1)), values);
    expectClose(dcanvas.read(), add(start, byCanvas), 3e-6, "dcanvas");
    arena.checkGuards();
  });
});

describe.each(variants)("sample_grid ($variant)", (kernels) => {
  const { sample_grid_forward, sample_grid_backward } = kernels.exports;

  /** Places from well outside one edge to well outside the other, none at a kink of the bilinear kernel. */
  function somePlaces(pixels: number, [ch, cw]: Size): Float32Array {
    const [rows, cols] = [randomUniforms(pixels, 1, -3, ch + 2), randomUniforms(pixels, 2, -3, cw + 2)];
    return Float32Array.from({ length: 2 * pixels }, (_, i) => {
      const x = i % 2 ? cols[i >> 1] : rows[i >> 1];
      return Math.floor(x) + Math.min(Math.max(x - Math.floor(x), 0.01), 0.99);
    });
  }

  describe.each([
    ["bilinear", 0],
    ["cubic", 1],
  ] as const)("%s", (_, kind) => {
    test.each<[number, Size, number]>([
      [1, [3, 3], 5],
      [2, [6, 9], 40],
      [3, [4, 13], 33],
      [2, [1, 11], 20],
      [1, [7, 2], 30],
    ])("%i canvases of %o, %i places", (n, size, pixels) => {
      const arena = new Arena(kernels);
      const area = size[0] * size[1];
      const values = randomNormals(n * area, 3);
      const places = somePlaces(n * pixels, size);
      const [canvas, grid, y] = [arena.f32(values), arena.f32(places), arena.f32(n * pixels)];
      const twin = (v: Float32Array | Float64Array, p: Float32Array | Float64Array) =>
        Array.from({ length: n }, (_, k) => [
          ...sampleGrid(
            v.subarray(k * area, (k + 1) * area),
            p.subarray(2 * k * pixels, 2 * (k + 1) * pixels),
            size,
            kind,
          ),
        ]).flat();
      sample_grid_forward(y.address, canvas.address, grid.address, n, ...size, pixels, kind);
      expectClose(y.read(), twin(values, places), 2e-6, "y");

      const upstream = randomNormals(n * pixels, 4);
      const starts = [randomNormals(n * area, 5), randomNormals(2 * n * pixels, 6)];
      const [dcanvas, dgrid, dy] = [...starts, upstream].map((a) => arena.f32(a));
      const inputs = [dy.address, canvas.address, grid.address];
      sample_grid_backward(dcanvas.address, dgrid.address, ...inputs, n, ...size, pixels, kind);
      const byCanvas = centralDifferences((v) => dot(upstream, twin(v, places)), values);
      const byPlace = centralDifferences((p) => dot(upstream, twin(values, p)), places);
      expectClose(dcanvas.read(), add(starts[0], byCanvas), 3e-6, "dcanvas");
      expectClose(dgrid.read(), add(starts[1], byPlace), 3e-6, "dgrid");
      arena.checkGuards();
    });

    test("far outside is 0, and NaN stays NaN", () => {
      const arena = new Arena(kernels);
      const canvas = arena.f32(new Float32Array(25).fill(1));
      const grid = arena.f32([1e30, 2, 2, -1e30, -3e9, 3e9, NaN, 2, 2.25, 2.5]);
      const y = arena.f32(5);
      sample_grid_forward(y.address, canvas.address, grid.address, 1, 5, 5, 5, kind);
      expect([...y.read().slice(0, 4)]).toEqual([0, 0, 0, NaN]);
      expectClose([y.read()[4]], [1], 1e-6);
      arena.checkGuards();
    });
  });
});
