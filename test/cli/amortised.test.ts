import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AmortisedModel } from "../../src/index.ts";
import { scratchFolder, shiftVae } from "./harness.ts";

/* pyroVED's model, and the lattice's phase, from the command line. */
describe("fit --pose amortised", { timeout: 120_000 }, () => {
  let folder: Awaited<ReturnType<typeof scratchFolder>>;
  const run = (...args: string[]) => shiftVae(args, { cwd: folder.path });
  const fit = (input: string, ...args: string[]) => run("fit", input, "--pose", "amortised", "--threads", "1", ...args);
  const text = (path: string) => readFile(`${folder.path}/${path}`, "utf8");

  beforeAll(async () => {
    folder = await scratchFolder();
    await run("simulate", "peaks1d", "--set", "samples=900", "--out", "signals.npy");
    await run("simulate", "peaks2d", "--set", "samples=64", "--out", "windows.npy");
    await run("simulate", "ferroelectric", "--size", "160", "--out", "image.npy");
  });
  afterAll(() => folder.clean());

  test("of signals writes what an exact fit writes, with a model that opens", async () => {
    const { code, stderr } = await fit("signals.npy", "--epochs", "3", "--dx-prior", "0.3", "--out", "signals");
    expect(code, stderr).toBe(0);
    const [head, first] = (await text("signals/samples.csv")).split("\n");
    expect(head).toBe("sample,shift,shift_sd,z1,z2,z1_sd,z2_sd");
    expect(first.split(",").map(Number).every(Number.isFinite)).toBe(true);
    const result = JSON.parse(await text("signals/result.json"));
    expect([result.config.dxPrior, result.config.epochs, result.samples]).toEqual([[0.3, 0.3], 3, 900]);
    const model = await AmortisedModel.load(`${folder.path}/signals/model.svae`);
    expect((await model.decode([0, 0])).cols).toBe(100);
    expect(await text("signals/report.html")).toContain("shift-vae encode");
  });

  test.each([
    ["r,t,s", ["angle", "angle_sd", "scale", "scale_sd"], "continuous-bernoulli"],
    ["s", ["scale", "scale_sd"], "gaussian"],
    ["none", [], "bernoulli"],
  ])("of cut-outs with invariances %s", async (invariances, columns, likelihood) => {
    const options = ["--cut-outs", "--invariances", invariances, "--likelihood", likelihood, "--epochs", "1"];
    const ramp = ["--beta", "2", "--beta-start", "0.5", "--beta-epochs", "1", "--sigma", "0.3", "--sc-prior", "0.2"];
    const small = ["--encoder-hidden", "16,16", "--decoder-hidden", "16,8", "--batch", "16", "--final-rate", "0.1"];
    const { code, stderr } = await fit("windows.npy", ...options, ...ramp, ...small, "--out", `of-${invariances}`);
    expect(code, stderr).toBe(0);
    const [head] = (await text(`of-${invariances}/samples.csv`)).split("\n");
    expect(head.split(",").slice(9)).toEqual(columns);
    const { config } = JSON.parse(await text(`of-${invariances}/result.json`));
    expect(config).toMatchObject({ likelihood, beta: 2, betaStart: 0.5, betaEpochs: 1, sigma: 0.3, scPrior: 0.2 });
    expect(config).toMatchObject({ encoderHidden: [16, 16], decoderHidden: [16, 8], finalRate: 0.1 });
  });

  test("of an image takes the lattice's phase", async () => {
    const options = ["--samples", "600", "--epochs", "1", "--restarts", "1"];
    const { code, stderr } = await fit("image.npy", ...options, "--out", "image");
    expect(code, stderr).toBe(0);
    expect(JSON.parse(await text("image/result.json")).config.pose).toBe("amortised");
    const same = ["--samples", "600", "--threads", "1", "--out", "again"];
    const again = await run("encode", "image/model.svae", "image.npy", ...same);
    expect(again.code, again.stderr).toBe(0);
    // Motifs are merged before the gauge in a fit and in it when encoding, so windows are what is the same.
    expect(await text("again/windows.npz")).toBe(await text("image/windows.npz"));
  });

  test.each([
    ["signals.npy", ["--window", "30"], /--window: expected only with the exact pose, got the amortised one/],
    ["signals.npy", ["--invariances", "r"], /--invariances: expected t or none for signals/],
    ["signals.npy", ["--invariances", "q"], /--invariances: expected one of r, t, s, got q/],
    ["signals.npy", ["--likelihood", "poisson"], /--likelihood: expected one of gaussian, bernoulli/],
    ["signals.npy", ["--dx-prior", "1,2,3"], /--dx-prior: expected one number or two/],
    ["signals.npy", ["--encoder-hidden", "8"], /--encoder-hidden: expected two numbers/],
    ["image.npy", ["--sc-prior", "0.1"], /--sc-prior: expected only with --pose amortised on signals or cut-outs/],
    ["image.npy", ["--smooth", "1"], /--smooth: expected only with the exact pose/],
  ])("refuses %s %j", async (input, options, message) => {
    const { code, stderr } = await fit(input, ...options, "--out", "refused");
    expect(stderr).toMatch(message);
    expect(code).toBe(2);
  });

  test("refuses pyroVED's options for an exact fit", async () => {
    const { code, stderr } = await run("fit", "signals.npy", "--dx-prior", "0.2", "--out", "refused");
    expect(stderr).toMatch(/--dx-prior: expected only with --pose amortised on signals or cut-outs/);
    expect(code).toBe(2);
  });
});
