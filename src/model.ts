import { readFile } from "node:fs/promises";
import type { CoreConfig } from "./core/core.ts";
import { openSession, type Session } from "./core/session.ts";
import type { Dataset } from "./data/dataset.ts";
import { FormatError, ShapeError } from "./errors.ts";
import { finitePixels, imageOf } from "./fit/image.ts";
import { type Plan, prepareImage } from "./fit/plan.ts";
import { encodeWindows, placeWindows } from "./fit/windows.ts";
import { decodeContainer, encodeContainer } from "./model_file.ts";
import type { Gauge } from "./results/gauge.ts";
import type { Grid, Windows } from "./results/types.ts";

/** Everything of a model but its parameters; plain JSON. */
export interface ModelHeader {
  /** Version of the meaning of parameters and fields. */
  readonly version: number;
  readonly core: CoreConfig;
  readonly plan: Plan;
  readonly gauge?: Gauge;
  /** Noise variance of the likelihood, of the flat-fielded image. */
  readonly variance: number;
  /** Registration templates in use. */
  readonly templates: number;
}

export const MODEL_VERSION = 1;

export interface EncodeOptions {
  /** (n, 2) centres of windows, (row, column) in pixels of the image. Default: random places. */
  readonly centres?: ArrayLike<number>;
  /** Number of random places. */
  readonly samples?: number;
  readonly seed?: number;
  readonly threads?: number;
  readonly reproducible?: boolean;
  /** Replace pixels that are not finite by the median. */
  readonly fill?: boolean;
}

/** A trained model: encodes images of the kind it was trained on, decodes content, saves itself. */
export class Model {
  readonly header: ModelHeader;
  readonly parameters: Float32Array;
  /** Registration templates: canvas coefficients, as the core lays them out. */
  readonly templates: Float32Array;
  #decoder?: Session;

  constructor(header: ModelHeader, parameters: Float32Array, templates: Float32Array) {
    this.header = header;
    this.parameters = parameters;
    this.templates = templates;
  }

  get latentDim(): number {
    return this.header.core.LATENT_DIM ?? 0;
  }

  /** Window side in pixels of the input. */
  get windowSize(): number {
    return this.header.plan.windowSize * this.header.plan.binning;
  }

  /** Shift and content of windows of an image, in its pixels, with standard deviations. */
  async encode(dataset: Dataset, options: EncodeOptions = {}): Promise<Windows> {
    const { plan } = this.header;
    const image = finitePixels(imageOf(dataset), dataset.name, options.fill ?? false);
    if (Math.min(image.rows, image.cols) < this.windowSize) {
      throw new ShapeError(
        `${dataset.name}: expected at least ${this.windowSize} px a side, the model's window; got ${image.rows}×${image.cols}`,
      );
    }
    const n = options.centres ? options.centres.length / 2 : (options.samples ?? 10000);
    const session = await openSession({ threads: options.threads ?? 1, reproducible: options.reproducible ?? false });
    try {
      const small = prepareImage(session.core, image, plan);
      this.#create(session, {
        ROWS: small.rows,
        COLS: small.cols,
        WINDOWS: n,
        SEED: options.seed ?? 1,
        THREADS: session.threads,
      });
      session.core.floats("DATA", small.data.length).set(small.data);
      const frame = { binning: plan.binning, windowSize: plan.windowSize, rows: small.rows, cols: small.cols };
      if (options.centres) placeWindows(session, frame, options.centres);
      else session.core.exports.sv_sample(session.core.arena);
      return await encodeWindows(session, frame, n, this.latentDim, this.header.gauge);
    } finally {
      await session.close();
    }
  }

  /** The motif with content z (L), in pixels of the binned, flat-fielded image. */
  async decode(z: ArrayLike<number>): Promise<Grid> {
    if (z.length !== this.latentDim)
      throw new ShapeError(`decode: expected ${this.latentDim} numbers, got ${z.length}`);
    if (!this.#decoder) {
      this.#decoder = await openSession({ threads: 1, reproducible: false });
      const { WINDOW_ROWS = 8, WINDOW_COLS = 8 } = this.header.core;
      this.#create(this.#decoder, { ROWS: WINDOW_ROWS, COLS: WINDOW_COLS, WINDOWS: 1, THREADS: 1 });
    }
    return this.#decoder.core.decode(z);
  }

  toBytes(): Uint8Array {
    return encodeContainer("model", this.header, { parameters: this.parameters, templates: this.templates });
  }

  static fromBytes(bytes: Uint8Array, name = "model"): Model {
    const { header, arrays } = decodeContainer(bytes, name, "model");
    const model = header as ModelHeader;
    if (model.version !== MODEL_VERSION) {
      throw new FormatError(`${name}: expected a model of version ${MODEL_VERSION}, got version ${model.version}`);
    }
    return new Model(model, arrays.parameters, arrays.templates);
  }

  static async load(path: string): Promise<Model> {
    let bytes: Uint8Array;
    try {
      bytes = await readFile(path);
    } catch (error) {
      throw new FormatError(`${path}: cannot be opened: ${(error as NodeJS.ErrnoException).code ?? error}`);
    }
    return Model.fromBytes(bytes, path);
  }

  #create(session: Session, extra: CoreConfig): void {
    const { core } = session;
    core.create({ ...this.header.core, STEPS: 0, ...extra });
    const block = core.parameterBlock("PARAMETERS");
    if (block.length !== this.parameters.length) {
      throw new FormatError(
        `model: expected ${block.length} parameters for its configuration, the file has ${this.parameters.length}`,
      );
    }
    core.exports.sv_initialise(core.arena);
    block.set(this.parameters);
    core.setProgress("TEMPLATES", this.header.templates);
    core.templates().set(this.templates);
    core.setProgress("VARIANCE", this.header.variance);
  }
}
