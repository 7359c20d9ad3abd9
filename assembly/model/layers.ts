import { activation_backward, activation_forward } from "../kernels/activation";
import { conv2d_backward, conv2d_forward, conv2d_scratch, conv2d_size } from "../kernels/conv2d";
import { dense_backward_banded, dense_forward_banded, dense_scratch } from "../kernels/dense";
import { padded } from "../kernels/matmul";
import { canvas_backward, canvas_forward, upsample2_backward, upsample2_forward } from "../kernels/resize";

/*
 * A network as a table of layers in linear memory. Every activation is (n, rows, cols, padded(channels)), NHWC; a dense
 * layer sees a sample as one row. Parameters are offsets into one block that all layers share, so that gradients, Adam's
 * moments and checkpoints are blocks of the same shape.
 */

export const DENSE: i32 = 0;
export const ACTIVATION: i32 = 1;
/** 3×3 convolution, padding 1, stride 1 or 2. */
export const CONV2D: i32 = 2;
/** Nearest-neighbour upsampling by 2. */
export const UPSAMPLE2: i32 = 3;
/** First channel of an image of at least the canvas's size, plus one bias a canvas pixel. */
export const CANVAS: i32 = 4;
/** A window (one channel) as an image of padded channels. */
export const WINDOW: i32 = 5;

@unmanaged
export class Layer {
  kind: i32;
  /** Input and output: rows, columns, channels. */
  inRows: u32;
  inCols: u32;
  inC: u32;
  outRows: u32;
  outCols: u32;
  outC: u32;
  /** CONV2D: stride. ACTIVATION: its kind. */
  option: i32;
  /** Offsets into the parameter block, floats: weights (panel layout) and bias. */
  weight: u32;
  bias: u32;
}

const LAYER_BYTES: usize = offsetof<Layer>();
const MAX_LAYERS: u32 = 12;

/** A chain of layers. */
@unmanaged
export class Network {
  count: u32;
  /** Offset past the last parameter. */
  parametersEnd: u32;
  /** Floats of scratch that the widest layer needs for `n` samples. */
  scratch: u32;
}

export const NETWORK_BYTES: usize = ((offsetof<Network>() + 15) & ~15) + <usize>MAX_LAYERS * LAYER_BYTES;

@inline
export function layerAt(net: Network, index: u32): Layer {
  return changetype<Layer>(changetype<usize>(net) + ((offsetof<Network>() + 15) & ~15) + <usize>index * LAYER_BYTES);
}

/** Floats a sample between layers: (rows, cols, channels) with the channels padded. */
@inline
export function sample_size(rows: u32, cols: u32, channels: u32): u32 {
  return rows * cols * padded(channels);
}

@inline
export function input_size(layer: Layer): u32 {
  return sample_size(layer.inRows, layer.inCols, layer.inC);
}

@inline
export function output_size(layer: Layer): u32 {
  return sample_size(layer.outRows, layer.outCols, layer.outC);
}

export function network_begin(net: Network, parameters: u32): void {
  net.count = 0;
  net.parametersEnd = parameters;
  net.scratch = 0;
}

function add(net: Network, kind: i32, inRows: u32, inCols: u32, inC: u32, outRows: u32, outCols: u32, outC: u32, option: i32): Layer {
  const layer = layerAt(net, net.count++);
  layer.kind = kind;
  layer.inRows = inRows;
  layer.inCols = inCols;
  layer.inC = inC;
  layer.outRows = outRows;
  layer.outCols = outCols;
  layer.outC = outC;
  layer.option = option;
  layer.weight = net.parametersEnd;
  layer.bias = net.parametersEnd + weight_size(layer);
  net.parametersEnd = layer.bias + bias_size(layer);
  return layer;
}

/** Inputs that one output unit sums over. */
export function fan_in(layer: Layer): u32 {
  if (layer.kind == DENSE) return layer.inRows * layer.inCols * layer.inC;
  return layer.kind == CONV2D ? 9 * layer.inC : 0;
}

/** Floats of weights, in panel layout; 0 for layers without. */
export function weight_size(layer: Layer): u32 {
  return layer.kind == DENSE || layer.kind == CONV2D ? fan_in(layer) * padded(layer.outC) : 0;
}

export function bias_size(layer: Layer): u32 {
  if (layer.kind == CANVAS) return output_size(layer);
  return layer.kind == DENSE || layer.kind == CONV2D ? padded(layer.outC) : 0;
}

/** Dense layer from whatever came before (a sample must have no padding between its pixels) to `width` units. */
export function add_dense(net: Network, rows: u32, cols: u32, channels: u32, width: u32, n: u32): void {
  const layer = add(net, DENSE, rows, cols, channels, 1, 1, width, 0);
  net.scratch = max(net.scratch, dense_scratch(n, width, fan_in(layer)));
}

export function add_activation(net: Network, rows: u32, cols: u32, channels: u32, kind: i32): void {
  add(net, ACTIVATION, rows, cols, channels, rows, cols, channels, kind);
}

export function add_conv2d(net: Network, rows: u32, cols: u32, inC: u32, outC: u32, stride: u32): void {
  add(net, CONV2D, rows, cols, inC, conv2d_size(rows, stride), conv2d_size(cols, stride), outC, stride);
  net.scratch = max(net.scratch, conv2d_scratch(rows, cols, inC, outC, stride));
}

export function add_upsample2(net: Network, rows: u32, cols: u32, channels: u32): void {
  add(net, UPSAMPLE2, rows, cols, channels, 2 * rows, 2 * cols, channels, 0);
}

/** From (rows, cols, channels) to a canvas of (outRows, outCols), held as one row of outRows · outCols channels. */
export function add_canvas(net: Network, rows: u32, cols: u32, channels: u32, outRows: u32, outCols: u32): void {
  add(net, CANVAS, rows, cols, channels, 1, 1, outRows * outCols, outCols);
}

/** From a window held as one row of rows · cols channels to an image of one channel. */
export function add_window(net: Network, rows: u32, cols: u32): void {
  add(net, WINDOW, 1, 1, rows * cols, rows, cols, 1, 0);
}

/** Floats of activations for n samples: input and every layer's output, one after the other. */
export function activations_size(net: Network, n: u32): u32 {
  let total = n * input_size(layerAt(net, 0));
  for (let i: u32 = 0; i < net.count; i++) total += n * output_size(layerAt(net, i));
  return total;
}

/** Address of the last layer's output (or of its gradient) in a block of activations. */
export function output_address(net: Network, activations: usize, n: u32): usize {
  return activations + (<usize>(activations_size(net, n) - n * output_size(layerAt(net, net.count - 1))) << 2);
}

/**
 * Runs the network on m ≤ n samples; `x` is a block laid out for n samples, its input filled. Writes all outputs; of the last one, where that is of a
 * dense layer, only the `bands` of its rows (products.ts) where there are any.
 */
export function network_forward(net: Network, x: usize, parameters: usize, n: u32, m: u32, scratch: usize, bands: usize = 0): void {
  for (let i: u32 = 0; i < net.count; i++) {
    const layer = layerAt(net, i);
    const y = x + (<usize>(n * input_size(layer)) << 2);
    layer_forward(layer, y, x, parameters, m, scratch, i + 1 == net.count ? bands : 0);
    x = y;
  }
}

function layer_forward(layer: Layer, y: usize, x: usize, parameters: usize, m: u32, scratch: usize, bands: usize): void {
  const w = parameters + (<usize>layer.weight << 2);
  const b = parameters + (<usize>layer.bias << 2);
  const kind = layer.kind;
  if (kind == DENSE) dense_forward_banded(y, x, w, b, m, layer.outC, fan_in(layer), scratch, bands);
  else if (kind == ACTIVATION) activation_forward(y, x, m * output_size(layer), layer.option);
  else if (kind == CONV2D) conv2d_forward(y, x, w, b, m, layer.inRows, layer.inCols, layer.inC, layer.outC, layer.option, scratch);
  else if (kind == UPSAMPLE2) upsample2_forward(y, x, m, layer.inRows, layer.inCols, padded(layer.inC));
  else if (kind == CANVAS) canvas_forward(y, x, b, m, layer.inRows, layer.inCols, padded(layer.inC), layer.outC, layer.option);
  else window_forward(y, x, m, layer);
}

/**
 * Backward through the network: `x` and `dx` are blocks of the same layout, the gradient of the output filled in.
 * Parameter gradients accumulate (+=) into `gradient`; activations' gradients are written, that of the input only with `toInput`.
 * Outside the `bands` of its rows, where there are any, the output's gradient must be 0. Without `add` parameter gradients are written.
 */
export function network_backward(net: Network, dx: usize, gradient: usize, x: usize, parameters: usize, n: u32, m: u32, toInput: bool, scratch: usize, bands: usize = 0, add: bool = true): void {
  let offset = <usize>(activations_size(net, n) - n * output_size(layerAt(net, net.count - 1))) << 2;
  for (let i = <i32>net.count - 1; i >= 0; i--) {
    const layer = layerAt(net, i);
    const before = offset - (<usize>(n * input_size(layer)) << 2);
    layer_backward(layer, i > 0 || toInput ? dx + before : 0, gradient, dx + offset, x + before, x + offset, parameters, m, scratch, i + 1 == <i32>net.count ? bands : 0, add);
    offset = before;
  }
}

function layer_backward(layer: Layer, dx: usize, gradient: usize, dy: usize, x: usize, y: usize, parameters: usize, m: u32, scratch: usize, bands: usize, add: bool): void {
  const w = parameters + (<usize>layer.weight << 2);
  const dw = gradient + (<usize>layer.weight << 2);
  const db = gradient + (<usize>layer.bias << 2);
  const kind = layer.kind;
  if (kind == DENSE) {
    dense_backward_banded(dx, dw, db, dy, x, w, m, layer.outC, fan_in(layer), scratch, bands, add);
    return;
  }
  if (!add) memory.fill(dw, 0, <usize>(weight_size(layer) + bias_size(layer)) << 2);
  if (kind == CONV2D) conv2d_backward(dx, dw, db, dy, x, w, m, layer.inRows, layer.inCols, layer.inC, layer.outC, layer.option, scratch);
  else if (kind == CANVAS) canvas_backward(dx, db, dy, m, layer.inRows, layer.inCols, padded(layer.inC), layer.outC, layer.option);
  else if (dx) {
    memory.fill(dx, 0, <usize>(m * input_size(layer)) << 2);
    if (kind == ACTIVATION) activation_backward(dx, dy, x, y, m * output_size(layer), layer.option);
    else if (kind == UPSAMPLE2) upsample2_backward(dx, dy, m, layer.inRows, layer.inCols, padded(layer.inC));
    else window_backward(dx, dy, m, layer);
  }
}

function window_forward(y: usize, x: usize, m: u32, layer: Layer): void {
  memory.fill(y, 0, <usize>(m * output_size(layer)) << 2);
  const size = layer.inC;
  for (let i: u32 = 0; i < m; i++) {
    for (let p: u32 = 0; p < size; p++) store<f32>(y + (<usize>(i * size + p) << 5), load<f32>(x + (<usize>(i * padded(size) + p) << 2)));
  }
}

/** dx += first channel of dy. Accumulates. */
function window_backward(dx: usize, dy: usize, m: u32, layer: Layer): void {
  const size = layer.inC;
  for (let i: u32 = 0; i < m; i++) {
    for (let p: u32 = 0; p < size; p++) {
      const at = dx + (<usize>(i * padded(size) + p) << 2);
      store<f32>(at, load<f32>(at) + load<f32>(dy + (<usize>(i * size + p) << 5)));
    }
  }
}
