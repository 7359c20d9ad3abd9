/** Where the amortised mode keeps the parameters of each of pyroVED's linear layers: the architecture as assembly/model/amortised_layout.ts states it. */
export interface Linear {
  /** As in pyroVED, numbered along each network. */
  readonly name: string;
  readonly inputs: number;
  readonly units: number;
  /** Place in the block of the weight from input p to unit j, and of unit j's bias. */
  weight(p: number, j: number): number;
  readonly bias?: (j: number) => number;
}

export interface AmortisedSizes {
  readonly pixels: number;
  /** 1 for signals. */
  readonly axes: 1 | 2;
  readonly pose: number;
  readonly content: number;
  readonly encoder: readonly [number, number];
  readonly decoder: readonly [number, number];
}

const padded = (columns: number) => Math.ceil(columns / 8) * 8;
const panel = (offset: number, inputs: number) => (p: number, j: number) =>
  offset + (Math.floor(j / 8) * inputs + p) * 8 + (j % 8);

export function linearLayers({ pixels, axes, pose, content, encoder, decoder }: AmortisedSizes): Linear[] {
  const out: Linear[] = [];
  let offset = 0;
  const dense = (name: string, inputs: number, units: number) => {
    const first = offset + inputs * padded(units);
    out.push({ name, inputs, units, weight: panel(offset, inputs), bias: (j) => first + j });
    offset = first + padded(units);
  };
  dense("encoder 0", pixels, encoder[0]);
  dense("encoder 1", encoder[0], encoder[1]);
  dense("posterior", encoder[1], 2 * (pose + content));
  dense("decoder 0", pose > 0 ? decoder[0] : content, decoder[0]);
  dense("decoder 1", decoder[0], decoder[1]);
  dense("decoder 2", decoder[1], pose > 0 ? 1 : pixels);
  if (pose === 0) return out;
  const [width, weights] = [padded(decoder[0]), offset];
  const bias = weights + content * width;
  const coordinates = bias + width;
  out.push({ name: "fc_latent", inputs: content, units: decoder[0], weight: panel(weights, content) });
  out.push({
    name: "fc_coord",
    inputs: axes,
    units: decoder[0],
    weight: (p, j) => coordinates + (p + 2 - axes) * width + j,
    bias: (j) => bias + j,
  });
  return out;
}
