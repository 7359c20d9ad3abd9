/**
 * Counter-based random numbers: the same (seed, stream, i, j) gives the same number in any thread and any order.
 * Philox4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC11 (2011).
 */
import { cos64, log64 } from "./math64";

const MULTIPLIER_0: u64 = 0xd2511f53;
const MULTIPLIER_1: u64 = 0xcd9e8d57;
const WEYL_0: u32 = 0x9e3779b9;
const WEYL_1: u32 = 0xbb67ae85;
const ROUNDS = 10;
const TWO_PI: f64 = 6.283185307179586;
/** Last word of the counter: keeps the numbers and the permutations apart. */
const FOR_NUMBERS: u32 = 0;
const FOR_PERMUTATIONS: u32 = 1;

/** The four words of Philox4x32-10 of the counter (c0, c1, c2, c3) under the key (low, high word of `seed`). */
export function philox(c0: u32, c1: u32, c2: u32, c3: u32, seed: u64): v128 {
  let k0 = <u32>seed;
  let k1 = <u32>(seed >> 32);
  for (let round = 0; round < ROUNDS; round++) {
    const product0 = MULTIPLIER_0 * <u64>c0;
    const product1 = MULTIPLIER_1 * <u64>c2;
    c0 = <u32>(product1 >> 32) ^ c1 ^ k0;
    c2 = <u32>(product0 >> 32) ^ c3 ^ k1;
    c1 = <u32>product1;
    c3 = <u32>product0;
    k0 += WEYL_0;
    k1 += WEYL_1;
  }
  let words = i32x4.splat(c0);
  words = i32x4.replace_lane(words, 1, c1);
  words = i32x4.replace_lane(words, 2, c2);
  return i32x4.replace_lane(words, 3, c3);
}

/** The upper 53 bits, in [0, 1). */
@inline
function unit(bits: u64): f64 {
  return <f64>(bits >> 11) * 1.1102230246251565e-16;
}

/** Uniform in [0, 1), 53 bits. */
export function random_uniform(seed: u64, stream: u32, i: u32, j: u32): f64 {
  return unit(i64x2.extract_lane(philox(j, i, stream, FOR_NUMBERS, seed), 0));
}

/** Four numbers uniform in [−1, 1], 32 bits rounded to a float's 24, that belong to (seed, stream, i, j). */
@inline
export function random_signed(seed: u64, stream: u32, i: u32, j: u32): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(philox(j, i, stream, FOR_NUMBERS, seed)), f32x4.splat(4.656612873077393e-10));
}

/** Standard normal: √(−2 log(1 − u))·cos(2πv) (Box & Muller, Ann. Math. Stat. 29, 610, 1958). */
export function random_normal(seed: u64, stream: u32, i: u32, j: u32): f64 {
  const bits = philox(j, i, stream, FOR_NUMBERS, seed);
  const u = unit(i64x2.extract_lane(bits, 0));
  const v = unit(i64x2.extract_lane(bits, 1));
  return sqrt<f64>(-2.0 * log64(1.0 - u)) * cos64(TWO_PI * v);
}

/** out[j] = scale · random_normal(seed, stream, i, j) for j < n. Writes `out`, n floats. */
export function fill_normal(out: usize, n: u32, seed: u64, stream: u32, i: u32, scale: f32): void {
  for (let j: u32 = 0; j < n; j++) {
    store<f32>(out + (<usize>j << 2), <f32>(<f64>scale * random_normal(seed, stream, i, j)));
  }
}

/** Murmur3's finaliser (Appleby, public domain): every bit of the input reaches every bit of the output. */
@inline
function mix(x: u32): u32 {
  x = (x ^ (x >> 16)) * 0x85ebca6b;
  x = (x ^ (x >> 13)) * 0xc2b2ae35;
  return x ^ (x >> 16);
}

/** (left, right) → (right, left ⊕ F(right)) on numbers of 2·half bits: a bijection whatever F is. */
@inline
function feistel_round(x: u32, half: u32, key: u32): u32 {
  const mask: u32 = (1 << half) - 1;
  const right = x & mask;
  return (right << half) | ((x >> half) ^ (mix(right ^ key) & mask));
}

/**
 * Where `index` goes in the shuffle of [0, n) that belongs to (seed, epoch): an eight-round Feistel network on the
 * next even number of bits, walked until it lands below n (Black & Rogaway, "Ciphers with arbitrary finite domains",
 * CT-RSA 2002). Needs index < n; fewer than four steps on average.
 */
export function permute(index: u32, n: u32, seed: u64, epoch: u32): u32 {
  if (n < 2) return 0;
  const half: u32 = (33 - clz<u32>(n - 1)) >> 1;
  const keys = philox(epoch, 0, 0, FOR_PERMUTATIONS, seed);
  let x = index;
  do {
    for (let pass: u32 = 0; pass < 2; pass++) {
      const offset: u32 = pass * WEYL_0;
      x = feistel_round(x, half, i32x4.extract_lane(keys, 0) + offset);
      x = feistel_round(x, half, i32x4.extract_lane(keys, 1) + offset);
      x = feistel_round(x, half, i32x4.extract_lane(keys, 2) + offset);
      x = feistel_round(x, half, i32x4.extract_lane(keys, 3) + offset);
    }
  } while (x >= n);
  return x;
}
