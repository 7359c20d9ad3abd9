const HEAP_SIGNATURE = 0x4c4f4347;
const HEADER_BYTES = 16;

/** The size of the global heap collection that starts here; undefined where these bytes are something else. */
export function globalHeapSize(bytes: Uint8Array): number | undefined {
  if (bytes.length < HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint32(0, true) === HEAP_SIGNATURE ? Number(view.getBigUint64(8, true)) : undefined;
}

/**
 * Whether a global heap collection (where texts of variable length lie) can be walked from object to object to its end.
 * The HDF5 library walks it without looking and never returns where an object has no size. Bytes that are
 * something else, or only the start of a collection, pass.
 *
 * Layout, sizes of 8 bytes: "GCOL", version, 3 reserved, size of the collection; then objects: index, reference count, 4
 * reserved, size, data padded to 8; index 0 is the free rest, whose size includes its header
 * (HDF5 File Format Specification 3.0, III.E).
 */
export function globalHeapIsSound(bytes: Uint8Array): boolean {
  const end = globalHeapSize(bytes);
  if (end === undefined || end > bytes.length) return true;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = HEADER_BYTES; at + HEADER_BYTES <= end; ) {
    const size = Number(view.getBigUint64(at + 8, true));
    const step = view.getUint16(at, true) === 0 ? size : HEADER_BYTES + Math.ceil(size / 8) * 8;
    if (step < HEADER_BYTES || at + step > end) return false;
    at += step;
  }
  return true;
}
