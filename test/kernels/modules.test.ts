import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { variants } from "./harness.ts";

const CODE_SECTION = 10;
const DATA_SECTION = 11;
const build = new URL("../../build/", import.meta.url);
const modules = readdirSync(build).filter((name) => name.endsWith(".wasm"));

/** Unsigned LEB128 number at `at`, and where the next begins. */
function leb128(bytes: Uint8Array, at: number): [value: number, next: number] {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return [value, at];
  }
}

/** Sections of a module, by id: where their content begins (WebAssembly core specification 5.5.2: id, LEB128 size, content). */
function sections(bytes: Uint8Array): Map<number, number> {
  const found = new Map<number, number>();
  for (let at = 8; at < bytes.length; ) {
    const id = bytes[at];
    const [size, content] = leb128(bytes, at + 1);
    found.set(id, content);
    at = content + size;
  }
  return found;
}

/** [begin, end) of the memory that each active data segment is copied to when a module is instantiated (5.5.14). */
function dataRanges(bytes: Uint8Array): [begin: number, end: number][] {
  const start = sections(bytes).get(DATA_SECTION);
  if (start === undefined) return [];
  let [count, at] = leb128(bytes, start);
  const ranges: [number, number][] = [];
  for (; count > 0; count--) {
    // Kind 0, i32.const, address, end; then the bytes.
    expect([bytes[at], bytes[at + 1]]).toEqual([0, 0x41]);
    const [address, after] = leb128(bytes, at + 2);
    const [size, content] = leb128(bytes, after + 1);
    ranges.push([address, address + size]);
    at = content + size;
  }
  return ranges;
}

/** Below the configuration block (src/core/core.ts): nothing else is there. */
const CONSTANTS = [16, 256] as const;

describe("built modules", () => {
  test("both kernel builds are there", () => {
    expect(modules).toContain("kernels.simd.wasm");
    expect(modules).toContain("kernels.relaxed.wasm");
    expect(variants.length).toBeGreaterThanOrEqual(1);
  });

  test.each(modules)("%s writes nothing but constants and function objects when it is instantiated", (name) => {
    // Each thread's instance writes its segments anew, perhaps while others work: they must be the same and in nobody's way.
    const bytes = readFileSync(new URL(name, build));
    expect(sections(bytes).has(CODE_SECTION)).toBe(true); // the parser went through
    for (const [begin, end] of dataRanges(bytes)) {
      expect(begin).toBeGreaterThanOrEqual(CONSTANTS[0]);
      expect(end).toBeLessThanOrEqual(CONSTANTS[1]);
    }
  });

  test.each(modules)("%s imports nothing but a threaded build's memory", async (name) => {
    const module = await WebAssembly.compile(readFileSync(new URL(name, build)));
    const imports = WebAssembly.Module.imports(module);
    const threaded = name.includes(".threads.");
    expect(imports).toEqual(threaded ? [{ module: "env", name: "memory", kind: "memory" }] : []);
  });
});
