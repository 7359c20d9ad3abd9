/** The kernels alone (`npm run build:kernels`) and arrays in their memory. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { SimdVariant } from "../../src/core/variant.ts";
import { root, shipped } from "./project.ts";

/** A kernel as Wasm exports it: addresses and sizes. */
export type Kernel = (...args: number[]) => number;

const PAGE_BYTES = 65536;

/** One instance of the kernels; arrays are placed one after the other, 64-byte aligned, and live as long as it does. */
export class KernelMemory {
  readonly kernels: Readonly<Record<string, Kernel>>;
  readonly #memory: WebAssembly.Memory;
  #top = 1024;

  private constructor(exports: WebAssembly.Exports) {
    const { memory, ...kernels } = exports;
    this.kernels = kernels as Record<string, Kernel>;
    this.#memory = memory as WebAssembly.Memory;
  }

  static async load(variant: SimdVariant): Promise<KernelMemory> {
    const bytes = await readFile(join(root, `build/kernels.${variant}.wasm`));
    const { defaultTiles } = await shipped<typeof import("../../src/core/tiles.ts")>("core/tiles.js");
    const memory = new KernelMemory((await WebAssembly.instantiate(bytes)).instance.exports);
    // Those that a fit starts with on this engine.
    for (const [products, tile] of defaultTiles(variant).entries()) memory.kernels.use_tile(products, tile);
    return memory;
  }

  /** Address of `length` float32 zeros, readable for 16 floats past the end. */
  zeros(length: number): number {
    const address = this.#top;
    this.#top = (address + 4 * (length + 16) + 63) & ~63;
    const missing = this.#top - this.#memory.buffer.byteLength;
    if (missing > 0) this.#memory.grow(Math.ceil(missing / PAGE_BYTES));
    return address;
  }

  /** Address of `length` reproducible deviates, uniform in ±`scale`. */
  uniform(length: number, scale = 1): number {
    const address = this.zeros(length);
    const view = new Float32Array(this.#memory.buffer, address, length);
    let state = 12345;
    for (let i = 0; i < length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      view[i] = scale * (state / 2 ** 31 - 1);
    }
    return address;
  }

  /** Sum of an array: NaN where a kernel went wrong. */
  sum(address: number, length: number): number {
    return new Float32Array(this.#memory.buffer, address, length).reduce((sum, value) => sum + value, 0);
  }
}
