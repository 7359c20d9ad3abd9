import { FormatError } from "../errors.ts";
import { ByteReader } from "./bytes.ts";
import type { ByteSource } from "./source.ts";
import { deflatedPart, storedPart } from "./source_part.ts";

/** One file of a ZIP archive, as its central directory lists it. */
export interface ZipMember {
  readonly name: string;
  readonly size: number;
  readonly compressedSize: number;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly headerOffset: number;
  readonly encrypted: boolean;
}

const END_RECORD = 0x06054b50;
const END_RECORD_64 = 0x06064b50;
const DIRECTORY_ENTRY = 0x02014b50;
const LOCAL_HEADER = 0x04034b50;
const END_BYTES = 22;
const MAX_COMMENT = 65535;
const MAX_MEMBERS = 1 << 20;
const UNKNOWN_32 = 0xffffffff;

/** Lists an archive through its central directory, ZIP64 too (PKWARE APPNOTE 6.3, sections 4.3 to 4.5). */
export async function listZip(source: ByteSource): Promise<ZipMember[]> {
  const { count, offset, size } = await findDirectory(source);
  if (count > MAX_MEMBERS || count * 46 > size) {
    throw new FormatError(`${source.name}: a ZIP directory of ${size} bytes cannot list ${count} files`);
  }
  const reader = new ByteReader(await source.read(offset, size), source.name);
  return Array.from({ length: count }, () => readEntry(reader));
}

async function findDirectory(source: ByteSource): Promise<{ count: number; offset: number; size: number }> {
  const tailSize = Math.min(source.size, END_BYTES + MAX_COMMENT);
  const tailStart = source.size - tailSize;
  const reader = new ByteReader(await source.read(tailStart, tailSize), source.name);
  for (let at = tailSize - END_BYTES; at >= 0; at--) {
    reader.seek(at);
    if (reader.u32() !== END_RECORD) continue;
    reader.skip(6);
    const found = { count: reader.u16(), size: reader.u32(), offset: reader.u32() };
    const needs64 = found.count === 0xffff || found.size === UNKNOWN_32 || found.offset === UNKNOWN_32;
    return needs64 ? findDirectory64(source, tailStart + at) : found;
  }
  throw new FormatError(`${source.name}: truncated ZIP archive: no central directory at its end`);
}

async function findDirectory64(source: ByteSource, endOffset: number) {
  const locator = new ByteReader(await source.read(endOffset - 20, 20), source.name);
  locator.skip(8);
  const reader = new ByteReader(await source.read(locator.u64(), 56), source.name);
  if (reader.u32() !== END_RECORD_64) throw new FormatError(`${source.name}: damaged ZIP64 directory`);
  reader.skip(28);
  return { count: reader.u64(), size: reader.u64(), offset: reader.u64() };
}

function readEntry(reader: ByteReader): ZipMember {
  if (reader.u32() !== DIRECTORY_ENTRY) reader.fail("damaged ZIP directory");
  reader.skip(4);
  const flags = reader.u16();
  const method = reader.u16();
  reader.skip(8);
  let compressedSize = reader.u32();
  let size = reader.u32();
  const [nameLength, extraLength, commentLength] = [reader.u16(), reader.u16(), reader.u16()];
  reader.skip(8);
  let headerOffset = reader.u32();
  const name = reader.utf8(nameLength);
  const extra = new ByteReader(reader.take(extraLength), reader.name);
  reader.skip(commentLength);
  while (extra.remaining >= 4) {
    const [id, length] = [extra.u16(), extra.u16()];
    const field = new ByteReader(extra.take(length), reader.name);
    if (id !== 1) continue;
    if (size === UNKNOWN_32) size = field.u64();
    if (compressedSize === UNKNOWN_32) compressedSize = field.u64();
    if (headerOffset === UNKNOWN_32) headerOffset = field.u64();
  }
  return { name, size, compressedSize, method, headerOffset, encrypted: (flags & 1) === 1 };
}

/** A member as a source of its own. A stored one reads through; a deflated one is decompressed when its data is wanted. */
export async function openZipMember(archive: ByteSource, member: ZipMember): Promise<ByteSource> {
  const name = `${archive.name}/${member.name}`;
  if (member.encrypted) throw new FormatError(`${name}: encrypted`);
  const header = new ByteReader(await archive.read(member.headerOffset, 30), archive.name);
  if (header.u32() !== LOCAL_HEADER) throw new FormatError(`${name}: no ZIP file header at ${member.headerOffset}`);
  header.skip(22);
  const start = member.headerOffset + 30 + header.u16() + header.u16();
  if (start + member.compressedSize > archive.size) throw new FormatError(`${name}: truncated archive`);
  if (member.method === 0) return storedPart(archive, name, start, member.size);
  if (member.method === 8) return deflatedPart(archive, name, start, member.compressedSize, member.size);
  throw new FormatError(`${name}: expected a stored or deflated file, found ZIP method ${member.method}`);
}
