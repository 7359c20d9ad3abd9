/** Which builds of the core this engine can run. */

export type SimdVariant = "simd" | "relaxed";

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
 * Relaxed SIMD (fused multiply-add) where the engine has it, plain SIMD else or where reproducible bits are asked for.
 * Node 20 has it behind a V8 flag that can be set at run time; newer ones must not be given that flag.
 */
export async function chooseVariant(reproducible: boolean): Promise<VariantChoice> {
  if (reproducible) return { simd: "simd", reason: "plain SIMD: the same bits on every engine were asked for" };
  if (WebAssembly.validate(RELAXED_PROBE)) return { simd: "relaxed", reason: "the engine has relaxed SIMD" };
  if (typeof process !== "undefined" && process.versions?.node?.startsWith("20.")) {
    const { setFlagsFromString } = await import("node:v8");
    setFlagsFromString("--experimental-wasm-relaxed-simd");
    if (WebAssembly.validate(RELAXED_PROBE))
      return { simd: "relaxed", reason: "relaxed SIMD, switched on in Node 20's V8" };
  }
  return { simd: "simd", reason: "the engine has no relaxed SIMD" };
}

/** Whether memory can be shared between threads here. In a page this needs cross-origin isolation. */
export function canShareMemory(): boolean {
  if (typeof SharedArrayBuffer === "undefined") return false;
  return typeof crossOriginIsolated === "undefined" || crossOriginIsolated;
}
