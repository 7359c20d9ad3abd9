/** "wide" is relaxed SIMD in tiles for V8's revectorizer (assembly/kernels/matmul.ts). */
export type SimdVariant = "simd" | "relaxed" | "wide";
