import { ByteReader } from "./bytes.ts";
import { SAMPLE_BYTES, type SampleType } from "./numeric.ts";
import type { ByteSource } from "./source.ts";

/** An array of numbers, left where it lies in the file. */
export interface GwyArray {
  readonly offset: number;
  readonly count: number;
  readonly type: SampleType;
}

export type GwyValue = number | string | GwyObject | GwyArray;

/** A serialised object: its type and its components by name. */
export interface GwyObject {
  readonly type: string;
  readonly components: ReadonlyMap<string, GwyValue>;
}

/** Real files nest five deep; a hostile one must not exhaust the stack or, with millions of tiny components, the memory. */
const MAX_DEPTH = 32;
const MAX_COMPONENTS = 100_000;
const LONGEST_NAME = 65_536;

const ARRAY_TYPES: Readonly<Record<string, SampleType>> = { C: "uint8", I: "int32", Q: "int64", D: "float64" };

class TreeReader {
  readonly #in: ByteReader;
  #components = 0;

  constructor(reader: ByteReader) {
    this.#in = reader;
  }

  /** A string ends with a NUL byte. */
  #text(end: number): string {
    const { bytes, position } = this.#in;
    const zero = bytes.indexOf(0, position);
    if (zero < 0 || zero >= end) this.#in.fail(`truncated: a string at ${position} without its end`);
    const text = this.#in.utf8(zero - position);
    this.#in.skip(1);
    return text;
  }

  /** Type name, size of the components in bytes, components. */
  object(end: number, depth: number): GwyObject {
    if (depth > MAX_DEPTH) this.#in.fail(`objects nested more than ${MAX_DEPTH} deep`);
    const type = this.#text(end);
    const size = this.#in.u32();
    const stop = this.#in.position + size;
    if (stop > end) this.#in.fail(`truncated: ${type} of ${size} bytes at ${this.#in.position}`);
    const components = new Map<string, GwyValue>();
    while (this.#in.position < stop) {
      if (++this.#components > MAX_COMPONENTS) this.#in.fail(`more than ${MAX_COMPONENTS} components`);
      const name = this.#text(stop);
      if (name.length > LONGEST_NAME) this.#in.fail(`a component's name of ${name.length} characters`);
      const value = this.#value(String.fromCharCode(this.#in.u8()), name, stop, depth);
      if (value !== undefined) components.set(name, value);
    }
    if (this.#in.position !== stop) this.#in.fail(`${type} is larger than the ${size} bytes it declares`);
    return { type, components };
  }

  /** undefined for arrays of strings and objects, which no reader here needs; they are walked past all the same. */
  #value(kind: string, name: string, end: number, depth: number): GwyValue | undefined {
    const input = this.#in;
    if (kind === "b" || kind === "c") return input.u8();
    if (kind === "i") return input.i32();
    if (kind === "q") {
      input.skip(8);
      return undefined;
    }
    if (kind === "d") return input.f64();
    if (kind === "s") return this.#text(end);
    if (kind === "o") return this.object(end, depth + 1);
    const count = input.u32();
    const type = Object.hasOwn(ARRAY_TYPES, kind) ? ARRAY_TYPES[kind] : undefined;
    if (type) {
      const offset = input.position;
      input.skip(count * SAMPLE_BYTES[type]);
      return { offset, count, type };
    }
    if (kind !== "S" && kind !== "O") input.fail(`component ${JSON.stringify(name)} of the unknown type "${kind}"`);
    for (let i = 0; i < count; i++) {
      if (++this.#components > MAX_COMPONENTS) input.fail(`more than ${MAX_COMPONENTS} components`);
      if (kind === "S") this.#text(end);
      else this.object(end, depth + 1);
    }
    return undefined;
  }
}

/** The whole tree of a GWY file. Arrays stay in the file's bytes. Source: Gwyddion user guide, "Gwyddion native format". */
export function readGwyTree(source: ByteSource, bytes: Uint8Array): GwyObject {
  const reader = new ByteReader(bytes, source.name, true);
  reader.skip(4);
  return new TreeReader(reader).object(bytes.length, 0);
}
