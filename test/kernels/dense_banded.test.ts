import { describe, expect, test } from "vitest";
import { Arena, randomNormals, tiledVariants, useTile } from "./harness.ts";
import { padded, padRows, toPanels } from "./layout.ts";

/** Bands as a sorted chunk has them, with one row of none, one of all, and neighbours that share a tile but no column. */
function bandsOf(m: number, n: number): [first: number, last: number][] {
  return Array.from({ length: m }, (_, i) => {
    if (i === 1) return [0, 0];
    if (i === m - 1) return [0, n];
    const first = Math.floor((i * n) / (m + 1));
    return [first, Math.min(n, first + Math.ceil(n / 5))];
  });
}

const shapes: [m: number, n: number, k: number][] = [
  [3, 5, 7],
  [7, 40, 9],
  [12, 83, 16],
  [6, 600, 11],
  [13, 1100, 3],
  [26, 600, 19],
];

describe.each(tiledVariants)("banded dense layers ($variant, $name)", ({ exports, ...kernels }) => {
  useTile({ exports, ...kernels });
  const { dense_forward, dense_forward_banded, dense_backward, dense_backward_banded, dense_scratch } = exports;

  describe.each(shapes)("%i samples, %i units of %i inputs", (m, n, k) => {
    const bands = bandsOf(m, n);
    const inBand = (i: number, j: number) => j >= bands[i][0] && j < bands[i][1];
    const [x, w, b] = [randomNormals(m * k, 1), randomNormals(k * n, 2), randomNormals(n, 3)];
    const place = () => {
      const arena = new Arena({ exports, ...kernels });
      const [xAt, wAt, bAt] = [padRows(x, m, k), toPanels(w, k, n), padRows(b, 1, n)].map((v) => arena.f32(v).address);
      const bandsAt = arena.i32(bands.flat()).address;
      // NaN in the scratch: nothing that was not packed may count.
      return { arena, xAt, wAt, bAt, bandsAt, scratch: arena.f32(dense_scratch(m, n, k)).address };
    };

    test("forward gives the bits of the whole product in the bands, and works less", () => {
      const { arena, xAt, wAt, bAt, bandsAt, scratch } = place();
      const [y, whole] = [arena.f32(m * padded(n)), arena.f32(m * padded(n))];
      dense_forward_banded(y.address, xAt, wAt, bAt, m, n, k, scratch, bandsAt);
      dense_forward(whole.address, xAt, wAt, bAt, m, n, k, scratch);
      const [found, expected] = [y.read(), whole.read()];
      for (let i = 0; i < m; i++) {
        for (let j = 0; j < n; j++)
          if (inBand(i, j)) expect(found[i * padded(n) + j]).toBe(expected[i * padded(n) + j]);
      }
      if (n > 500) expect(found.filter(Number.isNaN).length).toBeGreaterThan((m * n) / 4);
      arena.checkGuards();
    });

    test.each([true, false])("backward gives the bits of the whole products, added (%s) or written", (add) => {
      const { arena, xAt, wAt, bandsAt, scratch } = place();
      const dy = padRows(
        randomNormals(m * n, 4).map((v, at) => (inBand(Math.floor(at / n), at % n) ? v : 0)),
        m,
        n,
      );
      const dyAt = arena.f32(dy).address;
      const outputs = (start: boolean) => ({
        dx: arena.f32(m * padded(k)),
        dw: arena.f32(start ? toPanels(randomNormals(k * n, 5), k, n) : new Float32Array(k * padded(n))),
        db: arena.f32(start ? padRows(randomNormals(n, 6), 1, n) : new Float32Array(padded(n))),
      });
      const [found, expected] = [outputs(true), outputs(add)];
      const at = ({ dx, dw, db }: ReturnType<typeof outputs>) => [dx.address, dw.address, db.address] as const;
      dense_backward_banded(...at(found), dyAt, xAt, wAt, m, n, k, scratch, bandsAt, Number(add));
      dense_backward(...at(expected), dyAt, xAt, wAt, m, n, k, scratch);
      for (const key of ["dx", "dw", "db"] as const) expect(found[key].read(), key).toEqual(expected[key].read());
      arena.checkGuards();
    });
  });
});
