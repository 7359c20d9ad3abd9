import type { EngineChoice } from "./core/engine.ts";
import { openSession } from "./core/session.ts";
import type { Dataset } from "./data/dataset.ts";
import { ShapeError } from "./errors.ts";
import { centresOf, normaliseSamples, type SamplesPlan, samplesOf } from "./fit/samples.ts";
import { readResults } from "./fit/windows.ts";
import type { Windows } from "./results/types.ts";
import { readModelFile, type StoredHeader, StoredModel, unpackModel } from "./stored_model.ts";

/** Everything of a model of samples but its parameters; plain JSON. */
export interface SamplesHeader extends StoredHeader {
  /** Size and normalisation of the samples. */
  readonly plan: SamplesPlan;
}

/** How to encode samples, and on what. */
export interface EncodeSamplesOptions extends EngineChoice {
  /** Threads; the bits do not depend on it. */
  readonly threads?: number;
  /** Replace values that are not finite by the median. */
  readonly fill?: boolean;
}

/** A model trained on stand-alone samples: encodes samples of the same size, decodes content, saves itself. */
export class SamplesModel extends StoredModel<SamplesHeader> {
  /** Shift and content of every sample, in its pixels, with standard deviations. `ShapeError` for samples of another size. */
  async encode(dataset: Dataset, options: EncodeSamplesOptions = {}): Promise<Windows> {
    const { plan } = this.header;
    const samples = samplesOf(dataset, options.fill ?? false);
    const { count, rows, cols } = samples;
    if (rows !== plan.rows || cols !== plan.cols) {
      throw new ShapeError(
        `${dataset.name}: expected samples of ${plan.rows}×${plan.cols} px, the model's; got ${rows}×${cols}`,
      );
    }
    const session = await openSession({ ...options, threads: options.threads ?? 1 });
    try {
      const { core } = session;
      this.restore(session, { FRAMES: count, WINDOWS: count, THREADS: session.threads });
      core.floats("DATA", samples.data.length).set(normaliseSamples(samples, plan));
      core.exports.sv_sample(core.arena);
      await session.run({ name: "encode", first: 0, count });
      const L = this.latentDim;
      return { count, latentDim: L, centre: centresOf(plan, count), ...readResults(session, count, L, 1, plan) };
    } finally {
      await session.close();
    }
  }

  /** The content of a `.svae` file. */
  toBytes(): Uint8Array {
    return this.pack("samples-model");
  }

  /** The model in the bytes of a `.svae` file. `FormatError` for any other; `name` is for messages. */
  static fromBytes(bytes: Uint8Array, name = "model"): SamplesModel {
    const { header, arrays } = unpackModel<SamplesHeader>(bytes, name, "samples-model");
    return new SamplesModel(header, arrays);
  }

  /** Reads a model from a `.svae` file. `FormatError` for any other. */
  static async load(path: string): Promise<SamplesModel> {
    return SamplesModel.fromBytes(await readModelFile(path), path);
  }
}
