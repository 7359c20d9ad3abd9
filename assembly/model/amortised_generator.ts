import { coordinate_layer_backward, coordinate_layer_forward } from "../kernels/coordinate_layer";
import { padded } from "../kernels/matmul";
import { panel_stride, panels_bytes, product_panels, turn_panels } from "../kernels/panels";
import { add_quarters, first_sums, join_quarters, product_quarters, second_sums, turned_sums } from "../kernels/quarters";
import { hsum } from "../kernels/simd";
import { bias_tanh, tanh_slope, unit_layer_backward, unit_layer_forward } from "../kernels/unit_layer";
import { AmortisedSpace, HIDDEN_1, HIDDEN_2, Hidden, LAST, TILE, first_width, second_width } from "./amortised_layout";
import { Layer, layerAt } from "./layers";
import { State } from "./state";

/*
 * The spatial generator on a tile of pixels, forward and backward: coordinates → width → width → width → 1. Its activations are matrices of units
 * by pixels in panel layout, eight pixels side by side (kernels/panels.ts). So they are second operands of the products forward and to the input,
 * first ones of that to the weights, and results, all as they lie: only a hidden layer's gradient is turned, once. Where the layers' widths halve
 * into whole panels the products are by quarters (kernels/quarters.ts), seven where there were eight; each operand then has its sums behind it.
 */

/** Takes the weights of the hidden layers and the last unit out of the parameters, and clears the gradients. Once a chunk. */
export function take_weights(state: State, space: AmortisedSpace): void {
  take_hidden(state, space, space.hidden1, layerAt(state.decoder, HIDDEN_1));
  take_hidden(state, space, space.hidden2, layerAt(state.decoder, HIDDEN_2));
  const layer = layerAt(state.decoder, LAST), w = state.parameters + (<usize>layer.weight << 2);
  memory.fill(space.lastSums, 0, <usize>second_width(state.config) << 4);
  for (let p: u32 = 0; p < layer.inC; p++) store<f32>(space.lastWeights + (<usize>p << 2), load<f32>(w + (<usize>p << 5)));
}

function take_hidden(state: State, space: AmortisedSpace, hidden: Hidden, layer: Layer): void {
  const inputs = padded(layer.inC), units = padded(layer.outC);
  const w = state.parameters + (<usize>layer.weight << 2), panel = <usize>layer.inC << 5;
  for (let q: usize = 0; q < units >> 3; q++) memory.copy(hidden.backward + q * panel_stride(inputs), w + q * panel, panel);
  turn_panels(hidden.forward, panel_stride(units), 0, hidden.backward, panel_stride(inputs), inputs, units);
  if (space.halves) {
    first_sums(hidden.forward, panel_stride(units), units, inputs);
    first_sums(hidden.backward, panel_stride(inputs), inputs, units);
  }
  memory.fill(hidden.gradient, 0, panels_bytes(inputs, 2 * units));
}

/** Adds the gradients of all tiles since `take_weights` to the parameters'. */
export function give_gradients(state: State, space: AmortisedSpace, gradient: usize): void {
  give_hidden(space, space.hidden1, layerAt(state.decoder, HIDDEN_1), gradient);
  give_hidden(space, space.hidden2, layerAt(state.decoder, HIDDEN_2), gradient);
  const layer = layerAt(state.decoder, LAST), dw = gradient + (<usize>layer.weight << 2);
  for (let p: u32 = 0; p < layer.inC; p++) add_to(dw + (<usize>p << 5), hsum(v128.load(space.lastSums + (<usize>p << 4))));
}

function give_hidden(space: AmortisedSpace, hidden: Hidden, layer: Layer, gradient: usize): void {
  const inputs = padded(layer.inC), units = padded(layer.outC);
  const panel = <usize>layer.inC << 5, stride = panel_stride(inputs);
  if (space.halves) join_quarters(hidden.gradient, stride, inputs, units);
  let dw = gradient + (<usize>layer.weight << 2);
  for (let q: usize = 0; q < units >> 3; q++, dw += panel) {
    const from = hidden.gradient + q * stride;
    for (let at: usize = 0; at < panel; at += 16) v128.store(dw + at, f32x4.add(v128.load(dw + at), v128.load(from + at)));
  }
}

@inline
function add_to(at: usize, value: f32): void {
  store<f32>(at, load<f32>(at) + value);
}

/** Natural parameters of 8·panels pixels of window i, from pixel `first` on (a multiple of 8), into space.natural; activations stay in the tile. */
export function tile_forward(state: State, space: AmortisedSpace, i: u32, first: u32, panels: u32): void {
  const width = first_width(state.config);
  const w = state.parameters + (<usize>state.coordinateWeights << 2);
  coordinate_layer_forward(space.tile0, space.coordinates + (<usize>first << 3), w, space.through + (<usize>(i * width) << 2), panels, width);
  hidden_forward(state, space, space.tile1, space.tile0, HIDDEN_1, space.hidden1, panels);
  hidden_forward(state, space, space.tile2, space.tile1, HIDDEN_2, space.hidden2, panels);
  const bias = load<f32>(state.parameters + (<usize>layerAt(state.decoder, LAST).bias << 2));
  unit_layer_forward(space.natural + (<usize>first << 2), space.tile2, space.lastWeights, bias, panels, second_width(state.config));
}

/** y = tanh(Wᵀ·x + b). */
function hidden_forward(state: State, space: AmortisedSpace, y: usize, x: usize, index: u32, hidden: Hidden, panels: u32): void {
  const layer = layerAt(state.decoder, index), units = padded(layer.outC);
  product(space, y, hidden.forward, x, units, panels << 3, padded(layer.inC));
  bias_tanh(y, state.parameters + (<usize>layer.bias << 2), panels, units);
}

/** C (m, n) = A·B with A (m, k), B (k, n). Writes, and the sums of B's quarters where there are any. */
function product(space: AmortisedSpace, c: usize, a: usize, b: usize, m: u32, n: u32, k: u32): void {
  const stride = panel_stride(m), bPanel = panel_stride(k);
  if (!space.halves) {
    product_panels(c, stride, space.zeros, 0, a, stride, b, bPanel, m, n, k);
    return;
  }
  second_sums(b, bPanel, k, n);
  product_quarters(c, stride, a, stride, b, bPanel, m, n, k, space.zeros, space.quarters);
}

/** From space.dNatural of these pixels to the gradients here, to space.coordinateSums and space.dCoordinates; biases' into `gradient`. */
export function tile_backward(state: State, space: AmortisedSpace, first: u32, panels: u32, gradient: usize): void {
  const width = first_width(state.config), units = second_width(state.config);
  const dNatural = space.dNatural + (<usize>first << 2), pixel = <usize>first << 3;
  unit_layer_backward(space.dTileA, space.lastSums, dNatural, space.tile2, space.lastWeights, panels, units);
  const db1 = gradient + (<usize>layerAt(state.decoder, HIDDEN_1).bias << 2), db2 = gradient + (<usize>layerAt(state.decoder, HIDDEN_2).bias << 2);
  hidden_backward(space, space.dTileB, db2, space.dTileA, space.tile1, space.hidden2, panels, units, width);
  tanh_slope(space.dTileB, space.tile1, panels * panel_stride(width) >> 2);
  hidden_backward(space, space.dTileA, db1, space.dTileB, space.tile0, space.hidden1, panels, width, width);
  const w = state.parameters + (<usize>state.coordinateWeights << 2);
  coordinate_layer_backward(
    space.dCoordinates + pixel, space.coordinateSums, space.dTileA, space.tile0, space.coordinates + pixel, w, panels, width,
  );
}

/** dx = W·da: writes. dW += x·daᵀ, db += Σ over the pixels of da: accumulates (+=). x has gone through `product`. */
function hidden_backward(space: AmortisedSpace, dx: usize, db: usize, da: usize, x: usize, hidden: Hidden, panels: u32, units: u32, inputs: u32): void {
  const pixels = panels << 3, stride = panel_stride(inputs), turnedPanel = panel_stride(TILE);
  product(space, dx, hidden.backward, da, inputs, pixels, units);
  turn_panels(space.turned, turnedPanel, db, da, panel_stride(units), units, pixels);
  if (space.halves) {
    turned_sums(space.turned, turnedPanel, pixels, units);
    add_quarters(hidden.gradient, stride, x, stride, space.turned, turnedPanel, inputs, units, pixels);
  } else product_panels(hidden.gradient, stride, hidden.gradient, stride, x, stride, space.turned, turnedPanel, inputs, units, pixels);
}
