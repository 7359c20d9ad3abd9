import { describe, expect, test } from "vitest";
import { transpose } from "../reference/layers.ts";
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
import { fromPanels, padded, toPanels } from "./layout.ts";

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

/** A twin's (pixels, columns) as the matrix of columns by pixels in panels that the kernels take, `gap` rows between them; and back. */
const panels = (values: ArrayLike<number>, columns: number, gap = 2) => {
  const pixels = values.length / columns;
  return toPanels(transpose(values, pixels, columns), columns, pixels, columns + gap);
};
const pixelsOf = (values: ArrayLike<number>, pixels: number, columns: number, gap = 2) =>
  transpose(fromPanels(values, columns, pixels, columns + gap), columns, pixels);

/** Sums of a vector's four floats. */
const fours = (values: Float32Array) =>
  Float64Array.from({ length: values.length / 4 }, (_, i) => values.slice(4 * i, 4 * i + 4).reduce((a, b) => a + b, 0));

describe.each(variants)("kernels of the spatial generator ($variant)", (kernels) => {
  const k = kernels.exports;

  test.each(windows)("spatial_grid, %i × %i", (rows, cols) => {
    const arena = new Arena(kernels);
    const pose = [0.7, -0.3, 0.2, 1.4];
    const pixels = rows * cols;
    const dys = randomNormals(2 * pixels, 1);
    const [coordinates, dy] = [arena.f32(2 * padded(pixels)), arena.f32(panels(dys, 2, 0))];
    const dpose = arena.f64([1, 2, 3, 4]);
    k.spatial_grid_forward(coordinates.address, rows, cols, pose[0], pose[3], pose[1], pose[2]);
    const written = pixelsOf(coordinates.read(), padded(pixels), 2, 0);
    expectClose(written.slice(0, 2 * pixels), spatialGrid(rows, cols, pose), 1e-6, "coordinates");
    expect(written.slice(2 * pixels).every((v) => v === 0)).toBe(true);
    k.spatial_grid_backward(dpose.address, dy.address, rows, cols, pose[0], pose[3]);
    const slopes = centralDifferences((p) => dot(spatialGrid(rows, cols, p), dys), pose);
    expectClose(dpose.read(), add([1, 2, 3, 4], slopes), 1e-8, "dpose");
    arena.checkGuards();
  });

  test.each(layers)("unit_layer, bias_tanh and tanh_slope, %i pixels of %i units", (pixels, width) => {
    const arena = new Arena(kernels);
    // What tanh is taken of: h is its result, so that its slope is 1 − h².
    const [a, w, dys] = [randomNormals(pixels * width, 1), randomNormals(width, 2), randomNormals(pixels, 3)];
    const count = padded(pixels) / 8;
    const start = randomNormals(4 * width, 4);
    const [h, ws, sums] = [panels(a.map(Math.tanh), width), w, start].map((values) => arena.f32(values));
    const dy = arena.f32(toPanels(dys, 1, pixels));
    const [y, da, d] = [arena.f32(8 * count), arena.f32(h.length), arena.f32(panels(a, width))];
    k.unit_layer_forward(y.address, h.address, ws.address, 0.3, count, width);
    expectClose(y.read().slice(0, pixels), unitLayer(a, w, 0.3), 2e-6, "y");
    k.unit_layer_backward(...[da, sums, dy, h, ws].map((block) => block.address), count, width);
    const slopes = (f: (v: Float64Array) => Float64Array, at: Float32Array) =>
      centralDifferences((v) => dot(f(v), dys), at);
    const byA = slopes((v) => unitLayer(v, w, 0.3), a);
    const byW = slopes((v) => unitLayer(a, v, 0.3), w);
    expectClose(pixelsOf(da.read(), pixels, width), byA, 3e-6, "da");
    expectClose(fours(sums.read()), add(fours(start), byW), 3e-6, "dw");
    k.tanh_slope(d.address, h.address, h.length);
    const expected = a.map((v) => v * (1 - Math.tanh(v) ** 2));
    expectClose(pixelsOf(d.read(), pixels, width), expected, 1e-6, "tanh_slope");
    const before = arena.f32(panels(a, width));
    k.bias_tanh(before.address, ws.address, count, width);
    const biased = a.map((v, i) => Math.tanh(v + w[i % width]));
    expectClose(pixelsOf(before.read(), pixels, width), biased, 1e-6, "bias_tanh");
    arena.checkGuards();
  });

  test.each(layers)("coordinate_layer, %i pixels to %i units", (pixels, width) => {
    const arena = new Arena(kernels);
    const count = padded(pixels) / 8;
    const [x, w, u] = [randomNormals(2 * pixels, 1), randomNormals(2 * width, 2), randomNormals(width, 3)];
    const dys = randomNormals(pixels * width, 4);
    const [startW, startSums] = [randomNormals(2 * width, 5), randomNormals(k.coordinate_sums(width), 6)];
    const [xs, dh] = [panels(x, 2, 0), panels(dys, width)].map((values) => arena.f32(values));
    const [ws, us, dw, sums] = [w, u, startW, startSums].map((values) => arena.f32(values));
    const [h, dx, du] = [arena.f32(dh.length), arena.f32(xs.length), arena.f32(width)];
    k.coordinate_layer_forward(h.address, xs.address, ws.address, us.address, count, width);
    expectClose(pixelsOf(h.read(), pixels, width), coordinateLayer(x, w, u), 1e-6, "h");
    k.coordinate_layer_backward(...[dx, sums, dh, h, xs, ws].map((block) => block.address), count, width);
    k.coordinate_layer_gradients(...[dw, du, sums].map((block) => block.address), width);
    const slopes = (f: (v: Float64Array) => Float64Array, at: Float32Array) =>
      centralDifferences((v) => dot(f(v), dys), at);
    const byX = slopes((v) => coordinateLayer(v, w, u), x);
    const byW = slopes((v) => coordinateLayer(x, v, u), w);
    const byU = slopes((v) => coordinateLayer(x, w, v), u);
    // Sums of a unit: of g, and of g by either coordinate.
    const from = fours(startSums);
    const started = (part: number) => Float64Array.from({ length: width }, (_, j) => from[3 * j + part]);
    const startOfW = add(startW, Float64Array.of(...started(1), ...started(2)));
    expectClose(pixelsOf(dx.read(), pixels, 2, 0), byX, 3e-6, "dcoordinates");
    expectClose(dw.read(), add(startOfW, byW), 3e-6, "dw");
    expectClose(du.read(), add(started(0), byU), 3e-6, "du");
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
