/** Training steps of PyTorch and pyroVED in a Python that has them; left out, with the reason, where none does. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "../speed/project.ts";
import { type Row, spread } from "../speed/row.ts";

/** What bench/peers/pyroved/step.py prints, a line a measurement. */
interface Step {
  readonly name: string;
  readonly shape: string;
  readonly ms: readonly number[];
}

/** The interpreter that `npm run bench:pyroved` makes, else $PYTHON or python3. */
function interpreter(): string {
  const own = join(root, ".peers/pyroved/bin/python");
  return existsSync(own) ? own : (process.env.PYTHON ?? "python3");
}

/** Why no Python here can run the steps; undefined where one can. */
export function withoutTorch(): string | undefined {
  const python = interpreter();
  const { status, stderr } = spawnSync(python, ["-c", "import torch"], { encoding: "utf8" });
  return status === 0 ? undefined : stderr?.trim().split("\n").at(-1) || `no interpreter ${python}`;
}

/** Milliseconds a step of PyTorch and, where it is installed, pyroVED, on so many threads. */
export function benchTorch(threads: number): Row[] {
  const script = [join(root, "bench/peers/pyroved/step.py"), "--threads", String(threads)];
  const lines = execFileSync(interpreter(), script, { encoding: "utf8" }).trim().split("\n");
  return lines.map((line): Row => {
    const { name, shape, ms } = JSON.parse(line) as Step;
    return { group: "peer", name, shape, variant: "native", threads, unit: "ms", ...spread(ms) };
  });
}
