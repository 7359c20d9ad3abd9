import { crc32, deflateAside } from "./deflate.ts";

/* ZIP archives (APPNOTE.TXT 6.3.10, https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT) of deflated members, without ZIP64. */

const LOCAL = 0x04034b50;
const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const VERSION = 20;
const DEFLATED = 8;
/** 1 January 1980, the first day that ZIP knows: the same members give the same bytes. */
const DATE = 0x0021;
/** Bytes of the zlib wrapper before and after the deflated ones. */
const WRAPPER = [2, 4] as const;

interface Member {
  readonly name: Uint8Array;
  readonly packed: Uint8Array;
  readonly length: number;
  readonly crc: number;
}

async function memberOf(name: string, bytes: Uint8Array): Promise<Member> {
  const wrapped = await deflateAside(bytes, 6);
  const packed = wrapped.subarray(WRAPPER[0], wrapped.length - WRAPPER[1]);
  return { name: new TextEncoder().encode(name), packed, length: bytes.length, crc: crc32(bytes) };
}

/** Little-endian fields, [bytes, value] each. */
function fields(...values: readonly (readonly [2 | 4, number])[]): Uint8Array {
  const out = new DataView(new ArrayBuffer(values.reduce((sum, [size]) => sum + size, 0)));
  let at = 0;
  for (const [size, value] of values) {
    if (size === 2) out.setUint16(at, value, true);
    else out.setUint32(at, value, true);
    at += size;
  }
  return new Uint8Array(out.buffer);
}

/** What the headers before a member and in the directory have in common: from the version needed to the length of the extra field. */
function description({ name, packed, length, crc }: Member): (readonly [2 | 4, number])[] {
  return [
    ...([
      [2, VERSION],
      [2, 0],
      [2, DEFLATED],
      [2, 0],
      [2, DATE],
    ] as const),
    ...([
      [4, crc],
      [4, packed.length],
      [4, length],
      [2, name.length],
      [2, 0],
    ] as const),
  ];
}

/** An archive of the files, name → content, together less than 4 GiB. */
export async function zipFiles(files: Readonly<Record<string, Uint8Array>>): Promise<Uint8Array> {
  const members = await Promise.all(Object.entries(files).map(([name, bytes]) => memberOf(name, bytes)));
  const [parts, directory]: [Uint8Array[], Uint8Array[]] = [[], []];
  let offset = 0;
  for (const member of members) {
    const header = fields([4, LOCAL], ...description(member));
    const place = [
      [2, 0],
      [2, 0],
      [2, 0],
      [4, 0],
      [4, offset],
    ] as const;
    directory.push(fields([4, CENTRAL], [2, VERSION], ...description(member), ...place), member.name);
    parts.push(header, member.name, member.packed);
    offset += header.length + member.name.length + member.packed.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  if (offset + size >= 2 ** 32) throw new RangeError("zipFiles: expected less than 4 GiB");
  const count = members.length;
  const end = fields([4, END], [2, 0], [2, 0], [2, count], [2, count], [4, size], [4, offset], [2, 0]);
  const out = new Uint8Array(offset + size + end.length);
  let at = 0;
  for (const part of [...parts, ...directory, end]) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
