import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { variants } from "./harness.ts";

const DATA_SECTION = 11;
const DATA_COUNT_SECTION = 12;
const build = new URL("../../build/", import.meta.url);
const modules = readdirSync(build).filter((name) => name.endsWith(".wasm"));

/** Ids of a module's sections, in order (WebAssembly core specification 5.5.2: id, LEB128 size, content). */
function sectionIds(bytes: Uint8Array): number[] {
  const ids: number[] = [];
  for (let at = 8; at < bytes.length; ) {
    ids.push(bytes[at++]);
    let size = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[at++];
      size += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) break;
    }
    at += size;
  }
  return ids;
}

describe("built modules", () => {
  test("both kernel builds are there", () => {
    expect(modules).toContain("kernels.simd.wasm");
    expect(modules).toContain("kernels.relaxed.wasm");
    expect(variants.length).toBeGreaterThanOrEqual(1);
  });

  test.each(modules)("%s has no data section", (name) => {
    const ids = sectionIds(readFileSync(new URL(name, build)));
    expect(ids).toContain(10); // code: the parser went through
    expect(ids).not.toContain(DATA_SECTION);
    expect(ids).not.toContain(DATA_COUNT_SECTION);
  });

  test.each(modules)("%s imports nothing but a threaded build's memory", async (name) => {
    const module = await WebAssembly.compile(readFileSync(new URL(name, build)));
    const imports = WebAssembly.Module.imports(module);
    const threaded = name.includes(".threads.");
    expect(imports).toEqual(threaded ? [{ module: "env", name: "memory", kind: "memory" }] : []);
  });
});
