import { FormatError } from "./errors.ts";

/*
 * The .svae container: nothing in it is executed.
 *   bytes 0–3 "SVAE", 4–7 version 1 (u32, little endian like all that follows), 8–11 length of the header (u32),
 *   header: JSON in UTF-8, { kind, header, arrays: [{ name, offset, length }] },
 *   then the arrays: float32, offsets in bytes from the end of the header padded to 8.
 */

const MAGIC = "SVAE";
const VERSION = 1;
const PREFIX = 12;

export type ContainerKind = "model" | "samples-model" | "amortised-model" | "checkpoint";

interface Entry {
  readonly name: string;
  readonly offset: number;
  readonly length: number;
}

function aligned(length: number): number {
  return (length + 7) & ~7;
}

export function encodeContainer(
  kind: ContainerKind,
  header: object,
  arrays: Readonly<Record<string, Float32Array>>,
): Uint8Array {
  let offset = 0;
  const entries: Entry[] = Object.entries(arrays).map(([name, data]) => {
    const entry = { name, offset, length: data.length };
    offset += aligned(data.byteLength);
    return entry;
  });
  const json = new TextEncoder().encode(JSON.stringify({ kind, header, arrays: entries }));
  const start = aligned(PREFIX + json.length);
  const out = new Uint8Array(start + offset);
  const view = new DataView(out.buffer);
  out.set(new TextEncoder().encode(MAGIC));
  view.setUint32(4, VERSION, true);
  view.setUint32(8, json.length, true);
  out.set(json, PREFIX);
  for (const { name, offset: at, length } of entries) {
    for (let i = 0; i < length; i++) view.setFloat32(start + at + 4 * i, arrays[name][i], true);
  }
  return out;
}

export function decodeContainer(
  bytes: Uint8Array,
  name: string,
  kind: ContainerKind,
): { header: object; arrays: Record<string, Float32Array> } {
  if (bytes.length < PREFIX || new TextDecoder().decode(bytes.subarray(0, 4)) !== MAGIC) {
    throw new FormatError(`${name}: expected a shift-vae ${kind} (.svae), this file is not one`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const version = view.getUint32(4, true);
  if (version !== VERSION) throw new FormatError(`${name}: expected .svae version ${VERSION}, got ${version}`);
  const jsonLength = view.getUint32(8, true);
  const start = aligned(PREFIX + jsonLength);
  if (PREFIX + jsonLength > bytes.length) throw new FormatError(`${name}: truncated in its header`);
  const content = parseHeader(bytes.subarray(PREFIX, PREFIX + jsonLength), name);
  if (content.kind !== kind)
    throw new FormatError(`${name}: expected ${withArticle(kind)}, this is ${withArticle(content.kind)}`);
  const arrays: Record<string, Float32Array> = {};
  for (const entry of content.arrays) {
    const from = start + entry.offset;
    if (!(entry.offset >= 0 && entry.length >= 0) || from + 4 * entry.length > bytes.length) {
      throw new FormatError(`${name}: truncated: ${entry.name} wants ${entry.length} numbers`);
    }
    arrays[entry.name] = Float32Array.from({ length: entry.length }, (_, i) => view.getFloat32(from + 4 * i, true));
  }
  return { header: content.header, arrays };
}

/** What a file holds, as far as can be told; undefined for no container. */
export function containerKind(bytes: Uint8Array): string | undefined {
  if (bytes.length < PREFIX || new TextDecoder().decode(bytes.subarray(0, 4)) !== MAGIC) return undefined;
  const jsonLength = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(4 + 4, true);
  try {
    return JSON.parse(new TextDecoder().decode(bytes.subarray(PREFIX, PREFIX + jsonLength))).kind;
  } catch {
    return undefined;
  }
}

function withArticle(noun: string): string {
  return `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`;
}

function parseHeader(json: Uint8Array, name: string): { kind: string; header: object; arrays: Entry[] } {
  try {
    const content = JSON.parse(new TextDecoder().decode(json));
    if (typeof content.header === "object" && content.header && Array.isArray(content.arrays)) return content;
  } catch {
    // Falls through: what is wrong with the JSON helps nobody.
  }
  throw new FormatError(`${name}: its header is damaged`);
}
