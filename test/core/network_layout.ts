import type { CoreConfig } from "../../src/core/core.ts";

/** Parameters of one layer in the core's block: `weights` (inputs, units) in panel layout, then a bias a unit, both padded. */
export interface LayerBlock {
  readonly network: "encoder" | "decoder";
  readonly name: string;
  /** 0: a bias alone. */
  readonly inputs: number;
  readonly units: number;
  /** Offset into the block, floats. */
  readonly offset: number;
}

const padded = (columns: number) => Math.ceil(columns / 8) * 8;

function blockSize({ inputs, units }: { inputs: number; units: number }): number {
  return (inputs + 1) * padded(units);
}

/** The layers with parameters of a configuration, in order: the architecture as assembly/model/networks.ts states it. */
export function networkLayout(config: Required<Pick<CoreConfig, LayoutField>> & CoreConfig): LayerBlock[] {
  const out: LayerBlock[] = [];
  let offset = 0;
  const push = (network: LayerBlock["network"], layers: [name: string, inputs: number, units: number][]) => {
    for (const [name, inputs, units] of layers) {
      out.push({ network, name, inputs, units, offset });
      offset += blockSize({ inputs, units });
    }
  };
  const [rows, cols, latents] = [config.WINDOW_ROWS, config.WINDOW_COLS, config.LATENT_DIM];
  // What the lattice's phase leaves of the shift comes after content.
  const encoded = 2 * (latents + (config.POSE === 2 ? 2 : 0));
  const half = (size: number) => Math.ceil(size / 2);
  if (config.ENCODER === 0) {
    push("encoder", dense([rows * cols, config.ENCODER_HIDDEN_1, config.ENCODER_HIDDEN_2, encoded]));
  } else {
    const c = padded(config.ENCODER_CHANNELS);
    push("encoder", [
      ["conv 1", 9, c],
      ["conv 2", 9 * c, 2 * c],
      ...dense([half(half(rows)) * half(half(cols)) * 2 * c, Math.max(8, config.ENCODER_HIDDEN_2), encoded]),
    ]);
  }
  const [canvasRows, canvasCols] = canvasSize(config);
  if (config.DECODER === 0) {
    push("decoder", dense([latents, config.DECODER_HIDDEN_1, config.DECODER_HIDDEN_2, canvasRows * canvasCols]));
  } else {
    const c = padded(config.DECODER_CHANNELS);
    const image = Math.ceil(canvasRows / 4) * Math.ceil(canvasCols / 4) * c;
    push("decoder", [
      ...dense([latents, config.DECODER_HIDDEN_1, image]),
      ["conv 1", 9 * c, c],
      ["conv 2", 9 * c, 1],
      ["canvas", 0, canvasRows * canvasCols],
    ]);
  }
  return out;
}

/** The canvas holds all that windows see of it: turned by the largest angle within the grid and a step beyond, so their corners' circle. */
function canvasSize(config: Pick<CoreConfig, LayoutField> & CoreConfig): [rows: number, cols: number] {
  const { WINDOW_ROWS = 0, WINDOW_COLS = 0, SHIFT_ROWS = 0, SHIFT_COLS = 0, ANGLES = 1, ANGLE_STEP = 0 } = config;
  if (ANGLE_STEP === 0) {
    return [config.ROWS === 1 ? 1 : WINDOW_ROWS + 2 * SHIFT_ROWS + 4, WINDOW_COLS + 2 * SHIFT_COLS + 4];
  }
  const [h, w] = [WINDOW_ROWS / 2 + SHIFT_ROWS + 1, WINDOW_COLS / 2 + SHIFT_COLS + 1];
  const angles = Array.from({ length: 1001 }, (_, i) => (i / 1000) * (ANGLES / 2 + 1) * ANGLE_STEP);
  const reach = (along: number, across: number) =>
    Math.max(...angles.map((a) => Math.abs(along * Math.cos(a)) + Math.abs(across * Math.sin(a))));
  return [2 * Math.ceil(reach(h, w)) + 4, 2 * Math.ceil(reach(w, h)) + 4];
}

type LayoutField =
  | "ROWS"
  | "WINDOW_ROWS"
  | "WINDOW_COLS"
  | "SHIFT_ROWS"
  | "SHIFT_COLS"
  | "LATENT_DIM"
  | "ENCODER"
  | "DECODER"
  | "ENCODER_CHANNELS"
  | "DECODER_CHANNELS"
  | "ENCODER_HIDDEN_1"
  | "ENCODER_HIDDEN_2"
  | "DECODER_HIDDEN_1"
  | "DECODER_HIDDEN_2";

/** Dense layers between these widths; a width of 0 leaves its layer out. */
function dense(widths: number[]): [string, number, number][] {
  const kept = widths.filter((width) => width > 0);
  return kept.slice(1).map((units, i) => [`dense ${i + 1}`, kept[i], units]);
}

/** Places of a layer's parameters in the block; what is in the block and not here is padding. */
export function parametersOf({ inputs, units, offset }: LayerBlock): number[] {
  const out: number[] = [];
  for (let j = 0; j < units; j++) {
    for (let p = 0; p < inputs; p++) out.push(offset + (Math.floor(j / 8) * inputs + p) * 8 + (j % 8));
    out.push(offset + inputs * padded(units) + j);
  }
  return out;
}

/** Floats of the whole block. */
export function layoutSize(layers: readonly LayerBlock[]): number {
  const last = layers[layers.length - 1];
  return last.offset + blockSize(last);
}
