import { createRng } from "../rng.ts";
import { doseOption, type SimulationKind, type SimulationOptions, scanOptions, withDefaults } from "./kind.ts";
import { latticeFacts, onImage, sitePosition, sitesInField, squareLattice, table } from "./lattice.ts";
import { countsPerUnit, imageDataset, measure, rasterScan, renderColumns, type Scan } from "./scan.ts";

/** The polarization map of the truth has one value every so many pixels. */
const FIELD_STEP = 4;
const A_WIDTH = 2.2;
const B_AMPLITUDE = 0.55;
const B_WIDTH = 1.8;

/** A perovskite along [001]: A columns on a square lattice, B columns in the cells' centres, displaced by the polarization. */
export const ferroelectric: SimulationKind = {
  name: "ferroelectric",
  help: "perovskite with two polar domains and a wavy wall: B columns displaced by up to 1.5 px",
  options: {
    ...withDefaults(scanOptions, { drift: 4, jitter: 0.15 }),
    // 60 counts per unit of brightness in an A column of amplitude 1 and width 2.2 px.
    dose: { ...doseOption, default: 1825 },
    lattice: { default: 15.7, min: 6, max: 200, help: "lattice constant, px" },
    polarization: { default: 1.5, min: 0, max: 20, help: "largest displacement of a B column, px" },
    wall: { default: 12, min: 0.1, max: 1000, help: "half width of the domain wall, px" },
    background: { default: 0.15, min: 0, max: 100, help: "uniform background, in amplitudes of an A column" },
    gradient: { default: 0.4, min: 0, max: 1, help: "change of brightness across the image, relative" },
  },
  generate(options) {
    const rng = createRng(options.seed);
    const scan = rasterScan(options, rng);
    const polarizationAt = domains(options, [rng.uniform(0, 2 * Math.PI), rng.uniform(0, 2 * Math.PI)]);
    const lattice = squareLattice(options.lattice);
    const columns: { position: [number, number]; species: number }[] = [];
    const motifs: { position: [number, number]; polarization: [number, number] }[] = [];
    for (const [i, j] of sitesInField(lattice, scan.rows, scan.cols, options.drift + 2 * options.lattice)) {
      const a = sitePosition(lattice, i, j);
      const b = sitePosition(lattice, i + 0.5, j + 0.5);
      const shift = polarizationAt(b[0], b[1]);
      columns.push({ position: a, species: 0 }, { position: [b[0] + shift[0], b[1] + shift[1]], species: 1 });
      motifs.push({ position: a, polarization: polarizationAt(a[0], a[1]) });
    }
    const pixels = new Float64Array(scan.rows * scan.cols);
    renderColumns(
      pixels,
      {
        row: columns.map(({ position }) => position[0]),
        col: columns.map(({ position }) => position[1]),
        amplitude: columns.map(({ species }) => (species === 0 ? 1 : B_AMPLITUDE)),
        width: columns.map(({ species }) => (species === 0 ? A_WIDTH : B_WIDTH)),
      },
      scan,
    );
    illuminate(pixels, scan, options);
    const data = measure(pixels, countsPerUnit(options.dose, 1, A_WIDTH), options.noise, rng);

    const seen = <T extends { position: [number, number] }>(items: readonly T[]) =>
      items
        .map((item) => ({ ...item, position: scan.toImage(...item.position) }))
        .filter(({ position }) => onImage(scan, ...position));
    const [atoms, motif] = [seen(columns), seen(motifs)];
    return {
      dataset: imageDataset("ferroelectric", data, options, {
        name: "intensity",
        unit: options.dose > 0 ? "counts" : "",
      }),
      truth: {
        facts: {
          lattice: latticeFacts(lattice),
          pixelSize: { value: options.pixel, unit: "nm" },
          motif: "A column with the displacement of the B sublattice at its place",
          orderParameter: "polarization (row, column), px",
          fieldStep: FIELD_STEP,
        },
        arrays: {
          motif_position: table(
            motif.map(({ position }) => position),
            2,
          ),
          order_parameter: table(
            motif.map(({ polarization }) => polarization),
            2,
          ),
          atom_position: table(
            atoms.map(({ position }) => position),
            2,
          ),
          atom_species: { data: Uint8Array.from(atoms, ({ species }) => species), shape: [atoms.length] },
          polarization_field: denseField(scan, polarizationAt),
          drift: { data: scan.drift, shape: [scan.rows, 2] },
          jitter: { data: scan.jitter, shape: [scan.rows] },
        },
      },
    };
  },
};

/** Polarization (row, column) in px at a place of the specimen: opposite directions on the two sides of a wavy wall. */
function domains(options: SimulationOptions, phase: readonly [number, number]) {
  const { rows, cols, polarization, wall } = options;
  return (row: number, col: number): [number, number] => {
    const u = row / rows;
    const v = col / cols;
    const wallCol = cols * (0.5 + 0.05 * Math.sin(2 * Math.PI * 1.5 * u + phase[0]));
    const side = Math.tanh((col - wallCol) / wall);
    const size = side * polarization * (0.8 + 0.2 * Math.sin(2 * Math.PI * (u + 0.7 * v) + phase[1]));
    const angle = 0.9 + 0.5 * Math.cos(2 * Math.PI * (0.8 * u - 0.5 * v) + phase[0]);
    return [size * Math.sin(angle), size * Math.cos(angle)];
  };
}

/** Adds the background and turns the brightness up from the left to the right (mean 1). */
function illuminate(pixels: Float64Array, scan: Scan, options: SimulationOptions): void {
  for (let k = 0; k < pixels.length; k++) {
    const across = (k % scan.cols) / (scan.cols - 1) - 0.5;
    pixels[k] = (pixels[k] + options.background) * (1 + options.gradient * across);
  }
}

function denseField(scan: Scan, at: (row: number, col: number) => [number, number]) {
  const [rows, cols] = [Math.ceil(scan.rows / FIELD_STEP), Math.ceil(scan.cols / FIELD_STEP)];
  const data = new Float32Array(rows * cols * 2);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < cols; j++) {
      const [r, c] = [FIELD_STEP * i, FIELD_STEP * j];
      data.set(at(r + scan.drift[2 * r], c + scan.drift[2 * r + 1]), 2 * (i * cols + j));
    }
  }
  return { data, shape: [rows, cols, 2] };
}
