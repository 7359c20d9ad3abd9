import { encodeImage } from "../encode_image.ts";
import type { EncodeOptions, Model } from "../model.ts";
import { headlines } from "../report/summary.ts";
import { encodingJson } from "../results/files.ts";
import { materialOf } from "../results/materials.ts";
import { type InputImage, inputFacts } from "./input.ts";
import type { ResultChoice } from "./result_flags.ts";
import { resultFiles, writeResult } from "./result_folder.ts";
import { checked, resultSummary, scaleRemarks } from "./summary.ts";

/** Where the parts of an encoding come from and go. */
export interface EncodePaths {
  readonly model: string;
  readonly input: string;
  readonly out: string;
}

/** What to print. */
export interface Verbosity {
  readonly quiet?: boolean;
  readonly json?: boolean;
}

/** Encodes an image and writes what `fit` writes, but for the model. */
export async function performEncoding(
  paths: EncodePaths,
  model: Model,
  image: InputImage,
  options: EncodeOptions,
  { material, export: kinds = [] }: ResultChoice,
  { quiet, json }: Verbosity,
): Promise<void> {
  const began = performance.now();
  const known = material === undefined ? undefined : materialOf(material);
  const found = await encodeImage(model, image.dataset, options);
  const report = checked({ ...found, title: image.title }, known);
  const files = await resultFiles(report, kinds, {
    json: (timed, notes) => encodingJson(timed, paths.model, inputFacts(paths.input, image), notes),
  });
  await writeResult(paths.out, files);
  if (!quiet) for (const remark of scaleRemarks(report, material)) process.stderr.write(`${remark}\n`);
  if (json) process.stdout.write(files.get("result.json") as string);
  else if (!quiet)
    process.stdout.write(
      resultSummary(headlines(report), report.versions, paths.out, (performance.now() - began) / 1000),
    );
}
