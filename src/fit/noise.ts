import type { Session } from "../core/session.ts";

/** Windows that the noise is learned from, at most. */
const NOISE_WINDOWS = 480;
/** Place in a result row, after shift, content, their variances, gain, offset and noise variance. */
const slopePlace = (latentDim: number) => 7 + 2 * latentDim;

/**
 * Learns how the noise depends on the signal, from what the trained model leaves of the core's first `count` windows: counted electrons scatter more
 * where they are many. From then on encoding weighs the pixels by it. The median over the windows is taken, because those that the model does
 * not explain say nothing of noise.
 */
export async function learnNoise({ core, run }: Session, count: number, latentDim: number): Promise<void> {
  const few = Math.min(NOISE_WINDOWS, count);
  core.setProgress("NOISE_SLOPE", 0);
  await run({ name: "encode", first: 0, count: few });
  const stride = core.exports.sv_result_stride(core.arena);
  const results = core.floats("RESULTS", few * stride);
  const slopes = Float64Array.from({ length: few }, (_, i) => results[i * stride + slopePlace(latentDim)]).sort();
  core.setProgress("NOISE_SLOPE", slopes[few >> 1]);
}
