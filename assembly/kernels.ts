/** Entry for tests and benchmarks: every kernel by itself, but for functions of vectors, which JavaScript cannot call. The core's entry is abi.ts. */
export { cos64, exp64, log64, sin64, tanh64 } from "./kernels/math";
export { activation_backward, activation_forward } from "./kernels/activation";
export * from "./testing/math_arrays";
export { fill_normal, permute, random_normal, random_uniform } from "./kernels/random";
export * from "./kernels/adam";
export * from "./kernels/reduce";
export * from "./testing/random_arrays";
export * from "./kernels/fft";
export * from "./kernels/autocorrelation";
export * from "./kernels/gain_offset";
export * from "./kernels/reparameterize";
export * from "./kernels/kl";
export * from "./kernels/latent_penalty";
export * from "./kernels/likelihood";
