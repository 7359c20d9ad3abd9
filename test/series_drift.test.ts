import { describe, expect, it } from "vitest";
import { createRng } from "../src/data/rng.ts";
import { fitDrift } from "../src/results/drift.ts";
import { linkMotifs } from "../src/results/tracks.ts";
import type { Motifs } from "../src/results/types.ts";

/*
 * Motifs of a known lattice that move by a known drift; the field of view stays, so that motifs enter and leave. Truth for links, drift and
 * its standard deviation, without a fit.
 */
const SPACING = 20;
const SIDE = 200;
const NOISE = 0.3;
/** Side of a window. */
const REACH = 2 * SPACING;
const period = { a: [SPACING, 0], b: [0, SPACING], strength: 1 } as const;

interface Made {
  readonly frames: Motifs[];
  /** Lattice site of each motif, frame by frame. */
  readonly sites: string[][];
}

/** `content` gives z of a site; `jitter`, px rms along columns, is common to the motifs of a row. */
function movie(
  drift: readonly (readonly [number, number])[],
  seed: number,
  { missed = 0, jitter = 0, content = (i: number, j: number) => [Math.sin(i), Math.cos(2 * j)] } = {},
): Made {
  const rng = createRng(seed);
  const sites: string[][] = [];
  const frames = drift.map(([dr, dc]): Motifs => {
    const [position, z, names]: [number[], number[], string[]] = [[], [], []];
    for (let i = -20; i < 30; i++) {
      const line = jitter * (jitter > 0 ? rng.normal() : 0);
      for (let j = -20; j < 30; j++) {
        const [row, col] = [i * SPACING + 7 + dr, j * SPACING + 3 + dc];
        if (Math.min(row, col) < 0 || Math.max(row, col) > SIDE || rng.uniform() < missed) continue;
        position.push(row + NOISE * rng.normal(), col + line + NOISE * rng.normal());
        z.push(...content(i, j).map((v) => v + 0.1 * rng.normal()));
        names.push(`${i},${j}`);
      }
    }
    sites.push(names);
    const n = names.length;
    const sd = new Float64Array(2 * n).fill(NOISE);
    const windows = new Int32Array(n).fill(6);
    return {
      count: n,
      latentDim: 2,
      position: Float64Array.from(position),
      positionSd: sd,
      z: Float64Array.from(z),
      zSd: new Float64Array(2 * n).fill(0.1),
      windows,
    };
  });
  return { frames, sites };
}

const steady = (count: number, row: number, col: number) =>
  Array.from({ length: count }, (_, k) => [row * k, col * k] as const);
const numbers = (count: number) => Array.from({ length: count }, (_, k) => k);

describe("links through time", () => {
  it("keep a motif on one track, whatever the drift adds up to, and never two on one", () => {
    const { frames, sites } = movie(steady(12, 3.7, -6.1), 1, { missed: 0.05 });
    const tracks = linkMotifs(frames, period, SPACING);
    const siteOf = new Map<number, string>();
    tracks.ofMotif.forEach((ids, k) => {
      expect(new Set(ids).size).toBe(ids.length);
      ids.forEach((id, m) => {
        expect(siteOf.get(id) ?? sites[k][m]).toBe(sites[k][m]);
        siteOf.set(id, sites[k][m]);
      });
    });
    // A site that is missed for a frame or two keeps its track; one that is missed longer starts another.
    expect(tracks.count).toBeLessThan(1.05 * new Set(sites.flat()).size);
  });

  it("follow a drift of more than half a lattice vector where the content tells, and take the shortest where it does not", () => {
    const rng = createRng(9);
    const own = new Map<string, number[]>();
    const content = (i: number, j: number) => {
      const known = own.get(`${i},${j}`) ?? [rng.normal(), rng.normal()];
      own.set(`${i},${j}`, known);
      return known;
    };
    const drift = steady(4, 0, 13);
    expect(linkMotifs(movie(drift, 2, { content }).frames, period, SPACING).steps[3][1]).toBeCloseTo(13, 0);
    const same = linkMotifs(movie(drift, 2, { content: () => [0, 0] }).frames, period, SPACING);
    expect(same.steps[3][1]).toBeCloseTo(-7, 0);
  });

  it("do without a lattice, and with frames that hold nothing", () => {
    const { frames } = movie(steady(3, 1, 1), 3);
    expect(linkMotifs(frames, undefined, SPACING).steps[2][0]).toBeCloseTo(1, 0);
    const none = movie([[1e6, 1e6]], 3).frames[0];
    const tracks = linkMotifs([frames[0], none, frames[2]], period, SPACING);
    expect(tracks.ofMotif[1]).toHaveLength(0);
    expect(new Set([...tracks.ofMotif[0], ...tracks.ofMotif[2]]).size).toBe(tracks.count);
  });
});

describe("drift from the motifs", () => {
  it("is unbiased with a true standard deviation where nearly all motifs stay", () => {
    const truth = Array.from({ length: 10 }, (_, k) => [2 * Math.sin(k / 2), 0.4 * k] as const);
    let [squares, count] = [0, 0];
    for (let seed = 1; seed <= 30; seed++) {
      const { frames } = movie(truth, seed);
      const drift = fitDrift(frames, linkMotifs(frames, period, SPACING), numbers(10), REACH);
      for (let k = 1; k < 10; k++) {
        squares += ((drift.row[k] - truth[k][0]) / drift.rowSd[k]) ** 2;
        squares += ((drift.col[k] - truth[k][1]) / drift.colSd[k]) ** 2;
        count += 2;
      }
      expect(drift.scatter[0]).toBeGreaterThan(0.85 * NOISE);
      expect(drift.scatter[0]).toBeLessThan(1.15 * NOISE);
    }
    const rms = Math.sqrt(squares / count);
    expect(rms).toBeGreaterThan(0.8);
    expect(rms).toBeLessThan(1.15);
  });

  it("counts motifs that line jitter moves together as one", () => {
    const truth = steady(8, 1.3, 0.4);
    const squares = [0, 0];
    for (let seed = 1; seed <= 40; seed++) {
      const { frames } = movie(truth, seed, { jitter: 2 * NOISE });
      const drift = fitDrift(frames, linkMotifs(frames, period, SPACING), numbers(8), REACH);
      for (let k = 1; k < 8; k++) {
        squares[0] += ((drift.row[k] - truth[k][0]) / drift.rowSd[k]) ** 2;
        squares[1] += ((drift.col[k] - truth[k][1]) / drift.colSd[k]) ** 2;
      }
    }
    for (const sum of squares) {
      expect(Math.sqrt(sum / (40 * 7))).toBeGreaterThan(0.8);
      expect(Math.sqrt(sum / (40 * 7))).toBeLessThan(1.25);
    }
  });

  it("adds up over motifs that come and go, its error at most what is said", () => {
    const count = 60;
    const truth = steady(count, 5, 2);
    let squares = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const { frames } = movie(truth, seed);
      const drift = fitDrift(frames, linkMotifs(frames, period, SPACING), numbers(count), REACH);
      squares += ((drift.row[count - 1] - truth[count - 1][0]) / drift.rowSd[count - 1]) ** 2;
      expect(drift.rate?.row).toBeCloseTo(5, 2);
      expect(drift.rate?.col).toBeCloseTo(2, 2);
    }
    const rms = Math.sqrt(squares / 20);
    expect(rms).toBeGreaterThan(0.3);
    expect(rms).toBeLessThan(1.3);
  });

  it("counts frames that were left out, and stops where no motif links", () => {
    const { frames } = movie(steady(4, 3, 0), 5);
    const drift = fitDrift(frames, linkMotifs(frames, period, SPACING), [0, 10, 20, 30], REACH);
    expect(drift.rate?.row).toBeCloseTo(0.3, 2);
    const far = movie([[1e6, 1e6]], 5).frames[0];
    const broken = [frames[0], frames[1], far, far, far, frames[2]];
    const cut = fitDrift(broken, linkMotifs(broken, period, SPACING), numbers(6), REACH);
    expect(Array.from(cut.row, Number.isFinite)).toEqual([true, true, false, false, false, false]);
    expect(Array.from(cut.rowSd, Number.isFinite)).toEqual([true, true, false, false, false, false]);
    const nothing = fitDrift([far, far], linkMotifs([far, far], period, SPACING), [0, 1], REACH);
    expect(nothing.rate).toBeUndefined();
  });
});
