import { describe, expect, it } from "vitest";
import { PointGrid } from "../src/report/neighbours.ts";
import { strainField } from "../src/results/strain.ts";
import type { Lattice, Motifs } from "../src/results/types.ts";

function latticeOf(a: readonly [number, number], b: readonly [number, number], residual = 0): Lattice {
  const [lengthA, lengthB] = [Math.hypot(...a), Math.hypot(...b)];
  const cosine = (a[0] * b[0] + a[1] * b[1]) / (lengthA * lengthB);
  return {
    a,
    b,
    lengthA,
    lengthB,
    angle: (Math.acos(cosine) * 180) / Math.PI,
    coverage: 1,
    motifsPerCell: 1,
    residual,
  };
}

function motifsAt(points: readonly (readonly [number, number])[]): Motifs {
  const n = points.length;
  return {
    count: n,
    latentDim: 1,
    position: Float64Array.from(points.flat()),
    positionSd: new Float64Array(2 * n),
    z: new Float64Array(n),
    zSd: new Float64Array(n),
    windows: new Int32Array(n),
  };
}

function sites({ a, b }: Lattice, size: number): [number, number][] {
  const out: [number, number][] = [];
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < size; j++) out.push([21.3 + i * a[0] + j * b[0], 33.7 + i * a[1] + j * b[1]]);
  }
  return out;
}

const SQUARE = latticeOf([12, 0.4], [-0.3, 11.5]);
const HEXAGONAL = latticeOf([0, 10], [8.6602540378, 5]);

/** Sites moved by a displacement gradient in the frame x right, y up: u = H·(x, y). */
function deformed(lattice: Lattice, [xx, xy, yx, yy]: readonly number[], size = 9) {
  return sites(lattice, size).map(([row, col]): [number, number] => {
    const [x, y] = [col, -row];
    const [ux, uy] = [xx * x + xy * y, yx * x + yy * y];
    return [row - uy, col + ux];
  });
}

describe("strain", () => {
  const gradients = [
    [0.01, 0, 0, 0],
    [0, 0, 0, -0.02],
    [0, 0.012, 0.004, 0],
    [0.006, -0.003, 0.009, -0.008],
  ];
  for (const [name, lattice] of [
    ["near-square", SQUARE],
    ["hexagonal", HEXAGONAL],
  ] as const) {
    it.each(gradients)(`recovers a uniform gradient (%d %d %d %d) on a ${name} lattice`, (xx, xy, yx, yy) => {
      const field = strainField(motifsAt(deformed(lattice, [xx, xy, yx, yy])), lattice);
      for (let n = 0; n < 81; n++) {
        expect(field.xx[n]).toBeCloseTo(xx, 10);
        expect(field.yy[n]).toBeCloseTo(yy, 10);
        expect(field.xy[n]).toBeCloseTo((xy + yx) / 2, 10);
        expect(field.rotation[n]).toBeCloseTo((yx - xy) / 2, 10);
      }
    });
  }

  it("counts a rotation positive when it is counter-clockwise as seen", () => {
    const turn = 0.01;
    const points = sites(SQUARE, 7).map(([row, col]): [number, number] => {
      // On the screen, a point right of the centre moves up: its row falls.
      const [x, up] = [col, -row];
      return [-(Math.sin(turn) * x + Math.cos(turn) * up), Math.cos(turn) * x - Math.sin(turn) * up];
    });
    const field = strainField(motifsAt(points), SQUARE);
    for (const rotation of field.rotation) expect(rotation).toBeCloseTo(Math.sin(turn), 10);
  });

  it("gives the displacement from the sites, free of a common shift", () => {
    const points = sites(SQUARE, 8);
    const moved = points.map(([r, c], n): [number, number] => [r + (n === 20 ? 1.5 : 0), c - (n === 20 ? 0.8 : 0)]);
    const { displacement } = strainField(motifsAt(moved), SQUARE);
    points.forEach((_, n) => {
      expect(displacement[2 * n]).toBeCloseTo((n === 20 ? 1.5 : 0) - 1.5 / 64, 10);
      expect(displacement[2 * n + 1]).toBeCloseTo((n === 20 ? -0.8 : 0) + 0.8 / 64, 10);
    });
  });

  it("is missing where the neighbours lie on a line or are none", () => {
    const line = strainField(motifsAt([0, 1, 2, 3].map((i) => [12 * i + 5, 0.4 * i + 5])), SQUARE);
    expect([...line.xx].every(Number.isNaN)).toBe(true);
    const alone = strainField(motifsAt([[40, 40]]), SQUARE);
    expect([alone.yy[0], alone.rotation[0]]).toEqual([Number.NaN, Number.NaN]);
    expect([...alone.displacement]).toEqual([0, 0]);
    expect(strainField(motifsAt([]), SQUARE).xy).toHaveLength(0);
  });

  it("takes no intruder between the sites for a neighbour", () => {
    const points = deformed(SQUARE, [0.01, 0, 0, 0]);
    const field = strainField(motifsAt([...points, [points[40][0] + 6, points[40][1] + 6]]), SQUARE);
    expect(field.xx[40]).toBeCloseTo(0.01, 10);
    expect(field.xx[41]).toBeCloseTo(0.01, 10);
  });
});

describe("neighbour search", () => {
  it("agrees with looking at every point", () => {
    const points = Float64Array.from({ length: 400 }, (_, i) => 100 * Math.abs(Math.sin(i * 12.9898)) - 20);
    const grid = new PointGrid(points, 7);
    for (let k = 0; k < 60; k++) {
      const [row, col, radius] = [-25 + 2 * k, 90 - 1.7 * k, 1 + (k % 13)];
      const distance = (i: number) => Math.hypot(points[2 * i] - row, points[2 * i + 1] - col);
      const all = Array.from({ length: 200 }, (_, i) => i).filter((i) => distance(i) <= radius);
      const best = all.reduce((a, i) => (a < 0 || distance(i) < distance(a) ? i : a), -1);
      expect(grid.nearest(row, col, radius)).toBe(best);
    }
  });
});
