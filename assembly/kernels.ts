/** Entry for tests and benchmarks: every kernel by itself. The core's entry is abi.ts. */
export { hsum } from "./kernels/simd";
