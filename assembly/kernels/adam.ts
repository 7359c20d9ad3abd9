import { load_lanes, store_lanes } from "./lanes";
import { fma } from "./simd";

/** The step's scalars, in all lanes, are locals of `adam` because nothing may be allocated. Returns −1 in skipped lanes. */
@inline
function adam_ps(
  p: usize,
  g: usize,
  m: usize,
  v: usize,
  beta1: v128,
  rest1: v128,
  beta2: v128,
  rest2: v128,
  step: v128,
  root: v128,
  eps: v128,
  keep: v128,
  count: usize,
): v128 {
  const gradient = load_lanes(g, count);
  // inf − inf and NaN − NaN are NaN; everything else is 0.
  const finite = f32x4.eq(f32x4.sub(gradient, gradient), f32x4.splat(0));
  const oldM = load_lanes(m, count);
  const oldV = load_lanes(v, count);
  const oldP = load_lanes(p, count);
  const newM = fma(beta1, oldM, f32x4.mul(rest1, gradient));
  const newV = fma(beta2, oldV, f32x4.mul(rest2, f32x4.mul(gradient, gradient)));
  const update = f32x4.div(f32x4.mul(step, newM), fma(f32x4.sqrt(newV), root, eps));
  store_lanes(m, v128.bitselect(newM, oldM, finite), count);
  store_lanes(v, v128.bitselect(newV, oldV, finite), count);
  store_lanes(p, v128.bitselect(f32x4.sub(f32x4.mul(oldP, keep), update), oldP, finite), count);
  return v128.not(finite);
}

/**
 * One step of Adam (Kingma & Ba, arXiv 1412.6980) with decoupled weight decay (Loshchilov & Hutter, arXiv 1711.05101)
 * on `n` parameters, at step t = 1, 2, …:
 *
 *     m ← β₁·m + (1 − β₁)·g        v ← β₂·v + (1 − β₂)·g²
 *     p ← (1 − lr·decay)·p − lr·(m/c₁)/(√(v/c₂) + ε)        c₁ = 1 − β₁ᵗ, c₂ = 1 − β₂ᵗ
 *
 * Writes params, m and v, except where the gradient is not finite: there all three stay. Returns how many stayed.
 */
export function adam(
  params: usize,
  grads: usize,
  m: usize,
  v: usize,
  n: usize,
  lr: f64,
  beta1: f64,
  beta2: f64,
  eps: f64,
  correction1: f64,
  correction2: f64,
  weight_decay: f64,
): u32 {
  const b1 = f32x4.splat(<f32>beta1);
  const r1 = f32x4.splat(<f32>(1 - beta1));
  const b2 = f32x4.splat(<f32>beta2);
  const r2 = f32x4.splat(<f32>(1 - beta2));
  const step = f32x4.splat(<f32>(lr / correction1));
  const root = f32x4.splat(<f32>(1 / sqrt<f64>(correction2)));
  const e = f32x4.splat(<f32>eps);
  const keep = f32x4.splat(<f32>(1 - lr * weight_decay));
  const end = (n & ~3) * 4;
  const rest = n & 3;
  let skipped = i32x4.splat(0);
  for (let at: usize = 0; at < end; at += 16) {
    const some = adam_ps(params + at, grads + at, m + at, v + at, b1, r1, b2, r2, step, root, e, keep, 4);
    skipped = i32x4.sub(skipped, some);
  }
  if (rest) {
    // Lanes beyond the rest hold zeros, which are finite.
    const last = adam_ps(params + end, grads + end, m + end, v + end, b1, r1, b2, r2, step, root, e, keep, rest);
    skipped = i32x4.sub(skipped, last);
  }
  const pairs = i32x4.add(skipped, v128.shuffle<i32>(skipped, skipped, 2, 3, 0, 1));
  return i32x4.extract_lane(pairs, 0) + i32x4.extract_lane(pairs, 1);
}
