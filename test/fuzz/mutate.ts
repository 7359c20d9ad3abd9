/** A small seeded generator (mulberry32): integers in [0, below). The same seed gives the same mutations everywhere. */
export type Random = (below: number) => number;

export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** Values at which sizes and offsets go wrong: signs, limits of each width, just beside powers of two. */
const EXTREMES = [
  0, 1, 2, 7, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xffffffff,
];
const HEADER_BYTES = 512;

/** Mostly in the header, where a byte matters more. */
function place(bytes: Uint8Array, random: Random): number {
  return random(3) > 0 ? random(Math.min(bytes.length, HEADER_BYTES)) : random(bytes.length);
}

function truncate(bytes: Uint8Array, random: Random): Uint8Array {
  return bytes.slice(0, random(bytes.length));
}

function flipBits(bytes: Uint8Array, random: Random): Uint8Array {
  const out = bytes.slice();
  for (let n = 1 + random(4); n > 0; n--) out[place(out, random)] ^= 1 << random(8);
  return out;
}

function overwriteInteger(bytes: Uint8Array, random: Random): Uint8Array {
  const out = bytes.slice();
  const width = [1, 2, 4, 8][random(4)];
  const value = BigInt(EXTREMES[random(EXTREMES.length)]);
  const littleEndian = random(2) === 0;
  const start = place(out, random);
  for (let k = 0; k < width && start + k < out.length; k++) {
    const shift = BigInt(8 * (littleEndian ? k : width - 1 - k));
    out[start + k] = Number((value >> shift) & 255n);
  }
  return out;
}

function copyPiece(bytes: Uint8Array, random: Random): Uint8Array {
  const out = bytes.slice();
  const from = place(bytes, random);
  const piece = bytes.slice(from, from + 1 + random(64));
  const to = random(Math.max(1, bytes.length - piece.length));
  out.set(piece, to);
  return out;
}

function removePiece(bytes: Uint8Array, random: Random): Uint8Array {
  const from = place(bytes, random);
  const until = Math.min(bytes.length, from + 1 + random(64));
  const out = new Uint8Array(bytes.length - (until - from));
  out.set(bytes.subarray(0, from));
  out.set(bytes.subarray(until), from);
  return out;
}

function insertPiece(bytes: Uint8Array, random: Random): Uint8Array {
  const at = place(bytes, random);
  const piece = bytes.slice(random(bytes.length), random(bytes.length) + 64);
  const out = new Uint8Array(bytes.length + piece.length);
  out.set(bytes.subarray(0, at));
  out.set(piece, at);
  out.set(bytes.subarray(at), at + piece.length);
  return out;
}

/** Text formats have their numbers as digits. */
function changeDigits(bytes: Uint8Array, random: Random): Uint8Array {
  const out = bytes.slice();
  const start = place(out, random);
  for (let i = start; i < Math.min(out.length, start + 64); i++) {
    if (out[i] >= 48 && out[i] <= 57) out[i] = 48 + random(10);
  }
  return out;
}

const MUTATIONS = [
  truncate,
  flipBits,
  overwriteInteger,
  overwriteInteger,
  copyPiece,
  removePiece,
  insertPiece,
  changeDigits,
];

/** One to three mutations of a file. */
export function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  let out = bytes;
  for (let n = 1 + random(3); n > 0 && out.length > 0; n--) out = MUTATIONS[random(MUTATIONS.length)](out, random);
  return out;
}
