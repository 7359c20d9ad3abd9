import { store_lanes } from "../kernels/lanes";
import { random_signed, random_uniform } from "../kernels/random";
import { initialise_amortised } from "./amortised_initialise";
import { patch_count } from "./condition";
import { Config, amortised, get, getU32 } from "./config";
import { CANVAS, CONV2D, DENSE, Layer, Network, bias_size, fan_in, layerAt } from "./layers";
import { STREAM_INIT, STREAM_WINDOWS, seed_of } from "./step";
import { MAX_TEMPLATES, Progress, State } from "./state";
import { set_progress } from "./train";
import { padded } from "../kernels/matmul";

/** The decoder's last weights start this much smaller, so that content begins as a small change of the template. */
const LAST_SCALE: f64 = 0.1;

/** Weights uniform in ±1/√fan-in, biases 0 (the template comes from alignment); Adam and progress start anew. */
export function initialise(state: State): void {
  memory.fill(state.parameters, 0, <usize>state.blockStride << 2);
  memory.fill(state.moment1, 0, <usize>state.blockStride << 2);
  memory.fill(state.moment2, 0, <usize>state.blockStride << 2);
  memory.fill(state.progress, 0, <usize>Progress.COUNT << 3);
  // All of the data's variance is noise until something is learned.
  set_progress(state, Progress.VARIANCE, get(state.config, Config.DATA_SD) * get(state.config, Config.DATA_SD));
  set_progress(state, Progress.TEMPLATES, 1);
  if (amortised(state.config)) {
    initialise_amortised(state);
    return;
  }
  for (let k: u32 = 0; k < MAX_TEMPLATES; k++) set_progress(state, Progress.THRESHOLD + k, Infinity);
  initialise_network(state, state.encoder, 0, 1);
  initialise_network(state, state.decoder, 100, LAST_SCALE);
}

function initialise_network(state: State, net: Network, stream: u32, lastScale: f64): void {
  let last: i32 = -1;
  for (let i: u32 = 0; i < net.count; i++) if (fan_in(layerAt(net, i)) > 0) last = i;
  for (let i: u32 = 0; i < net.count; i++) {
    const layer = layerAt(net, i);
    if (fan_in(layer) > 0) initialise_layer(state, layer, stream + i, <i32>i == last ? lastScale : 1);
  }
}

/** Numbers are drawn by (input, output), not by address, so that the layout can change without changing a fit. */
function initialise_layer(state: State, layer: Layer, stream: u32, scale: f64): void {
  const inputs = fan_in(layer);
  uniform_weights(state, layer.weight, inputs, layer.outC, scale / sqrt<f64>(<f64>inputs), stream);
}

/** Weights (inputs, units) in panels at `offset` of the parameters, uniform in ±bound; drawn for four units at a time. */
export function uniform_weights(state: State, offset: u32, inputs: u32, units: u32, bound: f64, stream: u32): void {
  const seed = seed_of(state.config), scale = f32x4.splat(<f32>bound);
  for (let j: u32 = 0; j < units; j += 4) {
    const panel = state.parameters + (<usize>(offset + j / 8 * inputs * 8 + j % 8) << 2), count = min<u32>(4, units - j);
    for (let p: u32 = 0; p < inputs; p++) {
      const drawn = f32x4.mul(scale, random_signed(seed, STREAM_INIT + stream * 16, p, j / 4));
      store_lanes(panel + (<usize>(p * 8) << 2), drawn, count);
    }
  }
}

/** Address of the decoder's last bias: one value a canvas pixel. */
export function template_bias(state: State): usize {
  const layer = layerAt(state.decoder, state.decoder.count - 1);
  return state.parameters + (<usize>layer.bias << 2);
}

/**
 * Windows at uniform whole-pixel positions, in patches where there are conditions; stand-alone samples of the window's size get one window
 * each, in turn. Writes state.origins.
 */
export function sample_windows(state: State): void {
  const config = state.config;
  if (getU32(config, Config.PATCH) > 1) return sample_patches(state);
  const seed = seed_of(config);
  const frames = getU32(config, Config.FRAMES), count = getU32(config, Config.WINDOWS);
  const rows = getU32(config, Config.ROWS) - getU32(config, Config.WINDOW_ROWS) + 1;
  const cols = getU32(config, Config.COLS) - getU32(config, Config.WINDOW_COLS) + 1;
  for (let i: u32 = 0; i < count; i++) {
    const at = state.origins + <usize>i * 12;
    store<u32>(at, i % frames);
    store<u32>(at, <u32>(random_uniform(seed, STREAM_WINDOWS, i, 0) * <f64>rows), 4);
    store<u32>(at, <u32>(random_uniform(seed, STREAM_WINDOWS, i, 1) * <f64>cols), 8);
  }
}

/** Windows of patches at uniform positions, all inside the image where it holds a patch (condition.ts says which is which). */
function sample_patches(state: State): void {
  const config = state.config;
  const seed = seed_of(config);
  const side = getU32(config, Config.PATCH), frames = getU32(config, Config.FRAMES);
  const count = getU32(config, Config.WINDOWS), patches = patch_count(config);
  const rows = getU32(config, Config.ROWS) - getU32(config, Config.WINDOW_ROWS);
  const cols = getU32(config, Config.COLS) - getU32(config, Config.WINDOW_COLS);
  for (let i: u32 = 0; i < count; i++) {
    const patch = i % patches, element = i / patches;
    const at = state.origins + <usize>i * 12;
    store<u32>(at, patch % frames);
    for (let axis: u32 = 0; axis < 2; axis++) {
      const a = get(config, Config.LATTICE_A_ROW + axis), b = get(config, Config.LATTICE_B_ROW + axis);
      const steps = <f64>(side - 1), room = <f64>(axis == 0 ? rows : cols);
      const before = steps * max<f64>(0, -a) + steps * max<f64>(0, -b);
      const free = max<f64>(0, room - steps * (abs(a) + abs(b)));
      const place = before + random_uniform(seed, STREAM_WINDOWS, patch, axis) * free + <f64>(element / side) * a + <f64>(element % side) * b;
      store<u32>(at + (<usize>(1 + axis) << 2), <u32>min<f64>(room, max<f64>(0, floor(place + 0.5))));
    }
  }
}
