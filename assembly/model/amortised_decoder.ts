import { coordinate_layer_gradients, coordinate_sums } from "../kernels/coordinate_layer";
import { dense_backward, dense_forward } from "../kernels/dense";
import { sum } from "../kernels/gain_offset";
import { likelihood_backward, likelihood_forward } from "../kernels/likelihood";
import { GAUSSIAN } from "../kernels/link";
import { padded } from "../kernels/matmul";
import { sigmoid_gaussian_backward, sigmoid_gaussian_forward } from "../kernels/sigmoid_gaussian";
import { spatial_grid_backward, spatial_grid_forward } from "../kernels/spatial_grid";
import { give_gradients, take_weights, tile_backward, tile_forward } from "./amortised_generator";
import { AmortisedSpace, LAST, ROTATION, SCALE, SHIFT, TILE, first_width, invariant_to, paired, pose_latents } from "./amortised_layout";
import { Config, get, getU32 } from "./config";
import { layerAt, network_backward, network_forward, output_address } from "./layers";
import { State } from "./state";

/*
 * The amortised mode's decoders on latents drawn by the encoder: forward to natural parameters, likelihood, and backward to the latents.
 * The spatial generator (amortised_generator.ts) runs tile by tile: coordinates → hidden layers → likelihood → gradient, so that nothing of it is
 * larger than a tile but the window's own pixels.
 */

@inline
function latents_of(state: State, block: usize, i: u32): usize {
  return block + (<usize>(i * state.latents) << 2);
}

@inline
function window_of(state: State, space: AmortisedSpace, i: u32): usize {
  return space.encoderX + (<usize>(i * padded(state.pixels)) << 2);
}

/** −log p of `count` pixels x at natural parameters a, nats. */
function pixels_loss(state: State, space: AmortisedSpace, a: usize, x: usize, count: u32): f64 {
  const kind = getU32(state.config, Config.LIKELIHOOD);
  if (kind == GAUSSIAN) return sigmoid_gaussian_forward(a, x, count, get(state.config, Config.SIGMA));
  likelihood_forward(space.loss, a, x, 1, count, kind);
  return load<f64>(space.loss);
}

/** da = scale · its gradient. Writes. */
function pixels_gradient(state: State, space: AmortisedSpace, da: usize, a: usize, x: usize, count: u32, scale: f32): void {
  const kind = getU32(state.config, Config.LIKELIHOOD);
  memory.fill(da, 0, <usize>count << 2);
  if (kind == GAUSSIAN) {
    sigmoid_gaussian_backward(da, scale, a, x, count, get(state.config, Config.SIGMA));
    return;
  }
  store<f32>(space.upstream, scale);
  likelihood_backward(da, space.upstream, a, x, 1, count, kind);
}

/** space.pose = (angle, shift along rows and columns, scale) of the latents at z. */
function read_pose(state: State, space: AmortisedSpace, z: usize): void {
  const config = state.config, pose = space.pose;
  store<f64>(pose, 0);
  store<f64>(pose, 0, 8);
  store<f64>(pose, 0, 16);
  store<f64>(pose, 1, 24);
  if (invariant_to(config, ROTATION)) {
    store<f64>(pose, <f64>load<f32>(z));
    z += 4;
  }
  if (invariant_to(config, SHIFT)) {
    if (!state.flat) {
      store<f64>(pose, get(config, Config.DX_PRIOR_ROWS) * <f64>load<f32>(z), 8);
      z += 4;
    }
    store<f64>(pose, get(config, Config.DX_PRIOR_COLS) * <f64>load<f32>(z), 16);
    z += 4;
  }
  if (invariant_to(config, SCALE)) store<f64>(pose, 1 + get(config, Config.SC_PRIOR) * <f64>load<f32>(z), 24);
}

/** dz = space.dPose through `read_pose`. Writes the pose's part of dz. */
function pose_backward(state: State, space: AmortisedSpace, dz: usize): void {
  const config = state.config, dPose = space.dPose;
  if (invariant_to(config, ROTATION)) {
    store<f32>(dz, <f32>load<f64>(dPose));
    dz += 4;
  }
  if (invariant_to(config, SHIFT)) {
    if (!state.flat) {
      store<f32>(dz, <f32>(get(config, Config.DX_PRIOR_ROWS) * load<f64>(dPose, 8)));
      dz += 4;
    }
    store<f32>(dz, <f32>(get(config, Config.DX_PRIOR_COLS) * load<f64>(dPose, 16)));
    dz += 4;
  }
  if (invariant_to(config, SCALE)) store<f32>(dz, <f32>(get(config, Config.SC_PRIOR) * load<f64>(dPose, 24)));
}

/** The generator's first layer, content's part, for m windows: space.through. */
export function content_forward(state: State, space: AmortisedSpace, m: u32): void {
  const config = state.config, content = getU32(config, Config.LATENT_DIM), pose = pose_latents(config);
  for (let i: u32 = 0; i < m; i++) {
    const from = latents_of(state, space.z, i) + (<usize>pose << 2);
    memory.copy(space.content + (<usize>(i * padded(content)) << 2), from, <usize>content << 2);
  }
  const p = state.parameters;
  const w = p + (<usize>state.contentWeights << 2), b = p + (<usize>state.contentBias << 2);
  dense_forward(space.through, space.content, w, b, m, getU32(config, Config.DECODER_HIDDEN_1), content, space.packing);
}

function content_backward(state: State, space: AmortisedSpace, m: u32, gradient: usize): void {
  const config = state.config, content = getU32(config, Config.LATENT_DIM), pose = pose_latents(config);
  dense_backward(
    space.dContent, gradient + (<usize>state.contentWeights << 2), gradient + (<usize>state.contentBias << 2), space.dThrough, space.content,
    state.parameters + (<usize>state.contentWeights << 2), m, getU32(config, Config.DECODER_HIDDEN_1), content, space.packing,
  );
  for (let i: u32 = 0; i < m; i++) {
    const to = latents_of(state, space.dz, i) + (<usize>pose << 2);
    memory.copy(to, space.dContent + (<usize>(i * padded(content)) << 2), <usize>content << 2);
  }
}

/** Coordinates of window i's pixels under its pose. */
function place_pixels(state: State, space: AmortisedSpace, i: u32): void {
  read_pose(state, space, latents_of(state, space.z, i));
  const pose = space.pose;
  spatial_grid_forward(
    space.coordinates, getU32(state.config, Config.WINDOW_ROWS), getU32(state.config, Config.WINDOW_COLS),
    load<f64>(pose), load<f64>(pose, 24), load<f64>(pose, 8), load<f64>(pose, 16),
  );
}

/** Pixels in a tile, in pairs of panels: tiles of a window are alike, so that none is a small rest. */
@inline
function tile_pixels(pixels: u32): u32 {
  const tiles = (pixels + TILE - 1) / TILE;
  return paired((pixels + tiles - 1) / tiles);
}

/** Natural parameters of window i into space.natural, after `content_forward` and `take_weights`. */
export function paint_spatial(state: State, space: AmortisedSpace, i: u32): void {
  place_pixels(state, space, i);
  const tile = tile_pixels(state.pixels), pixels = paired(state.pixels);
  for (let first: u32 = 0; first < pixels; first += tile) tile_forward(state, space, i, first, min(tile, pixels - first) >> 3);
}

/** −log p of window i at its drawn latents, and backward to the generator's gradients and space.dz. */
function window_objective(state: State, space: AmortisedSpace, i: u32, scale: f32, gradient: usize): f64 {
  const width = first_width(state.config), pixels = state.pixels, tile = tile_pixels(pixels), pose = space.pose;
  const db = gradient + (<usize>layerAt(state.decoder, LAST).bias << 2);
  let loss: f64 = 0;
  place_pixels(state, space, i);
  memory.fill(space.coordinateSums, 0, <usize>coordinate_sums(width) << 2);
  for (let first: u32 = 0; first < pixels; first += tile) {
    const count = min(tile, pixels - first), panels = paired(count) >> 3, at = <usize>first << 2;
    const a = space.natural + at, x = window_of(state, space, i) + at, da = space.dNatural + at;
    tile_forward(state, space, i, first, panels);
    loss += pixels_loss(state, space, a, x, count);
    pixels_gradient(state, space, da, a, x, count, scale);
    memory.fill(da + (<usize>count << 2), 0, <usize>((panels << 3) - count) << 2);
    store<f32>(db, load<f32>(db) + <f32>sum(da, count));
    tile_backward(state, space, first, panels, gradient);
  }
  const dw = gradient + (<usize>state.coordinateWeights << 2);
  coordinate_layer_gradients(dw, space.dThrough + (<usize>(i * width) << 2), space.coordinateSums, width);
  memory.fill(space.dPose, 0, 32);
  const rows = getU32(state.config, Config.WINDOW_ROWS), cols = getU32(state.config, Config.WINDOW_COLS);
  spatial_grid_backward(space.dPose, space.dCoordinates, rows, cols, load<f64>(pose), load<f64>(pose, 24));
  pose_backward(state, space, latents_of(state, space.dz, i));
  return loss;
}

/**
 * −log p of the m windows at their drawn latents, summed; scale · its gradient accumulates (+=) into `gradient`, that to the latents is
 * written to space.dz.
 */
export function spatial_objective(state: State, space: AmortisedSpace, m: u32, scale: f32, gradient: usize): f64 {
  let loss: f64 = 0;
  content_forward(state, space, m);
  take_weights(state, space);
  for (let i: u32 = 0; i < m; i++) loss += window_objective(state, space, i, scale, gradient);
  give_gradients(state, space, gradient);
  content_backward(state, space, m, gradient);
  return loss;
}

/** Natural parameters of the m windows by the plain decoder. Gives their address, rows of padded(pixels). */
export function paint_plain(state: State, space: AmortisedSpace, m: u32): usize {
  const n = getU32(state.config, Config.CHUNK), stride = padded(state.latents);
  for (let i: u32 = 0; i < m; i++) {
    memory.copy(space.decoderX + (<usize>(i * stride) << 2), latents_of(state, space.z, i), <usize>state.latents << 2);
  }
  network_forward(state.decoder, space.decoderX, state.parameters, n, m, space.packing);
  return output_address(state.decoder, space.decoderX, n);
}

/** As `spatial_objective`, of the plain decoder. */
export function plain_objective(state: State, space: AmortisedSpace, m: u32, scale: f32, gradient: usize): f64 {
  const n = getU32(state.config, Config.CHUNK), stride = padded(state.latents);
  const natural = paint_plain(state, space, m), dNatural = output_address(state.decoder, space.decoderD, n);
  let loss: f64 = 0;
  for (let i: u32 = 0; i < m; i++) {
    const at = <usize>(i * padded(state.pixels)) << 2, x = window_of(state, space, i);
    loss += pixels_loss(state, space, natural + at, x, state.pixels);
    pixels_gradient(state, space, dNatural + at, natural + at, x, state.pixels, scale);
  }
  network_backward(state.decoder, space.decoderD, gradient, space.decoderX, state.parameters, n, m, true, space.packing);
  for (let i: u32 = 0; i < m; i++) {
    memory.copy(latents_of(state, space.dz, i), space.decoderD + (<usize>(i * stride) << 2), <usize>state.latents << 2);
  }
  return loss;
}
