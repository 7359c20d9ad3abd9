import { exp_ps } from "./math";
import { fma, hsum } from "./simd";

/*
 * A mixture of K normals with diagonal covariances S_k in L dimensions, as a prior of content:
 *   −log p(z) = −log Σ_k w_k N(z; m_k, S_k)
 * `components` is (2L + 1, K) f32, K a multiple of 4: means m (L, K), inverse variances 1/S (L, K), and log w_k − ½ Σ_l log S_kl (K).
 * What is padding has a logarithm of −1e30 and inverse variances of 0.
 */

/** shares (K): the components' shares of p(z), their sum not yet 1. Writes; gives the sum. */
function component_shares(shares: usize, z: usize, components: usize, count: u32, latents: u32): f32 {
  const row = <usize>count << 2, precisions = components + <usize>latents * row, constants = precisions + <usize>latents * row;
  let most = f32x4.splat(-f32.MAX_VALUE);
  for (let at: usize = 0; at < row; at += 16) {
    let squares = f32x4.splat(0);
    for (let l: u32 = 0; l < latents; l++) {
      const off = f32x4.sub(v128.load32_splat(z + (<usize>l << 2)), v128.load(components + l * row + at));
      squares = fma(f32x4.mul(off, off), v128.load(precisions + l * row + at), squares);
    }
    const energy = fma(f32x4.splat(-0.5), squares, v128.load(constants + at));
    most = f32x4.max(most, energy);
    v128.store(shares + at, energy);
  }
  most = f32x4.max(most, v128.shuffle<f32>(most, most, 2, 3, 0, 1));
  const greatest = f32x4.splat(max(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)));
  let sum = f32x4.splat(0);
  for (let at: usize = 0; at < row; at += 16) {
    const share = exp_ps(f32x4.sub(v128.load(shares + at), greatest));
    sum = f32x4.add(sum, share);
    v128.store(shares + at, share);
  }
  return hsum(sum);
}

/**
 * Derivatives of −log p at z (L) f32: gradient (L), and the Hessian's two parts, both f64: precision (L), the mean of 1/S_k over the components'
 * shares, and spread (L, L), the covariance of their pulls (z − m_k)/S_k. The Hessian is diag(precision) − spread. Writes.
 * `shares` is K f32 of scratch.
 */
export function mixture_derivatives(gradient: usize, precision: usize, spread: usize, z: usize, components: usize, count: u32, latents: u32, shares: usize): void {
  const row = <usize>count << 2, precisions = components + <usize>latents * row;
  const scale = 1 / <f64>component_shares(shares, z, components, count, latents);
  for (let l: u32 = 0; l < latents; l++) {
    const place = v128.load32_splat(z + (<usize>l << 2));
    let pull = f32x4.splat(0), width = pull;
    for (let at: usize = 0; at < row; at += 16) {
      const own = f32x4.mul(v128.load(shares + at), v128.load(precisions + l * row + at));
      width = f32x4.add(width, own);
      pull = fma(own, f32x4.sub(place, v128.load(components + l * row + at)), pull);
    }
    store<f64>(gradient + (<usize>l << 3), scale * <f64>hsum(pull));
    store<f64>(precision + (<usize>l << 3), scale * <f64>hsum(width));
    for (let k: u32 = 0; k <= l; k++) {
      const other = v128.load32_splat(z + (<usize>k << 2));
      let both = f32x4.splat(0);
      for (let at: usize = 0; at < row; at += 16) {
        const first = f32x4.mul(v128.load(precisions + l * row + at), f32x4.sub(place, v128.load(components + l * row + at)));
        const second = f32x4.mul(v128.load(precisions + k * row + at), f32x4.sub(other, v128.load(components + k * row + at)));
        both = fma(f32x4.mul(first, second), v128.load(shares + at), both);
      }
      const value = scale * <f64>hsum(both) - load<f64>(gradient + (<usize>l << 3)) * load<f64>(gradient + (<usize>k << 3));
      store<f64>(spread + (<usize>(l * latents + k) << 3), value);
      store<f64>(spread + (<usize>(k * latents + l) << 3), value);
    }
  }
}
