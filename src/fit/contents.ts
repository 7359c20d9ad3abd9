import type { Session } from "../core/session.ts";

/** Place of z in a result row, after the shift and its variances; z's variances follow. */
const Z_PLACE = 4;
/** Contents in the mixture, a multiple of 4. */
const MOST_CONTENTS = 256;
/** A component is widened by the distance to its neighbour of this rank, so that the mixture is smooth. */
const NEIGHBOUR = 8;
/**
 * Weight of N(0, 1) beside the mixture: a content that few windows have, such as a defect's, costs log of it more, and no more.
 */
const BROAD_SHARE = 0.1;
/** What stands for the logarithm of a weight of 0. */
const NO_WEIGHT = -1e30;

/**
 * Gives encoding the prior of content that the trained model came to: the mean of the encoder's posteriors over the core's first windows (the
 * aggregated posterior; Tomczak and Welling, AISTATS 2018), smoothed. Encoding under the training's prior, N(0, 1), lets a window that shows little of its
 * content take one that no window has.
 */
export async function learnContents({ core, run }: Session, count: number, latentDim: number): Promise<void> {
  const few = Math.min(MOST_CONTENTS, count);
  await run({ name: "encode", first: 0, count: few, contentOnly: true });
  const stride = core.exports.sv_result_stride(core.arena);
  const results = core.floats("RESULTS", few * stride);
  const column = (offset: number) =>
    Float64Array.from({ length: few }, (_, i) => results[i * stride + Z_PLACE + offset]);
  const dimensions = Array.from({ length: latentDim }, (_, l) => ({
    mean: column(l),
    variance: column(latentDim + l),
  }));
  core.setContents(mixture(dimensions, few));
}

/** Posteriors' means and variances along one latent. */
interface Dimension {
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

/** The mixture of `few` smoothed posteriors and N(0, 1), as the core reads it: means, inverse variances, logarithms of weights. */
export function mixture(dimensions: readonly Dimension[], few: number): Float32Array {
  const L = dimensions.length;
  const width = (few + 4) & ~3;
  const out = new Float32Array((2 * L + 1) * width);
  const constants = out.subarray(2 * L * width).fill(NO_WEIGHT);
  for (let k = 0; k < few; k++) {
    const own = neighbourDistance(dimensions, k, few) ** 2;
    constants[k] = Math.log((1 - BROAD_SHARE) / few);
    dimensions.forEach(({ mean, variance }, l) => {
      out[l * width + k] = mean[k];
      out[(L + l) * width + k] = 1 / (variance[k] + own);
      constants[k] -= 0.5 * Math.log(variance[k] + own);
    });
  }
  constants[few] = Math.log(BROAD_SHARE);
  for (let l = 0; l < L; l++) out[(L + l) * width + few] = 1;
  return out;
}

/** Distance from mean k to that of its neighbour of rank NEIGHBOUR. */
function neighbourDistance(dimensions: readonly Dimension[], k: number, few: number): number {
  const distances = Float64Array.from({ length: few }, (_, j) =>
    Math.hypot(...dimensions.map(({ mean }) => mean[j] - mean[k])),
  ).sort();
  return distances[Math.min(NEIGHBOUR, few - 1)];
}
