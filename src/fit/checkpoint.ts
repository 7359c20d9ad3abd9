import type { Core } from "../core/core.ts";
import { FormatError, ShiftVaeError } from "../errors.ts";
import { decodeContainer, encodeContainer } from "../model_file.ts";
import type { SettledOptions } from "./options.ts";
import type { Plan } from "./plan.ts";

/** A fit that stopped half-way: enough to go on to the same bits. */
export interface Checkpoint {
  readonly options: SettledOptions;
  readonly plan: Plan;
  readonly progress: readonly number[];
  readonly arrays: Readonly<Record<string, Float32Array>>;
}

/** The signal aborted a fit. `checkpoint` is set once training had begun. */
export class FitAborted extends ShiftVaeError {
  override name = "FitAborted";
  readonly checkpoint?: Uint8Array;

  constructor(checkpoint?: Uint8Array) {
    super("the fit was stopped");
    this.checkpoint = checkpoint;
  }
}

const BLOCKS = ["PARAMETERS", "MOMENT1", "MOMENT2"] as const;

/** The state of training as a .svae checkpoint; undefined before the first step, where a fit simply starts again. */
export function packCheckpoint(core: Core, options: SettledOptions, plan: Plan): Uint8Array | undefined {
  const step = core.progress("STEP");
  if (step === 0) return undefined;
  const arrays: Record<string, Float32Array> = { HISTORY: core.floats("HISTORY", 4 * core.progress("HISTORY")) };
  for (const block of BLOCKS) arrays[block] = core.parameterBlock(block);
  arrays.TEMPLATES = core.templates();
  return encodeContainer("checkpoint", { options, plan, progress: Array.from(core.progressBlock()) }, arrays);
}

export function readCheckpoint(bytes: Uint8Array, name: string): Checkpoint {
  const { header, arrays } = decodeContainer(bytes, name, "checkpoint");
  const content = header as Omit<Checkpoint, "arrays">;
  if (!content.options || !content.plan || !Array.isArray(content.progress))
    throw new FormatError(`${name}: its header is damaged`);
  return { ...content, arrays };
}

/** Puts a checkpoint into a core that was created for its plan and options. */
export function restoreCheckpoint(core: Core, checkpoint: Checkpoint): void {
  core.exports.sv_initialise(core.arena);
  core.progressBlock().set(checkpoint.progress);
  const array = (name: string, length: number) => {
    const values = checkpoint.arrays[name];
    if (values?.length === length) return values;
    throw new FormatError(`checkpoint: ${name}: expected ${length} numbers, got ${values?.length ?? 0}`);
  };
  const count = core.progress("TEMPLATES");
  core.restoreTemplates(count, array("TEMPLATES", core.templates().length));
  for (const block of BLOCKS) {
    const target = core.parameterBlock(block);
    target.set(array(block, target.length));
  }
  core.floats("HISTORY", checkpoint.arrays.HISTORY.length).set(checkpoint.arrays.HISTORY);
}
