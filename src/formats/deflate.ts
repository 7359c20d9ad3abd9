import { zlibSync } from "fflate";

/** Node's zlib where there is one; a page has none. */
const native = typeof process === "undefined" ? undefined : process.getBuiltinModule?.("node:zlib");

/** Deflate in a zlib wrapper (RFC 1950, 1951); Node's own is five times as fast as the one in JavaScript. */
export function deflate(bytes: Uint8Array, level: 4 | 6): Uint8Array {
  return native ? native.deflateSync(bytes, { level }) : zlibSync(bytes, { level });
}
