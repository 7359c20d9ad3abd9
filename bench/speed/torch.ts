/** Training steps of PyTorch and pyroVED in a Python that has them; left out, with the reason, where none does. */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "./project.ts";
import { type Row, spread } from "./row.ts";

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

export function benchTorch(threads: readonly number[], note: (what: string) => void): Row[] {
  const python = interpreter();
  const { status, stderr } = spawnSync(python, ["-c", "import torch"], { encoding: "utf8" });
  if (status !== 0) {
    note(`PyTorch left out: ${stderr?.trim().split("\n").at(-1) || `no interpreter ${python}`}`);
    return [];
  }
  return threads.flatMap((count) => {
    const script = [join(root, "bench/peers/pyroved/step.py"), "--threads", String(count)];
    const stdout = execFileSync(python, script, { encoding: "utf8" });
    return stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Step)
      .map(({ name, shape, ms }): Row => {
        return { group: "peer", name, shape, variant: "native", threads: count, unit: "ms", ...spread(ms) };
      });
  });
}
