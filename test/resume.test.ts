import { expect, test } from "vitest";
import { simulate } from "../src/data/simulate.ts";
import { FitAborted, readCheckpoint } from "../src/fit/checkpoint.ts";
import { fit } from "../src/fit.ts";

const { dataset } = simulate("ferroelectric", { rows: 128, cols: 128, seed: 4 });
/** More passes than the fit makes before it levels. */
const options = { samples: 480, epochs: 400, restarts: 1, templates: 1, threads: 1, reproducible: true };

test("a fit that had levelled and was stopped while it encoded does not train on", { timeout: 60_000 }, async () => {
  const whole = await fit(dataset, options);
  const steps = whole.metrics.history.length;
  expect(steps).toBeLessThan(options.epochs * 4);
  const abort = new AbortController();
  const hooks = {
    signal: abort.signal,
    onProgress: ({ stage }: { stage: string }) => {
      if (stage === "encode") abort.abort();
    },
  };
  const error = await fit(dataset, options, hooks).catch((e) => e);
  expect(error).toBeInstanceOf(FitAborted);
  const resumed = await fit(dataset, { threads: 1 }, { resume: readCheckpoint(error.checkpoint, "checkpoint") });
  expect(resumed.metrics.history.length).toBe(steps);
  expect(resumed.model.parameters).toEqual(whole.model.parameters);
  expect(resumed.motifs.position).toEqual(whole.motifs.position);
});

test("the seconds of a fit name every stage", { timeout: 60_000 }, async () => {
  const { metrics } = await fit(dataset, { ...options, epochs: 1 });
  expect(Object.keys(metrics.seconds)).toEqual(["normalise", "align", "train", "priors", "encode", "motifs", "gauge"]);
});
