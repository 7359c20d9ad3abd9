import { mixture_derivatives } from "../kernels/mixture";
import { raise_eigenvalues } from "../kernels/symmetric";
import { Progress, State, Workspace } from "./state";
import { add_prior } from "./pose";

/*
 * The prior of content that encoding has. Training's is N(0, 1), but contents of an image fill only a part of it: a curve, a few clusters. What lies
 * beside them no window was ever like, and there the decoder may move the whole motif as content changes; a window that shows little of its
 * content would find its shift anywhere along. With the mixture of the contents that training ended with (the aggregated posterior; Tomczak and
 * Welling, AISTATS 2018) as their prior, it does not.
 */

/** Least curvature of −log p in any direction, in the components' own there: between clusters it is negative. */
const LEAST_CURVATURE: f64 = 0.05;

/** f64 in `Workspace.prior`. */
@inline
export function prior_size(latents: u32): u32 {
  return latents * (2 + 3 * latents);
}

/** Adds content's prior, content at z from column `first` on, to the normal equations of a window: σ² times curvature and pull. */
export function add_content_prior(state: State, space: Workspace, first: u32, columns: u32, z: usize, variance: f64): void {
  const latents = columns - first, count = <u32>load<f64>(state.progress + (<usize>Progress.CONTENTS << 3));
  if (count == 0) {
    for (let l: u32 = 0; l < latents; l++) add_prior(space, columns, first + l, variance, load<f32>(z + (<usize>l << 2)));
    return;
  }
  const vector = <usize>latents << 3, matrix = vector * latents;
  const gradient = space.prior, precision = gradient + vector, spread = precision + vector, curvature = spread + matrix, vectors = curvature + matrix;
  mixture_derivatives(gradient, precision, spread, z, state.contents, count, latents, space.shares);
  // In units of the components' precision: 1 less the spread of their pulls.
  for (let l: u32 = 0; l < latents; l++) {
    for (let k: u32 = 0; k < latents; k++) {
      const at = spread + (<usize>(l * latents + k) << 3);
      store<f64>(at, (l == k ? 1.0 : 0.0) - load<f64>(at) / scale_of(precision, l, k));
    }
  }
  raise_eigenvalues(curvature, spread, latents, LEAST_CURVATURE, vectors);
  for (let l: u32 = 0; l < latents; l++) {
    const b = space.rhs + (<usize>(first + l) << 3);
    store<f64>(b, load<f64>(b) - variance * load<f64>(gradient + (<usize>l << 3)));
    for (let k: u32 = 0; k < latents; k++) {
      const at = space.normal + (<usize>((first + l) * columns + first + k) << 3);
      const own = load<f64>(curvature + (<usize>(l * latents + k) << 3));
      store<f64>(at, load<f64>(at) + variance * scale_of(precision, l, k) * own);
    }
  }
}

/** √(p_l · p_k). */
@inline
function scale_of(precision: usize, l: u32, k: u32): f64 {
  return sqrt(load<f64>(precision + (<usize>l << 3)) * load<f64>(precision + (<usize>k << 3)));
}
