import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";

/*
 * Node 20's baseline compiler loses locals across a wait (assembly/model/threads.ts). Code starts in it and only later, function by
 * function, becomes optimised code, so a fit is wrong now and then; kept in it, and with more threads than processors, which must sleep, it is wrong
 * nearly always.
 */
test("the same bits for any number of threads in the engine's baseline compiler", { timeout: 120_000 }, async () => {
  const script = fileURLToPath(new URL("baseline_fit.mjs", import.meta.url));
  const threads = ["1", "5", "6", "8"];
  const { stdout } = await promisify(execFile)(process.execPath, ["--liftoff-only", script, ...threads]);
  const hashes = stdout.trim().split("\n");
  expect(hashes).toHaveLength(threads.length);
  expect(new Set(hashes).size).toBe(1);
});
