import { configDefaults, defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, "dist/**", ".peers/**"],
    // Biome's rule against focused tests takes the library's `fit` for one; this refuses `.only` instead.
    allowOnly: false,
    // Fits, fuzzing and processes of their own, on a machine that may be busy.
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
