import { readFile } from "node:fs/promises";

/** Compiles a build of the core: "simd", "relaxed.threads", … */
export async function loadModule(name: string): Promise<WebAssembly.Module> {
  return WebAssembly.compile(await readFile(new URL(`../../build/core.${name}.wasm`, import.meta.url)));
}
