import { Worker } from "node:worker_threads";
import { afterEach, describe, expect, test, vi } from "vitest";
import { ask, startThreads, type Thread, takeThreads } from "../../src/core/pool.ts";

/** Threads started before their session (the workers are the built dist/core/worker.js). */
describe("threads that were started early", () => {
  let taken: Thread[] = [];
  afterEach(async () => {
    await Promise.all(taken.map(({ worker }) => worker.terminate()));
    taken = [];
    vi.unstubAllGlobals();
  });
  const take = (count: number) => {
    const threads = takeThreads(count);
    taken.push(...threads);
    return threads;
  };

  test("are those that are taken next, once", () => {
    startThreads(2);
    startThreads(2);
    const first = take(2);
    expect(first).toHaveLength(2);
    const second = take(2);
    expect(second).toHaveLength(2);
    expect(second.some((thread) => first.includes(thread))).toBe(false);
  });

  test("end where another number is asked for", () => {
    const ended = vi.spyOn(Worker.prototype, "terminate");
    startThreads(3);
    const kept = take(2);
    expect(kept).toHaveLength(2);
    expect(ended).toHaveBeenCalledTimes(3);
    expect(ended.mock.contexts.some((worker) => kept.some((thread) => thread.worker === worker))).toBe(false);
    ended.mockRestore();
  });

  test("none are started for one thread, nor where memory cannot be shared", () => {
    const started = vi.spyOn(Worker.prototype, "unref");
    startThreads(1);
    vi.stubGlobal("SharedArrayBuffer", undefined);
    startThreads(2);
    expect(started).not.toHaveBeenCalled();
    started.mockRestore();
  });

  test("whoever waits for a thread is told that it ended", async () => {
    const [thread] = take(1);
    await thread.worker.terminate();
    await expect(thread.failed).rejects.toThrow(/worker thread ended/);
  });

  test("whoever waits for an answer is told what went wrong: here an order before there is an instance", async () => {
    const [thread] = take(1);
    await expect(ask(thread, { job: { name: "latents" } })).rejects.toThrow(/undefined/);
  });
});
