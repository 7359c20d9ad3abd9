import { describe, expect, test } from "vitest";
import { type Place, sampleSpline } from "../reference/sampling.ts";
import { Arena, add, centralDifferences, dot, expectClose, randomNormals, variants } from "./harness.ts";

/** Places at which the taps just fit into the image: its first and last coefficients count. */
const places: (Place & { stride: number })[] = [
  { row: 1, col: 1, rows: 1, cols: 1, flat: false, stride: 4 },
  { row: 1.25, col: 1.875, rows: 3, cols: 5, flat: false, stride: 8 },
  { row: 2.9375, col: 1.5, rows: 5, cols: 7, flat: false, stride: 13 },
  { row: 1.5, col: 3.0625, rows: 2, cols: 8, flat: false, stride: 13 },
  { row: 1.7, col: 1.3, rows: 4, cols: 14, flat: false, stride: 17 },
  { row: 1.999, col: 2.001, rows: 3, cols: 10, flat: false, stride: 14 },
  { row: 0, col: 1, rows: 1, cols: 3, flat: true, stride: 6 },
  { row: 0, col: 2.6, rows: 1, cols: 9, flat: true, stride: 13 },
  { row: 0, col: 1.4, rows: 1, cols: 18, flat: true, stride: 21 },
].map((place) => ({ ...place, row: Math.fround(place.row), col: Math.fround(place.col) }));

/** Rows of an image that just holds a place's taps. */
function imageRows({ row, rows, flat }: Place): number {
  return flat ? rows : Math.floor(row) + rows + 2;
}

describe.each(variants)("spline ($variant)", (kernels) => {
  const { spline_forward, spline_jacobian, spline_backward, spline_backward_constant, spline_scratch } =
    kernels.exports;

  describe.each(places)("$rows × $cols from ($row, $col), flat $flat", (place) => {
    const { row, col, rows, cols, flat, stride } = place;
    const [size, pixels] = [imageRows(place) * stride, rows * cols];
    const c = randomNormals(size, 1);
    const twin = (values: ArrayLike<number>, at: Partial<Place> = {}) =>
      sampleSpline((p, q) => values[p * stride + q], { ...place, ...at });
    // NaN past the image: it may be read, and must not be seen in what is written.
    const readable = (values: Float32Array) => Float32Array.from({ length: size + 4 }, (_, i) => values[i] ?? NaN);
    const tail = (arena: Arena) => [
      stride,
      row,
      col,
      rows,
      cols,
      Number(flat),
      arena.f32(spline_scratch(rows, cols)).address,
    ];

    test("forward is the 4×4 sum", () => {
      const arena = new Arena(kernels);
      const y = arena.f32(pixels);
      spline_forward(y.address, arena.f32(readable(c)).address, ...tail(arena));
      expectClose(y.read(), twin(c), 1e-6, "y");
      arena.checkGuards();
    });

    test("jacobian: the derivatives to the position", () => {
      const arena = new Arena(kernels);
      const [dRow, dCol] = [arena.f32(pixels), arena.f32(pixels)];
      spline_jacobian(dRow.address, dCol.address, arena.f32(readable(c)).address, ...tail(arena));
      // Coefficients left of the first tap are missing where a difference steps there; their weight is below 1e-15.
      const at = (p: number, q: number) => c[p * stride + q] ?? 0;
      const slope = (axis: "row" | "col", p: number) =>
        centralDifferences((v) => sampleSpline(at, { ...place, [axis]: v[0] })[p], [place[axis]])[0];
      const expected = (axis: "row" | "col") => Array.from({ length: pixels }, (_, p) => slope(axis, p));
      if (flat) expect([...dRow.read()]).toEqual(new Array(pixels).fill(0));
      else expectClose(dRow.read(), expected("row"), 2e-6, "dRow");
      expectClose(dCol.read(), expected("col"), 2e-6, "dCol");
      arena.checkGuards();
    });

    test("backward adds the differences to the coefficients and touches no others", () => {
      const arena = new Arena(kernels);
      const [dy, start] = [randomNormals(pixels, 2), randomNormals(size, 3)];
      const dc = arena.f32(start);
      spline_backward(dc.address, arena.f32(dy).address, ...tail(arena));
      const gradient = centralDifferences((v) => dot(twin(v), dy), c);
      expectClose(dc.read(), add(start, gradient), 1e-6, "dc");
      const untouched = dc.read().filter((_, i) => gradient[i] === 0);
      expect(untouched).toEqual(start.filter((_, i) => gradient[i] === 0));
      arena.checkGuards();
    });

    test("backward of an image that is the same everywhere", () => {
      const arena = new Arena(kernels);
      const start = randomNormals(size, 4);
      const [dc, twinDc] = [arena.f32(start), arena.f32(start)];
      spline_backward(twinDc.address, arena.f32(new Float32Array(pixels).fill(1.7)).address, ...tail(arena));
      spline_backward_constant(dc.address, 1.7, ...tail(arena));
      expectClose(dc.read(), twinDc.read(), 1e-6, "dc");
      const untouched = dc.read().filter((_, i) => twinDc.read()[i] === start[i]);
      expect(untouched).toEqual(start.filter((_, i) => twinDc.read()[i] === start[i]));
      arena.checkGuards();
    });

    test("backward is the adjoint of forward: ⟨Sx, y⟩ = ⟨x, Sᵀy⟩", () => {
      const arena = new Arena(kernels);
      const y = randomNormals(pixels, 4);
      const [sx, sty] = [arena.f32(pixels), arena.f32(new Float32Array(size))];
      const rest = tail(arena);
      spline_forward(sx.address, arena.f32(readable(c)).address, ...rest);
      spline_backward(sty.address, arena.f32(y).address, ...rest);
      const scale = Math.sqrt(dot(c, c) * dot(sty.read(), sty.read()));
      expect(Math.abs(dot(sx.read(), y) - dot(c, sty.read())) / scale).toBeLessThan(1e-6);
    });
  });

  test.each([0, 0.125, 0.4, 0.75, 0.999])("a plane is sampled as it is at fraction %f", (fraction) => {
    const arena = new Arena(kernels);
    const [rows, cols, stride] = [4, 6, 9];
    const f = Math.fround(fraction);
    const plane = (r: number, c: number) => 2 + 0.5 * r - 0.25 * c;
    const c = arena.f32(
      Float32Array.from({ length: 7 * stride + 4 }, (_, i) => plane(Math.floor(i / stride), i % stride)),
    );
    const [y, scratch] = [arena.f32(rows * cols), arena.f32(spline_scratch(rows, cols)).address];
    spline_forward(y.address, c.address, stride, 1 + f, 1 + f, rows, cols, 0, scratch);
    const expected = Array.from({ length: rows * cols }, (_, i) =>
      plane(1 + f + Math.floor(i / cols), 1 + f + (i % cols)),
    );
    expectClose(y.read(), expected, 1e-6);
  });
});
