/** Entry for tests and benchmarks: every kernel by itself. The core's entry is abi.ts. */
export { hsum } from "./kernels/simd";
export * from "./kernels/math";
export * from "./kernels/activation";
export * from "./testing/math_arrays";
export * from "./kernels/random";
export * from "./kernels/adam";
export * from "./kernels/reduce";
export * from "./testing/random_arrays";
