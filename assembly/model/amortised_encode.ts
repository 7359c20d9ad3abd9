import { GAUSSIAN, BERNOULLI, link } from "../kernels/link";
import { exp64 } from "../kernels/math64";
import { padded } from "../kernels/matmul";
import { content_forward, paint_plain, paint_spatial } from "./amortised_decoder";
import { take_weights } from "./amortised_generator";
import { AmortisedSpace, amortised_space, spatial } from "./amortised_layout";
import { encode_amortised, log_sigma, posterior_mean } from "./amortised_step";
import { Config, getU32 } from "./config";
import { State, workspace } from "./state";

/** Posterior of windows first … first + m − 1 into state.results: (latents) means, then (latents) standard deviations. */
export function encode_amortised_chunk(state: State, space: AmortisedSpace, first: u32, m: u32): void {
  const latents = state.latents;
  for (let i: u32 = 0; i < m; i++) store<u32>(space.windows + (<usize>i << 2), first + i);
  encode_amortised(state, space, m);
  for (let i: u32 = 0; i < m; i++) {
    const out = state.results + (<usize>((first + i) * state.resultStride) << 2);
    memory.copy(out, posterior_mean(state, space, i), <usize>latents << 2);
    for (let l: u32 = 0; l < latents; l++) {
      const at = <usize>l << 2;
      store<f32>(out + (<usize>latents << 2) + at, <f32>exp64(<f64>load<f32>(log_sigma(state, space, i) + at)));
    }
  }
}

/**
 * Mean windows at latents z (count, all of them, the pose in prior standard deviations), count up to CHUNK. Gives their address, (count,
 * windowRows, windowCols).
 */
export function decode_amortised(state: State, z: usize, count: u32): usize {
  const space = amortised_space(workspace(state, 0));
  memory.copy(space.z, z, <usize>(count * state.latents) << 2);
  // The gradient of the encoder's input, which nothing uses.
  const pictures = space.encoderD, size = <usize>state.pixels << 2;
  if (spatial(state.config)) {
    content_forward(state, space, count);
    take_weights(state, space);
    for (let i: u32 = 0; i < count; i++) {
      paint_spatial(state, space, i);
      memory.copy(pictures + <usize>i * size, space.natural, size);
    }
  } else {
    const natural = paint_plain(state, space, count), stride = <usize>padded(state.pixels) << 2;
    for (let i: u32 = 0; i < count; i++) memory.copy(pictures + <usize>i * size, natural + <usize>i * stride, size);
  }
  // The Gaussian's mean is a sigmoid too.
  const kind = getU32(state.config, Config.LIKELIHOOD);
  link(pictures, pictures, count * state.pixels, kind == GAUSSIAN ? BERNOULLI : kind);
  return pictures;
}
