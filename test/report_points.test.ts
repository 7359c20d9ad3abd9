/** Places and values that pages hold for the pointer. */
import { describe, expect, it } from "vitest";
import { type Points, seriesPoints } from "../src/report/points.ts";
import { samplePoints } from "../src/report/sample_points.ts";
import { samplesHtml } from "../src/report/samples_html.ts";
import { seriesHtml } from "../src/report/series_html.ts";
import type { SeriesReport } from "../src/results/series.ts";
import { parseMarkup } from "./report_markup.ts";
import { cutOutsReport, signalsReport, spectralMapReport } from "./report_samples.ts";
import { frame, sample, stackOf } from "./report_series.ts";

const { image } = sample;
const { count } = sample.motifs;

function valuesOf({ columns }: Points, name: string) {
  const found = columns.find((column) => column.name === name);
  if (!found) throw new Error(`no ${name} among ${columns.map((column) => column.name).join(", ")}`);
  return found.values;
}

/** A stack of whose frames the first and the last but two are shown. */
function longStack(frames: number): SeriesReport {
  const all = Array.from({ length: frames }, (_, k) => frame(10 + k, k, k !== 1));
  return {
    ...stackOf(all),
    shown: [
      { frame: 0, image },
      { frame: frames - 3, image },
    ],
  };
}

describe("points of a stack", () => {
  const points = seriesPoints(longStack(12));
  const every = Math.ceil((12 * count) / 5000);

  it("are all motifs of the frames that are shown, and of the others those that the scatter plot shows", () => {
    const of = (k: number) => points.field!.filter((field) => field === k).length;
    expect(every).toBe(3);
    expect([of(0), of(9)]).toEqual([count, count]);
    expect(Math.abs(of(5) - count / 3)).toBeLessThan(1);
    for (const { values } of points.columns) expect(values).toHaveLength(points.field!.length);
  });

  it("have their frame, place, values and the motif that they are", () => {
    const first = points.field!.indexOf(9);
    expect(valuesOf(points, "frame")[first]).toBe(19);
    expect(points.row![first]).toBeCloseTo(sample.motifs.position[0] + 9, 2);
    expect(valuesOf(points, "z₁")[first]).toBeCloseTo(sample.motifs.z[0], 3);
    expect(points.same![first]).toBe(0);
    // A frame without a lattice has no strain.
    const bare = points.field!.indexOf(1);
    expect(valuesOf(points, "εxx (%)")[bare]).toBeNull();
    expect(valuesOf(points, "εxx (%)")[0]).not.toBeNull();
  });

  it("of several images have the file's name, and none is followed", () => {
    const images = stackOf(
      [
        { ...frame(0, 0), name: "a-b.tif" },
        { ...frame(1, 1), name: "c.tif" },
      ],
      "images",
    );
    const { same, columns } = seriesPoints({ ...images, shown: [{ frame: 1, image }] });
    expect(same).toBeUndefined();
    expect(columns[0].name).toBe("image");
    expect(columns[0].values[0]).toBe("a-b.tif");
  });
});

describe("points of samples", () => {
  it("of a spectral map lie at the points of its scan", () => {
    const map = spectralMapReport();
    const points = samplePoints(map);
    expect(points.fields).toEqual([{ rows: 9, cols: 14, reach: 1 }]);
    expect([points.row![15], points.col![15]]).toEqual([1, 1]);
    expect(points.columns.map(({ name }) => name)).toEqual([
      ...["row", "column", "row (nm)", "column (nm)", "mean"],
      ...["shift (eV)", "shift σ (eV)", "z₁", "z₂"],
    ]);
    expect(valuesOf(points, "column (nm)")[15]).toBe(3.25);
    expect(valuesOf(points, "shift (eV)")[15]).toBeCloseTo(-0.05 * map.windows.shift[31], 4);
    expect(valuesOf(points, "shift σ (eV)")[15]).toBeCloseTo(0.05 * map.windows.shiftSd[31], 4);
  });

  it("of signals and cut-outs have no place", () => {
    expect(samplePoints(signalsReport()).fields).toEqual([]);
    expect(samplePoints(signalsReport()).row).toBeUndefined();
    const names = samplePoints(cutOutsReport()).columns.map(({ name }) => name);
    expect(names.slice(0, 2)).toEqual(["sample", "shift row (px)"]);
    expect(names).toContain("angle (°)");
  });
});

describe("a page's live figures", () => {
  it.each([
    ["a stack", () => seriesHtml(longStack(4))],
    ["a spectral map", () => samplesHtml(spectralMapReport())],
    ["signals", () => samplesHtml(signalsReport())],
    ["cut-outs", () => samplesHtml(cutOutsReport())],
  ])("of %s name fields and columns that the page has", (_, html) => {
    const page = html();
    const { tags, text } = parseMarkup(page.trimEnd());
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
    const data = JSON.parse(/id="data">(.*?)<\/script>/s.exec(page)![1]) as Points;
    const svgs = tags.filter(({ name }) => name === "svg").map(({ attributes }) => attributes);
    const kept = (name: string) =>
      svgs.flatMap((svg) => svg[name] ?? []).map((json) => JSON.parse(json.replaceAll("&quot;", '"')));
    const scatters = kept("data-scatter");
    expect(scatters.length).toBeGreaterThan(0);
    const names = data.columns.map(({ name }) => name);
    for (const { columns } of scatters) expect(names).toEqual(expect.arrayContaining(columns));
    for (const { field } of kept("data-views")) expect(data.fields[field]).toBeDefined();
  });
});
