import { createRng } from "../rng.ts";
import { doseOption, type SimulationKind, type SimulationOptions, scanOptions, withDefaults } from "./kind.ts";
import {
  latticeFacts,
  onImage,
  type SiteLattice,
  sitePosition,
  sitesInField,
  squareLattice,
  table,
} from "./lattice.ts";
import { type Columns, countsPerUnit, imageDataset, measure, rasterScan, renderColumns } from "./scan.ts";

/** The two columns of a cell: A on the lattice points, B in the middle. */
export const LATTICE12_COLUMNS = { a: { amplitude: 1, width: 2 }, b: { amplitude: 0.5, width: 1.8 } } as const;

/** A square lattice whose B columns move along the columns' axis in a sine: the plainest order parameter. */
export const lattice12: SimulationKind = {
  name: "lattice12",
  help: "square lattice, B columns displaced along the columns' axis by u = 1.2·sin(2π·column/256) px",
  options: {
    ...withDefaults(scanOptions, { noise: 0.05 }),
    dose: doseOption,
    lattice: { default: 12, min: 6, max: 200, help: "lattice constant, px" },
    displacement: { default: 1.2, min: 0, max: 20, help: "amplitude of u, px" },
    period: { default: 256, min: 1, max: 1e6, help: "period of u, px" },
    background: { default: 0, min: 0, max: 100, help: "uniform background, in amplitudes of an A column" },
  },
  generate(options) {
    const rng = createRng(options.seed);
    const scan = rasterScan(options, rng);
    const lattice = squareLattice(options.lattice);
    const u = (col: number) => options.displacement * Math.sin((2 * Math.PI * col) / options.period);
    const sites = sitesInField(lattice, scan.rows, scan.cols, options.drift + 2 * options.lattice);
    const pixels = new Float64Array(scan.rows * scan.cols).fill(options.background);
    renderColumns(pixels, lattice12Columns(lattice, sites, u), scan);
    const { amplitude, width } = LATTICE12_COLUMNS.a;
    const data = measure(pixels, countsPerUnit(options.dose, amplitude, width), options.noise, rng);
    const motifs = sites
      .map(([i, j]) => sitePosition(lattice, i, j))
      .map(([row, col]) => ({ position: scan.toImage(row, col), u: u(col) }))
      .filter(({ position }) => onImage(scan, ...position));
    return {
      dataset: imageDataset("lattice12", data, options, quantityOf(options)),
      truth: {
        facts: {
          lattice: latticeFacts(lattice),
          pixelSize: { value: options.pixel, unit: "nm" },
          motif: "A column",
          orderParameter: "u, displacement of the B columns along the columns' axis at the motif's place, px",
        },
        arrays: {
          motif_position: table(
            motifs.map(({ position }) => position),
            2,
          ),
          order_parameter: table(
            motifs.map((motif) => [motif.u]),
            1,
          ),
          drift: { data: scan.drift, shape: [scan.rows, 2] },
          jitter: { data: scan.jitter, shape: [scan.rows] },
        },
      },
    };
  },
};

function quantityOf(options: SimulationOptions) {
  return { name: "intensity", unit: options.dose > 0 ? "counts" : "" };
}

/** Both columns of the cells at `sites`; `u` gives the displacement of a B column from its undisplaced column coordinate. */
export function lattice12Columns(
  lattice: SiteLattice,
  sites: readonly (readonly [number, number])[],
  u: (col: number) => number,
): Columns {
  const cells = sites.flatMap(([i, j]) => {
    const b = sitePosition(lattice, i + 0.5, j + 0.5);
    return [
      { at: sitePosition(lattice, i, j), shape: LATTICE12_COLUMNS.a },
      { at: [b[0], b[1] + u(b[1])] as const, shape: LATTICE12_COLUMNS.b },
    ];
  });
  return {
    row: cells.map(({ at }) => at[0]),
    col: cells.map(({ at }) => at[1]),
    amplitude: cells.map(({ shape }) => shape.amplitude),
    width: cells.map(({ shape }) => shape.width),
  };
}
