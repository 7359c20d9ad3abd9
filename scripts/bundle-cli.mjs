// Joins modules into few files, in place, for those who wait: a process that loads a hundred modules takes a tenth of a second for it. Of the command line what
// a fit of an image loads before it trains becomes one file, and everything else a file for each part, loaded when it is asked for; a thread's
// modules become one. The library's modules, which programs import, stay as tsc writes them.
import { copyFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const dist = join(dirname(fileURLToPath(import.meta.url)), "..", "dist") + sep;
const modules = join(dist, "cli");
// As deep as what it is made of: paths to the core's builds and to package.json start there.
const bundle = join(dist, "cli-bundle");

/** Where the modules start from that are loaded before an image is fitted. */
const FIRST = ["cli/fit.js", "cli/fit_run.js", "cli/image_task.js", "core/session.js", "fit/options.js"];

/** Packages are installed beside this one. */
const external = (id) => !id.startsWith(".") && !id.startsWith(dist);

/** These modules and all that they import at once. */
function closure(roots, importsOf) {
  const found = new Set(roots);
  for (const id of found) for (const next of importsOf(id)) if (next.startsWith(dist)) found.add(next);
  return found;
}

let first;
function groupOf(id, context) {
  first ??= closure(
    FIRST.map((name) => join(dist, name)),
    (name) => context.getModuleInfo(name)?.importedIds ?? [],
  );
  return first.has(id) ? "first" : null;
}

async function bundleCli() {
  const build = await rolldown({
    input: { main: join(modules, "main.js") },
    platform: "node",
    external,
    // What one command loads when it is asked for may be another's from the start.
    checks: { ineffectiveDynamicImport: false },
  });
  const groups = [{ name: groupOf, debugName: "first" }];
  await build.write({ dir: bundle, format: "esm", chunkFileNames: "[name].js", codeSplitting: { groups } });
}

/** One file, beside each of the modules that start threads. */
async function bundleWorker() {
  const file = join(dist, "core/worker.js");
  const build = await rolldown({ input: file, platform: "node", external });
  await build.write({ file, format: "esm" });
  copyFileSync(file, join(bundle, "worker.js"));
}

rmSync(bundle, { recursive: true, force: true });
await bundleCli();
await bundleWorker();
rmSync(modules, { recursive: true });
renameSync(bundle, modules);
