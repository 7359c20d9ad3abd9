import type { EngineChoice } from "./core/engine.ts";
import { openSession } from "./core/session.ts";
import type { Dataset } from "./data/dataset.ts";
import { ShapeError } from "./errors.ts";
import { finitePixels, imageOf } from "./fit/image.ts";
import { type Plan, prepareImage } from "./fit/plan.ts";
import { encodeWindows, oneFrame, placeWindows } from "./fit/windows.ts";
import type { Gauge } from "./results/gauge.ts";
import { folded } from "./results/symmetry.ts";
import type { Windows } from "./results/types.ts";
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

/** A trained model: encodes images of the kind it was trained on, decodes content, saves itself. */
export class Model extends StoredModel<ModelHeader> {
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
    const session = await openSession({ ...options, threads: options.threads ?? 1 });
    try {
      const small = prepareImage(session.core, image, plan);
      this.restore(session, {
        ROWS: small.rows,
        COLS: small.cols,
        WINDOWS: n,
        SEED: options.seed ?? 1,
        THREADS: session.threads,
      });
      session.core.floats("DATA", small.data.length).set(small.data);
      const geometry = oneFrame(plan.binning, plan.windowSize, small);
      if (options.centres) placeWindows(session, geometry, options.centres);
      else session.core.exports.sv_sample(session.core.arena);
      const windows = await encodeWindows(session, geometry, n, this.latentDim, plan, this.header.gauge);
      return folded(windows, this.header.symmetry ?? 1);
    } finally {
      await session.close();
    }
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
