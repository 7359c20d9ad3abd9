/** `npm run bench:table`: puts the newest results between the markers `<!-- bench:NAME -->` … `<!-- /bench -->` of the documents. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./project.ts";
import { readResults } from "./results.ts";
import { groupTable, provenance, summaryTable } from "./table.ts";

const DOCUMENTS = ["README.md", "docs/performance.md"];

const runs = readResults("speed");
const peers = readResults("peers");
const tables: Readonly<Record<string, () => string>> = {
  summary: () => `${summaryTable(runs)}\n\n${provenance(runs)}`,
  kernels: () => perRun(["control", "kernel"]),
  model: () => perRun(["model", "threads"]),
  scaling: () => perRun(["scaling"]),
  peers: () => `${perRun(["control", "peer"], peers)}\n\n${provenance(peers)}`,
  jobs: () => perRun(["job", "size"]),
};

function perRun(groups: Parameters<typeof groupTable>[1], of = runs): string {
  const measured = of.filter(({ rows }) => rows.some(({ group }) => groups.includes(group)));
  if (measured.length === 0) throw new Error(`bench/results: expected rows of ${groups.join(", ")}, found none`);
  return measured.map((run) => `Node ${run.versions.node}:\n\n${groupTable(run, groups)}`).join("\n\n");
}

/** All or nothing: a table that has no results ends it before any document is written. */
const filled = DOCUMENTS.map((document) => {
  const path = join(root, document);
  const text = readFileSync(path, "utf8").replace(
    /(<!-- bench:(\w+) -->\n).*?(<!-- \/bench -->)/gs,
    (_, begin, name, end) => {
      if (!(name in tables))
        throw new Error(`${document}: expected one of ${Object.keys(tables).join(", ")}, got bench:${name}`);
      return `${begin}\n${tables[name]()}\n\n${end}`;
    },
  );
  return { path, text };
});
for (const { path, text } of filled) writeFileSync(path, text);
