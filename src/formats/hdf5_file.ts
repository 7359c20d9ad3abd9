import { FormatError } from "../errors.ts";
import { decodeElements, ELEMENTS, type Element } from "./elements.ts";
import { Hdf5Class, type Hdf5Module, type Hdf5Type } from "./hdf5_module.ts";

export type AttributeValue = string | number | readonly string[] | readonly number[];

/** A dataset or group found in the file. */
export interface Hdf5Object {
  /** From the root, without the first slash. */
  readonly path: string;
  readonly kind: "group" | "dataset";
}

/** An array that can be read: numbers, or pairs of numbers that stand for complex ones. */
export interface NumericType {
  readonly shape: readonly number[];
  readonly element: Element;
  readonly littleEndian: boolean;
  /** Shape of the chunks in which the data is stored and compressed; undefined where it lies in one piece. */
  readonly chunks?: readonly number[];
}

const GROUP = 0;
const DATASET = 1;
/** Limits of the walk: links may form cycles. */
const MAX_DEPTH = 24;
const MAX_OBJECTS = 10_000;
/** Most that deflate (1032:1) can make of a byte, with some air: bounds the size that a file can declare. */
const MAX_EXPANSION = 1100;
/** Chunks up to this size need not be full: the end of a small dataset. */
const LEAST_CHUNK_LIMIT = 2 ** 20;

/** An open HDF5 file. Valid inside of `withHdf5` only. */
export class Hdf5File {
  readonly name: string;
  #objects: Hdf5Object[] | undefined;
  readonly #size: number;
  readonly #module: Hdf5Module;
  readonly #file: bigint;

  constructor(module: Hdf5Module, file: bigint, source: { readonly name: string; readonly size: number }) {
    this.name = source.name;
    this.#size = source.size;
    this.#module = module;
    this.#file = file;
  }

  /** Everything that links lead to from the root, parents before their members. */
  get objects(): readonly Hdf5Object[] {
    if (!this.#objects) {
      this.#objects = [];
      this.#walk("", 0, this.#objects);
    }
    return this.#objects;
  }

  get datasets(): string[] {
    return this.objects.filter((object) => object.kind === "dataset").map((object) => object.path);
  }

  get groups(): string[] {
    return this.objects.filter((object) => object.kind === "group").map((object) => object.path);
  }

  has(path: string): boolean {
    return this.objects.some((object) => object.path === path);
  }

  /** Names of the direct members of a group, in the file's order. */
  members(group: string): string[] {
    const prefix = group === "" ? "" : `${group}/`;
    return this.objects
      .filter(({ path }) => path.startsWith(prefix) && !path.slice(prefix.length).includes("/"))
      .map(({ path }) => path.slice(prefix.length));
  }

  attributeNames(path: string): string[] {
    return this.#module.get_attribute_names(this.#file, `/${path}`);
  }

  /** All attributes that are text or numbers; those that cannot be read are left out. */
  attributes(path: string): Record<string, AttributeValue> {
    const found: Record<string, AttributeValue> = {};
    for (const name of this.attributeNames(path)) {
      const value = this.attribute(path, name);
      if (value !== undefined) found[name] = value;
    }
    return found;
  }

  /** Text, number, or a list of them; a reference gives the path it leads to. undefined where there is none. */
  attribute(path: string, name: string): AttributeValue | undefined {
    const [module, full] = [this.#module, `/${path}`];
    if (!module.get_attribute_names(this.#file, full).includes(name)) return undefined;
    const type = module.get_attribute_metadata(this.#file, full, name);
    const read = (address: number) => module.get_attribute_data(this.#file, full, name, BigInt(address));
    return this.#readSmall(type, read, (address) =>
      module.reclaim_vlen_memory(this.#file, full, name, BigInt(address)),
    );
  }

  text(path: string, name: string): string | undefined {
    const value = this.attribute(path, name);
    const first = Array.isArray(value) ? value[0] : value;
    return typeof first === "string" ? first : undefined;
  }

  number(path: string, name: string): number | undefined {
    const value = this.attribute(path, name);
    const first = Array.isArray(value) ? value[0] : value;
    return typeof first === "number" ? first : undefined;
  }

  /** The values of a small dataset (an axis, a scalar, a text); undefined where it is of another type. */
  values(path: string): AttributeValue | undefined {
    const [module, full] = [this.#module, `/${path}`];
    const type = module.get_dataset_metadata(this.#file, full);
    if (type.virtual_sources) return undefined;
    const read = (address: number) => module.get_dataset_data(this.#file, full, null, null, null, BigInt(address));
    return this.#readSmall(type, read, (address) => module.reclaim_vlen_memory(this.#file, full, "", BigInt(address)));
  }

  /** Shape and element type; undefined for a dataset without numbers. */
  numericType(path: string): NumericType | undefined {
    const type = this.#module.get_dataset_metadata(this.#file, `/${path}`);
    const element = elementOf(type);
    if (!element || !type.shape) return undefined;
    return { shape: type.shape, element, littleEndian: isLittleEndian(type), chunks: type.chunks ?? undefined };
  }

  /**
   * A block of a dataset, in the file's order.
   * @throws FormatError where the file cannot hold what it declares, or the data cannot be decoded.
   */
  readBlock(path: string, start: readonly number[], count: readonly number[]): Float32Array {
    const [module, full] = [this.#module, `/${path}`];
    const type = this.#checkedType(path);
    const element = elementOf(type);
    if (!element) throw new FormatError(`${this.name}: ${path}: expected numbers`);
    const bytes = element.bytes * count.reduce((total, size) => total * size, 1);
    const ones = count.map(() => 1n);
    return this.#withMemory(bytes, (address) => {
      const status = module.get_dataset_data(
        this.#file,
        full,
        count.map(BigInt),
        start.map(BigInt),
        ones,
        BigInt(address),
      );
      if (status < 0) throw new FormatError(`${this.name}: ${path}: the data cannot be read; ${this.#describe(full)}`);
      return decodeElements(module.HEAPU8.subarray(address, address + bytes), element, isLittleEndian(type));
    });
  }

  #walk(group: string, depth: number, objects: Hdf5Object[]): void {
    for (const name of this.#module.get_names(this.#file, `/${group}`, false)) {
      if (objects.length >= MAX_OBJECTS) return;
      const path = group === "" ? name : `${group}/${name}`;
      const type = this.#module.get_type(this.#file, `/${path}`);
      if (type === DATASET) objects.push({ path, kind: "dataset" });
      if (type !== GROUP) continue;
      objects.push({ path, kind: "group" });
      if (depth < MAX_DEPTH) this.#walk(path, depth + 1, objects);
    }
  }

  /** The type of a dataset, after the check that the file can hold it. */
  #checkedType(path: string): Hdf5Type {
    const type = this.#module.get_dataset_metadata(this.#file, `/${path}`);
    const fail = (problem: string): never => {
      throw new FormatError(`${this.name}: ${path}: ${problem}`);
    };
    if (type.virtual_sources) return fail("unsupported: a virtual dataset, whose data lies in other files");
    const filtered = this.#module.get_dataset_filters(this.#file, `/${path}`).length > 0;
    const bytes = type.size * type.total_size;
    const limit = this.#size * (filtered ? MAX_EXPANSION : 1);
    if (!(bytes <= limit)) fail(`truncated: ${bytes} bytes declared, the file has ${this.#size}`);
    const chunk = (type.chunks ?? []).reduce((total, size) => total * size, type.size);
    if (!(chunk <= Math.max(limit, LEAST_CHUNK_LIMIT))) fail(`a chunk of ${chunk} bytes is absurd`);
    return type;
  }

  #describe(path: string): string {
    const filters = this.#module.get_dataset_filters(this.#file, path).map((filter) => filter.name || filter.id);
    return filters.length > 0 ? `its filters are ${filters.join(", ")}` : "it is not compressed";
  }

  #withMemory<T>(bytes: number, use: (address: number) => T): T {
    const address = bytes <= 2 ** 31 ? this.#module._malloc(Math.max(bytes, 1)) : 0;
    if (address === 0) throw new FormatError(`${this.name}: ${bytes} bytes at once are more than can be read`);
    try {
      return use(address);
    } finally {
      this.#module._free(address);
    }
  }

  #readSmall(
    type: Hdf5Type,
    read: (address: number) => number,
    reclaim: (address: number) => number,
  ): AttributeValue | undefined {
    const bytes = type.size * type.total_size;
    if (!type.shape || !(bytes > 0 && bytes <= 8 * this.#size)) return undefined;
    return this.#withMemory(bytes, (address) => {
      if (read(address) < 0) return undefined;
      const list = this.#decode(type, this.#module.HEAPU8.slice(address, address + bytes));
      if (type.vlen || type.type === Hdf5Class.vlen) reclaim(address);
      return list && type.shape?.length === 0 ? list[0] : list;
    });
  }

  #decode(type: Hdf5Type, bytes: Uint8Array): string[] | number[] | undefined {
    const view = new DataView(bytes.buffer);
    const each = <V>(make: (at: number) => V) => Array.from({ length: type.total_size }, (_, i) => make(i * type.size));
    const element = elementOf(type);
    if (element) return each((at) => element.decode(view, at, isLittleEndian(type)));
    if (type.vlen) return each((at) => this.#cString(view.getUint32(at, true)));
    if (type.type === Hdf5Class.string) {
      return each((at) => new TextDecoder().decode(bytes.subarray(at, at + type.size)).replace(/\0.*$/s, ""));
    }
    if (type.type === Hdf5Class.reference && type.size === 8) {
      return each((at) => this.#target(bytes.subarray(at, at + 8)));
    }
    if (type.type === Hdf5Class.vlen && type.vlen_type?.type === Hdf5Class.reference && type.vlen_type.size === 8) {
      // hvl_t: length and address, 4 bytes each; the first reference stands for all.
      return each((at) => {
        const [length, address] = [view.getUint32(at, true), view.getUint32(at + 4, true)];
        return length > 0 ? this.#target(this.#module.HEAPU8.slice(address, address + 8)) : "";
      });
    }
    return undefined;
  }

  #cString(address: number): string {
    return address === 0 ? "" : this.#module.UTF8ToString(address);
  }

  #target(reference: Uint8Array): string {
    return (this.#module.get_referenced_name(this.#file, reference, true) ?? "").replace(/^\//, "");
  }
}

function elementOf(type: Hdf5Type): Element | undefined {
  const bits = type.size * 8;
  if (type.type === Hdf5Class.integer || type.type === Hdf5Class.enumeration) {
    const name = `${type.signed ? "int" : "uint"}${bits}`;
    return Object.values(ELEMENTS).find((element) => element.dtype === name);
  }
  if (type.type === Hdf5Class.float) {
    return Object.values(ELEMENTS).find((element) => element.dtype === `float${bits}`);
  }
  // Complex numbers are compounds of two equal floats (r, i), side by side.
  const members = type.type === Hdf5Class.compound ? (type.compound_type?.members ?? []) : [];
  const pair = members.length === 2 && members.every((m) => m.type === Hdf5Class.float && m.size * 2 === type.size);
  if (!pair || members[0].offset !== 0) return undefined;
  return type.size === 8 ? ELEMENTS.complex64 : type.size === 16 ? ELEMENTS.complex128 : undefined;
}

/** The library swaps plain numbers to little endian, but not the members of compounds. */
function isLittleEndian(type: Hdf5Type): boolean {
  return type.compound_type?.members[0]?.littleEndian ?? true;
}
