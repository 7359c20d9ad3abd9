/** What runs this program, as people name it. */

/** Parts of the globals that tell runtimes apart; Deno and Bun also answer as a Node.js of some version. */
interface Globals {
  readonly Deno?: { readonly version: { readonly deno: string; readonly v8: string } };
  readonly Bun?: { readonly version: string };
}

/** Name and version, for `info` and result.json: "Node.js 24.21.0", "Deno 2.9.6", "Bun 1.3.0", or the browser's own words. */
export function runtimeName(globals: Globals = globalThis as Globals): string {
  if (globals.Deno) return `Deno ${globals.Deno.version.deno}`;
  if (globals.Bun) return `Bun ${globals.Bun.version}`;
  if (typeof process !== "undefined") return `Node.js ${process.versions.node}`;
  return navigator.userAgent;
}

/** The WebAssembly engine under it: "V8 13.6.233.17", or "JavaScriptCore" under Bun. */
export function wasmEngineName(globals: Globals = globalThis as Globals): string {
  if (globals.Bun) return "JavaScriptCore";
  return `V8 ${globals.Deno?.version.v8 ?? process.versions.v8}`;
}
