import { createRng, type Rng } from "../rng.ts";
import { doseOption, type Simulation, type SimulationKind, type SimulationOptions, scanOptions } from "./kind.ts";
import {
  hexagonalLattice,
  latticeFacts,
  onImage,
  type SiteLattice,
  sitePosition,
  sitesInField,
  table,
} from "./lattice.ts";
import { countsPerUnit, imageDataset, measure, rasterScan, renderColumns } from "./scan.ts";

const hexagonalOptions = {
  ...scanOptions,
  pixel: { ...scanOptions.pixel, default: 0.02 },
  dose: { ...doseOption, default: 3000 },
  lattice: { default: 15.8, min: 6, max: 200, help: "lattice constant, px" },
  angle: {
    default: 10,
    min: -180,
    max: 180,
    help: "direction of the first lattice vector from the rows' axis, degrees",
  },
  anion: { default: 0.6, min: 0, max: 10, help: "amplitude of an anion column, the metal's is 1" },
  width: { default: 2.2, min: 0.5, max: 50, help: "width (sd) of a column, px" },
  vacancies: { default: 0.03, min: 0, max: 1, help: "share of the anion columns that are missing" },
  background: { default: 0.1, min: 0, max: 100, help: "uniform background, in amplitudes of a metal column" },
};

export const hexagonal: SimulationKind = {
  name: "hexagonal",
  help: "MoS2-like monolayer: metal and anion sublattices, missing anion columns",
  options: hexagonalOptions,
  generate: (options) => monolayer("hexagonal", options, [{ angle: options.angle, side: 0 }]),
};

export const grainBoundary: SimulationKind = {
  name: "grain-boundary",
  help: "two grains of the MoS2-like monolayer, rotated and shifted against each other, wavy boundary",
  options: {
    ...hexagonalOptions,
    misorientation: { default: 22, min: -60, max: 60, help: "rotation of the right grain against the left, degrees" },
  },
  generate: (options) =>
    monolayer("grain-boundary", options, [
      { angle: options.angle, side: -1 },
      { angle: options.angle + options.misorientation, side: 1 },
    ]),
};

/** One crystal: the direction of its first vector in degrees and the side of the boundary it fills (0: everywhere). */
export interface Grain {
  readonly angle: number;
  readonly side: -1 | 0 | 1;
}

export interface Column {
  readonly specimen: readonly [number, number];
  /** Which site of the cell: 0 metal, 1 anion. */
  readonly species: number;
  readonly grain: number;
  readonly missing: boolean;
}

/** Fractional coordinates of the cell's sites: the metal at the origin, the anion on a threefold site. */
const MONOLAYER_SITES = [
  [0, 0],
  [2 / 3, 1 / 3],
] as const;

function monolayer(
  name: string,
  options: SimulationOptions,
  grains: readonly Grain[],
): Omit<Simulation, "kind" | "options"> {
  const rng = createRng(options.seed);
  const scan = rasterScan(options, rng);
  const lattices = grainLattices(options.lattice, grains, rng);
  const columns = fillGrains(options, grains, lattices, MONOLAYER_SITES, rng);
  const present = columns.filter(({ missing }) => !missing);
  const pixels = new Float64Array(scan.rows * scan.cols).fill(options.background);
  renderColumns(
    pixels,
    {
      row: present.map(({ specimen }) => specimen[0]),
      col: present.map(({ specimen }) => specimen[1]),
      amplitude: present.map(({ species }) => (species === 0 ? 1 : options.anion)),
      width: present.map(() => options.width),
    },
    scan,
  );
  const data = measure(pixels, countsPerUnit(options.dose, 1, options.width), options.noise, rng);

  const seen = columns
    .map((column) => ({ ...column, position: scan.toImage(...column.specimen) }))
    .filter(({ position }) => onImage(scan, ...position));
  const atoms = seen.filter(({ missing }) => !missing);
  const vacancies = seen.filter(({ missing }) => missing);
  const motifs = seen.filter(({ species }) => species === 0);
  const missing = columns.filter((column) => column.missing);
  const bond = options.lattice / Math.sqrt(3);
  return {
    dataset: imageDataset(name, data, options, { name: "intensity", unit: options.dose > 0 ? "counts" : "" }),
    truth: {
      facts: {
        lattices: lattices.map(latticeFacts),
        anglesDegrees: grains.map(({ angle }) => angle),
        pixelSize: { value: options.pixel, unit: "nm" },
        motif: "metal column with its three anion neighbours",
        orderParameter:
          "missing anion neighbours (0 to 3); motif_angle: direction of the first lattice vector, degrees",
      },
      arrays: {
        motif_position: table(
          motifs.map(({ position }) => position),
          2,
        ),
        order_parameter: table(
          motifs.map(({ specimen }) => [missing.filter((v) => distance(v.specimen, specimen) < 1.1 * bond).length]),
          1,
        ),
        motif_angle: table(
          motifs.map(({ grain }) => [grains[grain].angle]),
          1,
        ),
        motif_grain: { data: Uint8Array.from(motifs, ({ grain }) => grain), shape: [motifs.length] },
        atom_position: table(
          atoms.map(({ position }) => position),
          2,
        ),
        atom_species: { data: Uint8Array.from(atoms, ({ species }) => species), shape: [atoms.length] },
        vacancy_position: table(
          vacancies.map(({ position }) => position),
          2,
        ),
        drift: { data: scan.drift, shape: [scan.rows, 2] },
        jitter: { data: scan.jitter, shape: [scan.rows] },
      },
    },
  };
}

/** The grains' lattices; all but the first at random origins. */
export function grainLattices(constant: number, grains: readonly Grain[], rng: Rng): SiteLattice[] {
  return grains.map(({ angle }, k) => {
    const lattice = hexagonalLattice(constant, (angle * Math.PI) / 180);
    return k === 0 ? lattice : { ...lattice, origin: sitePosition(lattice, rng.uniform(), rng.uniform()) };
  });
}

/** Columns of all grains in and around the field; those of a later grain too near to an earlier one's are left out. `vacancies`: missing share of those beyond the first site. */
export function fillGrains(
  options: SimulationOptions,
  grains: readonly Grain[],
  lattices: readonly SiteLattice[],
  sites: readonly (readonly [number, number])[],
  rng: Rng,
): Column[] {
  const { rows, cols } = options;
  const phase = rng.uniform(0, 2 * Math.PI);
  const boundary = (row: number) => cols * (0.5 + 0.06 * Math.sin((2 * Math.PI * row) / rows + phase));
  const tooNear = (0.7 * options.lattice) / Math.sqrt(3);
  const columns: Column[] = [];
  for (const [grain, { side }] of grains.entries()) {
    const nearBoundary = columns.filter(({ specimen }) => Math.abs(specimen[1] - boundary(specimen[0])) < 2 * tooNear);
    for (const [i, j] of sitesInField(lattices[grain], rows, cols, options.drift + 2 * options.lattice)) {
      for (const [species, [di, dj]] of sites.entries()) {
        const specimen = sitePosition(lattices[grain], i + di, j + dj);
        const missing = rng.uniform() < options.vacancies && species > 0;
        if (side * (specimen[1] - boundary(specimen[0])) < 0) continue;
        if (nearBoundary.some((other) => distance(other.specimen, specimen) < tooNear)) continue;
        columns.push({ specimen, species, grain, missing });
      }
    }
  }
  return columns;
}

function distance(p: readonly [number, number], q: readonly [number, number]): number {
  return Math.hypot(p[0] - q[0], p[1] - q[1]);
}
