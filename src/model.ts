import type { EngineChoice } from "./core/engine.ts";
import { openSession, type Session } from "./core/session.ts";
import type { Dataset } from "./data/dataset.ts";
import { ShapeError } from "./errors.ts";
import { finitePixels, imageOf } from "./fit/image.ts";
import { type Plan, prepareImage } from "./fit/plan.ts";
import { encodeWindows, type Geometry, oneFrame, placeWindows } from "./fit/windows.ts";
import type { Gauge } from "./results/gauge.ts";
import { folded } from "./results/symmetry.ts";
import type { Grid, Windows } from "./results/types.ts";
import { readModelFile, type StoredHeader, StoredModel, unpackModel } from "./stored_model.ts";

/** Everything of a model of images but its parameters; plain JSON. */
export interface ModelHeader extends StoredHeader {
  /** Window, largest shift, binning and normalisation. */
  readonly plan: Plan;
  /** How positions depend on the content, taken out of what is reported. */
  readonly gauge?: Gauge;
  /** Order of the motif's rotation axis, where rotation is on. */
  readonly symmetry?: number;
}

/** Which windows of an image to encode, and on what. */
export interface EncodeOptions extends EngineChoice {
  /** (n, 2) centres of windows, (row, column) in pixels of the image. Default: random places. */
  readonly centres?: ArrayLike<number>;
  /** Number of random places. */
  readonly samples?: number;
  /** Of the random places. */
  readonly seed?: number;
  /** Threads; the bits do not depend on it. */
  readonly threads?: number;
  /** Replace pixels that are not finite by the median. */
  readonly fill?: boolean;
}

/** Random places, where their number is left open. */
export const DEFAULT_SAMPLES = 10000;

/** Opens the threads that encode, and closes them after the work. */
export async function withSession<T>(options: EncodeOptions, work: (session: Session) => Promise<T>): Promise<T> {
  const session = await openSession({ ...options, threads: options.threads ?? 1 });
  try {
    return await work(session);
  } finally {
    await session.close();
  }
}

/** A trained model: encodes images of the kind it was trained on, decodes content, saves itself. */
export class Model extends StoredModel<ModelHeader> {
  /** Window side in pixels of the input. */
  get windowSize(): number {
    return this.header.plan.windowSize * this.header.plan.binning;
  }

  /** Shift and content of windows of an image, in its pixels, with standard deviations. */
  async encode(dataset: Dataset, options: EncodeOptions = {}): Promise<Windows> {
    const image = this.imageOf(dataset, options.fill);
    const { centres } = options;
    return withSession(options, async (session) => {
      const count = centres ? centres.length / 2 : (options.samples ?? DEFAULT_SAMPLES);
      const geometry = this.load(session, image, count, options.seed);
      if (centres) placeWindows(session, geometry, centres);
      return this.encodeLoaded(session, geometry, count);
    });
  }

  /**
   * The dataset's image: finite pixels, at least a window a side.
   * @internal
   */
  imageOf(dataset: Dataset, fill = false): Grid {
    const image = finitePixels(imageOf(dataset), dataset.name, fill);
    if (Math.min(image.rows, image.cols) >= this.windowSize) return image;
    throw new ShapeError(
      `${dataset.name}: expected at least ${this.windowSize} px a side, the model's window; got ${image.rows}×${image.cols}`,
    );
  }

  /**
   * Puts the model and an image into a core laid out for so many windows, at random places.
   * @internal
   */
  load(session: Session, image: Grid, windows: number, seed = 1): Geometry {
    const { plan } = this.header;
    const { core } = session;
    const small = prepareImage(core, image, plan);
    this.restore(session, {
      ROWS: small.rows,
      COLS: small.cols,
      WINDOWS: windows,
      SEED: seed,
      THREADS: session.threads,
    });
    core.floats("DATA", small.data.length).set(small.data);
    core.exports.sv_sample(core.arena);
    return oneFrame(plan.binning, plan.windowSize, small);
  }

  /**
   * Shift and content of the first `count` windows of the image that is loaded.
   * @internal
   */
  async encodeLoaded(session: Session, geometry: Geometry, count: number): Promise<Windows> {
    const { plan, gauge, symmetry = 1 } = this.header;
    return folded(await encodeWindows(session, geometry, count, this.latentDim, plan, gauge), symmetry);
  }

  /** The content of a `.svae` file. */
  toBytes(): Uint8Array {
    return this.pack("model");
  }

  /** The model in the bytes of a `.svae` file. `FormatError` for any other; `name` is for messages. */
  static fromBytes(bytes: Uint8Array, name = "model"): Model {
    const { header, arrays } = unpackModel<ModelHeader>(bytes, name, "model");
    return new Model(header, arrays);
  }

  /** Reads a model from a `.svae` file. `FormatError` for any other. */
  static async load(path: string): Promise<Model> {
    return Model.fromBytes(await readModelFile(path), path);
  }
}
