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
  const end = (n & ~3) * 4, even = (n & ~7) * 4;
  // Two vectors a turn share the constants, and V8's revectorizer joins them.
  for (let at: usize = 0; at < even; at += 32) {
    const low = activation_ps(v128.load(x + at), kind), high = activation_ps(v128.load(x + at, 16), kind);
    v128.store(y + at, low);
    v128.store(y + at, high, 16);
  }
  if (n & 4) forward_ps(y + even, x + even, kind, 4);
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

/*
 * A loop for each kind, in functions of their own: as arms of one function Binaryen takes the loops for the same code and chooses the kind in every turn.
 */

function relu_forward(y: usize, x: usize, n: usize): void {
  forward_all(y, x, n, RELU);
}

function gelu_forward(y: usize, x: usize, n: usize): void {
  forward_all(y, x, n, GELU);
}

function tanh_forward(y: usize, x: usize, n: usize): void {
  forward_all(y, x, n, TANH);
}

function sigmoid_forward(y: usize, x: usize, n: usize): void {
  forward_all(y, x, n, SIGMOID);
}

function softplus_forward(y: usize, x: usize, n: usize): void {
  forward_all(y, x, n, SOFTPLUS);
}

/** y = activation(x), `n` floats. Writes y, which may be x where `activation_backward` needs no x (tanh, sigmoid). */
export function activation_forward(y: usize, x: usize, n: usize, kind: i32): void {
  if (kind === LINEAR) memory.copy(y, x, n * 4);
  else if (kind === RELU) relu_forward(y, x, n);
  else if (kind === GELU) gelu_forward(y, x, n);
  else if (kind === TANH) tanh_forward(y, x, n);
  else if (kind === SIGMOID) sigmoid_forward(y, x, n);
  else softplus_forward(y, x, n);
}

function linear_backward(dx: usize, dy: usize, x: usize, y: usize, n: usize): void {
  backward_all(dx, dy, x, y, n, LINEAR);
}

function relu_backward(dx: usize, dy: usize, x: usize, y: usize, n: usize): void {
  backward_all(dx, dy, x, y, n, RELU);
}

function gelu_backward(dx: usize, dy: usize, x: usize, y: usize, n: usize): void {
  backward_all(dx, dy, x, y, n, GELU);
}

function tanh_backward(dx: usize, dy: usize, x: usize, y: usize, n: usize): void {
  backward_all(dx, dy, x, y, n, TANH);
}

function sigmoid_backward(dx: usize, dy: usize, x: usize, y: usize, n: usize): void {
  backward_all(dx, dy, x, y, n, SIGMOID);
}

function softplus_backward(dx: usize, dy: usize, x: usize, y: usize, n: usize): void {
  backward_all(dx, dy, x, y, n, SOFTPLUS);
}

/** dx += dy · activation'(x), `n` floats; `y` is what forward gave. Accumulates (+=) into dx. */
export function activation_backward(dx: usize, dy: usize, x: usize, y: usize, n: usize, kind: i32): void {
  if (kind === LINEAR) linear_backward(dx, dy, x, y, n);
  else if (kind === RELU) relu_backward(dx, dy, x, y, n);
  else if (kind === GELU) gelu_backward(dx, dy, x, y, n);
  else if (kind === TANH) tanh_backward(dx, dy, x, y, n);
  else if (kind === SIGMOID) sigmoid_backward(dx, dy, x, y, n);
  else softplus_backward(dx, dy, x, y, n);
}
