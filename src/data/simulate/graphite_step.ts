import { createRng } from "../rng.ts";
import { type SimulationKind, type SimulationOptions, scanOptions, withDefaults } from "./kind.ts";
import {
  hexagonalLattice,
  latticeFacts,
  onImage,
  type SiteLattice,
  sitePosition,
  sitesInField,
  table,
} from "./lattice.ts";
import { imageDataset, measure, rasterScan } from "./scan.ts";

/** Height of a step between graphite layers, nm (half the c axis, 0.6711 nm). */
const STEP_HEIGHT = 0.3355;

/**
 * Graphite under the STM: one maximum a unit cell, and beside a step the (√3×√3)R30° superstructure of electrons
 * scattered between the valleys, decaying from the step (Mizes and Foster, Science 244, 559 (1989)).
 */
export const graphiteStep: SimulationKind = {
  name: "graphite-step",
  help: "STM topography of graphite with a step edge and (√3×√3)R30° standing waves beside it; heights in nm",
  options: {
    ...withDefaults(scanOptions, { pixel: 0.02, drift: 3, jitter: 0.1, noise: 0.004 }),
    lattice: { default: 12.3, min: 5, max: 200, help: "lattice constant, px" },
    angle: {
      default: 17,
      min: -180,
      max: 180,
      help: "direction of the first lattice vector from the rows' axis, degrees",
    },
    corrugation: { default: 0.02, min: 0, max: 10, help: "height of the atomic corrugation, nm" },
    wave: { default: 0.012, min: 0, max: 10, help: "height of the standing wave at the step, nm" },
    decay: { default: 100, min: 1, max: 10000, help: "length over which the standing wave falls to 1/e, px" },
    tilt: { default: 0.3, min: -100, max: 100, help: "rise of the tilted plane across the image, nm" },
  },
  generate(options) {
    const rng = createRng(options.seed);
    const scan = rasterScan(options, rng);
    const surface = graphiteSurface(options, rng.uniform(0, 2 * Math.PI));
    const pixels = new Float64Array(scan.rows * scan.cols);
    for (let r = 0; r < scan.rows; r++) {
      for (let c = 0; c < scan.cols; c++) {
        const row = r + scan.drift[2 * r];
        const col = c + scan.drift[2 * r + 1] + scan.jitter[r];
        const plane = options.tilt * (0.6 * (r / scan.rows - 0.5) + 0.8 * (c / scan.cols - 0.5));
        pixels[r * scan.cols + c] = surface.height(row, col) + plane;
      }
    }
    const data = measure(pixels, 0, options.noise, rng);
    const motifs = surface.lattices.flatMap((lattice, terrace) =>
      sitesInField(lattice, scan.rows, scan.cols, options.drift + options.lattice)
        .map(([i, j]) => sitePosition(lattice, i, j))
        .filter(([row, col]) => surface.terrace(row, col) === terrace)
        .map(([row, col]) => ({ position: scan.toImage(row, col), row, col, terrace }))
        .filter(({ position }) => onImage(scan, ...position)),
    );
    return {
      dataset: imageDataset("graphite-step", data, options, { name: "height", unit: "nm" }),
      truth: {
        facts: {
          lattices: surface.lattices.map(latticeFacts),
          pixelSize: { value: options.pixel, unit: "nm" },
          stepHeight: STEP_HEIGHT,
          motif: "maximum of the atomic corrugation",
          orderParameter:
            "amplitude of the standing wave (nm), distance from the step (px, positive on the upper terrace)",
        },
        arrays: {
          motif_position: table(
            motifs.map(({ position }) => position),
            2,
          ),
          order_parameter: table(
            motifs.map(({ row, col }) => [surface.envelope(row, col), surface.distance(row, col)]),
            2,
          ),
          motif_terrace: { data: Uint8Array.from(motifs, ({ terrace }) => terrace), shape: [motifs.length] },
          drift: { data: scan.drift, shape: [scan.rows, 2] },
          jitter: { data: scan.jitter, shape: [scan.rows] },
        },
      },
    };
  },
};

interface Surface {
  /** Lattices of the lower (0) and upper (1) terrace, shifted against each other as layers in AB stacking are. */
  readonly lattices: readonly [SiteLattice, SiteLattice];
  /** Signed distance from the step, px; positive on the upper terrace. */
  distance(row: number, col: number): number;
  terrace(row: number, col: number): 0 | 1;
  /** Amplitude of the standing wave, nm. */
  envelope(row: number, col: number): number;
  /** Height, nm. */
  height(row: number, col: number): number;
}

function graphiteSurface(options: SimulationOptions, wavePhase: number): Surface {
  const { rows, cols, lattice: constant, corrugation, wave, decay } = options;
  const lower = hexagonalLattice(constant, (options.angle * Math.PI) / 180, [rows / 2, cols / 2]);
  const upper = { ...lower, origin: sitePosition(lower, 2 / 3, 1 / 3) };
  const lattices = [lower, upper] as const;
  const waves = lattices.map((lattice) => reciprocalStar(lattice));
  // The step runs a little off the columns' axis, a third of the way across.
  const [normalRow, normalCol] = [Math.sin(0.25), Math.cos(0.25)];
  const distance = (row: number, col: number) => (row - rows / 2) * normalRow + (col - cols / 3) * normalCol;
  const terrace = (row: number, col: number) => (distance(row, col) < 0 ? 0 : 1);
  const envelope = (row: number, col: number) => wave * Math.exp(-Math.abs(distance(row, col)) / decay);

  function height(row: number, col: number): number {
    const side = terrace(row, col);
    const [r0, c0] = lattices[side].origin;
    let atoms = 0;
    let superstructure = 0;
    for (const [gr, gc] of waves[side]) {
      atoms += Math.cos(gr * (row - r0) + gc * (col - c0));
      // K = G turned by 30° and divided by √3: the wave vectors of the (√3×√3)R30° superstructure.
      const kr = (gr * Math.cos(Math.PI / 6) - gc * Math.sin(Math.PI / 6)) / Math.sqrt(3);
      const kc = (gr * Math.sin(Math.PI / 6) + gc * Math.cos(Math.PI / 6)) / Math.sqrt(3);
      superstructure += Math.cos(kr * (row - r0) + kc * (col - c0) + wavePhase);
    }
    const step = STEP_HEIGHT / (1 + Math.exp(-distance(row, col) / (0.15 * constant)));
    // The sum of three cosines spans 4.5 between the maximum and the minima.
    return step + (corrugation * atoms + envelope(row, col) * superstructure) / 4.5;
  }

  return { lattices, distance, terrace, envelope, height };
}

/** Three reciprocal vectors at 120° from each other, (row, column), radians per px; their sum is zero. */
function reciprocalStar({ a, b }: SiteLattice): [number, number][] {
  const scale = (2 * Math.PI) / (a[0] * b[1] - a[1] * b[0]);
  const g1: [number, number] = [scale * b[1], -scale * b[0]];
  const g2: [number, number] = [-scale * a[1], scale * a[0]];
  // With 120° between a and b the two reciprocal vectors are 60° apart; g1, −g2 and g2 − g1 are 120° apart.
  return [g1, [-g2[0], -g2[1]], [g2[0] - g1[0], g2[1] - g1[1]]];
}
