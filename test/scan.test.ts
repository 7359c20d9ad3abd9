import { describe, expect, it } from "vitest";
import { simulate } from "../src/data/simulate.ts";
import { FitAborted, fit, scan } from "../src/index.ts";
import { scanFigure, scanHtml, scanTable } from "../src/report/scan_report.ts";
import { collapsedLatents, latentsInUse } from "../src/results/latents.ts";
import { bestPoint, median, scanCsv } from "../src/results/scan.ts";
import { parseMarkup } from "./report_markup.ts";

const { dataset } = simulate("ferroelectric", { seed: 2, rows: 128, cols: 128 });
const quick = { seed: 1, threads: 1, samples: 400, epochs: 1, restarts: 1, templates: 1, reproducible: true } as const;
const scanned = scan(dataset, { window: [32, 20, 32], latentDim: [2, 1] }, quick);

describe("a scan", () => {
  it("is the fits of its grid, each once and in order, with their numbers", async () => {
    const { points } = await scanned;
    expect(points.map(({ window, latentDim }) => [window, latentDim])).toEqual([
      [20, 1],
      [20, 2],
      [32, 1],
      [32, 2],
    ]);
    const alone = await fit(dataset, { ...quick, window: 20, latentDim: 2 });
    const { elbo, elboPerPixel, klPerLatent, motifs, positionSd, shapeSd, inUse } = points[1];
    expect({ elbo, klPerLatent, motifs }).toEqual({
      elbo: alone.metrics.elbo,
      klPerLatent: alone.metrics.klPerLatent,
      motifs: alone.motifs.count,
    });
    expect(elboPerPixel).toBeCloseTo(elbo / 400, 12);
    const used = latentsInUse(klPerLatent);
    expect(inUse).toBe(used.length);
    const rms = (values: number[]) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length);
    const { positionSd: sd, zSd, count } = alone.motifs;
    const each = (of: (m: number) => number) => median(Array.from({ length: count }, (_, m) => of(m)));
    expect(positionSd).toBe(each((m) => rms([sd[2 * m], sd[2 * m + 1]])));
    expect(shapeSd).toBe(each((m) => rms(used.map((l) => zSd[2 * m + l]))));
  });

  it("writes a table, a figure and a page with all of it", async () => {
    const report = await scanned;
    const lines = scanCsv(report).trimEnd().split("\n");
    expect(lines).toHaveLength(5);
    expect(lines[2].split(",").slice(0, 2)).toEqual(["20", "2"]);
    expect(lines[2].split(",")[7].split(" ")).toHaveLength(2);
    const { head, rows } = scanTable(report);
    for (const row of rows) expect(row).toHaveLength(head.length);
    expect(scanFigure(report).alt).toContain("1, 2 latents");
    const { text } = parseMarkup(scanHtml(report, [{ name: "scan.csv", what: "one row a fit" }]).trimEnd());
    expect(text).toContain(`window ${bestPoint(report).window} px`);
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
  });

  it("tries windows about the default one where none are named, none twice", async () => {
    const abort = new AbortController();
    const runs: number[] = [];
    const onProgress = (_: unknown, __: number, count: number) => {
      runs.push(count);
      abort.abort();
    };
    await expect(scan(dataset, { latentDim: [1] }, quick, { onProgress, signal: abort.signal })).rejects.toThrow(
      FitAborted,
    );
    expect(runs[0]).toBe(4);
  });

  it("refuses what no fit could do before the first", async () => {
    let began = false;
    const onProgress = () => {
      began = true;
    };
    const tried = (grid: object) => scan(dataset, grid, quick, { onProgress });
    await expect(tried({ window: [] })).rejects.toThrow(/window: expected one value or more/);
    await expect(tried({ window: [16, 129] })).rejects.toThrow(/window: expected at most .* 128 px, got 129/);
    await expect(tried({ window: [16], latentDim: [0, 2] })).rejects.toThrow(/latentDim: expected a whole number/);
    expect(began).toBe(false);
  });
});

describe("latents", () => {
  it("are in use above the threshold, and collapsed below or where nothing is known", () => {
    expect(latentsInUse([0.05, 0.051, 3, Number.NaN])).toEqual([1, 2]);
    expect(collapsedLatents([0.05, 0.051, 3, Number.NaN])).toEqual([0, 3]);
    expect(median([3, Number.NaN, 1, 2, 10])).toBe(2.5);
    expect(median([])).toBeNaN();
  });
});
