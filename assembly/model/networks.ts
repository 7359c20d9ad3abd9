import { GELU } from "../kernels/activation";
import { padded } from "../kernels/matmul";
import { cos64, exp64, sin64 } from "../kernels/math64";
import { Config, affine, encoder_latents, get, getU32 } from "./config";
import {
  Network, add_activation, add_canvas, add_conv2d, add_dense, add_upsample2, add_window, network_begin,
} from "./layers";

/*
 * The encoder, window → (μ, log σ) of the content, and the decoder, z → canvas, each as an MLP or a convolutional net.
 * The decoder's last bias is the template: one value a canvas pixel, set by alignment before training.
 */

export const MLP: u32 = 0;

/** Largest angle each way, radians, and largest logarithm of the scale: a step beyond the grid's. 0 where off. */
@inline
export function angle_reach(config: usize): f64 {
  return (0.5 * get(config, Config.ANGLES) + 1) * get(config, Config.ANGLE_STEP);
}

@inline
export function scale_reach(config: usize): f64 {
  return 0.5 * (get(config, Config.SCALES) + 1) * get(config, Config.SCALE_STEP);
}

/** Size of the canvas: the window, the largest shift each way, and two pixels for the spline's taps. 1 row for 1D signals. */
@inline
export function canvas_rows(config: usize): u32 {
  if (getU32(config, Config.ROWS) == 1) return 1;
  return canvas_side(config, half_side(config, Config.WINDOW_ROWS, Config.SHIFT_ROWS), half_side(config, Config.WINDOW_COLS, Config.SHIFT_COLS));
}

@inline
export function canvas_cols(config: usize): u32 {
  return canvas_side(config, half_side(config, Config.WINDOW_COLS, Config.SHIFT_COLS), half_side(config, Config.WINDOW_ROWS, Config.SHIFT_ROWS));
}

/** Half of what an upright window sees of the canvas along an axis under all shifts. */
@inline
function half_side(config: usize, window: Config, shift: Config): f64 {
  return 0.5 * get(config, window) + get(config, shift);
}

/** Side of the canvas along an axis with this half side, `across` the other's; turned windows reach further, with their corners. */
function canvas_side(config: usize, along: f64, across: f64): u32 {
  if (!affine(config)) return <u32>(2 * along) + 4;
  // A pixel more: the templates are rendered half a pixel beyond the windows.
  const h = along + 1, w = across + 1, angle = angle_reach(config);
  let reach = sqrt<f64>(h * h + w * w);
  // h cos + w sin grows up to the angle of the diagonal.
  if (angle < 1.57 && h * sin64(angle) < w * cos64(angle)) reach = h * cos64(angle) + w * sin64(angle);
  return 2 * <u32>ceil<f64>(reach * exp64(scale_reach(config))) + 4;
}

/** Size of a canvas's picture: what upright windows see of it under all shifts, with a pixel before. 1 row for 1D signals. */
@inline
export function picture_rows(config: usize): u32 {
  return getU32(config, Config.ROWS) == 1 ? 1 : getU32(config, Config.WINDOW_ROWS) + 2 * getU32(config, Config.SHIFT_ROWS) + 1;
}

@inline
export function picture_cols(config: usize): u32 {
  return getU32(config, Config.WINDOW_COLS) + 2 * getU32(config, Config.SHIFT_COLS) + 1;
}

/** window (1 row of windowRows · windowCols) → means of encoder_latents numbers, then their log standard deviations. */
export function build_encoder(net: Network, config: usize, parameters: u32, n: u32): void {
  network_begin(net, parameters);
  const rows = getU32(config, Config.WINDOW_ROWS), cols = getU32(config, Config.WINDOW_COLS);
  let width = rows * cols;
  if (getU32(config, Config.ENCODER) == MLP) {
    width = hidden(net, width, getU32(config, Config.ENCODER_HIDDEN_1), n);
    width = hidden(net, width, getU32(config, Config.ENCODER_HIDDEN_2), n);
    add_dense(net, 1, 1, width, 2 * encoder_latents(config), n);
    return;
  }
  const channels = padded(getU32(config, Config.ENCODER_CHANNELS));
  add_window(net, rows, cols);
  let h = rows, w = cols, inC: u32 = 1;
  for (let i: u32 = 1; i <= 2; i++) {
    add_conv2d(net, h, w, inC, i * channels, 2);
    h = (h + 1) >> 1;
    w = (w + 1) >> 1;
    inC = i * channels;
    add_activation(net, h, w, inC, GELU);
  }
  const units = max<u32>(8, getU32(config, Config.ENCODER_HIDDEN_2));
  add_dense(net, h, w, inC, units, n);
  add_activation(net, 1, 1, units, GELU);
  add_dense(net, 1, 1, units, 2 * encoder_latents(config), n);
}

/** z (1 row of L) → canvas (1 row of canvasRows · canvasCols). */
export function build_decoder(net: Network, config: usize, parameters: u32, n: u32): void {
  network_begin(net, parameters);
  const rows = canvas_rows(config), cols = canvas_cols(config);
  let width = hidden(net, getU32(config, Config.LATENT_DIM), getU32(config, Config.DECODER_HIDDEN_1), n);
  if (getU32(config, Config.DECODER) == MLP) {
    width = hidden(net, width, getU32(config, Config.DECODER_HIDDEN_2), n);
    add_dense(net, 1, 1, width, rows * cols, n);
    return;
  }
  const channels = padded(getU32(config, Config.DECODER_CHANNELS));
  let h = (rows + 3) >> 2, w = (cols + 3) >> 2;
  hidden(net, width, h * w * channels, n);
  for (let i = 0; i < 2; i++) {
    add_upsample2(net, h, w, channels);
    h *= 2;
    w *= 2;
    add_conv2d(net, h, w, channels, i == 0 ? channels : 1, 1);
    if (i == 0) add_activation(net, h, w, channels, GELU);
  }
  add_canvas(net, h, w, 1, rows, cols);
}

/** A dense layer and its activation; `units` 0 leaves it out. Gives the width that follows. */
function hidden(net: Network, width: u32, units: u32, n: u32): u32 {
  if (units == 0) return width;
  add_dense(net, 1, 1, width, units, n);
  add_activation(net, 1, 1, units, GELU);
  return units;
}
