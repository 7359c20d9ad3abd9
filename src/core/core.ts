import { instantiateSync } from "@assemblyscript/loader";
import type { instantiate } from "../../build/core.simd.js";
import { ConfigError, NumericsError } from "../errors.ts";
import type { Grid } from "../results/types.ts";

/** What the Wasm core exports (assembly/abi.ts), typed by its generated bindings. */
type CoreExports = Awaited<ReturnType<typeof instantiate>>;
export type ConfigField = Exclude<keyof CoreExports["Config"], "COUNT">;
export type ProgressField = Exclude<keyof CoreExports["Progress"], "COUNT">;
export type RegionName = keyof CoreExports["Region"];

/** Where the configuration block is in linear memory, past the core's constants, and where the model begins. */
const CONFIG_ADDRESS = 256;
const ARENA = 4096;
/** Where contents to decode are put: between the two. */
const CONTENT_ADDRESS = CONFIG_ADDRESS + 1024;
const CONTENT_FLOATS = (ARENA - CONTENT_ADDRESS) / 4;

/** The fields of a configuration that a caller sets; the others keep the core's defaults. */
export type CoreConfig = Partial<Record<ConfigField, number>>;

/** What threads run together. Results are left in the core's memory. */
export type Job =
  | {
      readonly name: "align";
      readonly windows: number;
      readonly rounds: number;
      readonly trimmed: boolean;
      /** Registered by correlation alone. */
      readonly coarse?: boolean;
    }
  | { readonly name: "latents" }
  | { readonly name: "train"; readonly steps: number }
  | {
      readonly name: "encode";
      readonly first: number;
      readonly count: number;
      /** Without joint steps: content as the encoder gives it. */
      readonly contentOnly?: boolean;
    };

/** Every number of the core's `enum`s, as it exports them. */
function indices(globals: Record<string, WebAssembly.Global>): Record<string, number> {
  return Object.fromEntries(Object.entries(globals).map(([name, global]) => [name, global.value as number]));
}

/** One instance of the Wasm core and the model in its memory. Functions are called directly; arrays are views of the memory. */
export class Core {
  readonly exports: CoreExports;
  readonly memory: WebAssembly.Memory;
  readonly #config: Record<string, number>;
  readonly #progress: Record<string, number>;
  readonly #region: Record<string, number>;
  /** CHUNK and LATENT_DIM of the model that was laid out. */
  #chunk = 1;
  #latents = 0;
  /** Past the model, once there is one. */
  #end = ARENA;

  constructor(module: WebAssembly.Module, memory?: WebAssembly.Memory) {
    const { exports } = instantiateSync(module, memory ? { env: { memory } } : {});
    this.exports = exports as unknown as CoreExports;
    this.memory = memory ?? (exports.memory as unknown as WebAssembly.Memory);
    const groups = exports as unknown as Record<string, Record<string, WebAssembly.Global>>;
    this.#config = indices(groups.Config);
    this.#progress = indices(groups.Progress);
    this.#region = indices(groups.Region);
  }

  /** Address of the model, for the `sv_*` functions. */
  get arena(): number {
    return ARENA;
  }

  /** Address from which on memory is free, past the model where there is one. */
  get free(): number {
    return this.#end;
  }

  /** Lays out a model. `ConfigError` names the field that cannot be. */
  create(config: CoreConfig): void {
    this.exports.sv_config_default(CONFIG_ADDRESS);
    const block = new Float64Array(this.memory.buffer, CONFIG_ADDRESS, this.#config.COUNT);
    for (const [name, value] of Object.entries(config)) block[this.#config[name]] = value as number;
    const values = block.slice();
    const end = Number(this.exports.sv_create(CONFIG_ADDRESS, ARENA));
    if (end > 0) {
      this.#chunk = values[this.#config.CHUNK];
      this.#latents = values[this.#config.LATENT_DIM];
      this.#end = end;
      return;
    }
    const field = -100 - end;
    if (field >= 0) {
      const name = Object.keys(this.#config).find((key) => this.#config[key] === field);
      throw new ConfigError(`${name}: out of range: ${values[field]}`);
    }
    throw new NumericsError("not enough memory for this model: the engine refused to grow the Wasm memory");
  }

  floats(region: RegionName, length: number): Float32Array {
    return new Float32Array(this.memory.buffer, this.#address(region), length);
  }

  doubles(region: RegionName, length: number): Float64Array {
    return new Float64Array(this.memory.buffer, this.#address(region), length);
  }

  ints(region: RegionName, length: number): Int32Array {
    return new Int32Array(this.memory.buffer, this.#address(region), length);
  }

  /** The whole progress block, as kept in checkpoints. */
  progressBlock(): Float64Array {
    return new Float64Array(this.memory.buffer, this.#address("PROGRESS"), this.#progress.COUNT);
  }

  progress(field: ProgressField, offset = 0): number {
    return this.progressBlock()[this.#progress[field] + offset];
  }

  setProgress(field: ProgressField, value: number): void {
    this.progressBlock()[this.#progress[field]] = value;
  }

  parameterBlock(region: "PARAMETERS" | "MOMENT1" | "MOMENT2"): Float32Array {
    return this.floats(region, this.exports.sv_parameter_count(ARENA));
  }

  /** This thread's part of a job. Negative: an error code of abi.ts. */
  run(job: Job, thread: number): number {
    if (job.name === "align") {
      return this.exports.sv_align(ARENA, thread, job.windows, job.rounds, job.trimmed, job.coarse === true);
    }
    if (job.name === "latents") return this.exports.sv_latents(ARENA, thread);
    if (job.name === "train") return this.exports.sv_train(ARENA, thread, job.steps);
    return this.exports.sv_encode(ARENA, thread, job.first, job.count, !job.contentOnly);
  }

  get cancelled(): boolean {
    return Atomics.load(this.ints("CANCEL", 1), 0) !== 0;
  }

  /** The registration templates in use, as the core lays them out. */
  templates(): Float32Array {
    return this.floats("TEMPLATES", this.progress("TEMPLATES") * this.exports.sv_template_stride(ARENA));
  }

  /** Puts `count` saved templates back, as predictions too. The decoder's last bias becomes the first: parameters are to be set after. */
  restoreTemplates(count: number, values: ArrayLike<number>): void {
    this.setProgress("TEMPLATES", count);
    this.templates().set(values);
    this.exports.sv_keep_templates(ARENA, count);
  }

  /** Content's prior for encoding, (2L + 1, components); none for N(0, 1). */
  setContents(components: Float32Array): void {
    const rows = 2 * this.#latents + 1;
    this.setProgress("CONTENTS", components.length / rows);
    this.floats("CONTENTS", components.length).set(components);
  }

  /** What `setContents` set. */
  contents(): Float32Array {
    return this.floats("CONTENTS", (2 * this.#latents + 1) * this.progress("CONTENTS"));
  }

  /** Asks running jobs to stop after the present step, or takes that back. */
  cancel(on: boolean): void {
    Atomics.store(this.ints("CANCEL", 1), 0, on ? 1 : 0);
  }

  /** The motif at content z (L): rows × cols of picture; its centre is the middle pixel boundary named in abi.ts. */
  decode(z: ArrayLike<number>): Grid {
    return this.decodeAll(z, 1)[0];
  }

  /** The motifs at contents z (count, L), faster together than one by one; the same bits. */
  decodeAll(z: ArrayLike<number>, count: number): Grid[] {
    const L = z.length / count;
    const rows = this.exports.sv_picture_rows(ARENA);
    const cols = this.exports.sv_picture_cols(ARENA);
    const most = Math.min(this.#chunk, Math.floor(CONTENT_FLOATS / L));
    const pictures: Grid[] = [];
    for (let first = 0; first < count; first += most) {
      const part = Math.min(most, count - first);
      const contents = new Float32Array(this.memory.buffer, CONTENT_ADDRESS, part * L);
      for (let i = 0; i < part * L; i++) contents[i] = z[first * L + i];
      const address = this.exports.sv_decode(ARENA, CONTENT_ADDRESS, part);
      const all = new Float32Array(this.memory.buffer, address, part * rows * cols).slice();
      for (let i = 0; i < part; i++) {
        pictures.push({ rows, cols, data: all.subarray(i * rows * cols, (i + 1) * rows * cols) });
      }
    }
    return pictures;
  }

  #address(region: RegionName): number {
    return this.exports.sv_address(ARENA, this.#region[region]);
  }
}
