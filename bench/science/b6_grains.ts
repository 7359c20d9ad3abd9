/** B6: motifs turned and shifted: two grains of a simulated hexagonal crystal with an order parameter. The seed draws the image as well. */
import { simulate } from "../../src/data/simulate.ts";
import { checkerboard, knnR2 } from "../../src/results/measures.ts";
import { KdTree } from "../../src/results/neighbours.ts";
import type { Motifs } from "../../src/results/types.ts";
import { type Benchmark, clocked, least, most } from "./benchmark.ts";

const WINDOW = 32;
/** The motif has a sixfold axis: its angle is known modulo this, degrees. */
const PERIOD = 60;
/** A motif belongs to a true site within this distance, px: less than half the distance between sites. */
const MATCH = 5;
/** Half a window's diagonal, px: motifs nearer than this to the other grain have some of it in their windows. */
const BOUNDARY = WINDOW / Math.SQRT2;

/** A motif found, its true site, and whether no window about it reaches the other grain. */
interface Match {
  readonly motif: number;
  readonly site: number;
  readonly inside: boolean;
}

type Truth = Record<"position" | "angle" | "order" | "grain", Float64Array>;

function truthOf({ truth }: ReturnType<typeof simulate>): Truth {
  const array = (name: string) => Float64Array.from(truth.arrays[name].data, Number);
  return {
    position: array("motif_position"),
    angle: array("motif_angle"),
    order: array("order_parameter"),
    grain: array("motif_grain"),
  };
}

function matches(motifs: Motifs, truth: Truth): Match[] {
  const tree = new KdTree(truth.position, 2);
  return Array.from({ length: motifs.count }, (_, motif) => motif).flatMap((motif) => {
    const place = [motifs.position[2 * motif], motifs.position[2 * motif + 1]];
    const [site] = tree.within(place, MATCH).length > 0 ? tree.nearest(place, 1) : [];
    if (site === undefined) return [];
    const inside = tree.within(place, BOUNDARY).every((other) => truth.grain[other] === truth.grain[site]);
    return [{ motif, site, inside }];
  });
}

const rms = (values: readonly number[]) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
const mean = (values: readonly number[]) => values.reduce((sum, v) => sum + v, 0) / values.length;

/** Angles less the true ones, modulo the symmetry, about their circular mean: the template's own orientation is free. */
function angleErrors(found: readonly Match[], angle: ArrayLike<number>, truth: Truth): number[] {
  const off = found.map(({ motif, site }) => angle[motif] - truth.angle[site]);
  const turn = (degrees: number) => (2 * Math.PI * degrees) / PERIOD;
  const own =
    (PERIOD * Math.atan2(mean(off.map((d) => Math.sin(turn(d)))), mean(off.map((d) => Math.cos(turn(d)))))) /
    (2 * Math.PI);
  return off.map((d) => d - own - PERIOD * Math.round((d - own) / PERIOD));
}

/** Positions less the true ones in the template's frame, about their mean: which point of the motif is its centre is free. */
function shiftErrors(
  found: readonly Match[],
  { position, angle = new Float64Array(0) }: Motifs,
  truth: Truth,
): [number[], number[]] {
  const turned = found.map(({ motif, site }) => {
    const [cosine, sine] = [Math.cos((angle[motif] * Math.PI) / 180), Math.sin((angle[motif] * Math.PI) / 180)];
    const [row, col] = [0, 1].map((k) => position[2 * motif + k] - truth.position[2 * site + k]);
    return [cosine * row + sine * col, cosine * col - sine * row];
  });
  const along = (axis: 0 | 1) => {
    const values = turned.map((v) => v[axis]);
    const centre = mean(values);
    return values.map((v) => v - centre);
  };
  return [along(0), along(1)];
}

function contentR2(found: readonly Match[], { z, latentDim, position }: Motifs, truth: Truth): number {
  const features = found.flatMap(({ motif }) => Array.from(z.subarray(motif * latentDim, (motif + 1) * latentDim)));
  const places = found.flatMap(({ motif }) => [position[2 * motif], position[2 * motif + 1]]);
  const order = found.map(({ site }) => truth.order[site]);
  return knnR2({ data: features, width: latentDim }, { data: order, width: 1 }, checkerboard(places))[0];
}

export const b6: Benchmark = {
  key: "b6",
  title: "B6 grains: simulated hexagonal grain boundary, 384², windows of 32 px, 4,000 of them",
  options: { window: WINDOW, maxShift: 10, rotation: { range: PERIOD / 2 }, samples: 4000 },
  arrays: [],
  async figures() {
    return [
      { name: "angle rms, °, one grain in the window", target: most(1), digits: 3 },
      { name: "shift rms, template's rows, px", target: most(0.15), digits: 3 },
      { name: "shift rms, template's columns, px", target: most(0.15), digits: 3 },
      { name: "R²(u | z)", target: least(0.95), digits: 4 },
      { name: "angle rms, °, the boundary too", target: most(Number.POSITIVE_INFINITY), digits: 3 },
      { name: "motifs found at true sites, share of sites", target: most(Number.POSITIVE_INFINITY), digits: 3 },
    ];
  },
  async measure({ library, seed, threads }) {
    const simulation = simulate("grains", { seed });
    const truth = truthOf(simulation);
    const { result, seconds } = await clocked(() => library.fit(simulation.dataset, { ...b6.options, seed, threads }));
    const { motifs } = result;
    const all = matches(motifs, truth);
    const inside = all.filter((match) => match.inside);
    const angle = motifs.angle ?? new Float64Array(motifs.count);
    const [rows, cols] = shiftErrors(inside, motifs, truth);
    const values = [
      rms(angleErrors(inside, angle, truth)),
      rms(rows),
      rms(cols),
      contentR2(inside, motifs, truth),
      rms(angleErrors(all, angle, truth)),
      new Set(all.map(({ site }) => site)).size / truth.grain.length,
    ];
    return { values, seconds };
  },
};
