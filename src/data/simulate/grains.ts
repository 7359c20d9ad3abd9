import { createRng } from "../rng.ts";
import { fillGrains, grainLattices } from "./hexagonal.ts";
import { doseOption, type SimulationKind, scanOptions, withDefaults } from "./kind.ts";
import { latticeFacts, onImage, table } from "./lattice.ts";
import { countsPerUnit, imageDataset, measure, rasterScan, renderColumns } from "./scan.ts";

/** Fractional coordinates of the cell's sites: the bright column, and the dim ones on both threefold sites around it. */
const SITES = [
  [0, 0],
  [2 / 3, 1 / 3],
  [1 / 3, 2 / 3],
] as const;

/** Two grains of a crystal whose motif has a sixfold axis and an order parameter: rotation, shift and content at once. */
export const grains: SimulationKind = {
  name: "grains",
  help: "two grains of a hexagonal crystal, sixfold motif, whose dim columns' brightness is a sine along the rows",
  options: {
    ...withDefaults(scanOptions, { rows: 384, cols: 384, noise: 0.05 }),
    dose: doseOption,
    lattice: { default: 15.8, min: 6, max: 200, help: "lattice constant, px" },
    angle: { default: 10, min: -180, max: 180, help: "direction of the left grain's first vector, degrees" },
    misorientation: { default: 22, min: -60, max: 60, help: "rotation of the right grain against the left, degrees" },
    dim: { default: 0.35, min: 0, max: 10, help: "mean amplitude of a dim column, the bright one's is 1" },
    modulation: { default: 0.6, min: 0, max: 1, help: "amplitude of u; a dim column is dim·(1 + u) bright" },
    period: { default: 170, min: 1, max: 1e6, help: "period of u along the rows' axis, px" },
    width: { default: 2, min: 0.5, max: 50, help: "width (sd) of a column, px" },
    background: { default: 0, min: 0, max: 100, help: "uniform background, in amplitudes of a bright column" },
  },
  generate(options) {
    const rng = createRng(options.seed);
    const scan = rasterScan(options, rng);
    const crystals = [
      { angle: options.angle, side: -1 },
      { angle: options.angle + options.misorientation, side: 1 },
    ] as const;
    const lattices = grainLattices(options.lattice, crystals, rng);
    const columns = fillGrains({ ...options, vacancies: 0 }, crystals, lattices, SITES, rng);
    const u = (row: number) => options.modulation * Math.sin((2 * Math.PI * row) / options.period);
    const pixels = new Float64Array(scan.rows * scan.cols).fill(options.background);
    renderColumns(
      pixels,
      {
        row: columns.map(({ specimen }) => specimen[0]),
        col: columns.map(({ specimen }) => specimen[1]),
        amplitude: columns.map(({ species, specimen }) => (species === 0 ? 1 : options.dim * (1 + u(specimen[0])))),
        width: columns.map(() => options.width),
      },
      scan,
    );
    const data = measure(pixels, countsPerUnit(options.dose, 1, options.width), options.noise, rng);
    const motifs = columns
      .filter(({ species }) => species === 0)
      .map((column) => ({ ...column, position: scan.toImage(...column.specimen) }))
      .filter(({ position }) => onImage(scan, ...position));
    return {
      dataset: imageDataset("grains", data, options, {
        name: "intensity",
        unit: options.dose > 0 ? "counts" : "",
      }),
      truth: {
        facts: {
          lattices: lattices.map(latticeFacts),
          anglesDegrees: crystals.map(({ angle }) => angle),
          pixelSize: { value: options.pixel, unit: "nm" },
          motif: "bright column with its six dim neighbours",
          orderParameter:
            "u at the motif: a dim column is dim·(1 + u) bright; motif_angle: direction of the first lattice vector, degrees, known modulo 60",
        },
        arrays: {
          motif_position: table(
            motifs.map(({ position }) => position),
            2,
          ),
          order_parameter: table(
            motifs.map(({ specimen }) => [u(specimen[0])]),
            1,
          ),
          motif_angle: table(
            motifs.map(({ grain }) => [crystals[grain].angle]),
            1,
          ),
          motif_grain: { data: Uint8Array.from(motifs, ({ grain }) => grain), shape: [motifs.length] },
          drift: { data: scan.drift, shape: [scan.rows, 2] },
          jitter: { data: scan.jitter, shape: [scan.rows] },
        },
      },
    };
  },
};
