import { TANH, activation_forward } from "../kernels/activation";
import { coordinate_layer_backward, coordinate_layer_forward } from "../kernels/coordinate_layer";
import { padded } from "../kernels/matmul";
import { panel_stride, panels_bytes, product_panels, turn_panels } from "../kernels/panels";
import { hsum } from "../kernels/simd";
import { tanh_slope, unit_layer_backward, unit_layer_forward } from "../kernels/unit_layer";
import { AmortisedSpace, HIDDEN_1, HIDDEN_2, Hidden, LAST, TILE, first_width, second_width } from "./amortised_layout";
import { Layer, layerAt } from "./layers";
import { State } from "./state";

/*
 * The spatial generator on a tile of pixels, forward and backward: coordinates → width → width → width → 1. Its activations are matrices of units
 * by pixels in panel layout, eight pixels side by side (kernels/panels.ts). So they are second operands of the products forward and to the input,
 * first ones of that to the weights, and results, all as they lie: only a hidden layer's gradient is turned, once.
 */

/** Takes the weights of the hidden layers and the last unit out of the parameters, and clears the gradients. Once a chunk. */
export function take_weights(state: State, space: AmortisedSpace): void {
  take_hidden(state, space.hidden1, layerAt(state.decoder, HIDDEN_1));
  take_hidden(state, space.hidden2, layerAt(state.decoder, HIDDEN_2));
  const layer = layerAt(state.decoder, LAST), w = state.parameters + (<usize>layer.weight << 2);
  memory.fill(space.lastSums, 0, <usize>second_width(state.config) << 4);
  for (let p: u32 = 0; p < layer.inC; p++) store<f32>(space.lastWeights + (<usize>p << 2), load<f32>(w + (<usize>p << 5)));
}

function take_hidden(state: State, hidden: Hidden, layer: Layer): void {
  const inputs = padded(layer.inC), units = padded(layer.outC);
  const w = state.parameters + (<usize>layer.weight << 2), b = state.parameters + (<usize>layer.bias << 2);
  const panel = <usize>layer.inC << 5;
  for (let q: usize = 0; q < units >> 3; q++) memory.copy(hidden.backward + q * panel_stride(inputs), w + q * panel, panel);
  turn_panels(hidden.forward, panel_stride(units), 0, hidden.backward, panel_stride(inputs), inputs, units);
  for (let j: usize = 0; j < units; j++) {
    const bias = v128.load32_splat(b + (j << 2)), at = hidden.bias + (j << 5);
    v128.store(at, bias);
    v128.store(at, bias, 16);
  }
  memory.fill(hidden.gradient, 0, panels_bytes(inputs, units));
}

/** Adds the gradients of all tiles since `take_weights` to the parameters'. */
export function give_gradients(state: State, space: AmortisedSpace, gradient: usize): void {
  give_hidden(space.hidden1, layerAt(state.decoder, HIDDEN_1), gradient);
  give_hidden(space.hidden2, layerAt(state.decoder, HIDDEN_2), gradient);
  const layer = layerAt(state.decoder, LAST), dw = gradient + (<usize>layer.weight << 2);
  for (let p: u32 = 0; p < layer.inC; p++) add_to(dw + (<usize>p << 5), hsum(v128.load(space.lastSums + (<usize>p << 4))));
}

function give_hidden(hidden: Hidden, layer: Layer, gradient: usize): void {
  const panel = <usize>layer.inC << 5, stride = panel_stride(padded(layer.inC));
  let dw = gradient + (<usize>layer.weight << 2);
  for (let q: usize = 0; q < padded(layer.outC) >> 3; q++, dw += panel) {
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
  hidden_forward(space.tile1, space.tile0, space.hidden1, panels, width, width);
  hidden_forward(space.tile2, space.tile1, space.hidden2, panels, second_width(state.config), width);
  const bias = load<f32>(state.parameters + (<usize>layerAt(state.decoder, LAST).bias << 2));
  unit_layer_forward(space.natural + (<usize>first << 2), space.tile2, space.lastWeights, bias, panels, second_width(state.config));
}

/** y = tanh(Wᵀ·x + b). */
function hidden_forward(y: usize, x: usize, hidden: Hidden, panels: u32, units: u32, inputs: u32): void {
  const stride = panel_stride(units);
  product_panels(y, stride, hidden.bias, 0, hidden.forward, stride, x, panel_stride(inputs), units, panels << 3, inputs);
  // With what lies between the panels.
  activation_forward(y, y, panels * stride >> 2, TANH);
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

/** dx = W·da: writes. dW += x·daᵀ, db += Σ over the pixels of da: accumulates (+=). */
function hidden_backward(space: AmortisedSpace, dx: usize, db: usize, da: usize, x: usize, hidden: Hidden, panels: u32, units: u32, inputs: u32): void {
  const pixels = panels << 3, by_input = panel_stride(inputs), by_unit = panel_stride(units);
  product_panels(dx, by_input, space.zeros, 0, hidden.backward, by_input, da, by_unit, inputs, pixels, units);
  turn_panels(space.turned, panel_stride(TILE), db, da, by_unit, units, pixels);
  product_panels(hidden.gradient, by_input, hidden.gradient, by_input, x, by_input, space.turned, panel_stride(TILE), inputs, units, pixels);
}
