import { readFile } from "node:fs/promises";

const modules = new Map<string, Promise<WebAssembly.Module>>();

/** Compiles a build of the core, once a process: "simd", "relaxed.threads", … What the engine has optimised stays so for those who come later. */
export function loadModule(name: string): Promise<WebAssembly.Module> {
  const known = modules.get(name);
  if (known) return known;
  const compiled = compile(name);
  modules.set(name, compiled);
  compiled.catch(() => modules.delete(name));
  return compiled;
}

async function compile(name: string): Promise<WebAssembly.Module> {
  return WebAssembly.compile(await readFile(new URL(`../../build/core.${name}.wasm`, import.meta.url)));
}
