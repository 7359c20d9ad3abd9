import { smoothness_backward, smoothness_forward, total_variation_backward, total_variation_forward } from "../kernels/latent_penalty";
import { Config, get, getU32 } from "./config";
import { Progress, State, Workspace } from "./state";

/*
 * Conditions on the latents of neighbouring motifs (Ziatdinov, Wong, Kalinin, Mach. Learn.: Sci. Technol. 4, 045033 (2023): physical
 * conditions in the training of a VAE), as a term of the loss whose gradient goes through the encoder:
 *
 *   loss per window = −ELBO + w(step) · [ SMOOTH · mean_pairs Σ_l (μ_i − μ_j)²/(σ_i² + σ_j²) + TV · mean_pairs Σ_l |μ_i − μ_j| + host's ]
 *
 * with w the warm-up of β: before content means something, neighbours are not asked to agree on it. Windows are drawn in patches of
 * PATCH × PATCH, one lattice vector apart; element k of patch p is window k · patches + p, so that the first windows are all of different
 * patches. Two windows of a patch are neighbours where the motifs found in them are one lattice vector apart, whatever their order in it.
 */

/** |μ_i − μ_j| is rounded below this, prior standard deviations. */
const TV_ROUNDING: f64 = 0.1;
/** Neighbours' motifs lie within this share of a lattice vector from where it points: as for results (src/results/lattice.ts). */
const TOLERANCE: f64 = 0.3;

@inline
export function conditioned(config: usize): bool {
  return getU32(config, Config.PATCH) > 1;
}

@inline
function patch_size(config: usize): u32 {
  return getU32(config, Config.PATCH) * getU32(config, Config.PATCH);
}

/** Whole patches among the windows. */
@inline
export function patch_count(config: usize): u32 {
  return getU32(config, Config.WINDOWS) / patch_size(config);
}

/** Patches that a batch holds; the last one is cut short where they do not fill it. */
@inline
export function batch_patches(config: usize): u32 {
  return (getU32(config, Config.BATCH) + patch_size(config) - 1) / patch_size(config);
}

/** Window of place `element` of a patch. */
@inline
export function patch_window(config: usize, patch: u32, element: u32): u32 {
  return element * patch_count(config) + patch;
}

/** Keeps the pose and the encoder's output (μ, log σ at `encoded`) of window i of the chunk, which is `slot` of the batch. */
export function keep_latents(state: State, space: Workspace, i: u32, slot: u32, window: u32, encoded: usize): void {
  const bytes = <usize>getU32(state.config, Config.LATENT_DIM) << 2;
  memory.copy(state.batchMean + <usize>slot * bytes, encoded, bytes);
  memory.copy(state.batchSpread + <usize>slot * bytes, encoded + bytes, bytes);
  const pose = state.batchPose + (<usize>slot << 4);
  store<u64>(pose, load<u64>(space.shift + (<usize>i << 3)));
  store<u32>(pose, load<u32>(space.chosen + (<usize>i << 2)), 8);
  const origin = state.origins + <usize>window * 12, place = state.batchPlace + (<usize>slot << 4);
  store<f64>(place, <f64>load<i32>(origin, 4) + <f64>load<f32>(pose));
  store<f64>(place, <f64>load<i32>(origin, 8) + <f64>load<f32>(pose, 4), 8);
}

/** Puts the kept pose back. */
export function restore_pose(state: State, space: Workspace, i: u32, slot: u32): void {
  const pose = state.batchPose + (<usize>slot << 4);
  store<u64>(space.shift + (<usize>i << 3), load<u64>(pose));
  store<u32>(space.chosen + (<usize>i << 2), load<u32>(pose, 8));
}

/** Conditions of a batch whose latents are all kept, by one thread: pairs, penalty, and its gradient in place of the last batch's. */
export function penalise(state: State): void {
  const config = state.config;
  const latents = getU32(config, Config.LATENT_DIM);
  const bytes = <usize>(getU32(config, Config.BATCH) * latents) << 2;
  memory.fill(state.batchMeanGradient, 0, bytes);
  memory.fill(state.batchSpreadGradient, 0, bytes);
  const pairs = find_pairs(state);
  let penalty: f64 = 0;
  const smooth = get(config, Config.SMOOTH) / <f64>pairs, tv = get(config, Config.TV) / <f64>pairs;
  const mean = state.batchMean, spread = state.batchSpread, list = state.batchPairs;
  if (pairs > 0 && smooth > 0) {
    penalty += smooth * smoothness_forward(mean, spread, list, pairs, latents);
    smoothness_backward(state.batchMeanGradient, state.batchSpreadGradient, smooth, mean, spread, list, pairs, latents);
  }
  if (pairs > 0 && tv > 0) {
    penalty += tv * total_variation_forward(mean, list, pairs, latents, TV_ROUNDING);
    total_variation_backward(state.batchMeanGradient, tv, mean, list, pairs, latents, TV_ROUNDING);
  }
  store<f64>(state.progress + (<usize>Progress.PAIRS << 3), <f64>pairs);
  store<f64>(state.progress + (<usize>Progress.BATCH_PENALTY << 3), penalty);
}

/** Writes the pairs of neighbours (rows of the batch; the second lies one lattice vector on from the first). Gives their number. */
function find_pairs(state: State): u32 {
  const config = state.config;
  const size = patch_size(config), batch = getU32(config, Config.BATCH);
  let count: u32 = 0;
  for (let first: u32 = 0; first < batch; first += size) {
    const end = min(batch, first + size);
    for (let i = first; i < end; i++) {
      for (let j = first; j < end; j++) {
        if (!one_vector_on(state, i, j, Config.LATTICE_A_ROW) && !one_vector_on(state, i, j, Config.LATTICE_B_ROW)) continue;
        const pair = state.batchPairs + (<usize>count << 3);
        store<u32>(pair, i);
        store<u32>(pair, j, 4);
        count++;
      }
    }
  }
  return count;
}

/** Whether the motif of window j is where the lattice vector whose row is `field` points from that of window i. */
function one_vector_on(state: State, i: u32, j: u32, field: i32): bool {
  const row = get(state.config, field), col = get(state.config, field + 1);
  const from = state.batchPlace + (<usize>i << 4), to = state.batchPlace + (<usize>j << 4);
  const dRow = load<f64>(to) - load<f64>(from) - row, dCol = load<f64>(to, 8) - load<f64>(from, 8) - col;
  return dRow * dRow + dCol * dCol < TOLERANCE * TOLERANCE * (row * row + col * col);
}

/** dMean, dSpread of window `slot` += w · the conditions' gradient. Accumulates. */
export function condition_backward(dMean: usize, dSpread: usize, state: State, slot: u32, w: f64): void {
  const latents = getU32(state.config, Config.LATENT_DIM);
  for (let l: u32 = 0; l < latents; l++) {
    const at = <usize>l << 2, from = <usize>(slot * latents + l) << 2;
    store<f32>(dMean + at, <f32>(<f64>load<f32>(dMean + at) + w * <f64>load<f32>(state.batchMeanGradient + from)));
    store<f32>(dSpread + at, <f32>(<f64>load<f32>(dSpread + at) + w * <f64>load<f32>(state.batchSpreadGradient + from)));
  }
}
