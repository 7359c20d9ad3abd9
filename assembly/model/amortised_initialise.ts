import { store_lanes } from "../kernels/lanes";
import { random_signed } from "../kernels/random";
import { first_width, spatial } from "./amortised_layout";
import { Config, getU32, get } from "./config";
import { uniform_weights } from "./initialise";
import { Network, fan_in, layerAt } from "./layers";
import { STREAM_INIT, seed_of } from "./step";
import { Progress, State } from "./state";
import { set_progress } from "./train";

/** Weights and biases uniform in ±1/√fan-in, torch.nn.Linear's default, as pyroVED starts. */
export function initialise_amortised(state: State): void {
  const config = state.config;
  const sigma = get(config, Config.SIGMA);
  set_progress(state, Progress.VARIANCE, sigma * sigma);
  initialise_network(state, state.encoder, 0);
  initialise_network(state, state.decoder, 100);
  if (!spatial(config)) return;
  const width = getU32(config, Config.DECODER_HIDDEN_1), content = getU32(config, Config.LATENT_DIM);
  uniform_weights(state, state.contentWeights, content, width, 1 / sqrt<f64>(<f64>content), 200);
  // The bias belongs to the coordinates' weights.
  const axes: u32 = state.flat ? 1 : 2;
  const bound = 1 / sqrt<f64>(<f64>axes);
  uniform_row(state, state.contentBias, width, bound, 201);
  for (let axis: u32 = 2 - axes; axis < 2; axis++) {
    uniform_row(state, state.coordinateWeights + axis * first_width(config), width, bound, 202 + axis);
  }
}

function initialise_network(state: State, net: Network, stream: u32): void {
  for (let i: u32 = 0; i < net.count; i++) {
    const layer = layerAt(net, i), inputs = fan_in(layer);
    if (inputs == 0) continue;
    const bound = 1 / sqrt<f64>(<f64>inputs);
    uniform_weights(state, layer.weight, inputs, layer.outC, bound, stream + i);
    uniform_row(state, layer.bias, layer.outC, bound, stream + 50 + i);
  }
}

/** A row of `count` values: the weights of one input. */
function uniform_row(state: State, offset: u32, count: u32, bound: f64, stream: u32): void {
  const row = state.parameters + (<usize>offset << 2), scale = f32x4.splat(<f32>bound);
  for (let j: u32 = 0; j < count; j += 4) {
    const drawn = f32x4.mul(scale, random_signed(seed_of(state.config), STREAM_INIT + stream * 16, 0, j / 4));
    store_lanes(row + (<usize>j << 2), drawn, min<u32>(4, count - j));
  }
}
