/*
 * Native control of the speed benchmark: loops whose work is known, in 128-bit vectors as Wasm SIMD has them, on one thread but for the last.
 *
 *   peak fma SAMPLES      twelve independent multiply-add chains in registers
 *   peak matmul SAMPLES   C (4096, 128) = A (4096, 128) · B (128, 128), packed, tiles of 6 × 8, as assembly/kernels/matmul.ts
 *   peak triad SAMPLES    a = b + s · c over three arrays of 256 KiB
 *   peak threads SAMPLES THREADS   the chains of fma on several threads at once: what the machine gives to so many
 *
 * prints one figure a sample, GFLOP/s or (triad) GB/s, after samples of warm-up. Built by bench/speed/control.ts.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

typedef float v4 __attribute__((vector_size(16)));

/* Keeps the compiler from moving work out of the timed loops, and (inside a function) from taking several calls of it for one. */
#define BARRIER() __asm__ volatile("" ::: "memory")

static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static v4 splat(float x) { return (v4){x, x, x, x}; }

enum { CHAINS = 12, ROUNDS = 1000000 };

/* 2 · 4 · CHAINS operations a round; the chains tend to 1, so nothing overflows or becomes denormal. */
__attribute__((noinline)) static float fma_rounds(float factor) {
  BARRIER();
  const v4 x = splat(factor), y = splat(1 - factor);
  v4 a = splat(0.0f), b = splat(0.1f), c = splat(0.2f), d = splat(0.3f), e = splat(0.4f), f = splat(0.5f);
  v4 g = splat(0.6f), h = splat(0.7f), i = splat(0.8f), j = splat(0.9f), k = splat(1.1f), l = splat(1.2f);
  for (int round = 0; round < ROUNDS; round++) {
    a = a * x + y; b = b * x + y; c = c * x + y; d = d * x + y; e = e * x + y; f = f * x + y;
    g = g * x + y; h = h * x + y; i = i * x + y; j = j * x + y; k = k * x + y; l = l * x + y;
  }
  const v4 sum = a + b + c + d + e + f + g + h + i + j + k + l;
  return sum[0] + sum[1] + sum[2] + sum[3];
}

enum { MOST_THREADS = 64, THREAD_REPEATS = 8 };

static void *fma_thread(void *sink) {
  for (int i = 0; i < THREAD_REPEATS; i++) *(float *)sink += fma_rounds(0.999f);
  return NULL;
}

/* Starts the threads, and waits until all are done. */
static void fma_threads(int threads, float *sink) {
  pthread_t started[MOST_THREADS];
  float sinks[MOST_THREADS][32] = {{0}};
  for (int t = 0; t < threads; t++) {
    if (pthread_create(&started[t], NULL, fma_thread, sinks[t]) != 0) exit(3);
  }
  for (int t = 0; t < threads; t++) {
    pthread_join(started[t], NULL);
    *sink += sinks[t][0];
  }
}

enum { M = 4096, N = 128, K = 128, TILE_ROWS = 6, PANEL = 8, GROUPS = (M + TILE_ROWS - 1) / TILE_ROWS };

static float packedA[GROUPS * TILE_ROWS * K] __attribute__((aligned(64)));
static float panelsB[N * K] __attribute__((aligned(64)));
static float productC[GROUPS * TILE_ROWS * N] __attribute__((aligned(64)));

/* One 6 × 8 tile: 12 accumulators in registers. */
static void tile(float *c, const float *a, const float *b) {
  v4 low[TILE_ROWS], high[TILE_ROWS];
  for (int r = 0; r < TILE_ROWS; r++) low[r] = high[r] = splat(0);
  for (int p = 0; p < K; p++, a += TILE_ROWS, b += PANEL) {
    const v4 b0 = *(const v4 *)b, b1 = *(const v4 *)(b + 4);
    for (int r = 0; r < TILE_ROWS; r++) {
      const v4 s = splat(a[r]);
      low[r] = s * b0 + low[r];
      high[r] = s * b1 + high[r];
    }
  }
  for (int r = 0; r < TILE_ROWS; r++) {
    memcpy(c + r * N, &low[r], sizeof(v4));
    memcpy(c + r * N + 4, &high[r], sizeof(v4));
  }
}

__attribute__((noinline)) static void matmul(void) {
  for (int j = 0; j < N; j += PANEL)
    for (int g = 0; g < GROUPS; g++)
      tile(productC + g * TILE_ROWS * N + j, packedA + g * TILE_ROWS * K, panelsB + j * K);
}

enum { LENGTH = 65536 };

static v4 to[LENGTH / 4], left[LENGTH / 4], right[LENGTH / 4];

__attribute__((noinline)) static void triad(float factor) {
  const v4 s = splat(factor);
  for (int i = 0; i < LENGTH / 4; i++) to[i] = s * right[i] + left[i];
}

static void fill(float *x, unsigned length) {
  for (unsigned i = 0; i < length; i++) x[i] = (float)((i * 7919) % 1000) / 1000 - 0.5f;
}

/* Giga-operations, or gigabytes, of one sample, and the seconds it took. */
static double sample(const char *kind, int threads, float *sink) {
  const double began = seconds();
  double work = 0;
  if (strcmp(kind, "fma") == 0) {
    *sink += fma_rounds(0.999f);
    work = 1e-9 * 2 * 4 * CHAINS * ROUNDS;
  } else if (strcmp(kind, "threads") == 0) {
    fma_threads(threads, sink);
    work = 1e-9 * 2 * 4 * CHAINS * ROUNDS * THREAD_REPEATS * threads;
  } else if (strcmp(kind, "matmul") == 0) {
    for (int i = 0; i < 5; i++) {
      matmul();
      BARRIER();
    }
    *sink += productC[17];
    work = 1e-9 * 5 * 2.0 * M * N * K;
  } else {
    for (int i = 0; i < 1000; i++) {
      triad(0.5f + 1e-6f * (float)i);
      BARRIER();
    }
    *sink += ((const float *)to)[17];
    work = 1e-9 * 1000 * 12.0 * LENGTH;
  }
  return work / (seconds() - began);
}

int main(int count, char **arguments) {
  const int threads = count == 4 ? atoi(arguments[3]) : 1;
  if (count < 3 || count > 4 || atoi(arguments[2]) < 1 || threads < 1 || threads > MOST_THREADS) {
    fprintf(stderr, "usage: peak fma|matmul|triad SAMPLES, peak threads SAMPLES THREADS (at most %d)\n", MOST_THREADS);
    return 2;
  }
  fill(packedA, GROUPS * TILE_ROWS * K);
  fill(panelsB, N * K);
  fill((float *)left, LENGTH);
  fill((float *)right, LENGTH);
  float sink = 0;
  for (int i = 0; i < 3; i++) sample(arguments[1], threads, &sink);
  for (int i = 0; i < atoi(arguments[2]); i++) printf("%.3f\n", sample(arguments[1], threads, &sink));
  fprintf(stderr, "sink %g\n", sink);
  return 0;
}
