import type { Core } from "../core/core.ts";
import { ConfigError, FormatError, ShiftVaeError } from "../errors.ts";
import { decodeContainer, encodeContainer } from "../model_file.ts";
import type { FitOptions, SettledOptions } from "./options.ts";
import type { Plan } from "./plan.ts";

/** A fit that stopped half-way: enough to go on to the same bits. */
export interface Checkpoint {
  /** Options of the fit, as settled. */
  readonly options: SettledOptions;
  /** Window, largest shift and binning. */
  readonly plan: Plan;
  /** Training steps done. */
  readonly progress: readonly number[];
  /** Whether the fit had a condition of the caller's, which a file cannot keep. */
  readonly judged: boolean;
  /** Parameters, Adam's moments and templates by name, float32. */
  readonly arrays: Readonly<Record<string, Float32Array>>;
}

/** The signal aborted a fit. `checkpoint` is set once training had begun. */
export class FitAborted extends ShiftVaeError {
  /** Name of the class, for messages. */
  override name = "FitAborted";
  /** What the fit had reached, where training had begun. */
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
  const progress = Array.from(core.progressBlock());
  return encodeContainer("checkpoint", { options, plan, progress, judged: options.condition !== undefined }, arrays);
}

/** A checkpoint from the bytes of `checkpoint.svae`. `FormatError` for any other; `name` is for messages. */
export function readCheckpoint(bytes: Uint8Array, name: string): Checkpoint {
  const { header, arrays } = decodeContainer(bytes, name, "checkpoint");
  const content = header as Omit<Checkpoint, "arrays">;
  if (!content.options || !content.plan || !Array.isArray(content.progress))
    throw new FormatError(`${name}: its header is damaged`);
  return { ...content, arrays };
}

/** The options of a fit that goes on: its own, but for the threads, and the caller's condition, which has to be given again. */
export function resumedOptions(
  { options, judged }: Checkpoint,
  { threads, condition }: Pick<FitOptions, "threads" | "condition">,
): FitOptions {
  if (judged === (condition !== undefined)) return { ...options, threads, condition };
  throw new ConfigError(
    judged
      ? "condition: expected the function that the fit began with, got none"
      : "condition: expected none, as the fit began with, got a function",
  );
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
