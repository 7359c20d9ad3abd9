/**
 * `npm run bench:pyroved [-- loss_oracle shift1d vanilla step]`: installs pyroVED into .peers/pyroved (Python 3.9 to 3.11, about 5 GB with
 * the CUDA libraries that PyPI's torch brings) and runs its scripts, or those named. What cannot run here is skipped by name.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const folder = join(here, "../../../.peers/pyroved");
const python = join(folder, process.platform === "win32" ? "Scripts/python.exe" : "bin/python");
const packages = ["torch==2.0.1", "torchvision==0.15.2", "numpy<2", "pyro-ppl==1.8.6", "pyroved==0.3.0"];

const scripts = {
  loss_oracle: ["loss_oracle.py"],
  shift1d: ["shift1d.py"],
  vanilla: ["shift1d.py", "--vanilla"],
  step: ["step.py"],
};

const run = (command, args) => spawnSync(command, args, { stdio: "inherit" }).status === 0;
const works = () => existsSync(python) && spawnSync(python, ["-c", "import pyroved, torch"]).status === 0;

/** Undefined where pyroVED can be had, else why not. */
function install() {
  if (works()) return undefined;
  const named = ["python3.11", "python3.10", "python3.9", "python3"];
  const base = named.find((name) => spawnSync(name, ["-c", ALLOWED]).status === 0);
  if (!base) return "no Python 3.9 to 3.11, for which torch 2.0.1 is built";
  if (!run(base, ["-m", "venv", folder])) return `${base} -m venv failed`;
  if (!run(python, ["-m", "pip", "install", "--quiet", ...packages])) return "pip could not install it";
  return works() ? undefined : "it is installed but cannot be imported";
}

const ALLOWED = "import sys; sys.exit(not (3, 9) <= sys.version_info[:2] <= (3, 11))";

const asked = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(scripts);
const unknown = asked.find((name) => !(name in scripts));
if (unknown) throw new Error(`expected some of ${Object.keys(scripts).join(", ")}, got ${unknown}`);
const missing = install();
for (const name of asked) {
  if (missing) console.log(`${name}: skipped, pyroVED is not to be had: ${missing}`);
  else if (
    !run(
      python,
      scripts[name].map((part, k) => (k === 0 ? join(here, part) : part)),
    )
  )
    process.exitCode = 1;
}
