import { openSession, type Session } from "./core/session.ts";
import type { Dataset } from "./data/dataset.ts";
import { ShapeError } from "./errors.ts";
import { type AmortisedPlan, toUnitRange } from "./fit/amortised.ts";
import { latentsOfPose, type Pose, poseLatents, posesOf } from "./fit/pyroved_pose.ts";
import { centresOf, samplesOf } from "./fit/samples.ts";
import type { Grid, Windows } from "./results/types.ts";
import type { EncodeSamplesOptions } from "./samples_model.ts";
import { readModelFile, type StoredHeader, StoredModel, unpackModel } from "./stored_model.ts";

/** Everything of an amortised model but its parameters; plain JSON. */
export interface AmortisedHeader extends StoredHeader {
  /** What was fitted, as settled. */
  readonly plan: AmortisedPlan;
}

const IDENTITY: Pose = { shift: [0, 0], angle: 0, scale: 1 };

/** A model whose encoder gives pose and content at once: encodes samples of its size, decodes content at any pose, saves itself. */
export class AmortisedModel extends StoredModel<AmortisedHeader> {
  /** Pose and content of every sample with standard deviations, as the encoder has them. `ShapeError` for samples of another size. */
  async encode(dataset: Dataset, options: EncodeSamplesOptions = {}): Promise<Windows> {
    const { plan } = this.header;
    const { count, rows, cols, data } = samplesOf(dataset, options.fill ?? false);
    if (rows !== plan.rows || cols !== plan.cols) {
      throw new ShapeError(
        `${dataset.name}: expected samples of ${plan.rows}×${plan.cols} px, the model's; got ${rows}×${cols}`,
      );
    }
    const session = await openSession({ threads: options.threads ?? 1, reproducible: options.reproducible ?? false });
    try {
      this.restore(session, { FRAMES: count, WINDOWS: count, THREADS: session.threads });
      session.core.floats("DATA", data.length).set(toUnitRange(data, plan));
      session.core.exports.sv_sample(session.core.arena);
      return await encodeAmortised(session, count, this.latentDim, plan);
    } finally {
      await session.close();
    }
  }

  /** The window that shows content z (L) in a pose, (rows, cols) in units of the data; what of the pose has no latent is left out. */
  override async decode(z: ArrayLike<number>, pose: Partial<Pose> = {}): Promise<Grid> {
    if (z.length !== this.latentDim)
      throw new ShapeError(`decode: expected ${this.latentDim} numbers, got ${z.length}`);
    return (await this.decodeAll(z, pose))[0];
  }

  /** The windows that show contents z (n, L), row-major, in one pose. */
  override async decodeAll(z: ArrayLike<number>, pose: Partial<Pose> = {}): Promise<Grid[]> {
    const { plan } = this.header;
    const L = this.latentDim;
    if (z.length % L !== 0) throw new ShapeError(`decodeAll: expected a multiple of ${L} numbers, got ${z.length}`);
    if (z.length === 0) return [];
    const rows = allLatents(z, L, latentsOfPose({ ...IDENTITY, ...pose }, plan));
    return (await this.paint(rows, z.length / L)).map((grid) => inDataUnits(grid, plan));
  }

  /** The content of a `.svae` file. */
  toBytes(): Uint8Array {
    return this.pack("amortised-model");
  }

  /** The model in the bytes of a `.svae` file. `FormatError` for any other; `name` is for messages. */
  static fromBytes(bytes: Uint8Array, name = "model"): AmortisedModel {
    const { header, arrays } = unpackModel<AmortisedHeader>(bytes, name, "amortised-model");
    return new AmortisedModel(header, arrays);
  }

  /** Reads a model from a `.svae` file. `FormatError` for any other. */
  static async load(path: string): Promise<AmortisedModel> {
    return AmortisedModel.fromBytes(await readModelFile(path), path);
  }
}

/** Contents z (n, L) as rows of all latents, each with the same pose before it. */
export function allLatents(z: ArrayLike<number>, L: number, pose: readonly number[]): Float32Array {
  const width = pose.length + L;
  return Float32Array.from({ length: (z.length / L) * width }, (_, k) => {
    const [row, column] = [Math.floor(k / width), k % width];
    return column < pose.length ? pose[column] : z[row * L + column - pose.length];
  });
}

/** A picture of the model in units of the data that it was fitted to. */
export function inDataUnits(grid: Grid, { low, high }: AmortisedPlan): Grid {
  return { ...grid, data: grid.data.map((value) => low + (high - low) * value) };
}

/** Encodes the core's samples 0 … n − 1 and reads the results. */
export async function encodeAmortised(session: Session, n: number, L: number, plan: AmortisedPlan): Promise<Windows> {
  await session.run({ name: "encode", first: 0, count: n });
  const { core } = session;
  const pose = poseLatents(plan);
  const width = pose + L;
  const results = core.floats("RESULTS", n * 2 * width);
  const columns = (offset: number, count: number) =>
    Float64Array.from(
      { length: n * count },
      (_, k) => results[Math.floor(k / count) * 2 * width + offset + (k % count)],
    );
  return {
    ...{ count: n, latentDim: L, centre: centresOf(plan, n) },
    ...posesOf(columns(0, width), columns(width, width), width, plan),
    ...{ z: columns(pose, L), zSd: columns(width + pose, L) },
  };
}
