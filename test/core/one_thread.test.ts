import { afterEach, expect, test, vi } from "vitest";
import { openSession } from "../../src/core/session.ts";
import { simulate } from "../../src/data/simulate.ts";
import { fit } from "../../src/fit.ts";

const { dataset } = simulate("ferroelectric", { rows: 96, cols: 96, seed: 3 });
const options = { samples: 120, batch: 24, epochs: 1, restarts: 1, window: 24, maxShift: 8 };

afterEach(() => {
  vi.unstubAllGlobals();
});

const withoutSharedMemory: [what: string, stub: () => void][] = [
  ["an engine without SharedArrayBuffer", () => vi.stubGlobal("SharedArrayBuffer", undefined)],
  ["a page without cross-origin isolation", () => vi.stubGlobal("crossOriginIsolated", false)],
];

test.each(withoutSharedMemory)("%s: one thread, and it is said", async (_, stub) => {
  stub();
  const session = await openSession({ threads: 2 });
  await session.close();
  expect(session.threads).toBe(1);
  expect(session.variant).not.toMatch(/threads/);
  expect(session.reason).toMatch(/one thread: no shared memory here/);
});

test("a fit that asked for two threads gives the bits of one where memory cannot be shared", async () => {
  const expected = await fit(dataset, { ...options, threads: 1 });
  vi.stubGlobal("SharedArrayBuffer", undefined);
  const found = await fit(dataset, { ...options, threads: 2 });
  expect(found.versions).toMatchObject({ threads: 1, reason: expect.stringMatching(/no shared memory/) });
  expect(found.model.parameters).toEqual(expected.model.parameters);
});

test("with shared memory two threads are two", async () => {
  const session = await openSession({ threads: 2 });
  await session.close();
  expect(session.threads).toBe(2);
  expect(session.variant).toMatch(/threads$/);
  expect(session.reason).not.toMatch(/one thread/);
});
