import { readFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { beforeEach, expect } from "vitest";

/** A kernel as Wasm exports it: addresses and sizes are numbers, u64 arguments are bigints. */
export type Kernel = (...args: (number | bigint)[]) => number;

/** The kernels in one build variant. */
export interface Kernels {
  readonly variant: "simd" | "relaxed" | "wide";
  readonly exports: Readonly<Record<string, Kernel>>;
  readonly memory: WebAssembly.Memory;
}

/** A module whose only function is f32x4.relaxed_madd of three zeros. */
const RELAXED_PROBE = Uint8Array.from([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // magic, version 1
  ...[1, 5, 1, 0x60, 0, 1, 0x7b], // types: () → v128
  ...[3, 2, 1, 0], // functions
  ...[10, 19, 1, 17, 0, 0x41, 0, 0xfd, 0x0f, 0x41, 0, 0xfd, 0x0f, 0x41, 0, 0xfd, 0x0f, 0xfd, 0x85, 0x02, 0x0b],
]);

/** Whether this engine runs relaxed SIMD; Node 20 has it behind a flag that can be set at run time. */
function hasRelaxedSimd(): boolean {
  if (WebAssembly.validate(RELAXED_PROBE)) return true;
  if (!process.versions.node.startsWith("20.")) return false;
  setFlagsFromString("--experimental-wasm-relaxed-simd");
  return WebAssembly.validate(RELAXED_PROBE);
}

async function load(variant: Kernels["variant"]): Promise<Kernels> {
  const file = new URL(`../../build/kernels.${variant}.wasm`, import.meta.url);
  const { instance } = await WebAssembly.instantiate(readFileSync(file));
  const { memory, ...functions } = instance.exports;
  return { variant, exports: functions as Record<string, Kernel>, memory: memory as WebAssembly.Memory };
}

/** Every variant that this engine can run. Build them first: `npm run build:kernels`. */
export const variants: readonly Kernels[] = await Promise.all([
  load("simd"),
  ...(hasRelaxedSimd() ? [load("relaxed"), load("wide")] : []),
]);

/** The tiles of matrix products (assembly/kernels/tile.ts), by their number there. */
const TILES = ["4×8", "6×8", "2×16"] as const;

/** Every variant in every tile of its products, for `useTile`; the wide build has tiles of its own. */
export const tiledVariants = variants.flatMap((kernels) =>
  (kernels.variant === "wide" ? TILES.slice(0, 1) : TILES).map((name, tile) => ({ ...kernels, name, tile })),
);

/** Sets a tile before each test of the suite it is called in: tests share the memory that it is kept in. */
export function useTile({ exports, tile }: Pick<(typeof tiledVariants)[number], "exports" | "tile">): void {
  beforeEach(() => {
    for (const products of [0, 1]) exports.use_tile(products, tile);
  });
}

/** An array in Wasm memory. */
export interface Block<A extends Float32Array | Float64Array | Int32Array | Uint8Array> {
  readonly address: number;
  readonly length: number;
  /** A copy of what is there now. */
  read(): A;
}

const GUARD_BYTES = 64;
const GUARD_VALUE = 0xa5;
const PAGE_BYTES = 65536;

/** Bump allocator over a kernel's memory: 16-byte-aligned arrays, each between guard bytes. */
export class Arena {
  readonly #memory: WebAssembly.Memory;
  readonly #guards: number[] = [];
  #top = 1024;

  constructor(kernels: Kernels) {
    this.#memory = kernels.memory;
  }

  /** Float32 array: `values` copied, or that many NaN (so that an element never written shows). */
  f32(values: number | ArrayLike<number>): Block<Float32Array> {
    return this.#place(Float32Array, typeof values === "number" ? new Float32Array(values).fill(NaN) : values);
  }

  f64(values: number | ArrayLike<number>): Block<Float64Array> {
    return this.#place(Float64Array, typeof values === "number" ? new Float64Array(values).fill(NaN) : values);
  }

  i32(values: number | ArrayLike<number>): Block<Int32Array> {
    return this.#place(Int32Array, typeof values === "number" ? new Int32Array(values).fill(-1) : values);
  }

  /** Scratch memory, filled with 0xff. */
  bytes(count: number): Block<Uint8Array> {
    return this.#place(Uint8Array, new Uint8Array(count).fill(0xff));
  }

  /** Fails where a kernel wrote outside the arrays it was given. */
  checkGuards(): void {
    for (const address of this.#guards) {
      const guard = new Uint8Array(this.#memory.buffer, address, GUARD_BYTES);
      const broken = guard.findIndex((byte) => byte !== GUARD_VALUE);
      expect(broken, `guard bytes at ${address} overwritten at offset ${broken}`).toBe(-1);
    }
  }

  #place<A extends Float32Array | Float64Array | Int32Array | Uint8Array>(
    kind: { new (buffer: ArrayBuffer, offset: number, length: number): A; readonly BYTES_PER_ELEMENT: number },
    values: ArrayLike<number>,
  ): Block<A> {
    const length = values.length;
    const address = (this.#top + GUARD_BYTES + 15) & ~15;
    const end = address + length * kind.BYTES_PER_ELEMENT;
    this.#top = end + GUARD_BYTES;
    const missing = this.#top - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE_BYTES));
    for (const guard of [address - GUARD_BYTES, end]) {
      new Uint8Array(this.#memory.buffer, guard, GUARD_BYTES).fill(GUARD_VALUE);
      this.#guards.push(guard);
    }
    const view = () => new kind(this.#memory.buffer, address, length);
    view().set(values);
    return { address, length, read: () => view().slice() as A };
  }
}

/** Reproducible normal deviates times `scale`, rounded to float32 so that a float64 twin sees the same inputs. */
export function randomNormals(length: number, seed: number, scale = 1): Float32Array {
  let state = (seed * 2654435761 + 12345) >>> 0;
  const uniform = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state + 0.5) / 2 ** 32;
  };
  return Float32Array.from({ length }, () => {
    const radius = Math.sqrt(-2 * Math.log(uniform()));
    return scale * radius * Math.cos(2 * Math.PI * uniform());
  });
}

/** Reproducible uniform deviates in [low, high), rounded to float32. */
export function randomUniforms(length: number, seed: number, low: number, high: number): Float32Array {
  let state = (seed * 2246822519 + 54321) >>> 0;
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return low + ((high - low) * (state + 0.5)) / 2 ** 32;
  });
}

/** |actual − expected| ≤ tolerance · (largest |expected|, at least 1e-30), element by element; NaN fails. */
export function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number, what = "") {
  expect(actual.length, `${what} length`).toBe(expected.length);
  let scale = 1e-30;
  for (let i = 0; i < expected.length; i++) scale = Math.max(scale, Math.abs(expected[i]));
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i] - expected[i]) / scale;
    if (!(error <= tolerance)) {
      expect.fail(`${what}[${i}] is ${actual[i]}, expected ${expected[i]} (error ${error} of the largest value)`);
    }
  }
}

/** dL/dx of a float64 function of `x` by central differences; `f` sees a changed copy of `x`. */
export function centralDifferences(
  f: (x: Float64Array) => number,
  x: ArrayLike<number>,
  step = 1e-5,
): Float64Array<ArrayBuffer> {
  const probe = Float64Array.from(x);
  return Float64Array.from(probe, (value, i) => {
    probe[i] = value + step;
    const above = f(probe);
    probe[i] = value - step;
    const below = f(probe);
    probe[i] = value;
    return (above - below) / (2 * step);
  });
}

/** Σ a·b: turns an array-valued twin into the scalar whose gradient a backward kernel computes from `dy`. */
export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** Element-wise a + b, for gradients that start from something. */
export function add(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array<ArrayBuffer> {
  return Float64Array.from(a, (value, i) => value + b[i]);
}
