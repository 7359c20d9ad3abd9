import { TANH } from "../kernels/activation";
import { dense_scratch } from "../kernels/dense";
import { coordinate_sums } from "../kernels/coordinate_layer";
import { padded } from "../kernels/matmul";
import { panels_bytes } from "../kernels/panels";
import { quarters_scratch } from "../kernels/quarters";
import { Config, getU32 } from "./config";
import { Network, activations_size, add_activation, add_dense, network_begin } from "./layers";
import { State, Workspace, bytes, floats } from "./state";

/*
 * The amortised mode (pyroVED's iVAE; Ziatdinov et al., Mach. Learn.: Sci. Technol. 4, 045033, 2023): the encoder gives mean and
 * softplus⁻¹ of the standard deviation of all latents, in the order angle, shift (rows, columns), scale, content, each only where asked
 * for. A plain decoder takes content to the window's pixels. A spatial generator takes a pixel's coordinates under the pose, with the
 * content, to that pixel: coordinates and content → width → width → width → 1.
 */

export const SHIFT: u32 = 1;
export const ROTATION: u32 = 2;
export const SCALE: u32 = 4;

/** The generator's layers in its network's table: two hidden ones, each with its tanh, and the last unit. */
export const HIDDEN_1: u32 = 0;
export const HIDDEN_2: u32 = 2;
export const LAST: u32 = 4;

/** Pixels that go through the generator's layers together, forward and backward: their activations stay in the cache. */
export const TILE: u32 = 128;

/**
 * A hidden layer of the generator as a chunk needs it: weights either way and their gradient, matrices in panels (kernels/panels.ts), each with as
 * many columns more for the sums of its quarters (kernels/quarters.ts).
 */
@unmanaged
export class Hidden {
  /** (units, inputs), and (inputs, units). */
  forward: usize;
  backward: usize;
  /** (inputs, units). */
  gradient: usize;
}

/** Scratch of one thread, in the place of `Workspace`; arrays for a chunk of n windows, and for a tile of pixels. */
@unmanaged
export class AmortisedSpace {
  /** The windows are the encoder's input. Must be the first array: what follows starts as zero. */
  encoderX: usize;
  encoderD: usize;
  decoderX: usize;
  decoderD: usize;
  /**
   * Spatial generator: 1 where its widths halve into whole panels, so that products are by quarters; a tile's activations after the first layer and
   * the two hidden ones, (padded width, TILE) each in panels with as much for sums, gradients of two of them at a time, one of these turned, scratch of
   * the products; its hidden layers, and the last unit's weights with sums for their gradient.
   */
  halves: u32;
  tile0: usize;
  tile1: usize;
  tile2: usize;
  dTileA: usize;
  dTileB: usize;
  turned: usize;
  quarters: usize;
  /** (padded width, 8) zeros. */
  zeros: usize;
  hidden1: Hidden;
  hidden2: Hidden;
  lastWeights: usize;
  lastSums: usize;
  packing: usize;
  /** (n) u32: which windows these are. */
  windows: usize;
  /** (n, latents): log σ, a draw, its ε, and the loss's gradient to the draw. */
  logSigma: usize;
  z: usize;
  noise: usize;
  dz: usize;
  /** (latents) of one window: KL, its weight in the loss, prior widths, gradient to log σ. */
  kl: usize;
  klWeights: usize;
  widths: usize;
  dLogSigma: usize;
  /** Spatial generator: (n, padded L) content and its gradient, (n, padded width) content through its weights and that's gradient. */
  content: usize;
  dContent: usize;
  through: usize;
  dThrough: usize;
  /** One window: coordinates (2, paired pixels) in panels, their gradient, and sums for the first layer's; f64 angle, shift (2), scale and their gradient. */
  coordinates: usize;
  dCoordinates: usize;
  coordinateSums: usize;
  pose: usize;
  dPose: usize;
  /** Natural parameters of one window's pixels and the loss's gradient to them; f64 loss and f32 upstream gradient. */
  natural: usize;
  dNatural: usize;
  loss: usize;
  upstream: usize;
}

@inline
export function amortised_space(space: Workspace): AmortisedSpace {
  return changetype<AmortisedSpace>(changetype<usize>(space));
}

@inline
export function spatial(config: usize): bool {
  return getU32(config, Config.INVARIANCES) != 0;
}

@inline
export function invariant_to(config: usize, what: u32): bool {
  return (getU32(config, Config.INVARIANCES) & what) != 0;
}

/** Latents of the pose. */
export function pose_latents(config: usize): u32 {
  const shift: u32 = !invariant_to(config, SHIFT) ? 0 : getU32(config, Config.ROWS) == 1 ? 1 : 2;
  return shift + (invariant_to(config, ROTATION) ? 1 : 0) + (invariant_to(config, SCALE) ? 1 : 0);
}

/** Width of the generator's first layer, padded. */
@inline
export function first_width(config: usize): u32 {
  return padded(getU32(config, Config.DECODER_HIDDEN_1));
}

/** Width of the second hidden layer, padded. */
@inline
export function second_width(config: usize): u32 {
  return padded(getU32(config, Config.DECODER_HIDDEN_2));
}

/** Pixels rounded up to pairs of panels: those of a tile halve into whole ones. */
@inline
export function paired(pixels: u32): u32 {
  return (pixels + 15) & ~15;
}

/** Builds both networks and lays out the parameters of the generator's first layer. Gives their number. */
export function build_amortised(state: State, n: u32): u32 {
  const config = state.config;
  const content = getU32(config, Config.LATENT_DIM);
  const pixels = getU32(config, Config.WINDOW_ROWS) * getU32(config, Config.WINDOW_COLS);
  const first = getU32(config, Config.DECODER_HIDDEN_1), second = getU32(config, Config.DECODER_HIDDEN_2);
  state.latents = pose_latents(config) + content;
  const encoder = state.encoder, decoder = state.decoder;
  network_begin(encoder, 0);
  let width = tanh_layer(encoder, pixels, getU32(config, Config.ENCODER_HIDDEN_1), n);
  width = tanh_layer(encoder, width, getU32(config, Config.ENCODER_HIDDEN_2), n);
  add_dense(encoder, 1, 1, width, 2 * state.latents, n);
  network_begin(decoder, encoder.parametersEnd);
  const samples = spatial(config) ? TILE : n;
  width = tanh_layer(decoder, spatial(config) ? first : content, first, samples);
  width = tanh_layer(decoder, width, second, samples);
  add_dense(decoder, 1, 1, width, spatial(config) ? 1 : pixels, samples);
  state.contentWeights = decoder.parametersEnd;
  state.contentBias = state.contentWeights + content * padded(first);
  state.coordinateWeights = state.contentBias + padded(first);
  return spatial(config) ? state.coordinateWeights + 2 * padded(first) : decoder.parametersEnd;
}

function tanh_layer(net: Network, inputs: u32, units: u32, n: u32): u32 {
  add_dense(net, 1, 1, inputs, units, n);
  add_activation(net, 1, 1, units, TANH);
  return units;
}

/** Lays out one thread's scratch from state.end on. */
export function layout_amortised_space(target: AmortisedSpace, state: State): void {
  const config = state.config;
  const n = getU32(config, Config.CHUNK), latents = state.latents, content = getU32(config, Config.LATENT_DIM);
  const width = first_width(config);
  const samples = spatial(config) ? TILE : n;
  // The hidden layers' addresses are before the arrays that start as zero.
  target.hidden1 = changetype<Hidden>(changetype<usize>(target) + offsetof<AmortisedSpace>());
  target.hidden2 = changetype<Hidden>(changetype<usize>(target.hidden1) + offsetof<Hidden>());
  state.end = (changetype<usize>(target.hidden2) + offsetof<Hidden>() + 63) & ~63;
  target.encoderX = floats(state, activations_size(state.encoder, n));
  target.encoderD = floats(state, activations_size(state.encoder, n));
  const plain = spatial(config) ? 0 : activations_size(state.decoder, samples);
  target.decoderX = floats(state, plain);
  target.decoderD = floats(state, plain);
  layout_generator(target, state, width, second_width(config), spatial(config) ? TILE : 0);
  target.packing = floats(state, max(max(state.encoder.scratch, state.decoder.scratch), dense_scratch(n, width, content)) + 64);
  target.windows = floats(state, n);
  target.logSigma = floats(state, n * latents);
  target.z = floats(state, n * latents);
  target.noise = floats(state, n * latents);
  target.dz = floats(state, n * latents);
  target.kl = floats(state, latents);
  target.klWeights = floats(state, latents);
  target.widths = floats(state, latents);
  target.dLogSigma = floats(state, latents);
  target.content = floats(state, n * padded(content));
  target.dContent = floats(state, n * padded(content));
  target.through = floats(state, n * width);
  target.dThrough = floats(state, n * width);
  const pixels = paired(state.pixels);
  target.coordinates = floats(state, 2 * pixels);
  target.dCoordinates = floats(state, 2 * pixels);
  target.coordinateSums = floats(state, coordinate_sums(width));
  target.pose = bytes(state, 4 * 8);
  target.dPose = bytes(state, 4 * 8);
  target.natural = floats(state, pixels);
  target.dNatural = floats(state, pixels);
  target.loss = bytes(state, 8);
  target.upstream = floats(state, 1);
}

function layout_generator(target: AmortisedSpace, state: State, width: u32, second: u32, tile: u32): void {
  const widest = max(width, second);
  // Of the widths themselves: units that only fill up a panel must keep a gradient of exactly 0.
  target.halves = ((getU32(state.config, Config.DECODER_HIDDEN_1) | getU32(state.config, Config.DECODER_HIDDEN_2)) & 15) == 0 ? 1 : 0;
  target.tile0 = bytes(state, panels_bytes(width, 2 * tile));
  target.tile1 = bytes(state, panels_bytes(width, 2 * tile));
  target.tile2 = bytes(state, panels_bytes(second, 2 * tile));
  target.dTileA = bytes(state, panels_bytes(widest, 2 * tile));
  target.dTileB = bytes(state, panels_bytes(widest, 2 * tile));
  target.turned = bytes(state, panels_bytes(tile, 2 * widest));
  target.quarters = bytes(state, quarters_scratch(widest, tile));
  target.zeros = floats(state, 8 * width);
  layout_hidden(target.hidden1, state, tile > 0 ? width : 0, width);
  layout_hidden(target.hidden2, state, tile > 0 ? width : 0, second);
  target.lastWeights = floats(state, second);
  target.lastSums = floats(state, 4 * second);
}

function layout_hidden(hidden: Hidden, state: State, inputs: u32, units: u32): void {
  hidden.forward = bytes(state, panels_bytes(units, 2 * inputs));
  hidden.backward = bytes(state, inputs > 0 ? panels_bytes(inputs, 2 * units) : 0);
  hidden.gradient = bytes(state, inputs > 0 ? panels_bytes(inputs, 2 * units) : 0);
}
