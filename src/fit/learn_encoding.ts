import type { Session } from "../core/session.ts";
import { learnContents } from "./contents.ts";
import { learnNoise } from "./noise.ts";

/** What encoding knows beside the trained networks, learned from the core's first `count` windows: where contents lie, and how noise depends on signal. */
export async function learnEncoding(session: Session, count: number, latentDim: number): Promise<void> {
  await learnContents(session, count, latentDim);
  await learnNoise(session, count, latentDim);
}
