import type { FitReport, Grid, HistoryEntry } from "../src/results/types.ts";

/** A made-up fit of a ferroelectric: two domains (the sign of z1) along a diagonal wall, a second latent that varies
 * slowly, a lattice under slight strain. Known in closed form and cheap, so that figures can be tested without a fit. */

/** Park–Miller generator, [0, 1). */
function randomSource(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}

function gaussianSource(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(random() + 1e-12)) * Math.cos(2 * Math.PI * random());
}

export interface SampleOptions {
  readonly rows?: number;
  readonly cols?: number;
  readonly latentDim?: number;
  readonly motifs?: boolean;
  readonly title?: string;
}

const SPACING = 15.8;

/** Domain (−1 … 1) and slow variation at a position. */
function orderParameters(row: number, col: number, size: number): [number, number] {
  const wall = (row + 0.4 * col - 0.7 * size) / (0.06 * size);
  return [Math.tanh(wall), Math.sin((2 * Math.PI * col) / size) * Math.cos((Math.PI * row) / size)];
}

interface Site {
  readonly row: number;
  readonly col: number;
  readonly z: readonly [number, number];
}

function sites(rows: number, cols: number, gaussian: () => number): Site[] {
  const out: Site[] = [];
  for (let i = 0.5; (i + 0.5) * SPACING < rows; i++) {
    for (let j = 0.5; (j + 0.5) * SPACING < cols; j++) {
      const [r, c] = [i * SPACING, j * SPACING];
      const z = orderParameters(r, c, Math.max(rows, cols));
      out.push({ row: r + 0.5 * z[1] + 0.08 * gaussian(), col: c + 0.8 * z[0] + 0.08 * gaussian(), z });
    }
  }
  return out;
}

function addAtom(grid: Grid, row: number, col: number, height: number, width: number): void {
  for (let r = Math.max(0, Math.floor(row - 9)); r <= Math.min(grid.rows - 1, row + 9); r++) {
    for (let c = Math.max(0, Math.floor(col - 9)); c <= Math.min(grid.cols - 1, col + 9); c++) {
      grid.data[r * grid.cols + c] += height * Math.exp(-((r - row) ** 2 + (c - col) ** 2) / (2 * width * width));
    }
  }
}

function motifInto(grid: Grid, row: number, col: number, z: readonly number[]): void {
  addAtom(grid, row, col, 0.6 + 0.1 * (z[1] ?? 0), 2.1);
  for (const [dr, dc] of [
    [-0.5, -0.5],
    [-0.5, 0.5],
    [0.5, -0.5],
    [0.5, 0.5],
  ]) {
    addAtom(grid, row + dr * SPACING - 1.2 * (z[0] ?? 0), col + dc * SPACING - 1.6 * (z[0] ?? 0), 0.1, 2.7);
  }
}

function blank(rows: number, cols: number): Grid {
  return { rows, cols, data: new Float32Array(rows * cols) };
}

function tile(z: readonly number[]): Grid {
  const grid = blank(32, 32);
  motifInto(grid, 15.5, 15.5, z);
  return grid;
}

function history(): HistoryEntry[] {
  return Array.from({ length: 120 }, (_, k) => {
    const [step, fall] = [10 * k, Math.exp(-k / 14)];
    const [reconstruction, kl] = [512 + 900 * fall + 3 * Math.sin(9 * k), 5.2 * (1 - fall) + 0.1 * Math.sin(5 * k)];
    return { step, elbo: -(reconstruction + kl), reconstruction, kl, sigma: 0.34 + 0.66 * fall };
  });
}

function sampleMaps(rows: number, cols: number, latentDim: number) {
  const axis = (size: number) => Float64Array.from({ length: Math.floor((size - 32) / 4) + 1 }, (_, i) => 16 + 4 * i);
  const [rowAxis, colAxis] = [axis(rows), axis(cols)];
  const z = Array.from({ length: latentDim }, (_, latent) => {
    const map = new Float32Array(rowAxis.length * colAxis.length);
    rowAxis.forEach((row, r) => {
      colAxis.forEach((col, c) => {
        const hole = Math.hypot(row - 0.3 * rows, col - 0.75 * cols) < 22;
        const value = orderParameters(row, col, Math.max(rows, cols))[latent % 2] * (1 + 0.2 * latent);
        map[r * colAxis.length + c] = hole ? Number.NaN : value;
      });
    });
    return map;
  });
  return { rowAxis, colAxis, z };
}

export function sampleReport(options: SampleOptions = {}): FitReport {
  const { rows = 512, cols = 512, latentDim = 2, motifs: withMotifs = true } = options;
  const random = randomSource(7);
  const gaussian = gaussianSource(random);
  const found = withMotifs ? sites(rows, cols, gaussian) : [];
  const image = blank(rows, cols);
  for (const site of found) motifInto(image, site.row, site.col, site.z);
  for (let i = 0; i < image.data.length; i++) image.data[i] += 0.12 * gaussian();

  const count = found.length;
  const perMotif = (each: (site: Site) => number[]) => Float64Array.from(found.flatMap(each));
  const motifs = {
    count,
    latentDim,
    position: perMotif((s) => [s.row, s.col]),
    positionSd: perMotif(() => [0.09 + 0.03 * random(), 0.08 + 0.03 * random()]),
    z: perMotif((s) => Array.from({ length: latentDim }, (_, l) => s.z[l % 2] * (1 + 0.2 * l) + 0.12 * gaussian())),
    zSd: perMotif(() => new Array(latentDim).fill(0.1)),
    windows: Int32Array.from(found, () => 5 + Math.floor(6 * random())),
  };
  const axis = Float64Array.from({ length: 7 }, (_, i) => 0.6 * (i - 3));
  const single = latentDim === 1;
  const axis1 = single ? Float64Array.of(0) : axis;
  const tiles = [...axis1].flatMap((z1) => [...axis].map((z2) => tile(single ? [z2] : [z1, z2])));
  return {
    title: options.title ?? "ferroelectric.dm4",
    image,
    pixelSize: { value: 0.025, unit: "nm" },
    windowSize: 32,
    windows: {
      count,
      latentDim,
      centre: motifs.position.map((v) => Math.round(v)),
      shift: motifs.position.map((v) => v - Math.round(v)),
      shiftSd: motifs.positionSd,
      z: motifs.z,
      zSd: motifs.zSd,
    },
    motifs,
    maps: sampleMaps(rows, cols, latentDim),
    template: tile([0, 0]),
    binning: 1,
    manifold: { axis1, axis2: axis, tiles },
    lattice: withMotifs
      ? {
          a: [SPACING, 0],
          b: [0, SPACING],
          lengthA: SPACING,
          lengthB: SPACING,
          angle: 90,
          coverage: 0.994,
          motifsPerCell: 1,
          residual: 0.72,
        }
      : undefined,
    metrics: {
      elbo: -517.3,
      reconstruction: 512.1,
      kl: 5.2,
      klPerLatent: Array.from({ length: latentDim }, (_, i) => [3.4, 1.8, 0.02, 0.01, 0.4, 0.1][i % 6]),
      sigma: 0.34,
      seconds: { read: 0.05, normalise: 0.04, align: 1.1, train: 6.8, encode: 0.7, motifs: 0.2, maps: 0.3, write: 0.2 },
      history: history(),
    },
    config: { latentDim, windowSize: 32, seed: 7, beta: 1, invariances: ["t"], pose: "exact", steps: 1200 },
    versions: { "shift-vae": "0.1.0", node: "20.19.0", variant: "relaxed", threads: 2 },
  };
}
