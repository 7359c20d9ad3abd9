import { kl_backward, kl_forward } from "../kernels/kl";
import { log_softplus_backward, log_softplus_forward } from "../kernels/log_softplus";
import { padded } from "../kernels/matmul";
import { reparameterize_backward, reparameterize_forward } from "../kernels/reparameterize";
import { plain_objective, spatial_objective } from "./amortised_decoder";
import { AmortisedSpace, pose_latents, spatial } from "./amortised_layout";
import { Config, getU32 } from "./config";
import { network_backward, network_forward, output_address } from "./layers";
import { STREAM_LATENT, cut_window, kl_latent, seed_of } from "./step";
import { ChunkSums, State } from "./state";

/*
 * One chunk of a training step in the amortised mode: windows → encoder → pose and content drawn from their posterior → decoder → likelihood
 * → backward. The loss of a window is −log p(x | z) + β·KL(q(z | x) ‖ N(0, 1)), the KL in closed form, over pose and content alike.
 */

/** Windows whose indices are at space.windows through the encoder. */
export function encode_amortised(state: State, space: AmortisedSpace, m: u32): void {
  for (let i: u32 = 0; i < m; i++) {
    cut_window(state, space.encoderX + (<usize>(i * padded(state.pixels)) << 2), load<u32>(space.windows + (<usize>i << 2)));
  }
  network_forward(state.encoder, space.encoderX, state.parameters, getU32(state.config, Config.CHUNK), m, space.packing);
  for (let i: u32 = 0; i < m; i++) {
    const spread = posterior_mean(state, space, i) + (<usize>state.latents << 2);
    log_softplus_forward(log_sigma(state, space, i), spread, state.latents);
  }
}

/** Address of window i's posterior means; softplus⁻¹ of the standard deviations follow. */
@inline
export function posterior_mean(state: State, space: AmortisedSpace, i: u32): usize {
  const n = getU32(state.config, Config.CHUNK);
  return output_address(state.encoder, space.encoderX, n) + (<usize>(i * padded(2 * state.latents)) << 2);
}

@inline
export function log_sigma(state: State, space: AmortisedSpace, i: u32): usize {
  return space.logSigma + (<usize>(i * state.latents) << 2);
}

/** KL of every latent, and the gradient of the whole loss to (mean, softplus⁻¹ σ) into the encoder's output gradient. */
function posterior_backward(state: State, space: AmortisedSpace, m: u32, beta: f64, sums: ChunkSums, scale: f64): void {
  const latents = state.latents, pose = pose_latents(state.config);
  const stride = <usize>padded(2 * latents) << 2;
  const dEncoded = output_address(state.encoder, space.encoderD, getU32(state.config, Config.CHUNK));
  memory.fill(dEncoded, 0, <usize>m * stride);
  for (let l: u32 = 0; l < latents; l++) {
    store<f32>(space.widths + (<usize>l << 2), 1);
    store<f32>(space.klWeights + (<usize>l << 2), <f32>(beta * scale));
  }
  for (let i: u32 = 0; i < m; i++) {
    const row = <usize>(i * latents) << 2;
    const mean = posterior_mean(state, space, i), spread = log_sigma(state, space, i), dMean = dEncoded + <usize>i * stride;
    kl_forward(space.kl, mean, spread, space.widths, 1, latents);
    for (let l: u32 = 0; l < latents; l++) {
      const kl = <f64>load<f32>(space.kl + (<usize>l << 2));
      sums.kl += kl;
      if (l >= pose) store<f64>(kl_latent(sums, l - pose), load<f64>(kl_latent(sums, l - pose)) + kl);
    }
    memory.fill(space.dLogSigma, 0, <usize>latents << 2);
    reparameterize_backward(dMean, space.dLogSigma, space.dz + row, space.noise + row, spread, 1, latents);
    kl_backward(dMean, space.dLogSigma, space.klWeights, mean, spread, space.widths, 1, latents);
    log_softplus_backward(dMean + (<usize>latents << 2), space.dLogSigma, mean + (<usize>latents << 2), latents);
  }
}

/**
 * Forward and backward of the m windows whose indices are at space.windows, the `first` of the batch: gradients of the mean over the batch
 * (weight `scale` a window) accumulate into `gradient`, sums into `sums`.
 */
export function train_amortised_chunk(
  state: State, space: AmortisedSpace, first: u32, m: u32, step: u32, beta: f64, scale: f64, gradient: usize, sums: ChunkSums,
): void {
  const n = getU32(state.config, Config.CHUNK), latents = state.latents, seed = seed_of(state.config);
  encode_amortised(state, space, m);
  for (let i: u32 = 0; i < m; i++) {
    const row = <usize>(i * latents) << 2;
    const mean = posterior_mean(state, space, i), spread = log_sigma(state, space, i);
    reparameterize_forward(space.z + row, space.noise + row, mean, spread, 1, latents, seed, STREAM_LATENT, step, first + i);
  }
  if (spatial(state.config)) sums.nll += spatial_objective(state, space, m, <f32>scale, gradient);
  else sums.nll += plain_objective(state, space, m, <f32>scale, gradient);
  posterior_backward(state, space, m, beta, sums, scale);
  network_backward(state.encoder, space.encoderD, gradient, space.encoderX, state.parameters, n, m, false, space.packing);
  sums.windows += <f64>m;
}
