/** Which builds of the core this engine can run, and which one to take. */
import type { selfTest } from "./revectorize.ts";
import type { SimdVariant } from "./variant.ts";

/** What a caller may ask of the engine. */
export interface EngineChoice {
  /** Plain SIMD only: the same bits on every machine and engine. */
  readonly reproducible?: boolean;
  /** Switch on experimental optimisations of the engine, where a self-test finds them right and faster. */
  readonly engineFlags?: boolean;
}

/** A module whose only function is f32x4.relaxed_madd of three zeros. */
const RELAXED_PROBE = Uint8Array.from([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // magic, version 1
  ...[1, 5, 1, 0x60, 0, 1, 0x7b], // types: () → v128
  ...[3, 2, 1, 0], // functions
  ...[10, 19, 1, 17, 0, 0x41, 0, 0xfd, 0x0f, 0x41, 0, 0xfd, 0x0f, 0x41, 0, 0xfd, 0x0f, 0xfd, 0x85, 0x02, 0x0b],
]);

/** Why the chosen variant is what it is, for `info` and result.json. */
export interface VariantChoice {
  readonly simd: SimdVariant;
  readonly reason: string;
}

/**
 * Relaxed SIMD (fused multiply-add) where the engine has it, plain SIMD else or where reproducible bits are asked for. With engine flags,
 * the wide build where it passes its self-test, which takes about a second, once a process.
 */
export async function chooseVariant({ reproducible, engineFlags }: EngineChoice = {}): Promise<VariantChoice> {
  if (reproducible) return { simd: "simd", reason: "plain SIMD: the same bits on every engine were asked for" };
  // Found once: a flag that was switched on the first time looks like the engine's own the next.
  found ??= withoutFlags();
  const plain = await found;
  return engineFlags ? withFlags(plain) : plain;
}

let found: Promise<VariantChoice> | undefined;

/** Node 20 has relaxed SIMD behind a V8 flag that can be set at run time; newer ones must not be given that flag. */
async function withoutFlags(): Promise<VariantChoice> {
  if (WebAssembly.validate(RELAXED_PROBE)) return { simd: "relaxed", reason: "the engine has relaxed SIMD" };
  if (nodeMajor() === 20) {
    const { setFlagsFromString } = await import("node:v8");
    setFlagsFromString("--experimental-wasm-relaxed-simd");
    if (WebAssembly.validate(RELAXED_PROBE))
      return { simd: "relaxed", reason: "relaxed SIMD, switched on in Node 20's V8" };
  }
  return { simd: "simd", reason: "the engine has no relaxed SIMD" };
}

function nodeMajor(): number {
  return typeof process === "undefined" ? 0 : Number.parseInt(process.versions?.node ?? "0", 10);
}

/** The first Node whose V8 is known to revectorize. */
const REVECTORIZING_NODE = 24;

let tested: ReturnType<typeof selfTest> | undefined;

async function withFlags({ simd, reason }: VariantChoice): Promise<VariantChoice> {
  const without = (why: string): VariantChoice => ({ simd, reason: `${reason}; engine flags not used: ${why}` });
  if (simd !== "relaxed" || nodeMajor() < REVECTORIZING_NODE || process.arch !== "x64") {
    return without(`V8 makes 256-bit operations from Node ${REVECTORIZING_NODE} on, on x64`);
  }
  tested ??= (await import("./revectorize.ts")).selfTest();
  const { sameBits, gain } = await tested;
  if (!sameBits) return without("the self-test gave other bits than relaxed SIMD");
  if (gain < 1) return without(`no faster in the self-test (${gain.toFixed(2)} times as fast)`);
  return {
    simd: "wide",
    reason: `V8's revectorizer: the bits of relaxed SIMD, ${gain.toFixed(2)} times as fast in the self-test`,
  };
}

/** Whether memory can be shared between threads here. In a page this needs cross-origin isolation. */
export function canShareMemory(): boolean {
  if (typeof SharedArrayBuffer === "undefined") return false;
  return typeof crossOriginIsolated === "undefined" || crossOriginIsolated;
}
