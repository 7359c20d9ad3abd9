import { readFile } from "node:fs/promises";
import type { Core, CoreConfig } from "./core/core.ts";
import { openSession, type Session } from "./core/session.ts";
import { FormatError, ShapeError } from "./errors.ts";
import { type ContainerKind, decodeContainer, encodeContainer } from "./model_file.ts";
import type { Grid } from "./results/types.ts";
import { systemReason } from "./system_error.ts";

/** What every model has beside its parameters; plain JSON. */
export interface StoredHeader {
  /** Version of the meaning of parameters and fields. */
  readonly version: number;
  /** Configuration of the core, by field. */
  readonly core: CoreConfig;
  /** Noise variance of the likelihood, of the normalised data. */
  readonly variance: number;
  /** How fast a pixel's noise variance rises with its prediction, in the window's mean variance a unit of the normalised data. */
  readonly noiseSlope: number;
  /** Registration templates in use; 0 where the encoder gives the pose. */
  readonly templates: number;
}

export const MODEL_VERSION = 2;

/** The header of what a core has learned. */
export function storedHeader({ core }: Session, config: CoreConfig): StoredHeader {
  return {
    version: MODEL_VERSION,
    core: config,
    variance: core.progress("VARIANCE"),
    noiseSlope: core.progress("NOISE_SLOPE"),
    templates: core.progress("TEMPLATES"),
  };
}

/** The arrays of a model. */
export interface StoredArrays {
  /** Of the networks, in the core's order. */
  readonly parameters: Float32Array;
  /** Canvas coefficients of the registration templates, as the core lays them out. */
  readonly templates: Float32Array;
  /** Content's prior for encoding, (2L + 1, components); none where it is N(0, 1). */
  readonly contents: Float32Array;
}

/** The arrays that a core has learned. */
export function storedArrays({ core }: Session): StoredArrays {
  return {
    parameters: core.parameterBlock("PARAMETERS").slice(),
    templates: core.templates().slice(),
    contents: core.contents().slice(),
  };
}

/** Trained networks and templates: what models of images and of samples share. */
export class StoredModel<Header extends StoredHeader> {
  /** Everything but the parameters. */
  readonly header: Header;
  /** All parameters of the networks, in the core's order. */
  readonly parameters: Float32Array;
  /** Registration templates: canvas coefficients, as the core lays them out. */
  readonly templates: Float32Array;
  /** Content's prior for encoding, as the core reads it; none where it is N(0, 1). */
  readonly contents: Float32Array;
  #decoder?: Session;

  constructor(header: Header, { parameters, templates, contents }: StoredArrays) {
    this.header = header;
    this.parameters = parameters;
    this.templates = templates;
    this.contents = contents;
  }

  /** Number of latents, L. */
  get latentDim(): number {
    return this.header.core.LATENT_DIM ?? 0;
  }

  /** The motif with content z (L), in pixels of the (binned) data as normalised for training. */
  async decode(z: ArrayLike<number>): Promise<Grid> {
    if (z.length !== this.latentDim)
      throw new ShapeError(`decode: expected ${this.latentDim} numbers, got ${z.length}`);
    return (await this.decodeAll(z))[0];
  }

  /** The motifs with contents z (n, L), row-major: several times faster than one by one, the same bits. */
  async decodeAll(z: ArrayLike<number>): Promise<Grid[]> {
    const count = z.length / this.latentDim;
    if (!Number.isInteger(count))
      throw new ShapeError(`decodeAll: expected a multiple of ${this.latentDim} numbers, got ${z.length}`);
    return count === 0 ? [] : this.paint(z, count);
  }

  /** What the core paints at latents z (count, all latents that its decoder takes). */
  protected async paint(z: ArrayLike<number>, count: number): Promise<Grid[]> {
    return (await this.#core()).decodeAll(z, count);
  }

  /** A core that holds the model, for decoding. */
  async #core(): Promise<Core> {
    if (!this.#decoder) {
      this.#decoder = await openSession({ threads: 1 });
      const { WINDOW_ROWS = 8, WINDOW_COLS = 8 } = this.header.core;
      this.restore(this.#decoder, { FRAMES: 1, ROWS: WINDOW_ROWS, COLS: WINDOW_COLS, WINDOWS: 1, THREADS: 1 });
    }
    return this.#decoder.core;
  }

  protected pack(kind: ContainerKind): Uint8Array {
    const { header, parameters, templates, contents } = this;
    return encodeContainer(kind, header, { parameters, templates, contents });
  }

  /** Puts the model into a core laid out for it. */
  protected restore(session: Session, extra: CoreConfig): void {
    const { core } = session;
    core.create({ ...this.header.core, STEPS: 0, ...extra });
    const block = core.parameterBlock("PARAMETERS");
    if (block.length !== this.parameters.length) {
      throw new FormatError(
        `model: expected ${block.length} parameters for its configuration, the file has ${this.parameters.length}`,
      );
    }
    core.exports.sv_initialise(core.arena);
    if (this.header.templates > 0) core.restoreTemplates(this.header.templates, this.templates);
    block.set(this.parameters);
    core.setProgress("VARIANCE", this.header.variance);
    core.setProgress("NOISE_SLOPE", this.header.noiseSlope);
    core.setContents(this.contents);
  }
}

/** The parts of a model file. `FormatError` for another kind or version. */
export function unpackModel<Header extends StoredHeader>(bytes: Uint8Array, name: string, kind: ContainerKind) {
  const { header, arrays } = decodeContainer(bytes, name, kind);
  const { version } = header as Header;
  if (version !== MODEL_VERSION) {
    throw new FormatError(`${name}: expected a model of version ${MODEL_VERSION}, got version ${version}`);
  }
  const { parameters, templates, contents = new Float32Array(0) } = arrays;
  return { header: header as Header, arrays: { parameters, templates, contents } };
}

export async function readModelFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new FormatError(`${path}: cannot be opened: ${systemReason(error)}`);
  }
}
