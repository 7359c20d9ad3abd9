import { load_lanes, store_lanes } from "./lanes";
import { gelu_ps, gelu_slope_ps, sigmoid_ps, softplus_ps, tanh_ps } from "./math";
import { fma } from "./simd";

export const LINEAR: i32 = 0;
export const RELU: i32 = 1;
/** The tanh form. */
export const GELU: i32 = 2;
export const TANH: i32 = 3;
export const SIGMOID: i32 = 4;
export const SOFTPLUS: i32 = 5;

/** Activation `kind` of four floats; `kind` is a constant after inlining. */
@inline
export function activation_ps(x: v128, kind: i32): v128 {
  if (kind === RELU) return f32x4.max(x, f32x4.splat(0));
  if (kind === GELU) return gelu_ps(x);
  if (kind === TANH) return tanh_ps(x);
  if (kind === SIGMOID) return sigmoid_ps(x);
  if (kind === SOFTPLUS) return softplus_ps(x);
  return x;
}

/** Derivative of activation `kind` at `x`, where it gave `y`. ReLU's is 0 at 0, as in PyTorch. */
@inline
export function activation_slope_ps(x: v128, y: v128, kind: i32): v128 {
  const one = f32x4.splat(1);
  if (kind === RELU) return v128.and(f32x4.gt(x, f32x4.splat(0)), one);
  if (kind === GELU) return gelu_slope_ps(x);
  if (kind === TANH) return f32x4.sub(one, f32x4.mul(y, y));
  if (kind === SIGMOID) return f32x4.mul(y, f32x4.sub(one, y));
  if (kind === SOFTPLUS) return sigmoid_ps(x);
  return one;
}

@inline
function forward_ps(y: usize, x: usize, kind: i32, count: usize): void {
  store_lanes(y, activation_ps(load_lanes(x, count), kind), count);
}

@inline
function forward_all(y: usize, x: usize, n: usize, kind: i32): void {
  const end = (n & ~3) * 4;
  for (let at: usize = 0; at < end; at += 16) forward_ps(y + at, x + at, kind, 4);
  if (n & 3) forward_ps(y + end, x + end, kind, n & 3);
}

@inline
function backward_ps(dx: usize, dy: usize, x: usize, y: usize, kind: i32, count: usize): void {
  const slope = activation_slope_ps(load_lanes(x, count), load_lanes(y, count), kind);
  store_lanes(dx, fma(load_lanes(dy, count), slope, load_lanes(dx, count)), count);
}

@inline
function backward_all(dx: usize, dy: usize, x: usize, y: usize, n: usize, kind: i32): void {
  const end = (n & ~3) * 4;
  for (let at: usize = 0; at < end; at += 16) backward_ps(dx + at, dy + at, x + at, y + at, kind, 4);
  if (n & 3) backward_ps(dx + end, dy + end, x + end, y + end, kind, n & 3);
}

/** y = activation(x), `n` floats. Writes y, which may be x where `activation_backward` needs no x (tanh, sigmoid). */
export function activation_forward(y: usize, x: usize, n: usize, kind: i32): void {
  if (kind === LINEAR) memory.copy(y, x, n * 4);
  else if (kind === RELU) forward_all(y, x, n, RELU);
  else if (kind === GELU) forward_all(y, x, n, GELU);
  else if (kind === TANH) forward_all(y, x, n, TANH);
  else if (kind === SIGMOID) forward_all(y, x, n, SIGMOID);
  else forward_all(y, x, n, SOFTPLUS);
}

/** dx += dy · activation'(x), `n` floats; `y` is what forward gave. Accumulates (+=) into dx. */
export function activation_backward(dx: usize, dy: usize, x: usize, y: usize, n: usize, kind: i32): void {
  if (kind === LINEAR) backward_all(dx, dy, x, y, n, LINEAR);
  else if (kind === RELU) backward_all(dx, dy, x, y, n, RELU);
  else if (kind === GELU) backward_all(dx, dy, x, y, n, GELU);
  else if (kind === TANH) backward_all(dx, dy, x, y, n, TANH);
  else if (kind === SIGMOID) backward_all(dx, dy, x, y, n, SIGMOID);
  else backward_all(dx, dy, x, y, n, SOFTPLUS);
}
