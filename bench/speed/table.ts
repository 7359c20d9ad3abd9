/** Results as a table for the terminal, and as Markdown. */
import type { Results } from "./results.ts";
import type { Row } from "./row.ts";

/** Three digits where there are not more before the point. */
export function figure(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString("en");
  return value === 0 ? "0" : value.toPrecision(value >= 10 ? 3 : 2);
}

function percent(share: number | undefined): string {
  return share === undefined ? "" : `${Math.round(100 * share)} %`;
}

const HEADINGS = ["what", "of", "build", "threads", "min", "median", "max", "unit", "of control", "best of best"];
const RIGHT = new Set(["threads", "min", "median", "max", "of control", "best of best"]);

function cells(row: Row): string[] {
  const figures = [row.min, row.median, row.max].map((v) => (row.unit === "power" ? v.toFixed(2) : figure(v)));
  const shares = [percent(row.share), percent(row.bestShare)];
  return [row.name, row.shape, row.variant, row.threads ? String(row.threads) : "", ...figures, row.unit, ...shares];
}

function heading({ date, commit, command, machine, versions, control }: Results): string {
  const load = `load ${machine.loadBefore.toFixed(1)} before, ${machine.loadAfter.toFixed(1)} after`;
  return [
    `shift-vae ${versions["shift-vae"]} (${commit}), ${date}, ${command}`,
    `${machine.cpu}, ${machine.logicalCpus} logical CPUs, ${machine.memoryGiB} GiB, ${machine.platform}, ${load}`,
    `Node ${versions.node}, V8 ${versions.v8}; control: ${control}`,
  ].join("\n");
}

export function textTable(results: Results): string {
  const lines = [HEADINGS, ...results.rows.map(cells)];
  const widths = HEADINGS.map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  const text = lines.map((line) =>
    line
      .map((cell, i) => (RIGHT.has(HEADINGS[i]) ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join("  ")
      .trimEnd(),
  );
  return `${heading(results)}\n\n${text.join("\n")}\n`;
}

function markdown(
  headings: readonly string[],
  lines: readonly (readonly string[])[],
  right: (heading: string) => boolean,
) {
  const rule = headings.map((name) => (right(name) ? "--:" : "---"));
  return [headings, rule, ...lines].map((line) => `| ${line.join(" | ")} |`).join("\n");
}

/** All rows of a group of one run. */
export function groupTable({ rows }: Results, groups: readonly Row["group"][]): string {
  const lines = rows.filter((row) => groups.includes(row.group)).map(cells);
  return markdown(HEADINGS, lines, (name) => RIGHT.has(name));
}

/** Which figures stand for the whole, and in what words. */
const SUMMARY: readonly { readonly words: string; readonly name: string; readonly build?: "relaxed" }[] = [
  { words: "`fit`, process start to report", name: "fit, process to report" },
  { words: "process start to first training step", name: "process start to first step" },
  { words: "training step", name: "training step", build: "relaxed" },
  { words: "training step of pyroVED's model", name: "training step, amortised pose", build: "relaxed" },
  { words: "encoding", name: "encode", build: "relaxed" },
  { words: "decoding", name: "decode", build: "relaxed" },
  { words: "training step, 2 threads over 1", name: "training step: 2 threads over 1" },
  { words: "the native control, 2 threads over 1", name: "fma: 2 threads over 1" },
  { words: "largest resident set of `fit`", name: "fit, largest resident set" },
  { words: "package", name: "npm package, packed" },
  { words: "package, installed", name: "npm package, installed" },
];

/** Medians of what a user waits for, one column a run. */
export function summaryTable(runs: readonly Results[]): string {
  const columns = runs.map(({ versions }) => `Node ${versions.node}`);
  const lines = SUMMARY.flatMap(({ words, name, build }) => {
    const matching = (run: Results) =>
      run.rows.filter((row) => row.group !== "scaling" && row.name === name && (!build || row.variant === build));
    return matching(runs[0]).map((row) => {
      const values = runs.map((run) => {
        const same = matching(run).find((other) => other.shape === row.shape && other.threads === row.threads);
        return same ? `${figure(same.median)} ${same.unit}` : "";
      });
      return [words, row.shape, row.threads ? String(row.threads) : "", ...values];
    });
  });
  return markdown(["", "of", "threads", ...columns], lines, (name) => name === "threads" || columns.includes(name));
}

/** What was measured where, for below a table. */
export function provenance(runs: readonly Results[]): string {
  const [{ machine, control, command }] = runs;
  const each = runs.map(({ versions, commit, machine: { loadBefore, loadAfter } }) => {
    return `Node ${versions.node} (V8 ${versions.v8}) at ${commit}, load ${loadBefore.toFixed(1)} before and ${loadAfter.toFixed(1)} after`;
  });
  return `Medians. ${machine.cpu}, ${machine.logicalCpus} logical CPUs, ${machine.memoryGiB} GiB, ${machine.platform}; ${each.join("; ")}; control: ${control}; \`${command}\`.`;
}
