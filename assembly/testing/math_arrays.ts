/** The vector functions over `n` floats (a multiple of 4): JavaScript cannot pass vectors, so tests come through here. */
import { exp_ps, gelu_ps, log_ps, sigmoid_ps, softplus_ps, tanh_ps } from "../kernels/math";

export function exp_array(y: usize, x: usize, n: usize): void {
  for (let i: usize = 0; i < n * 4; i += 16) v128.store(y + i, exp_ps(v128.load(x + i)));
}

export function log_array(y: usize, x: usize, n: usize): void {
  for (let i: usize = 0; i < n * 4; i += 16) v128.store(y + i, log_ps(v128.load(x + i)));
}

export function tanh_array(y: usize, x: usize, n: usize): void {
  for (let i: usize = 0; i < n * 4; i += 16) v128.store(y + i, tanh_ps(v128.load(x + i)));
}

export function sigmoid_array(y: usize, x: usize, n: usize): void {
  for (let i: usize = 0; i < n * 4; i += 16) v128.store(y + i, sigmoid_ps(v128.load(x + i)));
}

export function softplus_array(y: usize, x: usize, n: usize): void {
  for (let i: usize = 0; i < n * 4; i += 16) v128.store(y + i, softplus_ps(v128.load(x + i)));
}

export function gelu_array(y: usize, x: usize, n: usize): void {
  for (let i: usize = 0; i < n * 4; i += 16) v128.store(y + i, gelu_ps(v128.load(x + i)));
}
