/**
 * A latent is in use when it carries more than this many nats of KL divergence a window: what one does that shares a tenth of its
 * variance with the window, −½ ln(1 − 0.1). A latent below it has collapsed to its prior, and its map shows noise.
 */
export const LEAST_KL = 0.05;

/** Indices of the latents that have collapsed. */
export function collapsedLatents(klPerLatent: readonly number[]): number[] {
  return Array.from(klPerLatent.keys()).filter((l) => !(klPerLatent[l] > LEAST_KL));
}

/** Indices of the latents in use. */
export function latentsInUse(klPerLatent: readonly number[]): number[] {
  const collapsed = new Set(collapsedLatents(klPerLatent));
  return Array.from(klPerLatent.keys()).filter((l) => !collapsed.has(l));
}
