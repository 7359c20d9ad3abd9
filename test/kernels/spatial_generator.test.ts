import { describe, expect, test } from "vitest";
import { coordinateLayer, sigmoidGaussian, spatialGrid, unitLayer } from "../reference/spatial_generator.ts";
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

const windows: [rows: number, cols: number][] = [
  [1, 9],
  [4, 7],
  [8, 5],
];
const layers: [pixels: number, width: number][] = [
  [1, 8],
  [5, 16],
  [9, 40],
];

describe.each(variants)("kernels of the spatial generator ($variant)", (kernels) => {
  const k = kernels.exports;

  test.each(windows)("spatial_grid, %i × %i", (rows, cols) => {
    const arena = new Arena(kernels);
    const pose = [0.7, -0.3, 0.2, 1.4];
    const size = 2 * rows * cols;
    const [coordinates, dy, dpose] = [arena.f32(size), arena.f32(randomNormals(size, 1)), arena.f64([1, 2, 3, 4])];
    k.spatial_grid_forward(coordinates.address, rows, cols, pose[0], pose[3], pose[1], pose[2]);
    expectClose(coordinates.read(), spatialGrid(rows, cols, pose), 1e-6, "coordinates");
    k.spatial_grid_backward(dpose.address, dy.address, rows, cols, pose[0], pose[3]);
    const slopes = centralDifferences((p) => dot(spatialGrid(rows, cols, p), dy.read()), pose);
    expectClose(dpose.read(), add([1, 2, 3, 4], slopes), 1e-8, "dpose");
    arena.checkGuards();
  });

  test.each(layers)("unit_layer and tanh_slope, %i pixels of %i units", (pixels, width) => {
    const arena = new Arena(kernels);
    // What tanh is taken of: h is its result, so that its slope is 1 − h².
    const [a, w, dys] = [randomNormals(pixels * width, 1), randomNormals(width, 2), randomNormals(pixels, 3)];
    const start = randomNormals(width, 4);
    const [h, ws, dw, dy] = [a.map(Math.tanh), w, start, dys].map((values) => arena.f32(values));
    const [y, da, d] = [arena.f32(pixels), arena.f32(pixels * width), arena.f32(a)];
    k.unit_layer_forward(y.address, h.address, ws.address, 0.3, pixels, width);
    expectClose(y.read(), unitLayer(a, w, 0.3), 2e-6, "y");
    const sum = k.unit_layer_backward(...[da, dw, dy, h, ws].map((block) => block.address), pixels, width);
    expect(Math.abs(sum - dys.reduce((total, v) => total + v, 0))).toBeLessThan(1e-5);
    const slopes = (f: (v: Float64Array) => Float64Array, at: Float32Array) =>
      centralDifferences((v) => dot(f(v), dys), at);
    expectClose(
      da.read(),
      slopes((v) => unitLayer(v, w, 0.3), a),
      3e-6,
      "da",
    );
    expectClose(
      dw.read(),
      add(
        start,
        slopes((v) => unitLayer(a, v, 0.3), w),
      ),
      3e-6,
      "dw",
    );
    k.tanh_slope(d.address, h.address, pixels * width);
    expectClose(
      d.read(),
      a.map((v) => v * (1 - Math.tanh(v) ** 2)),
      1e-6,
      "tanh_slope",
    );
    arena.checkGuards();
  });

  test.each(layers)("coordinate_layer, %i pixels to %i units", (pixels, width) => {
    const arena = new Arena(kernels);
    const [x, w, u] = [randomNormals(2 * pixels, 1), randomNormals(2 * width, 2), randomNormals(width, 3)];
    const dys = randomNormals(pixels * width, 4);
    const [startW, startU] = [randomNormals(2 * width, 5), randomNormals(width, 6)];
    const [xs, ws, us, dh, dw, du] = [x, w, u, dys, startW, startU].map((values) => arena.f32(values));
    const [h, dx] = [arena.f32(pixels * width), arena.f32(2 * pixels)];
    k.coordinate_layer_forward(h.address, xs.address, ws.address, us.address, pixels, width);
    expectClose(h.read(), coordinateLayer(x, w, u), 1e-6, "h");
    const addresses = [dx, dw, du, dh, h, xs, ws].map((block) => block.address);
    k.coordinate_layer_backward(...addresses, pixels, width);
    const slopes = (f: (v: Float64Array) => Float64Array, at: Float32Array) =>
      centralDifferences((v) => dot(f(v), dys), at);
    const byX = slopes((v) => coordinateLayer(v, w, u), x);
    const byW = slopes((v) => coordinateLayer(x, v, u), w);
    const byU = slopes((v) => coordinateLayer(x, w, v), u);
    expectClose(dx.read(), byX, 3e-6, "dcoordinates");
    expectClose(dw.read(), add(startW, byW), 3e-6, "dw");
    expectClose(du.read(), add(startU, byU), 3e-6, "du");
    arena.checkGuards();
  });

  test("log_softplus, far out on both sides", () => {
    const arena = new Arena(kernels);
    const values = Float32Array.of(-80, -40, -20, -15.5, -14.5, -6, -1, -1e-3, 0, 0.5, 3, 18, 60, 700);
    const [rho, s] = [arena.f32(values), arena.f32(values.length)];
    const [ds, start] = [randomNormals(values.length, 2), randomNormals(values.length, 3)];
    const [upstream, drho] = [arena.f32(ds), arena.f32(start)];
    // log1p keeps what 1 + e^ρ loses; where e^ρ itself is lost, softplus is e^ρ.
    const twin = (r: number) => (r < -30 ? r : Math.log(Math.max(r, 0) + Math.log1p(Math.exp(-Math.abs(r)))));
    k.log_softplus_forward(s.address, rho.address, values.length);
    for (const [i, r] of values.entries()) expect(s.read()[i]).toBeCloseTo(twin(r), r < -10 ? 5 : 6);
    k.log_softplus_backward(drho.address, upstream.address, rho.address, values.length);
    const slopes = values.map((r) => (twin(r + 1e-4) - twin(r - 1e-4)) / 2e-4);
    expectClose(
      drho.read(),
      add(
        start,
        Array.from(slopes, (slope, i) => slope * ds[i]),
      ),
      1e-6,
      "drho",
    );
    arena.checkGuards();
  });

  test.each([1, 4, 7, 34])("sigmoid_gaussian, %i pixels", (pixels) => {
    const arena = new Arena(kernels);
    const [as, xs, start] = [randomNormals(pixels, 1, 3), randomUniforms(pixels, 2, 0, 1), randomNormals(pixels, 3)];
    const [a, x, da] = [as, xs, start].map((values) => arena.f32(values));
    const loss = k.sigmoid_gaussian_forward(a.address, x.address, pixels, 0.4) as number;
    expectClose([loss], [sigmoidGaussian(as, xs, 0.4)], 1e-6, "loss");
    k.sigmoid_gaussian_backward(da.address, 1.3, a.address, x.address, pixels, 0.4);
    const slopes = centralDifferences((v) => 1.3 * sigmoidGaussian(v, xs, 0.4), as);
    // The sum with what was there rounds as that does, which may be larger than the sum.
    expectClose(da.read(), add(start, slopes), 5e-6, "da");
    arena.checkGuards();
  });
});
