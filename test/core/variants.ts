import { readFileSync } from "node:fs";
import { Core, type CoreConfig } from "../../src/core/core.ts";
import { chooseVariant } from "../../src/core/engine.ts";

/** The single-thread builds that this engine runs. */
export const coreVariants = [...new Set(["simd", (await chooseVariant()).simd])];

/** A core of a variant with a model laid out. */
export function createCore(variant: string, config: CoreConfig): Core {
  const file = new URL(`../../build/core.${variant}.wasm`, import.meta.url);
  const core = new Core(new WebAssembly.Module(readFileSync(file)));
  core.create(config);
  return core;
}
