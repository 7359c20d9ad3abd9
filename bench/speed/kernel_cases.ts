/**
 * What is measured of the kernels: the library's own shapes (windows of 32 px, shifts to 11 px, chunks of 24) and one product
 * of a size that others quote. Sizes of products are m×n×k as the kernel counts them: all three multiply m·n·k times.
 */
import type { KernelMemory } from "./kernel_memory.ts";

/** A kernel with its arguments in place. */
export interface PreparedCase {
  run(): void;
  /** What it wrote. */
  readonly output: { readonly address: number; readonly length: number };
}

export interface KernelCase {
  readonly name: string;
  readonly shape: string;
  /** Work of one call: floating-point operations (a multiply-add is two), or bytes read and written. */
  readonly work: number;
  readonly unit: "GFLOP/s" | "GB/s";
  prepare(memory: KernelMemory): PreparedCase;
}

type Size = readonly [m: number, n: number, k: number];

const CHUNK = 24;
const WINDOW = 32;
/** Window, largest shift each way, and the spline's taps. */
const CANVAS = WINDOW + 2 * 11 + 4;
const BIG: Size = [4096, 128, 128];

const padded = (columns: number) => (columns + 7) & ~7;

function flops(name: string, shape: string, work: number, prepare: KernelCase["prepare"]): KernelCase {
  return { name, shape, work, unit: "GFLOP/s", prepare };
}

function bytes(name: string, shape: string, work: number, prepare: KernelCase["prepare"]): KernelCase {
  return { name, shape, work, unit: "GB/s", prepare };
}

function product(name: string, [m, n, k]: Size, prepare: KernelCase["prepare"]): KernelCase {
  return flops(name, `${m}×${n}×${k}`, 2 * m * n * k, prepare);
}

/** C (m, n) = A (m, k)·B (k, n), A packed. */
function ab([m, n, k]: Size): KernelCase {
  return product("matmul_ab", [m, n, k], (memory) => {
    const { matmul_ab, packed_rows_size } = memory.kernels;
    const length = m * padded(n);
    const [a, b, c] = [memory.uniform(packed_rows_size(m, k)), memory.uniform(k * padded(n)), memory.zeros(length)];
    return { run: () => matmul_ab(c, a, b, 0, m, n, k, padded(n), 0), output: { address: c, length } };
  });
}

/** C (m, n) += Aᵀ·B, A (k, m) packed, B (k, n) row-major, and B's sums: a layer's gradient. */
function atb([m, n, k]: Size): KernelCase {
  return product("matmul_atb", [m, n, k], (memory) => {
    const { matmul_atb, packed_rows_size } = memory.kernels;
    const length = m * padded(n);
    const [a, b, c] = [memory.uniform(packed_rows_size(m, k)), memory.uniform(k * padded(n)), memory.zeros(length)];
    const [sums, scratch] = [memory.zeros(padded(n)), memory.zeros(16 * k)];
    const run = () => matmul_atb(c, sums, a, b, m, n, k, padded(n), scratch, 0, 1);
    return { run, output: { address: c, length } };
  });
}

/** C (m, k) = A (m, n)·Bᵀ, A packed, B (k, n) in panels: the gradient to a layer's input. */
function abt([m, n, k]: Size): KernelCase {
  return product("matmul_abt", [m, n, k], (memory) => {
    const { matmul_abt, matmul_abt_scratch, packed_rows_size } = memory.kernels;
    const length = m * padded(k);
    const [a, b, c] = [memory.uniform(packed_rows_size(m, n)), memory.uniform(k * padded(n)), memory.zeros(length)];
    const scratch = memory.zeros(matmul_abt_scratch(n));
    return { run: () => matmul_abt(c, a, b, m, n, k, padded(k), scratch, 0), output: { address: c, length } };
  });
}

function denseForward([m, n, k]: Size): KernelCase {
  return product("dense_forward", [m, n, k], (memory) => {
    const { dense_forward, dense_scratch } = memory.kernels;
    const length = m * padded(n);
    const [x, w, b] = [memory.uniform(m * padded(k)), memory.uniform(k * padded(n)), memory.uniform(padded(n))];
    const [y, scratch] = [memory.zeros(length), memory.zeros(dense_scratch(m, n, k))];
    return { run: () => dense_forward(y, x, w, b, m, n, k, scratch), output: { address: y, length } };
  });
}

/** Both products of the way back. */
function denseBackward([m, n, k]: Size): KernelCase {
  return flops("dense_backward", `${m}×${n}×${k}`, 4 * m * n * k, (memory) => {
    const { dense_backward, dense_scratch } = memory.kernels;
    const length = m * padded(k);
    const [x, w, dy] = [memory.uniform(m * padded(k)), memory.uniform(k * padded(n)), memory.uniform(m * padded(n))];
    const [dx, dw, db] = [memory.zeros(length), memory.zeros(k * padded(n)), memory.zeros(padded(n))];
    const scratch = memory.zeros(dense_scratch(m, n, k));
    return { run: () => dense_backward(dx, dw, db, dy, x, w, m, n, k, scratch), output: { address: dx, length } };
  });
}

/** The convolutional encoder's second layer. */
const CONV = { n: CHUNK, side: WINDOW / 2, inC: 16, outC: 32, stride: 2 };

function conv2d(direction: "forward" | "backward"): KernelCase {
  const { n, side, inC, outC, stride } = CONV;
  const pixels = (side / stride) ** 2;
  const products = direction === "forward" ? 1 : 2;
  const shape = `${n} × ${side}×${side}×${inC} → ${outC}, stride ${stride}`;
  return flops(`conv2d_${direction}`, shape, products * 2 * n * pixels * 9 * inC * outC, (memory) => {
    const { conv2d_forward, conv2d_backward, conv2d_scratch } = memory.kernels;
    const [inputs, outputs, weights] = [n * side * side * inC, n * pixels * outC, 9 * inC * outC];
    const [x, w, b] = [memory.uniform(inputs), memory.uniform(weights), memory.zeros(outC)];
    const scratch = memory.zeros(conv2d_scratch(side, side, inC, outC, stride));
    if (direction === "forward") {
      const y = memory.zeros(outputs);
      const run = () => conv2d_forward(y, x, w, b, n, side, side, inC, outC, stride, scratch);
      return { run, output: { address: y, length: outputs } };
    }
    const [dx, dw, dy] = [memory.zeros(inputs), memory.zeros(weights), memory.uniform(outputs)];
    const run = () => conv2d_backward(dx, dw, b, dy, x, w, n, side, side, inC, outC, stride, scratch);
    return { run, output: { address: dx, length: inputs } };
  });
}

/** Four taps on each axis: one pass over rows × (cols + 3), one over rows × cols. */
const SPLINE_WORK = 2 * 4 * (WINDOW * (WINDOW + 3) + WINDOW * WINDOW);
const SPLINE_SHAPE = `${WINDOW}×${WINDOW} of ${CANVAS}×${CANVAS}`;

function splineForward(): KernelCase {
  return flops("spline_forward", SPLINE_SHAPE, SPLINE_WORK, (memory) => {
    const { spline_forward, spline_scratch } = memory.kernels;
    const length = WINDOW * WINDOW;
    const [y, c] = [memory.zeros(length), memory.uniform(CANVAS * CANVAS)];
    const scratch = memory.zeros(spline_scratch(WINDOW, WINDOW));
    const run = () => spline_forward(y, c, CANVAS, 12.3, 9.6, WINDOW, WINDOW, 0, scratch);
    return { run, output: { address: y, length } };
  });
}

function splineJacobian(): KernelCase {
  return flops("spline_jacobian", SPLINE_SHAPE, 2 * SPLINE_WORK, (memory) => {
    const { spline_jacobian, spline_scratch } = memory.kernels;
    const length = WINDOW * WINDOW;
    const [dRow, dCol, c] = [memory.zeros(length), memory.zeros(length), memory.uniform(CANVAS * CANVAS)];
    const scratch = memory.zeros(spline_scratch(WINDOW, WINDOW));
    const run = () => spline_jacobian(dRow, dCol, c, CANVAS, 12.3, 9.6, WINDOW, WINDOW, 0, scratch);
    return { run, output: { address: dRow, length } };
  });
}

function splineBackward(): KernelCase {
  return flops("spline_backward", SPLINE_SHAPE, SPLINE_WORK, (memory) => {
    const { spline_backward, spline_scratch } = memory.kernels;
    const length = CANVAS * CANVAS;
    const [dc, dy] = [memory.zeros(length), memory.uniform(WINDOW * WINDOW, 1e-3)];
    const scratch = memory.zeros(spline_scratch(WINDOW, WINDOW));
    const run = () => spline_backward(dc, dy, CANVAS, 12.3, 9.6, WINDOW, WINDOW, 0, scratch);
    return { run, output: { address: dc, length } };
  });
}

/** Products at the shifts that count; tiles of eight compute a few more. */
function correlate(window: number, shifts: number): KernelCase {
  const shape = `${CHUNK} × ${window}×${window}, ${shifts}×${shifts} shifts`;
  return flops("correlate_forward", shape, 2 * CHUNK * (window * shifts) ** 2, (memory) => {
    const { correlate_forward, pack_rows, score_stride } = memory.kernels;
    const [size, side] = [window * window, window + shifts - 1];
    const length = CHUNK * shifts * score_stride(shifts);
    const [x, packed] = [memory.uniform(CHUNK * size), memory.zeros(CHUNK * size)];
    const [template, scores] = [memory.uniform(side * side), memory.zeros(length)];
    pack_rows(packed, x, CHUNK, size, size);
    const run = () => correlate_forward(scores, packed, template, side, shifts, shifts, window, window, CHUNK);
    return { run, output: { address: scores, length } };
  });
}

const GELU = 2;
const TANH = 3;
const ACTIVATIONS = 65536;

function activationForward(name: string, kind: number): KernelCase {
  return bytes(`activation_forward ${name}`, "65536", 8 * ACTIVATIONS, (memory) => {
    const [x, y] = [memory.uniform(ACTIVATIONS, 3), memory.zeros(ACTIVATIONS)];
    const { activation_forward } = memory.kernels;
    return { run: () => activation_forward(y, x, ACTIVATIONS, kind), output: { address: y, length: ACTIVATIONS } };
  });
}

function activationBackward(name: string, kind: number): KernelCase {
  return bytes(`activation_backward ${name}`, "65536", 20 * ACTIVATIONS, (memory) => {
    const [x, y] = [memory.uniform(ACTIVATIONS, 3), memory.zeros(ACTIVATIONS)];
    const [dy, dx] = [memory.uniform(ACTIVATIONS, 1e-3), memory.zeros(ACTIVATIONS)];
    const { activation_forward, activation_backward } = memory.kernels;
    activation_forward(y, x, ACTIVATIONS, kind);
    const run = () => activation_backward(dx, dy, x, y, ACTIVATIONS, kind);
    return { run, output: { address: dx, length: ACTIVATIONS } };
  });
}

/** A slice of the parameters, as a unit of work of the training step: reads p, g, m, v, writes p, m, v. */
function adam(): KernelCase {
  const n = 8192;
  return bytes("adam", String(n), 28 * n, (memory) => {
    const [p, g, m, v] = [memory.uniform(n), memory.uniform(n), memory.zeros(n), memory.zeros(n)];
    const { adam } = memory.kernels;
    return { run: () => adam(p, g, m, v, n, 1e-6, 0.9, 0.99, 1e-8, 0.1, 0.01, 0), output: { address: p, length: n } };
  });
}

/** Layers of the default model: window → 128 hidden units, 64 hidden units → canvas; gradients swap batch and inputs. */
const ENCODER: Size = [CHUNK, 128, WINDOW * WINDOW];
const DECODER: Size = [CHUNK, CANVAS * CANVAS, 64];

export const kernelCases: readonly KernelCase[] = [
  ...[ab(BIG), ab(ENCODER), ab(DECODER)],
  ...[atb([128, 128, 4096]), atb([WINDOW * WINDOW, 128, CHUNK]), atb([64, CANVAS * CANVAS, CHUNK])],
  ...[abt(BIG), abt(DECODER)],
  ...[denseForward(ENCODER), denseBackward(ENCODER), denseForward(DECODER), denseBackward(DECODER)],
  ...[conv2d("forward"), conv2d("backward")],
  ...[splineForward(), splineJacobian(), splineBackward()],
  ...[correlate(WINDOW, 23), correlate(WINDOW / 2, 11)],
  ...[activationForward("gelu", GELU), activationForward("tanh", TANH), activationBackward("gelu", GELU)],
  adam(),
];
