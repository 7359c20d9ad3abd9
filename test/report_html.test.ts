import { createHash } from "node:crypto";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { reportHtml } from "../src/report/html.ts";
import { SCRIPT, SCRIPT_HASH } from "../src/report/html_script.ts";
import { STYLE, STYLE_HASH } from "../src/report/html_style.ts";
import { headlines, latentsHeadline, withSd } from "../src/report/summary.ts";
import type { FitReport } from "../src/results/types.ts";
import { parseMarkup } from "./report_markup.ts";
import { sampleReport } from "./report_sample.ts";

const small = sampleReport({ rows: 128, cols: 128 });

function dataOf(html: string) {
  const match = /<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html);
  return JSON.parse(match![1]);
}

describe("report", () => {
  const cases: [string, FitReport][] = [
    ["two latents", small],
    ["one latent", sampleReport({ rows: 96, cols: 96, latentDim: 1 })],
    ["three latents", sampleReport({ rows: 96, cols: 96, latentDim: 3 })],
    ["no motifs", sampleReport({ rows: 96, cols: 96, motifs: false })],
    ["a wide image", sampleReport({ rows: 48, cols: 300 })],
    ["nothing known", { ...small, pixelSize: undefined, lattice: undefined, config: {}, versions: {} }],
  ];
  it.each(cases)("is well formed with %s", (_name, report) => {
    const html = reportHtml(report);
    const { tags, text } = parseMarkup(html.trimEnd());
    expect(text).toContain("Motifs found");
    expect(text).not.toMatch(/NaN|undefined|Infinity/);
    const headings = tags.filter((tag) => /^h\d$/.test(tag.name)).map((tag) => Number(tag.name[1]));
    expect(headings[0]).toBe(1);
    headings.slice(1).forEach((level, i) => {
      expect(level).toBeLessThanOrEqual(headings[i] + 1);
    });
    expect(headings.filter((level) => level === 1)).toHaveLength(1);
    const ids = tags.flatMap((tag) => tag.attributes.id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
    for (const svg of tags.filter((tag) => tag.name === "svg")) expect(svg.attributes["aria-label"]).toBeTruthy();
  });

  it("loads nothing: no address but its own data and files beside it", () => {
    const { tags } = parseMarkup(reportHtml(small, [{ name: "motifs.csv", what: "positions" }]).trimEnd());
    for (const { name, attributes } of tags) {
      for (const key of ["src", "href", "action", "poster", "data", "xlink:href"]) {
        if (attributes[key] === undefined) continue;
        if (name === "a") expect(attributes[key]).toMatch(/^\.\//);
        else expect(attributes[key]).toMatch(/^data:image\/png;base64,[A-Za-z0-9+/]+=*$/);
      }
      expect(Object.keys(attributes).filter((key) => key.startsWith("on") || key === "style")).toEqual([]);
    }
    expect(STYLE + SCRIPT.replace("http://www.w3.org/2000/svg", "")).not.toMatch(/https?:|url\(|@import|fetch|XMLHttp/);
  });

  it("allows its own script and style and no other", () => {
    const sha = (text: string) => `sha256-${createHash("sha256").update(text).digest("base64")}`;
    expect(SCRIPT_HASH).toBe(sha(SCRIPT));
    expect(STYLE_HASH).toBe(sha(STYLE));
    const html = reportHtml(small);
    expect(html).toContain(`script-src '${SCRIPT_HASH}'`);
    expect(html).toContain(`<script>${SCRIPT}</script>`);
    expect(html).toContain(`<style>${STYLE}</style>`);
  });

  it("escapes every text that comes from files", () => {
    const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)>'&\u0000\u0007`;
    const report: FitReport = {
      ...small,
      title: evil,
      pixelSize: { value: 0.02, unit: evil },
      config: { seed: evil, [evil]: evil, nested: { deep: [evil] } },
      versions: { [evil]: evil, variant: evil, threads: evil },
      metrics: { ...small.metrics, seconds: { [evil]: 1 } },
    };
    const html = reportHtml(report, [{ name: `../${evil}.csv`, what: evil }]);
    const { tags } = parseMarkup(html.trimEnd());
    const plain = parseMarkup(reportHtml(small, [{ name: "x.csv", what: "x" }]).trimEnd());
    const count = (list: typeof tags, name: string) => list.filter((tag) => tag.name === name).length;
    expect(count(tags, "script")).toBe(2);
    expect(count(tags, "img")).toBe(0);
    expect(count(tags, "section")).toBe(count(plain.tags, "section"));
    expect(html.match(/<script>alert/g)).toBeNull();
    expect(html).toContain("&lt;script&gt;alert(1)");
    expect(dataOf(html).row).toHaveLength(small.motifs.count);
    for (const tag of tags.filter((t) => t.name === "a")) expect(tag.attributes.href).toMatch(/^\.\/[^"<>\s]*$/);
  });

  it("holds every motif's values for the pointer, and the first thousand in a table", () => {
    const html = reportHtml(small);
    const data = dataOf(html);
    expect(data.columns.map((c: { name: string }) => c.name).slice(0, 6)).toEqual([
      "row (px)",
      "column (px)",
      "σ (pm)",
      "windows",
      "z₁",
      "z₂",
    ]);
    small.motifs.z.forEach((z, i) => {
      expect(data.columns[4 + (i % 2)].values[Math.floor(i / 2)]).toBeCloseTo(z, 3);
    });
    expect(parseMarkup(html.trimEnd()).text).toContain(`All ${small.motifs.count} motifs`);
  });

  it("stays below 4 MB for a thousand motifs", () => {
    const report = sampleReport();
    expect(report.motifs.count).toBeGreaterThan(1000);
    const html = reportHtml(report);
    expect(Buffer.byteLength(html)).toBeLessThan(4e6);
    expect(parseMarkup(html.trimEnd()).text).toContain(`The first 1000 of ${report.motifs.count} motifs`);
  });

  it("has a script that parses", () => {
    expect(() => runInNewContext(`(() => {${SCRIPT}})`)).not.toThrow();
  });
});

describe("headlines", () => {
  it("give a deviation two digits and the value its place", () => {
    expect(withSd(15.80342, 0.01234)).toEqual(["15.803", "0.012"]);
    expect(withSd(395.2, 12)).toEqual(["395", "12"]);
    expect(withSd(0.39512345, 0.000043)).toEqual(["0.395123", "0.000043"]);
    expect(withSd(15.8, Number.NaN)).toEqual(["15.8", "–"]);
  });

  it("state the lattice in nm and px, and in px alone where nothing is known", () => {
    const at = (report: FitReport, label: string) => headlines(report).find((h) => h.label === label);
    expect(at(small, "Lattice a")?.value).toMatch(/^0\.395\d* nm$/);
    expect(at(small, "Lattice a")?.detail).toMatch(/^± 0\.0\d+ nm\n15\.8\d* ± 0\.\d+ px$/);
    expect(at({ ...small, pixelSize: undefined }, "Lattice a")?.value).toMatch(/^15\.8\d* px$/);
    expect(at({ ...small, lattice: undefined }, "Lattice")?.value).toBe("none found");
    expect(at(small, "Time")).toMatchObject({ value: "9.39 s", detail: "relaxed, 2 threads" });
    expect(at(small, "Seed")?.value).toBe("7");
  });

  it("count the latents in use and name those that collapsed", () => {
    const of = (klPerLatent: number[]) => latentsHeadline({ ...small.metrics, klPerLatent });
    expect(of([3.4, 0.06])).toMatchObject({ value: "2 of 2", detail: "KL > 0.05 nats" });
    expect(of([0.01, 3.4, 0.049])).toMatchObject({ value: "1 of 3", detail: "z₁, z₃ collapsed: KL ≤ 0.05 nats" });
    expect(of([Number.NaN])).toMatchObject({ value: "0 of 1" });
  });
});
