import type { Core } from "../core/core.ts";

/*
 * The first template of an image, of signals or of cut-outs (assembly/model/align.ts does the rounds): several starts, of which the worse half
 * is left out again and again (successive halving: Jamieson and Talwalkar, AISTATS 2016), by the ELBO over a few windows.
 */

/** Windows that compare the starts that are left, further rounds of each, and how many of them go on. */
const HEATS = [
  { windows: 480, rounds: 2, kept: (starts: number) => Math.ceil(starts / 2) },
  { windows: 480, rounds: 1, kept: (starts: number) => Math.min(2, starts) },
  { windows: 480, rounds: 1, kept: () => 1 },
] as const;
/** Windows and rounds for the one that is kept. */
const KEPT_ROUNDS = [
  { windows: 960, rounds: 1 },
  { windows: 1920, rounds: 1 },
] as const;

/** Windows and rounds that follow, for all templates, once they are chosen. */
export const FINAL = { windows: 960, rounds: 3 } as const;

/** A start with what its rounds have made of it. */
interface Candidate {
  readonly template: Float32Array;
  readonly variance: number;
  /** Cost of the window in the middle: the better half is below. */
  readonly threshold: number;
  readonly elbo: number;
}

function candidateOf(core: Core): Candidate {
  return {
    template: core.templates().slice(),
    variance: core.progress("VARIANCE"),
    threshold: core.progress("THRESHOLD"),
    elbo: core.progress("ELBO"),
  };
}

function resume(core: Core, { template, variance, threshold }: Candidate): void {
  core.restoreTemplates(1, template);
  core.setProgress("VARIANCE", variance);
  core.setProgress("THRESHOLD", threshold);
}

/**
 * Leaves the core with the template of the best of the starts.
 * @param starts frame, row and column that a template is the data about
 * @param count windows there are
 * @param rounds runs rounds over the first windows, `coarse` where correlation alone says which start is better; `expected` rounds are still to come, these
 * and the final ones included
 */
export async function firstTemplate(
  core: Core,
  starts: readonly (readonly [frame: number, row: number, col: number])[],
  count: number,
  rounds: (windows: number, rounds: number, expected: number, coarse: boolean) => Promise<void>,
): Promise<void> {
  const noise = core.progress("VARIANCE");
  let field = starts.map((place): Candidate => {
    core.setProgress("VARIANCE", noise);
    core.exports.sv_start(core.arena, 0, ...place);
    return candidateOf(core);
  });
  const run = (windows: number, more: number, coarse: boolean) => {
    const later = HEATS.length + KEPT_ROUNDS.length + FINAL.rounds;
    return rounds(Math.min(windows, count), more, more * field.length + later, coarse);
  };
  for (const { windows, rounds: more, kept } of HEATS) {
    const after: Candidate[] = [];
    for (const candidate of field) {
      resume(core, candidate);
      await run(windows, more, true);
      after.push(candidateOf(core));
    }
    field = after.sort((a, b) => b.elbo - a.elbo).slice(0, kept(field.length));
  }
  resume(core, field[0]);
  for (const { windows, rounds: more } of KEPT_ROUNDS) await run(windows, more, false);
}
